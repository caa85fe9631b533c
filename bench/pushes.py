"""What reaches five hundred connected sidecars, how soon and at what cost: the rows that need the daemon and its clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from bench import world as worlds
from bench.figures import Figure, of
from bench.plane import Plane, serving
from bench.streams import Streams, connected
from bench.world import World

SERVICE: Final = 3
NAMESPACE: Final = "ns-3"
OTHER_NAMESPACE: Final = "ns-4"
_WRITERS: Final = 4
SETTLED: Final = 0.3
MEGABYTE: Final = 1e6
_ON_DEMAND: Final = ("virtualHosts", "onDemand")
_API: Final = "networking.istio.io/v1/namespaces"


class Measured:
    """Several changes of one sort."""

    def __init__(self, row: str) -> None:
        self.row = row
        self.last: list[float] = []
        self.cpu: list[float] = []
        self.bytes: list[float] = []

    def figures(self, last: float, cpu: float, size: float) -> Iterator[Figure]:
        """Beside what is to be reached: ms, ms, MB."""
        yield of(self.row, "last stream", self.last, "ms", last)
        yield of(self.row, "processor time", self.cpu, "ms", cpu)
        yield of(self.row, "sent", self.bytes, "MB", size)


def sent(event: dict[str, Any]) -> float:
    """Megabytes received by the clients in the course of an event."""
    return float(sum(counts.get("bytes", 0) for counts in event["types"].values())) / MEGABYTE


class Bench:
    """A control plane, its clients, and changes of single objects."""

    def __init__(self, plane: Plane, streams: Streams, world: World) -> None:
        self.plane = plane
        self.streams = streams
        self.world = world

    def change(self, into: Measured, kind: str, pattern: str, act: Callable[[], int], who: str = "all") -> dict[str, Any]:
        """Make a change, and measure until the last stream has the pattern; the rest of the cost is counted until all is quiet."""
        self.plane.settle()
        before, processor = self.streams.stats(), self.plane.cpu()
        expectation = self.streams.expect(kind, pattern, who)
        began = act()
        seen = self.streams.seen(expectation)
        self.plane.settle()
        into.cpu.append((self.plane.cpu() - processor) * 1e3)
        after = self.streams.stats()
        into.bytes.append(sent(after) - sent(before))
        into.last.append(seen["last_ms"] - (began - seen["start"]) / 1e6 if seen["complete"] else float("inf"))
        return after

    def apply(self, *documents: str) -> Callable[[], int]:
        """The act of applying."""
        return lambda: self.plane.apply(documents)

    def ask(self, number: int, host: str) -> Callable[[], int]:
        """The act of a proxy that asks for a host."""

        def act() -> int:
            began = time.time_ns()
            self.streams.say("ask", number, host)
            return began

        return act


def changes(count: int, repeat: int = 9) -> Iterator[Figure]:
    """One object at a time."""
    world = World()
    with serving(world.documents()) as plane, connected(plane.xds, count, world) as streams:
        streams.wait("connected")
        bench = Bench(plane, streams, world)
        yield from _endpoint(bench, repeat)
        yield from _rules(bench, repeat)
        yield from _services(bench, repeat)
        yield from _policies(bench, repeat)


def _endpoint(bench: Bench, repeat: int) -> Iterator[Figure]:
    row, world = Measured("endpoint changed"), bench.world
    for number in range(repeat):
        address = f"10.200.0.{number + 1}"
        bench.change(row, "EDS", address, bench.apply(world.service_entry(SERVICE, [*world.addresses(SERVICE)[:-1], address])))
    yield from row.figures(80, 80, 1)


def _rules(bench: Bench, repeat: int) -> Iterator[Figure]:
    weight, rule, world = Measured("VirtualService weight"), Measured("DestinationRule changed"), bench.world
    for number in range(repeat):
        name = f"revision-{number}."
        bench.change(weight, "RDS", name, bench.apply(world.virtual_service(SERVICE, 50 + number, name)))
    for number in range(repeat):
        bench.change(rule, "CDS", f"|{world.host(SERVICE)}", bench.apply(world.destination_rule(SERVICE, 2000 + number)))
    yield from weight.figures(120, 100, 1.5)
    yield from rule.figures(200, 200, 4)


def _services(bench: Bench, repeat: int) -> Iterator[Figure]:
    added, deleted, world = Measured("service added"), Measured("service deleted"), bench.world
    for number in range(repeat):
        service = world.services + number
        name = f"{world.host(service)}"
        bench.change(added, "RDS", name, bench.apply(world.service_entry(service, ["10.201.0.1"])))
        path = f"{_API}/{world.namespace(service)}/serviceentries/svc-{service}"
        bench.change(deleted, "CDS", name, lambda path=path: bench.plane.delete(path))  # type: ignore[misc]
    yield from added.figures(200, 200, 4)
    yield from deleted.figures(200, 200, 4)


def _policies(bench: Bench, repeat: int) -> Iterator[Figure]:
    row = Measured("policy of one namespace")
    for number in range(repeat):
        principal = f"cluster.local/ns/x/sa/caller-{number}"
        bench.change(row, "LDS", principal, bench.apply(worlds.authorization_policy(NAMESPACE, principal)), f"ns:{NAMESPACE}")
    yield from row.figures(60, 60, 1)
    yield from _elsewhere(bench)


def _elsewhere(bench: Bench) -> Iterator[Figure]:
    """The streams of other namespaces are told nothing of it."""
    expectation = bench.streams.expect("any", "bench-never", f"ns:{OTHER_NAMESPACE}")
    before = bench.streams.stats()
    bench.plane.apply([worlds.peer_authentication(NAMESPACE, "STRICT")])
    bench.plane.settle()
    time.sleep(SETTLED)
    bench.streams.say("cancel", expectation)
    others = bench.streams.wait("seen", id=expectation)["heard"]
    yield Figure("PeerAuthentication of one namespace", "responses to a stream of another", others, "", 0)
    yield Figure("PeerAuthentication of one namespace", "sent", sent(bench.streams.stats()) - sent(before), "MB", 1)


def rate(count: int, seconds: float = 60.0, per_second: int = 20) -> Iterator[Figure]:
    """Endpoint changes one after another."""
    world = World()
    with serving(world.documents()) as plane, connected(plane.xds, count, world) as streams:
        streams.wait("connected")
        plane.settle()
        began, processor = time.monotonic(), plane.cpu()
        writing: list[tuple[str, Future[int]]] = []
        with ThreadPoolExecutor(_WRITERS) as writers:
            for number in range(int(seconds * per_second)):
                time.sleep(max(0.0, began + number / per_second - time.monotonic()))
                service, address = number % world.services, f"10.{210 + number // 62500}.{number // 250}.{number % 250 + 1}"
                document = world.service_entry(service, [*world.addresses(service)[:-1], address])
                writing.append((streams.expect("EDS", address), writers.submit(plane.apply, [document])))
        took = time.monotonic() - began
        seen = {name: streams.wait("seen", id=name) for name, _ in writing}
        cores = (plane.cpu() - processor) / took
        lags = [seen[name]["last_ms"] - (written.result() - seen[name]["start"]) / 1e6 for name, written in writing]
    row = f"{per_second} endpoint changes/s for {seconds:g} s"
    ordered = sorted(lags)
    yield Figure(row, "last stream p50", ordered[len(ordered) // 2], "ms", 150)
    yield Figure(row, "last stream p99", ordered[len(ordered) * 99 // 100], "ms", 500)
    yield Figure(row, "changes/s reached", len(lags) / took)
    yield Figure(row, "cores", cores, "", 1.0)


def connect(count: int) -> Iterator[Figure]:
    """All at once, from nothing, then all again after a restart of the control plane."""
    world = World()
    with serving(world.documents()) as plane:
        plane.forget_peak()
        processor = plane.cpu()
        with connected(plane.xds, count, world, remember=True) as streams:
            all_have = streams.wait("connected")
            plane.settle()
            yield Figure("all connect at once", "last has everything", all_have["last_ms"] / 1e3, "s", 7)
            yield Figure("all connect at once", "processor time", plane.cpu() - processor, "s", 6)
            yield Figure("all connect at once", "memory at most", plane.memory("VmHWM"), "MB", 400)
            yield Figure("all connect at once", "sent", sent(all_have), "MB")
            yield from _restarted(plane, streams)


def _restarted(plane: Plane, streams: Streams) -> Iterator[Figure]:
    plane.stop()
    again = Plane(plane.home, plane.xds)
    ready, processor = time.time_ns(), again.cpu()
    try:
        resumed = streams.wait("resumed")
        again.settle()
        row = "all reconnect after a restart, nothing changed"
        resources = sum(counts.get("resources", 0) for counts in resumed["types"].values())
        yield Figure(row, "last knows", (resumed["at"] - ready) / 1e9, "s", 3)
        yield Figure(row, "processor time", again.cpu() - processor, "s")
        yield Figure(row, "resources sent", resources, "", 0)
    finally:
        again.stop()


def scoped(count: int) -> Iterator[Figure]:
    """Each namespace admits ten services."""
    world = World(scope=10)
    with serving(world.documents()) as plane:
        plane.forget_peak()
        processor = plane.cpu()
        with connected(plane.xds, count, world) as streams:
            all_have = streams.wait("connected")
            plane.settle()
            row = "all connect at once, 10 services in scope"
            yield Figure(row, "last has everything", all_have["last_ms"] / 1e3, "s", 1)
            yield Figure(row, "processor time", plane.cpu() - processor, "s", 1)
            yield Figure(row, "memory at most", plane.memory("VmHWM"), "MB", 200)
            yield Figure(row, "sent", sent(all_have), "MB")
            measured = Measured("endpoint changed, 10 services in scope")
            yield from _scoped_endpoint(Bench(plane, streams, world), measured)


def _scoped_endpoint(bench: Bench, row: Measured) -> Iterator[Figure]:
    world = bench.world
    for number in range(5):
        address = f"10.200.0.{number + 1}"
        document = world.service_entry(SERVICE, [*world.addresses(SERVICE)[:-1], address])
        bench.change(row, "EDS", address, bench.apply(document), f"ns:{NAMESPACE}")
    yield of(row.row, "last stream", row.last, "ms")
    yield of(row.row, "processor time", row.cpu, "ms")


def asked(count: int, repeat: int = 9) -> Iterator[Figure]:
    """Each proxy asks for ten hosts as it connects, as agents do that know what their apps have resolved; then one for one more. Then as many
    connect that ask for nothing, to a control plane that was started anew and remembers what groups call."""
    world = World()
    with serving(world.documents()) as plane:
        plane.forget_peak()
        before = plane.cpu()
        with connected(plane.xds, count, world, _ON_DEMAND, asks=10) as streams:
            yield from _all_have(plane, streams, before, "all connect at once, and ask for 10 hosts each")
            measured = Measured("one proxy asks for one host more")
            bench = Bench(plane, streams, world)
            for number in range(repeat):
                host = world.host(100 + number)
                bench.change(measured, "HOST", host, bench.ask(SERVICE, host), f"one:{SERVICE}")
            yield of(measured.row, "answered", measured.last, "ms")
            yield of(measured.row, "processor time", measured.cpu, "ms")
        plane.stop()
        again = Plane(plane.home, plane.xds)
        try:
            again.settle()
            again.forget_peak()
            before = again.cpu()
            with connected(again.xds, count, world, _ON_DEMAND) as streams:
                yield from _all_have(again, streams, before, "all connect at once, whose groups are known to call 10 hosts each")
        finally:
            again.stop()


def _all_have(plane: Plane, streams: Streams, before: float, row: str) -> Iterator[Figure]:
    all_have = streams.wait("connected")
    plane.settle()
    yield Figure(row, "last has everything", all_have["last_ms"] / 1e3, "s", 1)
    yield Figure(row, "processor time", plane.cpu() - before, "s", 1)
    yield Figure(row, "memory at most", plane.memory("VmHWM"), "MB", 200)
    yield Figure(row, "sent", sent(all_have), "MB")


def large(_count: int) -> Iterator[Figure]:
    """Ten thousand services of ten endpoints, from the start of the process with a full store; then with private rules."""
    yield from _large("10,000 services × 10 endpoints, 10 streams", World(10_000, 10, 100), 1000)
    yield from _large("the same, 500 namespaces, 50 with private rules", World(10_000, 10, 500, private=50), 1500)


def _large(row: str, world: World, memory: float) -> Iterator[Figure]:
    with serving(world.documents()) as plane:
        plane.stop()
        with connected(plane.xds, 10, world) as streams:  # They try until it is there, as proxies do.
            began = time.monotonic()
            again = Plane(plane.home, plane.xds)
            try:
                started = time.monotonic() - began
                streams.wait("connected")
                have = time.monotonic() - began
                again.settle()
                yield Figure(row, "start of the process until it takes requests", started, "s")
                yield Figure(row, "start until all have everything", have, "s", 6)
                yield Figure(row, "processor time", again.cpu(), "s")
                yield Figure(row, "memory", again.memory(), "MB", memory)
                yield Figure(row, "memory at most", again.memory("VmHWM"), "MB")
                yield Figure(row, "cells", again.metric("lateen_graph_cells"))
                measured = Measured(row)
                _few_endpoints(Bench(again, streams, world), measured)
                yield of(row, "endpoint changed, last stream", measured.last, "ms")
                yield of(row, "endpoint changed, processor time", measured.cpu, "ms")
            finally:
                again.stop()


def _few_endpoints(bench: Bench, row: Measured) -> None:
    for number in range(5):
        address = f"10.200.0.{number + 1}"
        bench.change(row, "EDS", address, bench.apply(bench.world.service_entry(SERVICE, [*bench.world.addresses(SERVICE)[:-1], address])))


def collections(_count: int) -> Iterator[Figure]:
    """One endpoint of ten thousand."""
    world = World(1, 10_000, 1, ruled=0)
    for row, capabilities, reach in (
        ("one endpoint of 10,000, to agents that take them one by one", ("virtualHosts", "endpoints"), 1.0),
        ("one endpoint of 10,000, to others", ("virtualHosts",), None),
    ):
        with serving(world.documents()) as plane, connected(plane.xds, 10, world, capabilities) as streams:
            streams.wait("connected")
            measured = Measured(row)
            bench = Bench(plane, streams, world)
            for number in range(5):
                address = f"10.200.0.{number + 1}"
                bench.change(measured, "any", address, bench.apply(world.service_entry(0, [*world.addresses(0)[:-1], address])))
            yield of(row, "last stream", measured.last, "ms")
            yield of(row, "sent per stream", [each * 1e3 / 10 for each in measured.bytes], "kB", reach)
            yield of(row, "processor time", measured.cpu, "ms")
