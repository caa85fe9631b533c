"""The certificate authority: pure issuing. Keys and certificates in, certificates out; the clock is passed in.

A mesh has a root, kept aside, and an intermediate that signs. A workload's certificate says who it is by one thing only: its SPIFFE id, as the
one URI among its subject alternative names, which are critical because the subject is empty
(https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md). Beside it stands, for metrics, what the workload is called: by that nobody is let
in.
Whoever calls `issue` has authenticated the caller; nothing here reads a signing request. No certificate outlives the one that signed it.

What may not enter: files, sockets, and the question who is asking.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lateen.identity import csr
from lateen.identity.csr import PrivateKey, PublicKey
from lateen.identity.lifetime import BACKDATE, DEFAULT_TTL, validity
from lateen.values import spiffe

ROOT_LIFETIME = timedelta(days=3650)
INTERMEDIATE_LIFETIME = timedelta(days=365)
SERVING_NAMES = ("istiod.istio-system.svc", "lateen.istio-system.svc", "localhost")
SERVING_ADDRESSES = ("127.0.0.1", "::1")

JOINED_BY = x509.ObjectIdentifier("2.25.1818322062")
"""The extension of a workload's certificate that says by which join token its holder has joined, so that a revoked one leads to no renewal."""

WORKLOAD = x509.ObjectIdentifier("2.25.1818322063")
"""The kind of the other name in a workload's certificate that says what the workload is called in metrics, so that no request needs to."""
_LONGEST_WORKLOAD = 1024
_NOBODY = "-"
"""What stands there of a workload that does not say. Envoy remembers what it has found in a certificate, and parses it anew for each request where it
has found nothing.
"""

_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
_CA_USAGE = ("key_cert_sign", "crl_sign")
_LEAF_USAGE = ("digital_signature", "key_encipherment")
_ALL_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class AuthorityExpired(Exception):
    """The signing certificate has ended, or has not begun: nothing can be issued until it is replaced."""


class Root(msgspec.Struct, frozen=True):
    """A self-signed certificate that the mesh trusts, with its key."""

    certificate: x509.Certificate
    key: PrivateKey


class Authority(msgspec.Struct, frozen=True):
    """What signs: a certificate and its key, the certificates between it and its root (none in our own layout), and the root.

    `certificate` equals `root` when the root itself signs, which a plugged-in `cacerts` folder may do.
    """

    certificate: x509.Certificate
    key: PrivateKey
    between: tuple[x509.Certificate, ...]
    root: x509.Certificate

    @property
    def above(self) -> tuple[x509.Certificate, ...]:
        """The certificates that follow a leaf in its chain, the root last, each once."""
        return tuple(dict.fromkeys((self.certificate, *self.between, self.root)))


class Serving(msgspec.Struct, frozen=True):
    """A server's certificate chain (leaf first) and its key, both PEM."""

    chain: str
    key: str


def new_root(organisation: str, now: datetime, lifetime: timedelta = ROOT_LIFETIME, key: PrivateKey | None = None) -> Root:
    """A self-signed root; `organisation` (the trust domain) is for people to read. `key` renews a root without changing its key."""
    key = key or csr.new_key()
    name = _name(f"Root CA of {organisation}"[:64])
    builder = _builder(name, name, key.public_key(), now - BACKDATE, now + lifetime)
    builder = _as_ca(builder, key.public_key(), None)
    return Root(builder.sign(key, hashes.SHA256()), key)


def new_intermediate(root: Root, now: datetime, lifetime: timedelta = INTERMEDIATE_LIFETIME, key: PrivateKey | None = None) -> Authority:
    """An authority under `root` that may sign leaves only, and that ends no later than its root."""
    key = key or csr.new_key()
    issuer = root.certificate
    start, end = max(now - BACKDATE, issuer.not_valid_before_utc), min(now + lifetime, issuer.not_valid_after_utc)
    if end <= now:
        raise AuthorityExpired(_ended(issuer, now))
    builder = _builder(issuer.subject, _name("Intermediate CA"), key.public_key(), start, end)
    builder = _as_ca(builder, key.public_key(), 0).add_extension(_issuer_key(issuer), critical=False)
    return Authority(builder.sign(root.key, hashes.SHA256()), key, (), issuer)


