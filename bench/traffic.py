"""What requests through a real gateway meet while its configuration changes: routes that appear and go, are edited, and name other subsets.

Everything is on loopback: the control plane, its clients, the gateway's Envoy, one server behind it, and the requests.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median
from typing import Any, Final, NamedTuple

from bench.dataplane.load import percentile
from bench.edge import APART, WHOLE, Asking, Edge, answering, gateway, server, traffic
from bench.figures import Figure, of
from bench.plane import Plane, free_port, serving
from bench.routed import Routed
from bench.streams import connected

RATE: Final = 500.0
_WRITERS: Final = 8
_API: Final = "networking.istio.io/v1/namespaces"
_ASKED: Final = 20
_BESIDE: Final = 100.0
_EACH: Final = 0.2


class Setting:
    """A control plane that serves a world, the gateway's Envoy, and the server behind it; `spare` services have no route of their own."""

    def __init__(self, stack: ExitStack, services: int, capabilities: Mapping[str, bool] = APART, *, spare: int = 0, delay: float = 0.0) -> None:
        self.routed = Routed(stack.enter_context(server(delay)), free_port(), services)
        spares = [self.routed.service(services + number) for number in range(spare)]
        self.plane: Plane = stack.enter_context(serving([*self.routed.documents(), *spares]))
        self.edge: Edge = stack.enter_context(gateway(self.plane.xds, self.routed.port, capabilities))
        answering(self.edge, [self.routed.outside(0), self.routed.outside(services - 1)])
        self.plane.settle()


def serverless(_count: int, added: int = 1000, existing: int = 1000, streams: int = 50, per_second: float = 10.0) -> Iterator[Figure]:
    """Services with a route each that appear one after the other, and go again."""
    with ExitStack() as stack:
        setting = Setting(stack, existing)
        plane, routed = setting.plane, setting.routed
        clients = stack.enter_context(connected(plane.xds, streams, routed.world))
        clients.wait("connected")
        plane.settle()
        memory, processor, sent = plane.memory(), plane.cpu(), plane.sent()
        beside = stack.enter_context(traffic(setting.edge, [routed.outside(each) for each in range(min(_ASKED, existing))], _BESIDE))
        seen = appeared(setting, range(existing, existing + added), per_second)
        plane.settle()
        row = f"{added:,} services with a route each, {per_second:g}/s, on top of {existing:,}"
        yield from waited(row, seen)
        yield Figure(row, "processor time", plane.cpu() - processor, "s", 30 * added / 1000)
        yield Figure(row, "sent", plane.sent() - sent, "MB", 300 * added / 1000)
        grown = plane.memory()
        _deleted(setting, range(existing, existing + added))
        yield from _answered(row, beside.ended())
        yield Figure(row, "memory before", memory, "MB")
        yield Figure(row, "memory with them", grown, "MB")
        yield Figure(row, "memory when they are deleted ÷ before", plane.memory() / memory, "", 1.25)


class Appeared(NamedTuple):
    """What was seen of services that appeared, in their order: milliseconds from just before each write to the gateway's first answer for it, and the
    processor time so far of control plane and gateway, in seconds, before each and after the last.
    """

    waits: Sequence[float]
    plane: Sequence[float]
    edge: Sequence[float]


def appeared(setting: Setting, services: range, per_second: float) -> Appeared:
    """Write one after the other at a rate."""
    began = time.monotonic()
    plane, edge, waiting = [], [], []
    with ThreadPoolExecutor(_WRITERS) as writers:
        for number, service in enumerate(services):
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            plane.append(setting.plane.cpu())
            edge.append(setting.edge.cpu())
            waiting.append(writers.submit(_appear, setting, service))
        waits = [each.result() for each in waiting]
    return Appeared(waits, [*plane, setting.plane.cpu()], [*edge, setting.edge.cpu()])


def _appear(setting: Setting, service: int) -> float:
    routed = setting.routed
    began = setting.plane.apply([routed.service(service), routed.route(service)])
    asking = Asking(setting.edge.port)
    try:
        return (asking.until(routed.outside(service), "") - began) / 1e6
    finally:
        asking.close()


def _deleted(setting: Setting, services: range) -> None:
    plane, routed = setting.plane, setting.routed

    def delete(service: int) -> None:
        where = f"{_API}/{routed.namespace(service)}"
        plane.delete(f"{where}/virtualservices/svc-{service}")
        plane.delete(f"{where}/serviceentries/svc-{service}")

    with ThreadPoolExecutor(_WRITERS) as writers:
        list(writers.map(delete, services))
    plane.settle()


