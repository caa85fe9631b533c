"""Certificate signing requests: read and checked for the authority, made for the agent.

All that the authority takes from a request is the public key, once the signature has shown that the asker holds the private one.
The subject and the names in it are what the asker would like to be called, and are never used (CA-1).
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lateen.identity.refusal import Refusal
from lateen.values import spiffe

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MAX_BYTES = 16_384
RSA_BITS = range(2048, 8193)
CURVES = (ec.SECP256R1, ec.SECP384R1)


def public_key(pem: str) -> PublicKey | Refusal:
    """The key that a PEM request asks a certificate for, or why it gets none."""
    if len(pem) > MAX_BYTES:
        return Refusal(f"The certificate signing request has {len(pem)} characters; at most {MAX_BYTES} are read.")
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        if not request.is_signature_valid:
            return Refusal("The signature of the certificate signing request does not match its key; make the request anew with the private key.")
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        return Refusal("The certificate signing request is not one in PEM form (`-----BEGIN CERTIFICATE REQUEST-----`).")
    return _accepted(key)


def _accepted(key: object) -> PublicKey | Refusal:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key if isinstance(key.curve, CURVES) else Refusal(f"The key is on the curve {key.curve.name}; expected P-256 or P-384.")
    if isinstance(key, rsa.RSAPublicKey):
        return key if key.key_size in RSA_BITS else Refusal(f"The RSA key has {key.key_size} bits; expected 2048 to 8192.")
    return Refusal("The key is of a kind that Envoy does not accept; expected EC P-256 or RSA of 2048 bits or more.")


def new_key() -> ec.EllipticCurvePrivateKey:
    """A fresh EC P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: PrivateKey) -> str:
    """A private key as unencrypted PKCS#8 PEM."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def request_pem(key: PrivateKey, identity: spiffe.Identity | None = None) -> str:
    """A PEM request signed by `key`; `identity`, when given, is named in it as Istio's agents do, which our authority ignores."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if identity is not None:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(str(identity))])
        builder = builder.add_extension(names, critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
