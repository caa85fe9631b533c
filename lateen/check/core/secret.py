"""Secret: keys and certificates that no proxy could use. What else is in a Secret is its owner's affair."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lateen.api.core.secret import Secret
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong

_PAIRS = (("tls.crt", "tls.key"), ("cert", "key"))
_ROOTS = ("ca.crt", "cacert")
_CURVES = frozenset({"secp256r1", "secp384r1", "secp521r1"})
_LEAST_BITS = 2048


def secret(of: Resource[Secret]) -> Remarks:
    """A certificate beside a key is one, and the key is its; roots are certificates (GW-9)."""
    for chain, key in _PAIRS:
        first, second = of.spec.value(chain), of.spec.value(key)
        if first and second:
            yield from _pair(first, second, ("data", chain), ("data", key))
    for name in _ROOTS:
        if roots := of.spec.value(name):
            yield from _certificates(roots, ("data", name))


def _pair(chain: bytes, key: bytes, at_chain: Path, at_key: Path) -> Remarks:
    if flaws := list(_certificates(chain, at_chain)):
        yield from flaws
        return
    try:
        found = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield wrong(at_key, "this is no private key in PEM, or one with a password.")
        return
    if isinstance(found, rsa.RSAPrivateKey) and found.key_size < _LEAST_BITS:
        yield wrong(at_key, f"found an RSA key of {found.key_size} bits, expected at least {_LEAST_BITS}.")
    elif isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name not in _CURVES:
        yield wrong(at_key, f"found a key on the curve {found.curve.name}, expected P-256, P-384 or P-521.")
    elif not isinstance(found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        yield wrong(at_key, "found a key of another kind, expected RSA or ECDSA.")
    elif x509.load_pem_x509_certificates(chain)[0].public_key() != found.public_key():
        yield wrong(at_key, f"this is not the key of the first certificate in {at_chain[-1]}.")


def _certificates(text: bytes, path: Path) -> Remarks:
    try:
        x509.load_pem_x509_certificates(text)
    except ValueError:
        yield wrong(path, "these are no certificates in PEM.")
