"""Whether a token is signed by a key of a set (RFC 7517, https://www.rfc-editor.org/rfc/rfc7517), as far as that can be told here.

The algorithms that nearly all issuers use are checked; of the others nothing is said.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from lateen.identity.signed_token import Unsigned, VerifyingKey, is_signed_by, take_apart

_KNOWN = ("RS256", "ES256", "ES384", "EdDSA", "HS256")
_CURVES: Mapping[str, Callable[[], ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}


class KeySet(msgspec.Struct):
    """A set of keys, each as its issuer publishes it."""

    keys: list[dict[str, Any]]


def is_signed(token: str, key_set: str) -> bool | None:
    """Whether some key of the set (JSON) signed the token; None where its algorithm is not known here."""
    parts = take_apart(token)
    if parts is None:
        return False
    if parts.header.get("alg") not in _KNOWN:
        return None
    return any(is_signed_by(parts, key) for name, key in _keys(key_set) if _may(parts, name))


def _may(token: Unsigned, name: str) -> bool:
    """A token that names its key is signed by a key of that name, or of none."""
    named = token.header.get("kid")
    return not named or not name or named == name


@lru_cache(maxsize=64)
def _keys(key_set: str) -> tuple[tuple[str, VerifyingKey], ...]:
    return tuple(_read(msgspec.json.decode(key_set, type=KeySet).keys))


def _read(keys: list[dict[str, Any]]) -> Iterator[tuple[str, VerifyingKey]]:
    for each in keys:
        read = _READERS.get(str(each.get("kty")))
        try:
            found = read(each) if read is not None else None
        except (KeyError, TypeError, ValueError, binascii.Error):
            continue
        if found is not None:
            yield str(each.get("kid") or ""), found


def _rsa(key: Mapping[str, Any]) -> VerifyingKey:
    return rsa.RSAPublicNumbers(_integer(key["e"]), _integer(key["n"])).public_key()


def _curve(key: Mapping[str, Any]) -> VerifyingKey | None:
    curve = _CURVES.get(key["crv"])
    return ec.EllipticCurvePublicNumbers(_integer(key["x"]), _integer(key["y"]), curve()).public_key() if curve is not None else None


def _edwards(key: Mapping[str, Any]) -> VerifyingKey | None:
    return ed25519.Ed25519PublicKey.from_public_bytes(_bytes(key["x"])) if key["crv"] == "Ed25519" else None


_READERS: Mapping[str, Callable[[Mapping[str, Any]], VerifyingKey | None]] = {
    "RSA": _rsa,
    "EC": _curve,
    "OKP": _edwards,
    "oct": lambda key: _bytes(key["k"]),
}


def _integer(text: str) -> int:
    return int.from_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
