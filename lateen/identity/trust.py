"""Which roots the mesh trusts, and the overlap in which it trusts two.

Rotation without outage is an order of values (CA-4): first every peer trusts old and new (`with_root`), then an intermediate of the new
root begins to sign (`retiring` marks the old), and when the last certificate of the old one has ended it is dropped (`retired_before`).
At no moment does a peer meet a certificate whose root it does not know.

`verified_identity` is the one place where a certificate chain becomes an identity.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import verification

from lateen.identity.refusal import Refusal
from lateen.values import spiffe

_NOTE = re.compile(r"# retired (\S+)\s+\Z")
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)


class Trusted(msgspec.Struct, frozen=True):
    """A root, and since when no new certificate is signed under it (None while it is in use)."""

    certificate: x509.Certificate
    retired: datetime | None = None


class TrustBundle(msgspec.Struct, frozen=True):
    """The roots that a peer's chain may end in, oldest first."""

    roots: tuple[Trusted, ...]

    @property
    def pem(self) -> str:
        """All roots as PEM, as proxies and agents get them."""
        return "".join(_pem(trusted.certificate) for trusted in self.roots)

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The roots' certificates alone, in the same order."""
        return tuple(trusted.certificate for trusted in self.roots)

    def with_root(self, certificate: x509.Certificate) -> TrustBundle:
        """The union with one more root; the same bundle when it is already there and in use."""
        others = tuple(trusted for trusted in self.roots if trusted.certificate != certificate)
        return self if Trusted(certificate) in self.roots else TrustBundle((*others, Trusted(certificate)))

    def retiring(self, certificate: x509.Certificate, now: datetime) -> TrustBundle:
        """The bundle with `certificate` marked: still trusted, no longer signed under."""
        changed = (Trusted(t.certificate, t.retired or now) if t.certificate == certificate else t for t in self.roots)
        return TrustBundle(tuple(changed))

    def retired_before(self, moment: datetime) -> TrustBundle:
        """The bundle without the roots that were retired before `moment`, which is the longest lifetime of a leaf ago."""
        return TrustBundle(tuple(t for t in self.roots if t.retired is None or t.retired >= moment))


def bundle(*certificates: x509.Certificate) -> TrustBundle:
    """A bundle of roots that are all in use."""
    return TrustBundle(tuple(Trusted(certificate) for certificate in dict.fromkeys(certificates)))


def annotated_pem(trust: TrustBundle) -> str:
    """The bundle as a file: PEM, with a line `# retired <time>` before each retired root (readers of PEM skip it)."""
    notes = (f"# retired {trusted.retired.isoformat()}\n" if trusted.retired else "" for trusted in trust.roots)
    return "".join(note + _pem(trusted.certificate) for note, trusted in zip(notes, trust.roots, strict=True))


def read_bundle(text: str) -> TrustBundle:
    """The bundle in a PEM file, ours or another's. Raises ValueError when it holds no readable certificate."""
    found: list[Trusted] = []
    end = 0
    for block in _BLOCK.finditer(text):
        note = _NOTE.search(text[end : block.start()])
        retired = datetime.fromisoformat(note.group(1)).astimezone(UTC) if note else None
        found.append(Trusted(x509.load_pem_x509_certificate(block.group().encode()), retired))
        end = block.end()
    if not found:
        raise ValueError("the file holds no certificate in PEM form")
    return TrustBundle(tuple(found))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate in hex, the name by which people tell roots apart."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def verified_identity(trust: TrustBundle, chain: tuple[x509.Certificate, ...], now: datetime) -> spiffe.Identity | Refusal:
    """Whose certificate `chain[0]` is, once it is shown to lead to a trusted root and to be valid at `now`."""
    if not chain:
        return Refusal("No certificate was shown.")
    store = verification.Store(list(trust.certificates))
    verifier = verification.PolicyBuilder().store(store).time(now).build_client_verifier()
    try:
        verifier.verify(chain[0], list(chain[1:]))
    except verification.VerificationError:
        return Refusal(f"The certificate of {_holder(chain[0])} does not lead to a root of this mesh, or is not valid at {now:%Y-%m-%d %H:%M} UTC.")
    return named_identity(chain[0])


def named_identity(certificate: x509.Certificate) -> spiffe.Identity | Refusal:
    """The SPIFFE id in a certificate, which the caller has verified: "an X.509 SVID MUST contain exactly one URI SAN"."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Refusal("The certificate names no workload: it has no subject alternative name.")
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    identity = spiffe.parse(uris[0]) if len(uris) == 1 else None
    form = "spiffe://<trust domain>/ns/<namespace>/sa/<service account>"
    return identity or Refusal(f"The certificate of {_holder(certificate)} names no workload: expected one URI {form}.")


def _holder(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return "an unnamed holder"
    return ", ".join(str(name.value) for name in names if not isinstance(name, x509.OtherName)) or "an unnamed holder"


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