def waited(row: str, seen: Appeared) -> Iterator[Figure]:
    """How long the gateway's answers took, and whether the last came as fast as the first."""
    waits, fifth = seen.waits, max(1, len(seen.waits) // 5)
    yield Figure(row, "answered through the gateway, p50", percentile(waits, 0.5), "ms")
    yield Figure(row, "answered through the gateway, p99", percentile(waits, 0.99), "ms", 300, (min(waits), max(waits)))
    yield Figure(row, "answered, the last fifth ÷ the first, p50", median(waits[-fifth:]) / median(waits[:fifth]), "", 1.25)
    for whose, costs, reach in (("the control plane", seen.plane, 1.25), ("Envoy", seen.edge, None)):
        first, last = ((costs[at + fifth] - costs[at]) / fifth * 1e3 for at in (0, len(waits) - fifth))
        yield Figure(row, f"processor time of {whose} for one of the first fifth", first, "ms")
        yield Figure(row, f"processor time of {whose}, the last fifth ÷ the first", last / first if first else 0.0, "", reach)


def _answered(row: str, told: Mapping[str, Any]) -> Iterator[Figure]:
    yield Figure(row, "requests meanwhile", len(told["microseconds"]) + sum(told["failures"].values()))
    yield Figure(row, "requests meanwhile that failed", sum(told["failures"].values()), "", 0)


def gateway_routes(_count: int, sizes: Sequence[int] = (300, 3000), edits: int = 40) -> Iterator[Figure]:
    """One route of many edited, under requests: it leads to a service that the gateway did not know, and its answer is another."""
    costs = []
    for services in sizes:
        row = f"one of {services:,} routes edited, at {RATE:g} requests/s"
        with ExitStack() as stack:
            setting = Setting(stack, services, spare=2)
            told, waits, cost = _edited(setting, edits)
        costs.append(cost)
        yield of(row, "new answer", waits, "ms", 200)
        yield from _answered(row, told)
        yield Figure(row, "processor time of the control plane, an edit", cost, "ms")
    yield Figure("routes edited", f"processor time with {sizes[-1]:,} routes ÷ with {sizes[0]:,}", costs[-1] / costs[0], "", 1.25)


def _edited(setting: Setting, edits: int) -> tuple[Mapping[str, Any], list[float], float]:
    plane, routed = setting.plane, setting.routed
    edited, asking, waits = routed.services // 2, Asking(setting.edge.port), []
    with traffic(setting.edge, [routed.outside(each) for each in (edited, 0, edited)], RATE) as beside:
        time.sleep(_EACH)
        processor = plane.cpu()
        for number in range(edits):
            revision = f"r{number + 1}"
            began = plane.apply([routed.route(edited, revision, to=routed.services + number % 2)])
            waits.append((asking.until(routed.outside(edited), revision) - began) / 1e6)
            time.sleep(_EACH)
        cost = (plane.cpu() - processor) / edits * 1e3
        return beside.ended(), waits, cost


FORMS: Final = (("virtual hosts one by one", APART, 0.0), ("whole route tables", WHOLE, 0.0), ("answers that take 0.1 s", APART, 0.1))


def renames(_count: int, times: int = 100) -> Iterator[Figure]:
    """A subset gets another name, in its rule and in the route to it at once, under requests, in each of the `FORMS`."""
    for form, capabilities, delay in FORMS:
        row = f"{times} subset renames at {RATE:g} requests/s, {form}"
        with ExitStack() as stack:
            told, waits = _renamed(Setting(stack, 20, capabilities, delay=delay), times)
        yield from _answered(row, told)
        yield of(row, "new answer", waits, "ms")


def _renamed(setting: Setting, times: int) -> tuple[Mapping[str, Any], list[float]]:
    plane, routed, service = setting.plane, setting.routed, 3
    host, asking, waits = routed.outside(service), Asking(setting.edge.port), []
    plane.apply(_named(routed, service, "r0"))
    asking.until(host, "r0")
    with traffic(setting.edge, [host], RATE) as beside:
        for number in range(times):
            time.sleep(_EACH / 2)
            name = f"r{number + 1}"
            began = plane.apply(_named(routed, service, name))
            waits.append((asking.until(host, name) - began) / 1e6)
        time.sleep(_EACH)
        return beside.ended(), waits


def _named(routed: Routed, service: int, name: str) -> list[str]:
    return [routed.subsets(service, [name]), routed.route(service, name, subset=name)]
