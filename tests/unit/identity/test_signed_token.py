"""Signed tokens under every kind of key."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lateen.identity import signed_token

SECRET = b"k" * 32
PAIR = ed25519.Ed25519PrivateKey.generate()
WIDER = ec.generate_private_key(ec.SECP384R1())
CURVE = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
KEYS = {
    "HS256": (SECRET, SECRET),
    "EdDSA": (PAIR, PAIR.public_key()),
    "ES256": (CURVE, CURVE.public_key()),
    "ES384": (WIDER, WIDER.public_key()),
    "RS256": (RSA, RSA.public_key()),
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_is_signed_by_its_key_and_by_no_other(algorithm: str):
    private, public = KEYS[algorithm]
    parts = signed_token.take_apart(signed_token.sign(private, b'{"a":1}'))
    assert parts is not None and (parts.header, parts.claims) == ({"alg": algorithm, "typ": "JWT"}, b'{"a":1}')
    assert signed_token.is_signed_by(parts, public)
    assert not any(signed_token.is_signed_by(parts, other) for name, (_, other) in KEYS.items() if name != algorithm)


@pytest.mark.parametrize("algorithm", KEYS)
def test_changed_claims_are_noticed(algorithm: str):
    private, public = KEYS[algorithm]
    head, _, signature = signed_token.sign(private, b'{"a":1}').split(".")
    _, claims, _ = signed_token.sign(private, b'{"a":2}').split(".")
    parts = signed_token.take_apart(f"{head}.{claims}.{signature}")
    assert parts is not None and not signed_token.is_signed_by(parts, public)


def test_a_token_without_signature_is_not_signed():
    head, claims, _ = signed_token.sign(SECRET, b"{}", {"alg": "none"}).split(".")
    parts = signed_token.take_apart(f"{head}.{claims}.")
    assert parts is not None and not any(signed_token.is_signed_by(parts, public) for _, public in KEYS.values())