def issue(
    authority: Authority, identity: spiffe.Identity, public_key: PublicKey, ttl: timedelta, now: datetime, joined_by: str = "", workload: str = ""
) -> tuple[str, ...]:
    """The chain `(leaf, intermediate, …, root)`, each PEM, that lets the holder of `public_key` act as `identity`.

    Lasts `ttl` (24 h when it is nothing or less; at most 90 days), begins two minutes ago, and never outlives the authority. `joined_by` is the id of
    the join token that it goes back to, empty for none. `workload` is what its agent says that it is called in metrics; what cannot be printed or is
    longer than 1,024 characters is left out.
    Raises `AuthorityExpired`, and `ValueError` for an identity that no SPIFFE id can be made of.
    """
    if not all(_SEGMENT.fullmatch(part) for part in (identity.namespace, identity.service_account)) or spiffe.parse(str(identity)) != identity:
        raise ValueError(f"{str(identity)!r} is not a SPIFFE id: expected letters, digits, '.', '_' and '-' in each part")
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(str(identity)), _called(workload)])
    leaf = _leaf(authority, names, public_key, ttl, now, joined_by)
    return tuple(_pem(certificate) for certificate in (leaf, *authority.above))


def _called(workload: str) -> x509.OtherName:
    said = workload if workload.isprintable() and len(workload) <= _LONGEST_WORKLOAD else ""
    return x509.OtherName(WORKLOAD, asn1.encode_der(said or _NOBODY))


def workload(certificate: x509.Certificate) -> str:
    """What a workload's certificate says that it is called in metrics; empty when it says nothing."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    said = [asn1.decode_der(str, each.value) for each in names if isinstance(each, x509.OtherName) and each.type_id == WORKLOAD]
    return said[0] if said and said[0] != _NOBODY else ""


def joined_by(certificate: x509.Certificate) -> str:
    """The id of the join token that a workload's certificate goes back to; empty when it says of none."""
    try:
        found = certificate.extensions.get_extension_for_oid(JOINED_BY).value
    except x509.ExtensionNotFound:
        return ""
    return found.value.decode(errors="replace") if isinstance(found, x509.UnrecognizedExtension) else ""


def serving_certificate(
    authority: Authority,
    now: datetime,
    names: tuple[str, ...] = SERVING_NAMES,
    addresses: tuple[str, ...] = SERVING_ADDRESSES,
    ttl: timedelta = DEFAULT_TTL,
) -> Serving:
    """The control plane's own certificate with a fresh key, for DNS `names` and IP `addresses` (CA-5)."""
    hosts = [x509.DNSName(name) for name in names]
    parsed: list[IPv4Address | IPv6Address] = [ip_address(address) for address in addresses]
    subject_names = x509.SubjectAlternativeName([*hosts, *(x509.IPAddress(address) for address in parsed)])
    key = csr.new_key()
    leaf = _leaf(authority, subject_names, key.public_key(), ttl, now)
    return Serving("".join(_pem(certificate) for certificate in (leaf, *authority.above)), csr.key_pem(key))


def _leaf(
    authority: Authority, names: x509.SubjectAlternativeName, public_key: PublicKey, ttl: timedelta, now: datetime, joined_by: str = ""
) -> x509.Certificate:
    issuer = authority.certificate
    start, end = validity(ttl, now, issuer.not_valid_before_utc, issuer.not_valid_after_utc)
    if end <= now or start > now:
        raise AuthorityExpired(_ended(issuer, now))
    extended = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
    builder = (
        _builder(issuer.subject, x509.Name([]), public_key, start, end)
        .add_extension(names, critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(_LEAF_USAGE), critical=True)
        .add_extension(extended, critical=False)
        .add_extension(_issuer_key(issuer), critical=False)
    )
    if joined_by:
        builder = builder.add_extension(x509.UnrecognizedExtension(JOINED_BY, joined_by.encode()), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def _builder(issuer: x509.Name, subject: x509.Name, key: PublicKey, start: datetime, end: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)


def _as_ca(builder: x509.CertificateBuilder, key: PublicKey, path_length: int | None) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    builder = builder.add_extension(constraints, critical=True).add_extension(_usage(_CA_USAGE), critical=True)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(granted: tuple[str, ...]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in granted for usage in _ALL_USAGES})


def _issuer_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """What the issuer calls its key, so that verifiers choose rightly between two authorities of the same name."""
    try:
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        identifier = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "lateen"), x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _ended(issuer: x509.Certificate, now: datetime) -> str:
    window = f"{issuer.not_valid_before_utc:%Y-%m-%d %H:%M} to {issuer.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    return f"The signing certificate is valid from {window}, and it is {now:%Y-%m-%d %H:%M}; replace it with `lateen ca rotate`."
