"""The authority at work: what signs now, whom the mesh trusts, and the control plane's own certificate, renewed long before it ends."""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import msgspec
import psutil

from lateen.identity import Authority, Material, Serving, ca, load_or_create, material, serving_certificate, trust

RENEWED_AFTER: Final = timedelta(hours=6)
INTERMEDIATE_RENEWED_BEFORE: Final = timedelta(days=60)


class Certificates:
    """Holds the material of `folder`. Call `refresh` from time to time; what is handed out is always at hand.

    `changed` is called after the material has changed.
    """

    def __init__(self, folder: Path, trust_domain: str, names: Iterable[str], now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._trust_domain = trust_domain
        self._now = now
        self._names = tuple(dict.fromkeys((*ca.SERVING_NAMES, *names)))
        self.material: Material = load_or_create(folder, trust_domain, now())
        self.changed: Callable[[], None] = lambda: None
        self._made = now()
        self._serving = self._new_serving()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load()

    def authority(self) -> Authority:
        """What signs."""
        return self.material.authority

    def roots(self) -> str:
        """Whom the mesh trusts, PEM."""
        return self.material.trust.pem

    def annotated_roots(self) -> str:
        """The same, with a remark on each root that no longer signs, so that agents see when another does."""
        return trust.annotated_pem(self.material.trust)

    def serving(self) -> Serving:
        """The control plane's own certificate."""
        return self._serving

    def refresh(self) -> None:
        """Renew what is due."""
        now = self._now()
        signing = self.material.authority.certificate
        if self.material.root is not None and signing.not_valid_after_utc - now < INTERMEDIATE_RENEWED_BEFORE:
            self.adopt(material.renewed(self.material, now))
        elif now - self._made > RENEWED_AFTER:
            self._renew_serving()

    def announce(self) -> None:
        """First step of a rotation: a new root that all are told to trust."""
        self.adopt(material.announced(self.material, self._trust_domain, self._now()))

    def switch(self) -> None:
        """Second step: the announced root signs."""
        self.adopt(material.adopted(self.material, self._now()))

    def settle(self) -> None:
        """Last step: roots retired long enough ago are dropped."""
        self.adopt(material.settled(self.material, self._now()))

    def adopt(self, changed: Material) -> None:
        """Use other material from now on, and keep it."""
        if changed == self.material:
            return
        material.save(self._folder, changed)
        self.material = changed
        self._renew_serving()
        self.changed()

    def _renew_serving(self) -> None:
        self._made = self._now()
        self._serving = self._new_serving()
        self._load()

    def _new_serving(self) -> Serving:
        addresses = tuple(name for name in self._names if _is_address(name))
        names = tuple(name for name in self._names if not _is_address(name))
        return serving_certificate(self.material.authority, self._now(), names, (*ca.SERVING_ADDRESSES, *addresses))

    def _load(self) -> None:
        """`ssl` takes files only; this one is its owner's, and gone at once."""
        descriptor, path = tempfile.mkstemp(dir=self._folder, prefix=".serving-")
        try:
            os.write(descriptor, f"{self._serving.key}\n{self._serving.chain}".encode())
            self.tls.load_cert_chain(path)
        finally:
            os.close(descriptor)
            Path(path).unlink(missing_ok=True)


class RootState(msgspec.Struct, frozen=True):
    """A root as users see it."""

    fingerprint: str
    subject: str
    ends: str
    signs: bool
    retired: str


def roots_of(held: Material) -> tuple[RootState, ...]:
    """The roots of the mesh."""
    return tuple(
        RootState(
            fingerprint=trust.fingerprint(trusted.certificate),
            subject=trusted.certificate.subject.rfc4514_string(),
            ends=trusted.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            signs=trusted.certificate == held.authority.root,
            retired=trusted.retired.strftime("%Y-%m-%dT%H:%M:%SZ") if trusted.retired else "",
        )
        for trusted in held.trust.roots
    )


def own_names() -> tuple[str, ...]:
    """The names and addresses by which other machines may know this one."""
    found = [each for interface in psutil.net_if_addrs().values() for each in interface if each.family in (socket.AF_INET, socket.AF_INET6)]
    return tuple(dict.fromkeys((socket.gethostname(), *(each.address for each in found if "%" not in each.address))))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
