"""What the agent's Envoy is sent of a service with many endpoints, each a resource of its own, by the real control plane through the real agent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from lateen.agent.workload import Port, Workload
from lateen.render.endpoint import LARGE
from stage.joined import Calls, Joined, joined

pytestmark = pytest.mark.envoy

MANY = 300
RULE = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: big}
spec:
  host: big.example
  trafficPolicy: {connectionPool: {tcp: {maxConnections: NUMBER}}}
"""
SERVICE = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: big}
spec:
  hosts: [big.example]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: PORT}]
  workloadSelector: {labels: {app: big}}
"""
APP = Workload("client", "", command=("sleep", "600"))


def entry(number: int, locality: str = "r1/z1") -> str:
    """Each is reached at an address of its own, and all are one server."""
    address = f"127.0.{10 + number // 200}.{number % 200 + 1}"
    labels = "labels: {app: big, security.istio.io/tlsMode: disabled}"
    spec = f"spec: {{address: {address}, {labels}, locality: {locality}}}"
    return f"---\napiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {{name: e{number}}}\n{spec}\n"


@contextlib.asynccontextmanager
async def server() -> AsyncIterator[int]:
    """An HTTP server on every loopback address; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                address = writer.get_extra_info("sockname")[0].encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(address), address))
        writer.close()

    async with await asyncio.start_server(answer, "0.0.0.0", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def called() -> AsyncIterator[tuple[Joined, Calls]]:
    """A client in a mesh whose one service has many endpoints."""
    async with server() as port, joined([APP]) as mesh:
        await mesh.apply(SERVICE.replace("PORT", str(port)) + "".join(entry(number) for number in range(MANY)))
        async with Calls(mesh, "client", "http://big.example/") as calls:
            await calls.more(20)
            mesh.sent.clear()
            yield mesh, calls


async def test_a_change_of_one_endpoint_of_many_is_sent_as_that_endpoint_and_no_request_fails() -> None:
    async with called() as (mesh, calls):
        await mesh.apply(entry(MANY))
        await calls.more(20)
        assert [kind for kind, _ in mesh.sent] == ["LbEndpoint"]
        assert sum(size for _, size in mesh.sent) < 1000
        mesh.sent.clear()
        await mesh.call("DELETE", "/apis/networking.istio.io/v1/namespaces/default/workloadentries/e0")
        await mesh.settle()
        await calls.more(20)
        assert [kind for kind, _ in mesh.sent] == ["LbEndpoint"]
        assert sum(size for _, size in mesh.sent) < 1000


async def test_a_changed_cluster_of_many_endpoints_fails_no_request() -> None:
    async with called() as (mesh, calls):
        await mesh.apply(RULE.replace("NUMBER", "77"))
        assert [kind for kind, _ in mesh.sent] == ["Cluster", "ClusterLoadAssignment", "LbEndpoint"]
        await calls.more(20)


async def test_endpoints_of_many_that_move_to_another_locality_fail_no_request() -> None:
    async with called() as (mesh, calls):
        for number in range(3):
            await mesh.apply(entry(number, locality="r2/z2"))
        await calls.more(20)
        await mesh.apply("".join(entry(number, locality="r3/z3") for number in range(MANY)))
        await calls.more(20)
        assert max(size for kind, size in mesh.sent if kind == "ClusterLoadAssignment") < 1000


async def test_a_service_that_grows_and_shrinks_over_the_threshold_fails_no_request() -> None:
    path = "/apis/networking.istio.io/v1/namespaces/default/workloadentries/e"
    async with called() as (mesh, calls):
        await asyncio.gather(*(mesh.call("DELETE", f"{path}{number}") for number in range(LARGE - 10, MANY)))
        await mesh.settle()
        await calls.more(20)
        await mesh.apply("".join(entry(number) for number in range(LARGE - 10, MANY)))
        await calls.more(20)
        assert {"LbEndpoint", "ClusterLoadAssignment"} == {kind for kind, _ in mesh.sent}


EDGE = """
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {istio: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["big.example"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec: {hosts: [big.example], gateways: [edge], http: [{route: [{destination: {host: big.example}}]}]}
"""


async def test_a_gateway_takes_the_endpoints_of_its_services_one_by_one_too() -> None:
    gateway = Workload("edge", "", labels=(("istio", "edge"),), ports=(Port(80),), kind="gateway")
    async with server() as port, joined([gateway]) as mesh:
        await mesh.apply(SERVICE.replace("PORT", str(port)) + EDGE + "".join(entry(number) for number in range(MANY)))
        async with Calls(mesh, "edge", "http://big.example/") as calls:
            await calls.more(20)
            mesh.sent.clear()
            await mesh.apply(entry(MANY))
            await calls.more(20)
            await mesh.apply(RULE.replace("NUMBER", "77"))
            await calls.more(20)
        assert [kind for kind, _ in mesh.sent] == ["LbEndpoint", "Cluster", "ClusterLoadAssignment", "LbEndpoint"]
        assert mesh.sent[0][1] < 1000
