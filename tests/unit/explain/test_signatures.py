"""Signatures of tokens are checked against published keys."""

from __future__ import annotations

import base64

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lateen.explain.signatures import is_signed
from lateen.identity.signed_token import SigningKey, sign

RSA, EC, EDWARDS = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def published(key: SigningKey, name: str = "") -> dict[str, str]:
    match key:
        case bytes():
            return {"kty": "oct", "k": text(key), "kid": name}
        case rsa.RSAPrivateKey():
            return {"kty": "RSA", "e": "AQAB", "n": text(key.public_key().public_numbers().n.to_bytes(256)), "kid": name}
        case ec.EllipticCurvePrivateKey():
            numbers = key.public_key().public_numbers()
            return {"kty": "EC", "crv": "P-256", "x": text(numbers.x.to_bytes(32)), "y": text(numbers.y.to_bytes(32)), "kid": name}
        case _:
            return {"kty": "OKP", "crv": "Ed25519", "x": text(key.public_key().public_bytes_raw()), "kid": name}


def key_set(*keys: object) -> str:
    return msgspec.json.encode({"keys": keys}).decode()


@pytest.mark.rule("JW-2")
@pytest.mark.parametrize("key", [RSA, EC, EDWARDS, b"x" * 32], ids=["rsa", "ec", "edwards", "secret"])
def test_a_token_is_signed_by_one_of_the_keys(key: SigningKey) -> None:
    others = [published(each) for each in (RSA, EC, EDWARDS, b"x" * 32) if each is not key]
    token = sign(key, b"{}")
    assert is_signed(token, key_set(*others, published(key))) is True
    assert is_signed(token, key_set(*others)) is False
    assert is_signed(token[:-8] + "AAAAAAAA", key_set(published(key))) is False


def test_a_token_that_names_its_key_is_signed_by_that_one_or_one_without_name() -> None:
    token = sign(RSA, b"{}", {"kid": "one"})
    assert is_signed(token, key_set(published(RSA, "one"))) is True
    assert is_signed(token, key_set(published(RSA))) is True
    assert is_signed(token, key_set(published(RSA, "two"))) is False


def test_keys_that_are_none_are_passed_over() -> None:
    broken = ({"kty": "RSA"}, {"kty": "EC", "crv": "P-521"}, {"kty": "new"}, {"kty": "RSA", "e": "!", "n": "AQAB"})
    assert is_signed(sign(RSA, b"{}"), key_set(*broken, published(RSA))) is True


def test_of_other_algorithms_nothing_is_said() -> None:
    head = text(msgspec.json.encode({"alg": "PS256"}))
    assert is_signed(f"{head}.e30.AAAA", key_set(published(RSA))) is None
    assert is_signed("nonsense", key_set(published(RSA))) is False
