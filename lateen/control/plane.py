"""The parts of a running control plane, as one value that the API and the command line's embedders are handed."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec

from lateen.api import mesh
from lateen.control import files
from lateen.control.certificates import Certificates
from lateen.control.door import Door
from lateen.control.feed import Feed
from lateen.control.home import Connection, Home
from lateen.control.observed import ObservedPusher
from lateen.control.settling import PATIENCE, QUIET
from lateen.control.tokens import JoinTokens
from lateen.store.store import Store, utc_now
from lateen.values.finding import Finding, Severity


class Options(msgspec.Struct, frozen=True):
    """What `serve` may be told. Addresses are `HOST:PORT`, port 0 for any; `store` "" for the state folder's own database.

    `names` are further DNS names and addresses by which proxies reach this control plane. `blocked` are further networks (CIDRs) where no keys
    of tokens are fetched. `movable` are the options (`--xds`, `--api`) whose port
    may become another when it is taken. `quiet` and `patience` are seconds (see `settling`).
    """

    home: Home
    store: str = ""
    discovery: str = "0.0.0.0:15012"
    api: str = "127.0.0.1:15014"
    plaintext: str = ""
    names: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    domain: str = "cluster.local"
    movable: tuple[str, ...] = ()
    quiet: float = QUIET
    patience: float = PATIENCE


class ControlPlane:
    """A control plane at work. `token` opens the API; `join_key` signs join tokens; `connection` says where it is; `watches` end with it."""

    def __init__(self, options: Options, store: Store, pusher: ObservedPusher, feed: Feed, certificates: Certificates) -> None:
        self.options = options
        self.store = store
        self.pusher = pusher
        self.feed = feed
        self.certificates = certificates
        self.door = Door(feed.addresses)
        self.token = ""
        self.join_key = b""
        self.tokens = JoinTokens(options.home.tokens)
        self._began_in = self.trust_domain
        self.connection = Connection("", "", "")
        self.plaintext = ""
        self.is_ready = False
        self.watches: set[asyncio.Task[None]] = set()

    @property
    def trust_domain(self) -> str:
        """The trust domain, as the mesh's config says."""
        return mesh.trust_domain(self.pusher.g)

    def told(self) -> tuple[Finding, ...]:
        """What is to be said of what is not part of the mesh: files and the objects in them that are refused, stored objects that cannot be read."""
        return (*files.findings_of(self.store), *(finding for of_object in self.feed.findings.values() for finding in of_object))

    def trust_domain_finding(self) -> Finding | None:
        """What is to be said when the trust domain was changed while the mesh runs, and the old one is no alias."""
        before, now = self._began_in, self.trust_domain
        if now == before or before in mesh.trust_domain_aliases(self.pusher.g):
            return None
        message = f'The trust domain was "{before}" at the start and is "{now}" now: who has a certificate of "{before}" is refused.'
        hint = f'Put "{before}" under trustDomainAliases until all have renewed their certificates, or restart the control plane and all agents.'
        return Finding(mesh.CONFIG_MAP, "data.mesh.trustDomain", Severity.WARNING, "TrustDomainChanged", message, hint)

    def now(self) -> datetime:
        """The time."""
        return utc_now()
