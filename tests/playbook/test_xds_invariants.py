"""Whatever happens on a stream, in the end the client holds exactly what its stacks show, and never was sent two responses of a type at once."""

from __future__ import annotations

from collections import defaultdict

import pytest
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse, DiscoveryResponse
from google.protobuf.any_pb2 import Any
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.xds.events import Event, Rejected, Rescoped
from lateen.xds.order import CDS, EDS, LDS, RDS
from lateen.xds.session import Session
from lateen.xds.shelf import HIDDEN, Shelf, published, resolved
from lateen.xds.sotw import SotwSubscription
from lateen.xds.wire import Requested

TYPES = (CDS, EDS, LDS, RDS)
WILD = (CDS, LDS)
NAMES = ("a", "b", "c", "d", "e")


def resource(type_url: str, name: str, value: str) -> EnvoyResource:
    """A resource whose content is `value`; one that begins with `bad` is refused by the client."""
    body = Any(type_url=type_url, value=value.encode()).SerializeToString()
    return envoy_resource(type_url, name, body, follows=(name,) if type_url == CDS else ())


class DeltaClient(RuleBasedStateMachine):
    """Plays an Envoy that acknowledges late, refuses what is bad, comes and goes."""

    names_culprits = True

    def __init__(self) -> None:
        super().__init__()
        self.revision = 0
        self.shelves = {type_url: [Shelf(type_url, label) for label in ("own", "mine", "public")] for type_url in TYPES}
        self.scopes = dict.fromkeys(TYPES, (0, 2))
        self.held: dict[str, dict[str, str]] = defaultdict(dict)
        self.versions: dict[str, dict[str, str]] = defaultdict(dict)
        self.wants: dict[str, set[str]] = {EDS: set(), RDS: set()}
        self.connect()

    def connect(self) -> None:
        self.session = Session({type_url: self.stack(type_url) for type_url in TYPES}, revision=self.revision)
        self.in_flight: dict[str, DeltaDiscoveryResponse] = {}
        self.opened: set[str] = set()

    def stack(self, type_url: str) -> tuple[Shelf, ...]:
        return tuple(self.shelves[type_url][place] for place in self.scopes[type_url])

    def tell(self, event: Event) -> None:
        for report in self.session.receive(event):
            if isinstance(report, Rejected):
                self.blamed(report)

    def blamed(self, report: Rejected) -> None:
        assert report.names

    def pump(self) -> None:
        while self.session.weight():
            if send := self.session.next_send():
                assert send.type not in self.in_flight, "two responses of a type on their way"
                self.in_flight[send.type] = DeltaDiscoveryResponse.FromString(send.body())
                assert self.in_flight[send.type].nonce == send.nonce

    # what happens

    @rule(
        edits=st.lists(
            st.tuples(st.sampled_from(TYPES), st.integers(0, 2), st.sampled_from(NAMES), st.sampled_from(["1", "2", "3", "bad", None, HIDDEN])),
            min_size=1,
            max_size=6,
        )
    )
    def publish(self, edits: list[tuple[str, int, str, object]]) -> None:
        self.revision += 1
        per_shelf: dict[Shelf, dict[str, object]] = defaultdict(dict)
        for type_url, place, name, value in edits:
            edit = resource(type_url, name, value) if isinstance(value, str) else value
            per_shelf[self.shelves[type_url][place]][name] = edit
        self.tell(published(self.revision, per_shelf))  # type: ignore[arg-type]

    @rule(type_url=st.sampled_from(TYPES), scope=st.sampled_from([(0, 2), (1, 2), (2,), (0, 1, 2), (2, 0)]))
    def rescope(self, type_url: str, scope: tuple[int, ...]) -> None:
        self.scopes[type_url] = scope
        self.tell(Rescoped(type_url, self.stack(type_url)))

    @rule(type_url=st.sampled_from(WILD))
    def open(self, type_url: str) -> None:
        if type_url not in self.opened:
            self.opened.add(type_url)
            self.tell(Requested(type_url, holds=dict(self.versions[type_url])))

    @rule(type_url=st.sampled_from((EDS, RDS)), names=st.sets(st.sampled_from(NAMES), min_size=1))
    def subscribe(self, type_url: str, names: set[str]) -> None:
        names = names - self.wants[type_url] if type_url in self.opened else names | self.wants[type_url]
        if names:
            holds = {} if type_url in self.opened else dict(self.versions[type_url])
            self.opened.add(type_url)
            self.wants[type_url] |= names
            self.tell(Requested(type_url, tuple(sorted(names)), holds=holds))

    @rule(type_url=st.sampled_from((EDS, RDS)), name=st.sampled_from(NAMES))
    def unsubscribe(self, type_url: str, name: str) -> None:
        if type_url in self.opened and name in self.wants[type_url]:
            self.wants[type_url].discard(name)
            self.held[type_url].pop(name, None)
            self.versions[type_url].pop(name, None)
            self.tell(Requested(type_url, unsubscribe=(name,)))

    @rule()
    def write(self) -> None:
        self.pump()

    @rule(type_url=st.sampled_from(TYPES))
    def stale_acknowledgement(self, type_url: str) -> None:
        if type_url in self.opened:
            self.tell(Requested(type_url, nonce="stale"))

    @precondition(lambda self: self.in_flight)
    @rule(pick=st.integers(0, 3))
    def answer(self, pick: int) -> None:
        types = sorted(self.in_flight)
        self.apply(types[pick % len(types)])

    def apply(self, type_url: str) -> None:
        response = self.in_flight.pop(type_url)
        contents = {r.name: r.resource.value.decode() for r in response.resources}
        wanted = self.wants.get(type_url)
        for name in response.removed_resources:
            self.held[type_url].pop(name, None)
            self.versions[type_url].pop(name, None)
        bad = sorted(name for name, value in contents.items() if value == "bad")
        if bad:
            message = f"Refused {bad[0]}: it is bad" if self.names_culprits else "something is bad"
            self.tell(Requested(type_url, nonce=response.nonce, error=message))
            return
        for r in response.resources:
            if wanted is None or r.name in wanted:
                self.held[type_url][r.name] = r.resource.value.decode()
                self.versions[type_url][r.name] = r.version
        self.tell(Requested(type_url, nonce=response.nonce))

    @rule()
    def reconnect(self) -> None:
        self.connect()

    @rule()
    def catch_up(self) -> None:
        """Everything is opened and answered: now the client must hold what its stacks show."""
        for type_url in WILD:
            self.open(type_url)
        for type_url in (EDS, RDS):
            if type_url not in self.opened and self.wants[type_url]:
                self.subscribe(type_url, set(self.wants[type_url]))
        for _ in range(200):
            self.pump()
            if not self.in_flight:
                break
            for type_url in sorted(self.in_flight):
                self.apply(type_url)
        assert not self.in_flight
        assert self.session.behind is None
        for type_url in TYPES:
            self.compare(type_url)

    def compare(self, type_url: str) -> None:
        names = NAMES if type_url in WILD else self.wants[type_url]
        for name in names:
            found = resolved(self.stack(type_url), name)
            value = found and Any.FromString(found.body).value.decode()
            if value != "bad":
                assert self.held[type_url].get(name) == value, (type_url, name)
            else:
                assert self.held[type_url].get(name) != "bad"

    @invariant()
    def at_most_one_in_flight(self) -> None:
        assert len(self.in_flight) <= len(TYPES)


