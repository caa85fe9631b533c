"""Possession tokens: a workload shows its certificate, and that it holds the key, inside a call instead of in the TLS handshake.

Python's gRPC server either demands client certificates or never asks for them (see `server`). So that one port serves newcomers, who
have none yet, as well as renewals and xDS streams of workloads that have one, the agent signs a token of five minutes with its
workload key and puts its certificate chain into the header (`x5c`, RFC 7515 §4.1.6). It travels over TLS to a server that the agent
has verified, and is good for this mesh's control plane only. Pure: key and clock are passed in.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from lateen.identity import signed_token, trust
from lateen.identity.csr import PrivateKey
from lateen.identity.refusal import Refusal
from lateen.values import spiffe

AUDIENCE = "lateen-control-plane"
LIFETIME = timedelta(minutes=5)
SKEW = timedelta(minutes=2)
MAX_CHAIN = 8


class _Wire(msgspec.Struct, frozen=True):
    aud: str
    iat: int
    exp: int


def mint_possession(key: PrivateKey, chain_pem: str, now: datetime, audience: str = AUDIENCE) -> str:
    """A token by which the holder of `key` acts as the workload that `chain_pem` (leaf first; a root in it is left out) names."""
    chain = x509.load_pem_x509_certificates(chain_pem.encode())
    shown = [certificate for certificate in chain if certificate.subject != certificate.issuer or certificate is chain[0]]
    encoded = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode() for certificate in shown]
    wire = _Wire(audience, int(now.timestamp()), int((now + LIFETIME).timestamp()))
    return signed_token.sign(key, msgspec.json.encode(wire), {"x5c": encoded})


def is_possession(token: str) -> bool:
    """Whether a bearer token carries a certificate chain."""
    parts = signed_token.take_apart(token)
    return parts is not None and "x5c" in parts.header


def told_certificate(token: str) -> x509.Certificate | None:
    """The certificate whose key a possession token says that its bearer holds; None for what is none. Not proven by this."""
    parts = signed_token.take_apart(token)
    chain = _chain(parts.header.get("x5c")) if parts else None
    return chain[0] if chain else None


def read_possession(roots: trust.TrustBundle, token: str, now: datetime, audience: str = AUDIENCE) -> spiffe.Identity | Refusal:
    """Whose token it is, once chain, signature, times and audience are found right."""
    parts = signed_token.take_apart(token)
    chain = _chain(parts.header.get("x5c")) if parts else None
    if parts is None or chain is None:
        return Refusal("The possession token is not readable: expected a JWT with the certificate chain in the header x5c.")
    identity = trust.verified_identity(roots, chain, now)
    if isinstance(identity, Refusal):
        return identity
    key = chain[0].public_key()
    if not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)) or not signed_token.is_signed_by(parts, key):
        return Refusal(f"The possession token is not signed by the key of the certificate of {identity}.")
    return _timely(parts.claims, now, audience) or identity


def _timely(claims: bytes, now: datetime, audience: str) -> Refusal | None:
    try:
        wire = msgspec.json.decode(claims, type=_Wire)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Refusal("The possession token is not readable: expected the claims aud, iat and exp.")
    if wire.aud != audience:
        return Refusal(f'The possession token is for the audience "{wire.aud}"; expected "{audience}".')
    moment, skew = now.timestamp(), SKEW.total_seconds()
    if wire.exp + skew <= moment or wire.iat - skew > moment or wire.exp - wire.iat > LIFETIME.total_seconds():
        return Refusal("The possession token is too old or too long-lived, or the clocks differ by more than two minutes; sign another.")
    return None


def _chain(shown: object) -> tuple[x509.Certificate, ...] | None:
    if not isinstance(shown, list) or not 0 < len(shown) <= MAX_CHAIN or not all(isinstance(entry, str) for entry in shown):
        return None
    try:
        return tuple(x509.load_der_x509_certificate(base64.b64decode(entry, validate=True)) for entry in shown)
    except (ValueError, binascii.Error):
        return None
