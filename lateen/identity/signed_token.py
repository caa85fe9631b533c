"""Signed tokens in the form of a JWT (RFC 7519, https://www.rfc-editor.org/rfc/rfc7519), with no more than the mesh needs of it.

The key decides the algorithm, never the token: "a JWT library must not trust `alg`" is how such libraries have been broken.
Pure: bytes, keys and the clock are passed in. What the claims mean is the business of `join_token` and `possession`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

MAX_CHARACTERS = 16_384
_CURVES: dict[str, tuple[str, int, hashes.HashAlgorithm]] = {
    "secp256r1": ("ES256", 32, hashes.SHA256()),
    "secp384r1": ("ES384", 48, hashes.SHA384()),
}
"""By curve: the algorithm's name, the bytes of each half of a signature, the hash (RFC 7518 §3.4)."""

SigningKey = bytes | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""`bytes` is a secret for HMAC-SHA-256, of 32 bytes or more."""
VerifyingKey = bytes | ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Unsigned(msgspec.Struct, frozen=True):
    """A token taken apart and not yet believed: `header` and `claims` as the sender wrote them, what was signed, and the signature."""

    header: dict[str, Any]
    claims: bytes
    signed: bytes
    signature: bytes


def sign(key: SigningKey, claims: bytes, header: dict[str, Any] | None = None) -> str:
    """A token of `claims` (JSON) signed by `key`; `header` is added to the algorithm."""
    head = msgspec.json.encode({"alg": algorithm(_public(key)), "typ": "JWT", **(header or {})})
    signed = f"{_encode(head)}.{_encode(claims)}"
    return f"{signed}.{_encode(_signature(key, signed.encode()))}"


def take_apart(token: str) -> Unsigned | None:
    """The parts of a token, or None when it is none."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_CHARACTERS:
        return None
    try:
        head, claims, signature = (_decode(part) for part in parts)
        return Unsigned(msgspec.json.decode(head, type=dict[str, Any]), claims, f"{parts[0]}.{parts[1]}".encode(), signature)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None


def is_signed_by(token: Unsigned, key: VerifyingKey) -> bool:
    """Whether `key` signed the token, by the one algorithm that belongs to the key."""
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        return False
    if token.header.get("alg") != algorithm(key):
        return False
    try:
        _verify(key, token.signed, token.signature)
    except InvalidSignature:
        return False
    return True


def algorithm(key: VerifyingKey) -> str:
    """The JWT name of the algorithm that belongs to a key."""
    match key:
        case bytes():
            return "HS256"
        case ed25519.Ed25519PublicKey():
            return "EdDSA"
        case ec.EllipticCurvePublicKey():
            return _CURVES[key.curve.name][0]
        case _:
            return "RS256"


def _public(key: SigningKey) -> VerifyingKey:
    return key if isinstance(key, bytes) else key.public_key()


def _signature(key: SigningKey, signed: bytes) -> bytes:
    match key:
        case bytes():
            return hmac.digest(key, signed, hashlib.sha256)
        case ed25519.Ed25519PrivateKey():
            return key.sign(signed)
        case ec.EllipticCurvePrivateKey():
            # RFC 7518 wants r and s side by side, cryptography gives them in DER.
            _, half, digest = _CURVES[key.curve.name]
            r, s = decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
            return r.to_bytes(half) + s.to_bytes(half)
        case _:
            return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def _verify(key: VerifyingKey, signed: bytes, signature: bytes) -> None:
    match key:
        case bytes():
            if not hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), signature):
                raise InvalidSignature
        case ed25519.Ed25519PublicKey():
            key.verify(signature, signed)
        case ec.EllipticCurvePublicKey():
            _, half, digest = _CURVES[key.curve.name]
            if len(signature) != 2 * half:
                raise InvalidSignature
            r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))
        case _:
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
