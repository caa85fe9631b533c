"""The secrets of one workload, as SDS names them (AG-3), and what a stream has still to be told. No I/O but reading named files.

    default                  the workload's certificate chain and key
    ROOTCA                   the roots that it trusts, and those that its peers may have besides (`peer_roots`)
    file-cert:CHAIN~KEY      a certificate and key in files
    file-root:FILE           roots in a file
    file-root:system         the roots of the operating system

`Secrets` is the present; a `Subscription` is what one stream asked for and was sent. A secret that is not there yet is not told yet.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lateen.agent import discovery, peer_roots
from lateen.agent.peer_roots import NOBODY, PeerRoots
from lateen.values.envoy_resource import content_version

DEFAULT = "default"
ROOTS = "ROOTCA"
_FILE_CERT = "file-cert:"
_FILE_ROOT = "file-root:"
SYSTEM = "system"
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Where distributions keep the roots of the operating system."""


class Certificate(msgspec.Struct, frozen=True):
    """What a workload proves itself with: `chain` (leaf first) and `key`, PEM; and the `roots` that it trusts, PEM."""

    chain: bytes
    key: bytes
    roots: bytes


class Secrets:
    """The present secrets of one workload."""

    def __init__(self, certificate: Certificate | None = None, peers: PeerRoots = NOBODY) -> None:
        self._certificate = certificate
        self._peers = peers

    @property
    def certificate(self) -> Certificate | None:
        """The workload's certificate, once it has one."""
        return self._certificate

    def replace(self, certificate: Certificate) -> None:
        """A new certificate, new roots, or both."""
        self._certificate = certificate

    def trust(self, peers: PeerRoots) -> None:
        """From now on peers may have these roots besides the mesh's own."""
        self._peers = peers

    def resource(self, name: str) -> discovery.Resource | None:
        """The secret of that name, or None as long as there is none. Its version is that of its content."""
        body = self._body(name)
        return None if body is None else discovery.Resource(name, content_version(body), body)

    def _body(self, name: str) -> bytes | None:
        if name.startswith(_FILE_CERT):
            chain, _, key = name.removeprefix(_FILE_CERT).partition("~")
            contents = _read(chain), _read(key)
            return discovery.key_pair(name, contents[0], contents[1]) if contents[0] and contents[1] else None
        if name.startswith(_FILE_ROOT):
            path = name.removeprefix(_FILE_ROOT)
            roots = _system_roots() if path == SYSTEM else _read(path)
            return discovery.trusted_roots(name, roots) if roots else None
        if self._certificate is None:
            return None
        if name == DEFAULT:
            return discovery.key_pair(name, self._certificate.chain, self._certificate.key)
        return peer_roots.trusted(name, self._certificate.roots, self._peers) if name == ROOTS else None


class Subscription:
    """What one stream wants and was told."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._sent: dict[str, str] = {}
        self._wanted: dict[str, None] = {}
        self._messages = 0

    @property
    def wants_files(self) -> bool:
        """Whether anything wanted is a file, which may change unannounced."""
        return any(name.startswith((_FILE_CERT, _FILE_ROOT)) for name in self._wanted)

    def want(self, names: Iterable[str]) -> None:
        """Subscribe; a name that was wanted already is told again."""
        for name in names:
            self._wanted[name] = None
            self._sent.pop(name, None)

    def want_only(self, names: Iterable[str]) -> None:
        """State of the world: from now on these and no others; what stays is told again only when it changes."""
        self._wanted = dict.fromkeys(names)
        self._sent = {name: version for name, version in self._sent.items() if name in self._wanted}

    def drop(self, names: Iterable[str]) -> None:
        """Unsubscribe."""
        for name in names:
            self._wanted.pop(name, None)
            self._sent.pop(name, None)

    def delta(self) -> bytes | None:
        """The next delta response, or None when there is nothing new."""
        news = self._news()
        if not news:
            return None
        return discovery.write_delta_response(discovery.DeltaResponse(discovery.SECRET, self._nonce(), tuple(news)))

    def state_of_the_world(self) -> bytes | None:
        """The next response with all wanted secrets, or None when none of them is new."""
        if not self._news():
            return None
        present = [resource for name in self._wanted if (resource := self._secrets.resource(name))]
        nonce = self._nonce()
        return discovery.write_response(discovery.SECRET, nonce, nonce, [resource.value for resource in present])

    def _news(self) -> list[discovery.Resource]:
        present = [resource for name in self._wanted if (resource := self._secrets.resource(name))]
        news = [resource for resource in present if self._sent.get(resource.name) != resource.version]
        self._sent.update({resource.name: resource.version for resource in news})
        return news

    def _nonce(self) -> str:
        self._messages += 1
        return str(self._messages)


def _system_roots() -> bytes | None:
    own = ssl.get_default_verify_paths().cafile
    return next((found for path in (own, *BUNDLES) if path and (found := _read(path))), None)


def _read(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
