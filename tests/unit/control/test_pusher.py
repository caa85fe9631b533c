"""The pusher between proxies that come and go while it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from envoy.config.core.v3.base_pb2 import Node
from google.protobuf import json_format

from lateen.api import decode, inputs
from lateen.assembly import leaves, naming
from lateen.control import pusher as module
from lateen.control.pusher import HOST_TYPE, Pusher
from lateen.flow import Graph
from lateen.ir.view import Perspective
from lateen.values.envoy_resource import EnvoyResource
from lateen.xds.budget import Budget
from lateen.xds.events import Asked, Told
from lateen.xds.node import proxy
from lateen.xds.order import CDS
from lateen.xds.session import Session
from lateen.xds.stream import Stream
from lateen.xds.wire import DELTA, Requested

RATINGS = "ratings.default.svc.cluster.local"


class Call:
    """What a stream asks of its gRPC call before it runs."""

    def peer(self) -> str:
        return "here"


def service(name: str) -> inputs.Change:
    spec = {"clusterIP": "10.0.0.1", "ports": [{"name": "http", "port": 80}]}
    found, _ = decode.decode({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": spec})
    assert found is not None
    return found.ref, found


def stream(of: Pusher, address: str, **labels: str) -> Stream:
    metadata = {"LABELS": labels, "LATEEN": {"onDemand": True}}
    node = json_format.ParseDict({"id": f"sidecar~{address}~web.default~default.svc.cluster.local", "metadata": metadata}, Node())
    session = Session({}, virtual=frozenset({HOST_TYPE}))
    return Stream(proxy(node), session, DELTA, Call(), Budget(1, 1.0), of, of.server._moved)


async def connect(of: Pusher, stream: Stream) -> None:
    """What the server does when a proxy connects, and when it leaves meanwhile."""
    try:
        for type_url, stack in (await of.connected(stream)).items():
            stream.rescope(type_url, stack)
    except BaseException:
        of.server._forget(stream)
        raise


def clusters(stream: Stream) -> set[str]:
    return {name for shelf in stream.session.stacks[CDS] for name in shelf.names if name.startswith("outbound|")}


def views(of: Pusher) -> int:
    return len(of._keeper._views)


async def turns(until: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not until():
            await asyncio.sleep(0)


@asynccontextmanager
async def pushing(monkeypatch: pytest.MonkeyPatch, *names: str) -> AsyncIterator[Pusher]:
    """A pusher that lets others run after each leaf."""
    monkeypatch.setattr(module, "SLICE_SECONDS", 0.0)
    pusher = Pusher(Graph(), lambda *_: None)
    await pusher.write([service(name) for name in names])
    yield pusher


async def test_a_proxy_that_leaves_while_it_connects_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pushing(monkeypatch, "ratings") as pusher:
        connecting = asyncio.create_task(connect(pusher, stream(pusher, "10.1.0.1")))
        await turns(lambda: views(pusher) == 1)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert views(pusher) == 0
        await connect(pusher, stream(pusher, "10.1.0.2"))
        assert views(pusher) == 1


async def test_a_replica_that_leaves_while_its_group_learns_of_a_host_does_not_keep_the_host_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pushing(monkeypatch, "ratings") as pusher:
        leaving, staying = stream(pusher, "10.1.0.1", app="web"), stream(pusher, "10.1.0.2", app="web")
        await connect(pusher, leaving)
        await connect(pusher, staying)
        staying.receive(Requested(HOST_TYPE, ("ratings",)))
        await turns(lambda: views(pusher) == 4)
        pusher.server._forget(leaving)
        await turns(lambda: not pusher._asking)
        assert clusters(staying) == {f"outbound|80||{RATINGS}"}
        assert staying.session.subscription(HOST_TYPE).names == {"ratings"}  # type: ignore[union-attr]
        assert views(pusher) == 1


async def test_a_host_that_one_group_learns_of_is_no_matter_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pushing(monkeypatch, "ratings") as pusher:
        web, job = stream(pusher, "10.1.0.1", app="web"), stream(pusher, "10.1.0.2", app="job")
        await connect(pusher, web)
        await connect(pusher, job)
        web.receive(Requested(HOST_TYPE, ("ratings",)))
        await turns(lambda: not pusher._asking)
        assert (clusters(web), clusters(job)) == ({f"outbound|80||{RATINGS}"}, set())


async def test_what_a_proxy_asks_for_as_it_connects_is_in_what_it_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pushing(monkeypatch, "ratings") as pusher:
        web, replica = stream(pusher, "10.1.0.1", app="web"), stream(pusher, "10.1.0.2", app="web")
        await connect(pusher, replica)
        web.receive(Requested(HOST_TYPE, ("ratings",)))
        web.receive(Requested(HOST_TYPE, ("reviews",)))
        views_before, ran = views(pusher), pusher.g.ran["stacks.stacks"]
        await connect(pusher, web)
        assert (views_before, clusters(web), clusters(replica)) == (1, {f"outbound|80||{RATINGS}"}, {f"outbound|80||{RATINGS}"})
        assert pusher.g.ran["stacks.stacks"] - ran == 2
        await asyncio.sleep(0)
        assert web.session.subscription(HOST_TYPE).names == {"ratings", "reviews"}  # type: ignore[union-attr]
        send = web.session.next_send()
        assert send is not None and send.type == HOST_TYPE


async def test_asks_that_wait_for_their_turn_are_answered_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pushing(monkeypatch, "ratings", "reviews") as pusher:
        web = stream(pusher, "10.1.0.1")
        await connect(pusher, web)
        web.receive(Requested(HOST_TYPE, ("ratings",)))
        web.receive(Requested(HOST_TYPE, ("reviews",)))
        assert len(pusher._asking) == 1
        ran = pusher.g.ran["stacks.stacks"]
        await turns(lambda: not pusher._asking)
        assert clusters(web) == {f"outbound|80||{RATINGS}", "outbound|80||reviews.default.svc.cluster.local"}
        assert pusher.g.ran["stacks.stacks"] - ran == 1


async def test_health_that_is_told_before_a_proxy_has_arrived_is_told_behind_its_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    class Guests:
        def arrived(self, stream: Stream) -> None:
            heard.append("arrived")

        def left(self, stream: Stream) -> None:
            heard.append("left")

        def told(self, stream: Stream, reason: str | None) -> None:
            heard.append(f"told {reason}")

    async with pushing(monkeypatch) as pusher:
        pusher.guests = Guests()
        web = stream(pusher, "10.1.0.1")
        pusher.reported(web, Told("health", "no answer"))
        await connect(pusher, web)
        pusher.reported(web, Told("health", None))
        assert heard == ["arrived", "told no answer", "told None"]


async def test_names_of_nothing_are_forgotten_though_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SWEEP_GROWTH", 200)
    async with pushing(monkeypatch, "ratings") as pusher:
        web = stream(pusher, "10.1.0.1")
        await connect(pusher, web)
        before = len(pusher.g)
        for number in range(500):
            pusher.reported(web, Asked(HOST_TYPE, (f"x{number}.example.com",)))
            await turns(lambda: not pusher._asking)
        assert len(pusher.g) < before + 500


async def test_a_name_that_cannot_be_looked_up_does_not_keep_others_from_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = naming.meant

    def meant(g: Graph, namespace: str, name: str) -> naming.Answer:
        if name == "bad":
            raise RecursionError
        return real(g, namespace, name)

    monkeypatch.setattr(naming, "meant", meant)
    async with pushing(monkeypatch, "ratings") as pusher:
        web = stream(pusher, "10.1.0.1")
        await connect(pusher, web)
        web.receive(Requested(HOST_TYPE, ("bad", "ratings")))
        await turns(lambda: not pusher._asking)
        assert clusters(web) == {f"outbound|80||{RATINGS}"}


async def test_a_query_that_fails_is_logged_once_and_leaves_the_others_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    real = leaves.cluster.compute

    def cluster(g: Graph, seen: Perspective, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
        if host == RATINGS:
            raise ValueError
        return real(g, seen, namespace, host, port, subset)

    monkeypatch.setattr(leaves.cluster, "compute", cluster)
    monkeypatch.setattr(module, "_log", _Log(told))
    async with pushing(monkeypatch, "ratings", "reviews") as pusher:
        web = stream(pusher, "10.1.0.1")
        await connect(pusher, web)
        web.receive(Requested(HOST_TYPE, ("ratings", "reviews")))
        await turns(lambda: not pusher._asking)
        await pusher.write([service("details")])
        assert clusters(web) == {"outbound|80||reviews.default.svc.cluster.local"}
        assert len([line for line in told if RATINGS in line]) == 1


class _Log:
    def __init__(self, told: list[str]) -> None:
        self._told = told

    def error(self, text: str, **_: Any) -> None:
        self._told.append(text)
