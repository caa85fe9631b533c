"""What one Envoy asks for and remembers: clusters, then their endpoints, then listeners, then the tables that those name. Sans-io.

It acknowledges everything, follows what comes and goes, and asks for virtual hosts once and without names when a table says that they come apart.
Some also ask for hosts, ahead of all, as an agent does that knows what its app has resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.wire import CDS, EDS, HOST, LDS, LEDS, RDS, VHDS, Part, node, request
from bench.world import World, address

PROBE = "bench-probe"


class Sidecar:
    """The `number`-th proxy of a world: endpoint `number // services` of service `number % services`."""

    def __init__(self, number: int, world: World, capabilities: Iterable[str], *, remembers: bool, asks: int = 0) -> None:
        service = number % world.services
        app = f"svc-{service}"
        self.namespace = world.namespace(service)
        address_ = address(service * world.endpoints + number // world.services % world.endpoints)
        metadata = {
            "NAMESPACE": self.namespace,
            "NAME": f"{app}-pod",
            "LABELS": {"app": app, "service.istio.io/canonical-name": app},
            "ISTIO_VERSION": "1.31.0",
            "CLUSTER_ID": "Kubernetes",
            "INSTANCE_IPS": address_,
            "SERVICE_ACCOUNT": app,
            "LATEEN": dict.fromkeys(capabilities, True),
        }
        identity = f"sidecar~{address_}~{app}-pod.{self.namespace}~{self.namespace}.svc.cluster.local"
        self._node = node(identity, f"{app}.{self.namespace}", metadata)
        self._remembers = remembers
        self._takes_endpoints = "endpoints" in metadata["LATEEN"]
        self._collections: dict[str, frozenset[str]] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self._assignments: dict[str, str] = {}
        self._tables: dict[str, frozenset[str]] = {}
        self._wanted: dict[str, set[str]] = {EDS: set(), RDS: set(), LEDS: set()}
        self._asks = world.called(service % world.namespaces, asks)
        self._missing: dict[str, set[str]] = {EDS: set(), RDS: set(), VHDS: set(), LEDS: set(), HOST: set(self._asks)}
        self._asked: set[str] = set()
        self.is_ready = False

    def opening(self) -> Iterator[bytes]:
        """The first requests of a stream: from nothing, or with everything that is still known, and a probe that is answered last."""
        if not self.is_ready:
            self._asked = {CDS}
            if self._asks:
                yield request(HOST, node=self._node, subscribe=self._asks)
            yield request(CDS, node=b"" if self._asks else self._node)
            return
        first = self._node
        for type_url in (CDS, EDS, LEDS, LDS, RDS, VHDS):
            if type_url in (CDS, EDS, LDS, RDS) or type_url in self._asked:
                yield request(type_url, node=first, subscribe=self._wanted.get(type_url, ()), versions=self.versions.get(type_url))
                first = b""
        yield request(EDS, subscribe=[PROBE])

    def take(self, type_url: str, nonce: str, parts: Iterable[Part]) -> Iterator[bytes]:
        """What to say to a response."""
        yield request(type_url, nonce=nonce)
        for part in parts:
            if self._remembers:
                self._remember(part)
            if type_url == CDS:
                yield from self._follow(EDS, self._changes(part))
            elif type_url == LDS:
                yield from self._follow_tables(part)
            elif type_url == EDS and self._takes_endpoints:
                yield from self._follow_collections(part)
            elif type_url == RDS and part.open_tables:
                if not self.is_ready:
                    self._missing[VHDS] |= part.open_tables
                yield from self._ask(VHDS)
            if not self.is_ready:
                self._arrived(part)
        if type_url == EDS or (type_url == CDS and not self._wanted[EDS]):
            yield from self._ask(LDS)
        self.is_ready = self.is_ready or (bool(self._tables) and not any(self._missing.values()))

    def _remember(self, part: Part) -> None:
        known = self.versions.setdefault(part.type, {})
        known.update(part.versions)
        for name in part.removed:
            known.pop(name, None)

    def _changes(self, part: Part) -> tuple[set[str], set[str]]:
        """The assignments that clusters newly need, and those that they need no more."""
        known = self._assignments
        added = {new for name, new in part.assignments.items() if new and known.get(name) != new}
        dropped = {known[name] for name, new in part.assignments.items() if known.get(name, new) != new}
        dropped |= {known[name] for name in part.removed if name in known}
        known.update(part.assignments)
        for name in part.removed:
            known.pop(name, None)
        return added, dropped - {""}

    def _follow_tables(self, part: Part) -> Iterator[bytes]:
        before: set[str] = set().union(*self._tables.values())
        self._tables.update(part.tables)
        for name in part.removed:
            self._tables.pop(name, None)
        after: set[str] = set().union(*self._tables.values())
        yield from self._follow(RDS, (after - before, before - after))

    def _follow_collections(self, part: Part) -> Iterator[bytes]:
        before: set[str] = set().union(*[self._collections.get(name, frozenset()) for name in part.collections])
        self._collections.update(part.collections)
        after: set[str] = set().union(*part.collections.values())
        yield from self._follow(LEDS, (after - before, before - after))

    def _follow(self, type_url: str, changes: tuple[set[str], set[str]]) -> Iterator[bytes]:
        added, dropped = changes
        wanted = self._wanted[type_url]
        added = added - wanted
        wanted -= dropped
        wanted |= added
        if not self.is_ready:
            self._missing[type_url] |= added
        if added or dropped:
            self._asked.add(type_url)
            yield request(type_url, subscribe=added, unsubscribe=dropped)

    def _ask(self, type_url: str) -> Iterator[bytes]:
        if type_url not in self._asked:
            self._asked.add(type_url)
            yield request(type_url)

    def _arrived(self, part: Part) -> None:
        if part.type == VHDS:
            self._missing[VHDS] -= part.filled_tables
        elif part.type == LEDS:
            self._missing[LEDS] -= {name.rpartition("/")[0] + "/*" for name in (*part.versions, *part.removed)}
        elif part.type in (EDS, RDS, HOST):
            self._missing[part.type].difference_update(part.versions)