class DeltaClientThatNamesNoCulprit(DeltaClient):
    """Refuses a whole response without saying which resource of it is bad."""

    names_culprits = False


class SotwClient(RuleBasedStateMachine):
    """Plays a state-of-the-world client of two types, with nothing bad."""

    def __init__(self) -> None:
        super().__init__()
        self.revision = 0
        self.shelves = {type_url: Shelf(type_url) for type_url in (CDS, EDS)}
        self.held: dict[str, dict[str, str]] = {CDS: {}, EDS: {}}
        self.names: set[str] = set()
        self.connect()

    def connect(self) -> None:
        self.session = Session({t: (s,) for t, s in self.shelves.items()}, revision=self.revision, subscription=SotwSubscription)
        self.in_flight: dict[str, DiscoveryResponse] = {}
        self.nonces: dict[str, str] = {}
        self.session.receive(Requested(CDS))

    def pump(self) -> None:
        while self.session.weight():
            if send := self.session.next_send():
                assert send.type not in self.in_flight
                self.in_flight[send.type] = DiscoveryResponse.FromString(send.body())

    @rule(edits=st.dictionaries(st.tuples(st.sampled_from((CDS, EDS)), st.sampled_from(NAMES)), st.sampled_from(["1", "2", None]), min_size=1))
    def publish(self, edits: dict[tuple[str, str], str | None]) -> None:
        self.revision += 1
        per_shelf: dict[Shelf, dict[str, EnvoyResource | None]] = defaultdict(dict)
        for (type_url, name), value in edits.items():
            per_shelf[self.shelves[type_url]][name] = resource(type_url, name, value) if value else None
        self.session.receive(published(self.revision, per_shelf))

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=1))
    def subscribe(self, names: set[str]) -> None:
        self.names = names
        self.held[EDS] = {name: value for name, value in self.held[EDS].items() if name in names}
        self.session.receive(Requested(EDS, tuple(sorted(names)), nonce=self.nonces.get(EDS, "")))

    @rule()
    def answer(self) -> None:
        self.pump()
        for type_url in sorted(self.in_flight):
            response = self.in_flight.pop(type_url)
            self.nonces[type_url] = response.nonce
            values = [any.value.decode() for any in response.resources]
            self.take(type_url, values)
            self.session.receive(Requested(type_url, tuple(sorted(self.names)) if type_url == EDS else (), nonce=response.nonce))

    def take(self, type_url: str, values: list[str]) -> None:
        contents = dict(value.split("=") for value in values)
        if type_url == CDS:
            self.held[CDS] = contents
        else:
            self.held[EDS] |= {name: value for name, value in contents.items() if name in self.names}

    @rule()
    def reconnect(self) -> None:
        self.connect()
        if self.names:
            self.session.receive(Requested(EDS, tuple(sorted(self.names)), version="old"))

    @rule()
    def catch_up(self) -> None:
        for _ in range(50):
            self.answer()
        assert self.session.behind is None
        present = {name: Any.FromString(r.body).value.decode().split("=")[1] for name in NAMES if (r := resolved((self.shelves[CDS],), name))}
        assert self.held[CDS] == present
        for name in self.names:
            if found := resolved((self.shelves[EDS],), name):
                assert self.held[EDS].get(name) == Any.FromString(found.body).value.decode().split("=")[1]


class NamedValues(SotwClient):
    """A state-of-the-world response has no names beside the bodies, so the bodies carry them here."""

    @rule(edits=st.dictionaries(st.tuples(st.sampled_from((CDS, EDS)), st.sampled_from(NAMES)), st.sampled_from(["1", "2", None]), min_size=1))
    def publish(self, edits: dict[tuple[str, str], str | None]) -> None:
        super().publish({(type_url, name): value and f"{name}={value}" for (type_url, name), value in edits.items()})


@pytest.mark.parametrize("machine", [DeltaClient, DeltaClientThatNamesNoCulprit, NamedValues])
def test_a_client_ends_with_exactly_what_its_stacks_show(machine: type[RuleBasedStateMachine]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(machine, settings=settings(max_examples=200, stateful_step_count=40, deadline=None))
