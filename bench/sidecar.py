"""What one Envoy asks for and remembers: clusters, then their endpoints, then listeners, then the tables that those name. Sans-io.

It acknowledges everything, follows what comes and goes, and asks for virtual hosts once and without names when a table says that they come apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bench.wire import CDS, EDS, LDS, RDS, VHDS, Payload, node, request
from bench.world import World, address

PROBE = "bench-probe"


class Sidecar:
    """The `number`-th proxy of a world: endpoint `number // services` of service `number % services`."""

    def __init__(self, number: int, world: World, capabilities: Iterable[str], *, remembers: bool) -> None:
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
        self.versions: dict[str, dict[str, str]] = {}
        self._assignments: dict[str, str] = {}
        self._tables: dict[str, frozenset[str]] = {}
        self._wanted: dict[str, set[str]] = {EDS: set(), RDS: set()}
        self._missing: dict[str, set[str]] = {EDS: set(), RDS: set(), VHDS: set()}
        self._asked: set[str] = set()
        self.is_ready = False

    def opening(self) -> Iterator[bytes]:
        """The first requests of a stream: from nothing, or with everything that is still known, and a probe that is answered last."""
        if not self.is_ready:
            self._asked = {CDS}
            yield request(CDS, node=self._node)
            return
        first = self._node
        for type_url in (CDS, EDS, LDS, RDS, VHDS):
            if type_url in (CDS, EDS, LDS, RDS) or type_url in self._asked:
                yield request(type_url, node=first, subscribe=sorted(self._wanted.get(type_url, ())), versions=self.versions.get(type_url))
                first = b""
        yield request(EDS, subscribe=[PROBE])

    def take(self, payload: Payload, nonce: str) -> Iterator[bytes]:
        """What to say to a response."""
        yield request(payload.type, nonce=nonce)
        if self._remembers:
            self._remember(payload)
        if payload.type == CDS:
            yield from self._follow(EDS, self._changes(payload))
            if not self._wanted[EDS]:
                yield from self._ask(LDS)
        elif payload.type == LDS:
            yield from self._follow_tables(payload)
        elif payload.type == EDS:
            yield from self._ask(LDS)
        elif payload.type == RDS and payload.open_tables:
            if not self.is_ready:
                self._missing[VHDS] |= payload.open_tables
            yield from self._ask(VHDS)
        if not self.is_ready:
            self._arrived(payload)

    def _remember(self, payload: Payload) -> None:
        known = self.versions.setdefault(payload.type, {})
        known.update(payload.versions)
        for name in payload.removed:
            known.pop(name, None)

    def _changes(self, payload: Payload) -> tuple[set[str], set[str]]:
        """The assignments that clusters newly need, and those that they need no more."""
        known = self._assignments
        added = {new for name, new in payload.assignments.items() if new and known.get(name) != new}
        dropped = {known[name] for name, new in payload.assignments.items() if known.get(name, new) != new}
        dropped |= {known[name] for name in payload.removed if name in known}
        known.update(payload.assignments)
        for name in payload.removed:
            known.pop(name, None)
        return added, dropped - {""}

    def _follow_tables(self, payload: Payload) -> Iterator[bytes]:
        before: set[str] = set().union(*self._tables.values())
        self._tables.update(payload.tables)
        for name in payload.removed:
            self._tables.pop(name, None)
        after: set[str] = set().union(*self._tables.values())
        yield from self._follow(RDS, (after - before, before - after))

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
            yield request(type_url, subscribe=sorted(added), unsubscribe=sorted(dropped))

    def _ask(self, type_url: str) -> Iterator[bytes]:
        if type_url not in self._asked:
            self._asked.add(type_url)
            yield request(type_url)

    def _arrived(self, payload: Payload) -> None:
        if payload.type == VHDS:
            self._missing[VHDS] -= payload.filled_tables
        elif payload.type in (EDS, RDS):
            self._missing[payload.type].difference_update(payload.versions)
        self.is_ready = bool(self._tables) and not any(self._missing.values())
