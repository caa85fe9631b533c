"""The authority's certificates and keys in a folder, under the names of Istio's `cacerts`: made when the folder is empty, taken as they
are when someone plugged theirs in.

    ca-cert.pem     what signs leaves            ca-key.pem     its key
    cert-chain.pem  ca-cert.pem and what is above it, without or with the root
    root-cert.pem   all roots that the mesh trusts (the union, during a rotation)
    root-key.pem    the root's key; absent when plugged in, and may be moved off the machine: then the intermediate cannot be renewed here
    next-root-cert.pem, next-root-key.pem        a root that is announced and does not sign yet

Each file is replaced at once. `ca-cert.pem` is written last, and keys before it: a crash in between leaves a key that does not fit its
certificate, which the next start repairs with a new intermediate, provided the root's key is here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lateen.identity import ca, csr, files, trust
from lateen.identity.csr import PrivateKey
from lateen.identity.lifetime import MAX_TTL

T = TypeVar("T")


class MaterialUnusable(Exception):
    """The folder holds certificates or keys that do not fit together; the sentence says which. A person has to look."""


class Material(msgspec.Struct, frozen=True):
    """All that an authority has: what signs, whom the mesh trusts, the root's key if it is here, and the root announced to come next."""

    authority: ca.Authority
    trust: trust.TrustBundle
    root: ca.Root | None = None
    next_root: ca.Root | None = None


def load_or_create(folder: Path, trust_domain: str, now: datetime) -> Material:
    """The material in `folder`, completed where it is ours to complete. Raises `MaterialUnusable`."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.locked(folder):
        if not any((folder / name).exists() for name in ("ca-cert.pem", "ca-key.pem", "root-cert.pem")):
            material = created(trust_domain, now)
            _write(folder, material)
            return material
        return _loaded(folder, now)


def save(folder: Path, material: Material) -> None:
    """Write `material` to `folder`, on disk when this returns."""
    with files.locked(folder):
        _write(folder, material)


def created(trust_domain: str, now: datetime) -> Material:
    """A new root and an intermediate under it."""
    root = ca.new_root(trust_domain, now)
    return Material(ca.new_intermediate(root, now), trust.bundle(root.certificate), root)


def announced(material: Material, trust_domain: str, now: datetime) -> Material:
    """The first step of a rotation: a new root that everyone is told to trust, and that signs nothing yet (CA-4)."""
    if material.next_root is not None:
        return material
    root = ca.new_root(trust_domain, now)
    return msgspec.structs.replace(material, trust=material.trust.with_root(root.certificate), next_root=root)


def adopted(material: Material, now: datetime) -> Material:
    """The second step, once all peers trust the announced root: it signs from now on, and the old one is retired but still trusted."""
    if material.next_root is None:
        return material
    roots = material.trust.retiring(material.authority.root, now)
    return Material(ca.new_intermediate(material.next_root, now), roots, material.next_root)


def settled(material: Material, now: datetime, longest: timedelta = MAX_TTL) -> Material:
    """The last step: roots are dropped that were retired `longest` (a leaf's longest life) ago."""
    return msgspec.structs.replace(material, trust=material.trust.retired_before(now - longest))


def renewed(material: Material, now: datetime) -> Material:
    """A new intermediate under the same root. Raises `MaterialUnusable` when the root's key is not here."""
    if material.root is None:
        raise MaterialUnusable("root-key.pem is not in the folder: replace ca-cert.pem and ca-key.pem by hand, as they were plugged in.")
    return msgspec.structs.replace(material, authority=ca.new_intermediate(material.root, now))


def _loaded(folder: Path, now: datetime) -> Material:
    bundle = _read(folder / "root-cert.pem", trust.read_bundle)
    next_root = _root(folder, "next-root")
    own = _optional(folder / "root-key.pem", _key)
    root = next((ca.Root(c, own) for c in bundle.certificates if own and c.public_key() == own.public_key()), None)
    if root is None and next_root is not None and own and next_root.certificate.public_key() == own.public_key():
        root = next_root
    try:
        return Material(_authority(folder, bundle), bundle, root, next_root)
    except MaterialUnusable:
        if root is None:
            raise
    # A crash between two files of ours: the root's key is here, so the rest can be made anew.
    material = Material(ca.new_intermediate(root, now), bundle.with_root(root.certificate), root, None if next_root == root else next_root)
    _write(folder, material)
    return material


def _root(folder: Path, stem: str) -> ca.Root | None:
    certificate, key = _optional(folder / f"{stem}-cert.pem", trust.read_bundle), _optional(folder / f"{stem}-key.pem", _key)
    return ca.Root(certificate.certificates[0], key) if certificate and key else None


def _authority(folder: Path, bundle: trust.TrustBundle) -> ca.Authority:
    certificate = _read(folder / "ca-cert.pem", _certificates)[0]
    key = _read(folder / "ca-key.pem", _key)
    if certificate.public_key() != key.public_key():
        raise MaterialUnusable(f"{folder}: ca-key.pem is not the key of ca-cert.pem; put both from the same authority.")
    above = _optional(folder / "cert-chain.pem", _certificates) or ()
    between = tuple(c for c in above if c != certificate and c not in bundle.certificates)
    top = between[-1] if between else certificate
    root = next((c for c in bundle.certificates if c == top or _is_issuer(c, top)), None)
    if root is None:
        name = top.subject.rfc4514_string()
        raise MaterialUnusable(f"{folder}: no root in root-cert.pem has signed {name}; add that root, or complete cert-chain.pem.")
    return ca.Authority(certificate, key, between, root)


def _is_issuer(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _write(folder: Path, material: Material) -> None:
    authority = material.authority
    if material.next_root is not None:
        files.write(folder / "next-root-key.pem", csr.key_pem(material.next_root.key), files.SECRET)
        files.write(folder / "next-root-cert.pem", _pem(material.next_root.certificate), files.PUBLIC)
    if material.root is not None:
        files.write(folder / "root-key.pem", csr.key_pem(material.root.key), files.SECRET)
    files.write(folder / "root-cert.pem", trust.annotated_pem(material.trust), files.PUBLIC)
    files.write(folder / "ca-key.pem", csr.key_pem(authority.key), files.SECRET)
    files.write(folder / "cert-chain.pem", "".join(_pem(certificate) for certificate in authority.above), files.PUBLIC)
    files.write(folder / "ca-cert.pem", _pem(authority.certificate), files.PUBLIC)
    if material.next_root is None:
        for name in ("next-root-cert.pem", "next-root-key.pem"):
            (folder / name).unlink(missing_ok=True)


def _read(path: Path, parse: Callable[[str], T]) -> T:
    try:
        return parse(path.read_text())
    except FileNotFoundError:
        raise MaterialUnusable(f"{path} is missing, while other files of an authority are there; put it back, or empty the folder.") from None
    except (ValueError, TypeError, UnsupportedAlgorithm) as why:
        raise MaterialUnusable(f"{path} cannot be used: {why}; expected PEM, keys without a passphrase.") from why


def _optional(path: Path, parse: Callable[[str], T]) -> T | None:
    return _read(path, parse) if path.exists() else None


def _certificates(text: str) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(text.encode()))


def _key(text: str) -> PrivateKey:
    key = serialization.load_pem_private_key(text.encode(), password=None)
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)):
        raise ValueError("expected an EC or RSA key")
    return key


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
