"""The xDS server over real gRPC: who is let in, what passes, and that one slow client holds up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
import pytest
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.ads_pb2_grpc import AggregatedDiscoveryServiceStub
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DiscoveryRequest
from google.protobuf.any_pb2 import Any as Packed

from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.xds.events import Acked, Asked, Report
from lateen.xds.node import Proxy
from lateen.xds.order import CDS, EDS
from lateen.xds.server import Server
from lateen.xds.shelf import Shelf, Stack, published
from lateen.xds.stream import Stream

HOSTS = "type.googleapis.com/lateen.dev.v1.Host"
NODE = Node(id="sidecar~10.0.0.1~app.default~default.svc.cluster.local")


def resource(type_url: str, name: str, content: bytes = b"1") -> EnvoyResource:
    return envoy_resource(type_url, name, Packed(type_url=type_url, value=content).SerializeToString())


class Mesh:
    """Everyone sees the same clusters and endpoints; who is named `thief` is refused."""

    def __init__(self) -> None:
        self.clusters = Shelf(CDS)
        self.endpoints = Shelf(EDS)
        self.reports: asyncio.Queue[tuple[Stream, Report]] = asyncio.Queue()
        self.sizes: list[tuple[str, int]] = []
        self.left: asyncio.Queue[str] = asyncio.Queue()

    def authorize(self, auth_context: Mapping[str, Any], proxy: Proxy) -> str | None:
        return "The certificate is not that of default/thief." if proxy.name == "thief" else None

    async def connected(self, stream: Stream) -> Mapping[str, Stack]:
        return {CDS: (self.clusters,), EDS: (self.endpoints,)}

    def disconnected(self, stream: Stream) -> None:
        self.left.put_nowait(stream.proxy.name)

    def reported(self, stream: Stream, report: Report) -> None:
        self.reports.put_nowait((stream, report))

    def sent(self, stream: Stream, type_url: str, size: int) -> None:
        self.sizes.append((type_url, size))

    async def heard(self, kind: type[Report]) -> tuple[Stream, Report]:
        while True:
            stream, report = await self.reports.get()
            if isinstance(report, kind):
                return stream, report


@pytest.fixture
def mesh() -> Mesh:
    return Mesh()


@pytest.fixture
async def server(mesh: Mesh) -> AsyncIterator[Server]:
    server = Server(mesh, virtual=frozenset([HOSTS]), budget=1 << 20, patience=0.01)
    yield server
    await server.stop()


@pytest.fixture
async def stub(server: Server) -> AsyncIterator[AggregatedDiscoveryServiceStub]:
    ports = await server.start({"127.0.0.1:0": None})
    options = [("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{ports['127.0.0.1:0']}", options=options) as channel:
        yield AggregatedDiscoveryServiceStub(channel)


async def test_a_delta_client_is_served_told_of_changes_and_heard(mesh: Mesh, server: Server, stub: Any) -> None:
    mesh.clusters.apply({"a": resource(CDS, "a")})
    call = stub.DeltaAggregatedResources()
    await call.write(DeltaDiscoveryRequest(node=NODE, type_url=CDS))
    first = await call.read()
    assert [each.name for each in first.resources] == ["a"]
    await call.write(DeltaDiscoveryRequest(type_url=CDS, response_nonce=first.nonce))
    _, acked = await mesh.heard(Acked)
    assert acked == Acked(CDS, 0, {"a": None}.keys())
    assert server.publish(published(1, {mesh.clusters: {"b": resource(CDS, "b"), "a": None}})) == 1
    second = await call.read()
    assert ([each.name for each in second.resources], list(second.removed_resources)) == (["b"], ["a"])
    assert mesh.sizes[0] == (CDS, first.ByteSize())


async def test_a_state_of_the_world_client_is_served(mesh: Mesh, server: Server, stub: Any) -> None:
    mesh.clusters.apply({"a": resource(CDS, "a", b"one")})
    call = stub.StreamAggregatedResources()
    await call.write(DiscoveryRequest(node=NODE, type_url=CDS))
    first = await call.read()
    assert [each.value for each in first.resources] == [b"one"]
    await call.write(DiscoveryRequest(type_url=CDS, response_nonce=first.nonce, version_info=first.version_info))
    await mesh.heard(Acked)
    server.publish(published(1, {mesh.clusters: {"b": resource(CDS, "b", b"two")}}))
    assert [each.value for each in (await call.read()).resources] == [b"one", b"two"]


@pytest.mark.rule("XD-10")
async def test_a_proxy_that_is_not_who_it_says_is_refused_with_the_reason(stub: Any) -> None:
    call = stub.DeltaAggregatedResources()
    await call.write(DeltaDiscoveryRequest(node=Node(id="sidecar~10.0.0.1~thief.default~default.svc.cluster.local"), type_url=CDS))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call.read()
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert refused.value.details() == "The certificate is not that of default/thief."


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (DeltaDiscoveryRequest(type_url=CDS), "The first request of a stream must say which node it comes from."),
        (
            DeltaDiscoveryRequest(node=Node(id="me"), type_url=CDS),
            'The node id is "me"; it must have the form sidecar|router|waypoint|ztunnel~<address>~<name>.<namespace>~<namespace>.svc.<domain>.',
        ),
        (DeltaDiscoveryRequest(node=NODE), "The request names no type; a discovery request must have a type_url."),
    ],
)
async def test_who_does_not_speak_the_protocol_is_told_what_is_missing(stub: Any, request_: DeltaDiscoveryRequest, sentence: str) -> None:
    call = stub.DeltaAggregatedResources()
    await call.write(request_)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call.read()
    assert (refused.value.code(), refused.value.details()) == (grpc.StatusCode.INVALID_ARGUMENT, sentence)


async def test_a_dropped_stream_ends_with_the_reason_and_is_forgotten(mesh: Mesh, server: Server, stub: Any) -> None:
    call = stub.DeltaAggregatedResources()
    await call.write(DeltaDiscoveryRequest(node=NODE, type_url=CDS))
    await call.read()
    (stream,) = server.streams
    stream.drop("The workload is gone.")
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await call.read()
    assert (ended.value.code(), ended.value.details()) == (grpc.StatusCode.UNAVAILABLE, "The workload is gone.")
    assert await mesh.left.get() == "app"
    assert server.streams == set()
    assert server.publish(published(1, {mesh.clusters: {"a": resource(CDS, "a")}})) == 0


async def test_a_client_that_leaves_is_forgotten(mesh: Mesh, server: Server, stub: Any) -> None:
    call = stub.DeltaAggregatedResources()
    await call.write(DeltaDiscoveryRequest(node=NODE, type_url=CDS))
    await call.read()
    call.cancel()
    assert await mesh.left.get() == "app"
    assert server.streams == set()


async def test_a_client_that_does_not_read_holds_up_nobody(mesh: Mesh, server: Server, stub: Any) -> None:
    """Either response alone fills the budget; the slow client never reads its own."""
    mesh.clusters.apply({"big": resource(CDS, "big", b"x" * (8 << 20))})
    slow, quick = stub.DeltaAggregatedResources(), stub.DeltaAggregatedResources()
    await slow.write(DeltaDiscoveryRequest(node=NODE, type_url=CDS))
    await quick.write(DeltaDiscoveryRequest(node=NODE, type_url=CDS))
    first = await quick.read()
    await quick.write(DeltaDiscoveryRequest(type_url=CDS, response_nonce=first.nonce))
    await mesh.heard(Acked)
    server.publish(published(1, {mesh.clusters: {"small": resource(CDS, "small")}}))
    assert [each.name for each in (await quick.read()).resources] == ["small"]


async def test_what_is_asked_of_a_virtual_type_is_answered_by_the_control(mesh: Mesh, stub: Any) -> None:
    call = stub.DeltaAggregatedResources()
    await call.write(DeltaDiscoveryRequest(node=NODE, type_url=HOSTS, resource_names_subscribe=["shop.default"]))
    stream, asked = await mesh.heard(Asked)
    assert asked == Asked(HOSTS, ("shop.default",))
    stream.answer(HOSTS, {"shop.default": Packed(type_url=HOSTS, value=b"yes").SerializeToString()})
    answer = await call.read()
    assert [(each.name, each.resource.value) for each in answer.resources] == [("shop.default", b"yes")]
