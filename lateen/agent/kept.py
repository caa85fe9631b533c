"""What an agent keeps in a workload's directory for the agent after it: the certificate with its key, which roots peers may have, what names stood
for, and (held open by whoever started the agent) the sockets on which the workload's names are resolved. So a new agent changes nothing for the
workload.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography import x509

from lateen.agent.dns import Host
from lateen.agent.peer_roots import NOBODY, PeerRoots
from lateen.agent.secrets import Certificate
from lateen.identity import ca
from lateen.values.spiffe import Identity

_CERTIFICATE = "certificate.json"
_HOSTS = "hosts.json"
_PEERS = "peers.json"


class HeldSockets(Protocol):
    """Sockets that outlive the agent."""

    def take(self, key: str) -> tuple[socket.socket, ...]:
        """Those that are held for a workload; none when there are none."""

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> None:
        """Hold these for a workload, instead of those that were held."""


class NotHeld:
    """For agents that nobody starts again."""

    def take(self, key: str) -> tuple[socket.socket, ...]:
        """None."""
        return ()

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> None:
        """Does nothing."""


def keep_certificate(directory: Path, certificate: Certificate) -> None:
    """Write it down, for this user alone to read."""
    _write(directory / _CERTIFICATE, msgspec.json.encode(certificate))


def certificate(directory: Path, identity: Identity, called: str, roots: bytes, now: datetime) -> Certificate | None:
    """The certificate that was kept, while it is good, says who the workload is now and what it is `called` in metrics, and was got under the roots
    (PEM) that are pinned now."""
    try:
        kept = msgspec.json.decode((directory / _CERTIFICATE).read_bytes(), type=Certificate)
        leaf = x509.load_pem_x509_certificate(kept.chain)
        is_of_mesh = set(x509.load_pem_x509_certificates(roots)) <= set(x509.load_pem_x509_certificates(kept.roots))
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        is_called_so = ca.workload(leaf) == called
    except (OSError, ValueError, msgspec.DecodeError, x509.ExtensionNotFound):
        return None
    is_good = is_of_mesh and is_called_so and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc
    return kept if is_good and str(identity) in names.get_values_for_type(x509.UniformResourceIdentifier) else None


def keep_peers(directory: Path, peers: PeerRoots) -> None:
    """Write down which roots peers may have."""
    _write(directory / _PEERS, msgspec.json.encode(peers))


def peers(directory: Path) -> PeerRoots:
    """Which roots peers might have; none besides the mesh's own when nothing was kept."""
    try:
        return msgspec.json.decode((directory / _PEERS).read_bytes(), type=PeerRoots)
    except (OSError, msgspec.DecodeError):
        return NOBODY


def keep_hosts(directory: Path, hosts: Mapping[str, Host]) -> None:
    """Write down what names stand for."""
    _write(directory / _HOSTS, msgspec.json.encode(hosts))


def hosts(directory: Path) -> dict[str, Host]:
    """What names stood for; nothing when nothing was kept."""
    try:
        return msgspec.json.decode((directory / _HOSTS).read_bytes(), type=dict[str, Host])
    except (OSError, msgspec.DecodeError):
        return {}


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)
