"""A real Envoy started from our bootstrap and driven by the supervisor, with a control plane of two fixed resources."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import grpc
import grpc.aio
import httpx
import msgspec
import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import Node
from envoy.config.listener.v3.listener_pb2 import Listener as EnvoyListener
from envoy.extensions.access_loggers.stats.v3 import stats_pb2  # noqa: F401  (for what `typed_config` names)
from envoy.extensions.filters.http.router.v3 import router_pb2  # noqa: F401
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2  # noqa: F401
from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2  # noqa: F401
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2  # noqa: F401
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse
from google.protobuf.json_format import ParseDict

from lateen.agent import bootstrap, discovery, envoy_binary, local_grpc, network, status
from lateen.agent.admin import Admin
from lateen.agent.dns import Host
from lateen.agent.leftovers import Record
from lateen.agent.lifecycle import Policy
from lateen.agent.metrics import Metrics
from lateen.agent.on_demand import OnDemand
from lateen.agent.process import Launch
from lateen.agent.run import sockets
from lateen.agent.sds import SecretService
from lateen.agent.secrets import Certificate, Secrets
from lateen.agent.sidecar import Launches, Listener, Sidecar, app_environment
from lateen.agent.tail import Tails
from lateen.agent.workload import HealthCheck, Port, Workload
from lateen.agent.xds_proxy import METHOD, Channels, XdsProxy
from lateen.identity import ca, csr
from lateen.values.spiffe import Identity

pytestmark = pytest.mark.envoy

CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
LDS = "type.googleapis.com/envoy.config.listener.v3.Listener"
WITHIN = 60.0


class Control:
    """A control plane that answers each wildcard with fixed resources, and hosts with one address."""

    def __init__(self, clusters: list[dict] = (), listeners: list[dict] = ()) -> None:
        self.resources = {CDS: [ParseDict(each, Cluster()) for each in clusters], LDS: [ParseDict(each, EnvoyListener()) for each in listeners]}
        self.nodes: list[str] = []
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.healths: list[str] = []

    def handler(self) -> grpc.GenericRpcHandler:
        method = grpc.stream_stream_rpc_method_handler(self._stream, DeltaDiscoveryRequest.FromString, DeltaDiscoveryResponse.SerializeToString)
        service = "envoy.service.discovery.v3.AggregatedDiscoveryService"
        return grpc.method_handlers_generic_handler(service, {"DeltaAggregatedResources": method})

    async def _stream(self, requests: AsyncIterator[DeltaDiscoveryRequest], _: object) -> AsyncIterator[DeltaDiscoveryResponse]:
        async for request in requests:
            if request.HasField("node"):
                self.nodes.append(request.node.id)
            if request.type_url == discovery.HEALTH:
                self.healths.append(request.error_detail.message)
                continue
            if request.response_nonce:
                self.acknowledged.append(request.type_url)
                if request.HasField("error_detail"):
                    self.refused.append(request.error_detail.message)
                continue
            response = DeltaDiscoveryResponse(type_url=request.type_url, nonce="1")
            if request.type_url == discovery.HOST:
                for name in request.resource_names_subscribe:
                    value = msgspec.json.encode({"host": f"{name}.default.svc.cluster.local", "addresses": ["240.240.0.1"], "ttl": 30})
                    resource = response.resources.add(name=name, version="1")
                    resource.resource.type_url, resource.resource.value = discovery.HOST, value
            for each in self.resources.get(request.type_url, []):
                response.resources.add(name=each.name, version="1").resource.Pack(each)
            yield response


class Told:
    """What the agent said."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.announced: list[str] = []
        self.healths: list[bool] = []
        self.pids: list[int] = []

    def listener(self) -> Listener:
        return Listener(
            lambda _, source, line: self.lines.append(f"{source}: {line}"),
            lambda _, text: self.announced.append(text),
            lambda _, healthy: self.healths.append(healthy),
            self.pids.append,
        )


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not true():
            await asyncio.sleep(0.01)


def insecurely(path: Path) -> Channels:
    async def opened() -> tuple[grpc.aio.Channel, tuple[()]]:
        return grpc.aio.insecure_channel(f"unix:{path}"), ()

    return opened


@contextlib.asynccontextmanager
async def world(
    workload: Workload, control: Control, told: Told, secrets: SecretService | None = None, policy: Policy | None = None
) -> AsyncIterator[tuple[Sidecar, OnDemand, Path]]:
    """One workload with its Envoy in explicit mode, its agent sockets, and a control plane behind them."""
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        directory, on_demand = Path(folder), OnDemand()
        upstream = await local_grpc.serve(directory / "control.sock", [control.handler()])
        secrets = secrets or SecretService(Secrets())
        proxy = XdsProxy(insecurely(directory / "control.sock"), on_demand, told.announced.append)
        paths = sockets(directory)
        server = await local_grpc.serve(Path(paths.xds), [proxy.handler(), secrets.handler()])
        (directory / "envoy.json").write_bytes(msgspec.json.encode(bootstrap.bootstrap(workload, bootstrap.Mesh(), paths)))
        words = ("envoy", *bootstrap.arguments(f"{directory}/envoy.json", workload))
        envoy = Launch(words, directory / "envoy.log", program=envoy_binary.find().path)
        app = Launch(workload.command, directory / "app.log", app_environment(workload)) if workload.command else None
        tails, record, launches = Tails(), Record(directory), Launches(envoy, app, Path(paths.admin))
        sidecar = Sidecar(workload, launches, told.listener(), tails, record, policy or Policy(drain=0))
        admin = Admin(Path(paths.admin))
        try:
            async with status.served(Path(paths.agent), status.application(answers(sidecar, admin))):
                yield sidecar, on_demand, directory
        finally:
            tails.close()
            await admin.close()
            await server.stop(1)
            await upstream.stop(1)


def answers(sidecar: Sidecar, admin: Admin) -> status.Answers:
    return status.Answers(lambda: sidecar.is_ready, admin.prometheus, Metrics(lambda: None, ca_now))


def workload(index: int, *command: str, **more: object) -> Workload:
    proxy, explicit = network.explicit(f"test-{os.getpid()}", index, [8080], ["mysql.db:3306"])
    return Workload(f"w{index}", proxy.address, command=command, proxy=proxy, explicit=explicit, ports=(Port(8080),), **more)


SLEEPING = (sys.executable, "-c", "import os, time; print('address', os.environ['LATEEN_ADDRESS'], flush=True); time.sleep(3600)")


@pytest.mark.rule("AG-1")
@pytest.mark.rule("AG-9")
async def test_an_envoy_of_our_bootstrap_becomes_ready_and_then_its_app_starts() -> None:
    control, told, one = Control(), Told(), workload(0, *SLEEPING)
    async with world(one, control, told) as (sidecar, on_demand, _):
        running = asyncio.create_task(sidecar.run())
        await eventually(lambda: f"app: address {one.explicit.app_address}" in told.lines)
        assert control.nodes == [f"sidecar~{one.address}~w0.default~default.svc.cluster.local"]
        assert {CDS, LDS} <= set(control.acknowledged)
        assert told.healths == [False, True]
        assert await on_demand.host("reviews", WITHIN) == Host("reviews.default.svc.cluster.local", ("240.240.0.1",))
        await eventually(lambda: discovery.HOST in control.acknowledged)
        async with httpx.AsyncClient(timeout=WITHIN) as client:
            ready = await client.get(f"http://{one.proxy.address}:{one.proxy.readiness}/healthz/ready")
            merged = await client.get(f"http://{one.proxy.address}:{one.proxy.merged_metrics}/stats/prometheus")
            plain = await client.get(f"http://{one.proxy.address}:{one.proxy.stats}/stats/prometheus")
            admin = await client.get(f"http://{one.proxy.address}:{one.proxy.admin}/server_info")
        assert [each.status_code for each in (ready, merged, plain, admin)] == [200, 200, 200, 200]
        assert "envoy_server_live" in merged.text
        sidecar.stop()
        assert await running == 0
    assert told.healths == [False, True, False]
    assert not any(Path(f"/proc/{pid}").exists() for pid in told.pids)


async def test_a_killed_envoy_comes_back_and_its_app_stays() -> None:
    told, one = Told(), workload(1, *SLEEPING)
    async with world(one, Control(), told) as (sidecar, _, _):
        running = asyncio.create_task(sidecar.run())
        await eventually(lambda: told.healths == [False, True])
        envoy, app = told.pids
        os.kill(envoy, signal.SIGKILL)
        await eventually(lambda: told.healths == [False, True, False, True])
        assert told.announced == ["Envoy of w1 was ended by SIGKILL; restarting in 200 ms (1st time)."]
        assert len(told.pids) == 3
        os.kill(app, 0)
        sidecar.stop()
        assert await running == 0


async def test_an_app_that_exits_is_restarted_and_one_that_cannot_start_says_why() -> None:
    told, one = Told(), workload(2, sys.executable, "-c", "print('no luck'); raise SystemExit(3)")
    async with world(one, Control(), told) as (sidecar, _, _):
        running = asyncio.create_task(sidecar.run())
        await eventually(lambda: len(told.announced) >= 2)
        assert "w2 exited with code 3 after" in told.announced[0]
        assert told.announced[0].endswith("restarting in 200 ms (1st time). Its last output:\n    no luck")
        assert "restarting in 400 ms (2nd time)" in told.announced[1]
        sidecar.stop()
        sidecar.stop()
        await running
    told, two = Told(), workload(2, "/nowhere/app")
    async with world(two, Control(), told) as (sidecar, _, _):
        running = asyncio.create_task(sidecar.run())
        await eventually(lambda: bool(told.announced))
        assert "w2 exited with code 127" in told.announced[0]
        assert "/nowhere/app" in told.announced[0]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_app_is_healthy_when_its_health_check_says_so() -> None:
    serving = "h.HTTPServer((os.environ['LATEEN_ADDRESS'], 8080), h.SimpleHTTPRequestHandler).serve_forever()"
    command = (sys.executable, "-c", f"import os, http.server as h; {serving}")
    told, one = Told(), workload(3, *command, health=HealthCheck(port=8080, http_path="/", period=0.05, timeout=WITHIN))
    async with world(one, Control(), told) as (sidecar, _, _):
        running = asyncio.create_task(sidecar.run())
        await eventually(lambda: told.healths == [False, True])
        sidecar.stop()
        assert await running == 0


@pytest.mark.rule("AG-2")
async def test_an_envoy_waits_for_a_control_plane_that_comes_late() -> None:
    told, one = Told(), workload(4)
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        path, control = Path(folder) / "control.sock", Control()
        proxy = XdsProxy(insecurely(path), None, told.announced.append)
        server = await local_grpc.serve(Path(folder) / "xds.sock", [proxy.handler()])
        async with grpc.aio.insecure_channel(f"unix:{folder}/xds.sock") as channel:
            call = channel.stream_stream("/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources")()
            await call.write(DeltaDiscoveryRequest(type_url=CDS, node={"id": one.name}).SerializeToString())
            await asyncio.sleep(0)
            upstream = await local_grpc.serve(path, [control.handler()])
            response = DeltaDiscoveryResponse.FromString(await asyncio.wait_for(call.read(), WITHIN))
            assert (response.type_url, control.nodes) == (CDS, ["w4"])
            await upstream.stop(0)
            assert await asyncio.wait_for(call.code(), WITHIN) is grpc.StatusCode.UNAVAILABLE
        await server.stop(0)


def counting(address: str, port: int) -> dict:
    at = "type.googleapis.com/envoy.extensions."
    tags = [{"name": "response_code", "value_format": "%RESPONSE_CODE%"}, {"name": "reporter", "value_format": "source"}]
    counted = {"stat": {"name": "requests_total", "tags": tags}, "value_fixed": 1}
    timed = {"stat": {"name": "request_duration_milliseconds", "tags": tags}, "unit": "Milliseconds", "value_format": "%DURATION%"}
    logger = {"@type": f"{at}access_loggers.stats.v3.Config", "stat_prefix": "istio", "counters": [counted], "histograms": [timed]}
    answer = {"match": {"prefix": "/"}, "direct_response": {"status": 204}}
    manager = {
        "@type": f"{at}filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "outbound",
        "access_log": [{"name": "envoy.access_loggers.stats", "typed_config": logger}],
        "route_config": {"virtual_hosts": [{"name": "any", "domains": ["*"], "routes": [answer]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": f"{at}filters.http.router.v3.Router"}}],
    }
    chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
    return {"name": "counting", "address": {"socket_address": {"address": address, "port_value": port}}, "filter_chains": [chain]}


@pytest.mark.rule("AG-6")
async def test_merged_metrics_have_istios_names() -> None:
    told, one = Told(), workload(7)
    control = Control(listeners=[counting(one.address, 21000)])
    async with world(one, control, told) as (sidecar, _, _), httpx.AsyncClient(timeout=WITHIN) as client:
        running = asyncio.create_task(sidecar.run())
        await eventually(lambda: sidecar.is_ready)
        assert control.refused == []
        for _ in range(3):
            assert (await client.get(f"http://{one.address}:21000/")).status_code == 204
        merged = ""
        async with asyncio.timeout(WITHIN):
            # Envoy counts a call when it is over, perhaps after its answer has arrived, and adds up durations every few seconds.
            while not re.search(r"^istio_request_duration_milliseconds_count\{.*\} 3$", merged, re.MULTILINE):
                merged = (await client.get(f"http://{one.address}:{one.proxy.merged_metrics}/stats/prometheus")).text
        counts = [line.rpartition(" ") for line in merged.splitlines() if line.startswith("istio_requests_total{")]
        assert [(float(count), 'response_code="204"' in labels) for labels, _, count in counts] == [(3, True)]
        sidecar.stop()
        await running


# Rotation


def certificate(authority: ca.Authority, name: str) -> Certificate:
    key = csr.new_key()
    chain = ca.issue(authority, Identity("cluster.local", "default", name), key.public_key(), ca.DEFAULT_TTL, ca_now())
    return Certificate("".join(chain[:-1]).encode(), csr.key_pem(key).encode(), chain[-1].encode())


def ca_now() -> datetime:
    return datetime.now(UTC)


def tls(own: str = "default", roots: str = "ROOTCA") -> dict:
    services = [{"envoy_grpc": {"cluster_name": "sds-grpc"}}]
    api = {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "grpc_services": services}
    source = {"resource_api_version": "V3", "api_config_source": api}
    return {
        "tls_certificate_sds_secret_configs": [{"name": own, "sds_config": source}],
        "validation_context_sds_secret_config": {"name": roots, "sds_config": source},
    }


def socket_of(kind: str, names: tuple[str, ...] = (), **fields: object) -> dict:
    at = f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{kind}"
    return {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": at, "common_tls_context": tls(*names), **fields}}


def proxying(address: str, port: int, cluster: str, transport: dict | None = None) -> dict:
    tcp = {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "x", "cluster": cluster}
    chain: dict = {"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": tcp}]}
    if transport:
        chain["transport_socket"] = transport
    return {"name": f"{address}_{port}", "address": {"socket_address": {"address": address, "port_value": port}}, "filter_chains": [chain]}


def reaching(name: str, address: str, port: int, transport: dict | None = None) -> dict:
    endpoint = {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}
    cluster = {"name": name, "type": "STATIC", "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}}
    return cluster | ({"transport_socket": transport} if transport else {})


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while line := await reader.readline():
            writer.write(line)
            await writer.drain()
    writer.close()


async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: bytes) -> bytes:
    writer.write(text + b"\n")
    await writer.drain()
    return (await reader.readline()).rstrip()


async def serial_of(directory: Path) -> str:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=f"{directory}/admin.sock"), base_url="http://envoy") as client:
        answer = (await client.get("/certs")).json()
    return str(answer["certificates"][0]["cert_chain"][0]["serial_number"]) if answer.get("certificates") else ""


async def changed(directory: Path, serial: str) -> None:
    async with asyncio.timeout(WITHIN):
        while await serial_of(directory) == serial:
            await asyncio.sleep(0.01)


@pytest.mark.rule("AG-3")
@pytest.mark.rule("AG-4")
async def test_certificates_rotate_under_traffic_without_a_failed_request() -> None:
    authority = ca.new_intermediate(ca.new_root("cluster.local", ca_now()), ca_now())
    client, server = workload(5), workload(6)
    secrets = [SecretService(Secrets(certificate(authority, name))) for name in ("client", "server")]
    echoing = await asyncio.start_server(echo, server.explicit.app_address, 8080)
    required = socket_of("DownstreamTlsContext", require_client_certificate=True)
    behind = Control([reaching("app", server.explicit.app_address, 8080)], [proxying(server.address, 20000, "app", required)])
    ahead = Control([reaching("server", server.address, 20000, socket_of("UpstreamTlsContext"))], [proxying(client.address, 21000, "server")])
    told = Told()
    async with (
        world(client, ahead, told, secrets[0]) as (near, _, near_directory),
        world(server, behind, told, secrets[1]) as (far, _, far_directory),
    ):
        running = [asyncio.create_task(each.run()) for each in (near, far)]
        await eventually(lambda: near.is_ready and far.is_ready)
        assert (ahead.refused, behind.refused) == ([], [])
        old = await asyncio.open_connection(client.address, 21000)
        assert await said(*old, b"before") == b"before"
        before = [await serial_of(each) for each in (near_directory, far_directory)]
        answered = 0
        for turn in range(60):
            if turn % 20 == 10:
                for each, name in zip(secrets, ("client", "server"), strict=True):
                    each.replace(certificate(authority, name))
            new = await asyncio.open_connection(client.address, 21000)
            answered += await said(*new, b"hello") == b"hello"
            new[1].close()
        assert answered == 60
        for directory, serial in zip((near_directory, far_directory), before, strict=True):
            await changed(directory, serial)
        assert await said(*old, b"after") == b"after"
        old[1].close()
        for each in (near, far):
            each.stop()
        assert await asyncio.gather(*running) == [0, 0]
    echoing.close()


@pytest.mark.rule("AG-3")
async def test_certificates_and_roots_in_files_are_served_and_followed_when_they_change(tmp_path: Path) -> None:
    authority = ca.new_intermediate(ca.new_root("cluster.local", ca_now()), ca_now())

    def written(name: str) -> tuple[str, str]:
        made = certificate(authority, name)
        for part, content in (("chain", made.chain), ("key", made.key), ("root", made.roots)):
            (tmp_path / f"{name}-{part}.pem").write_bytes(content)
        return f"file-cert:{tmp_path}/{name}-chain.pem~{tmp_path}/{name}-key.pem", f"file-root:{tmp_path}/{name}-root.pem"

    client, server, told = workload(8), workload(9), Told()
    names = {name: written(name) for name in ("client", "server")}
    echoing = await asyncio.start_server(echo, server.explicit.app_address, 8080)
    required = socket_of("DownstreamTlsContext", names["server"], require_client_certificate=True)
    behind = Control([reaching("app", server.explicit.app_address, 8080)], [proxying(server.address, 20000, "app", required)])
    showing = socket_of("UpstreamTlsContext", names["client"])
    ahead = Control([reaching("server", server.address, 20000, showing)], [proxying(client.address, 21000, "server")])
    async with world(client, ahead, told) as (near, _, _), world(server, behind, told) as (far, _, far_directory):
        running = [asyncio.create_task(each.run()) for each in (near, far)]
        await eventually(lambda: near.is_ready and far.is_ready)
        assert (ahead.refused, behind.refused) == ([], [])
        new = await asyncio.open_connection(client.address, 21000)
        assert await said(*new, b"hello") == b"hello"
        before = await serial_of(far_directory)
        written("server")
        await changed(far_directory, before)
        again = await asyncio.open_connection(client.address, 21000)
        assert await said(*again, b"again") == b"again"
        for _, writer in (new, again):
            writer.close()
        for each in (near, far):
            each.stop()
        assert await asyncio.gather(*running) == [0, 0]
    echoing.close()


@pytest.mark.rule("WE-2")
async def test_health_is_told_to_the_control_plane_and_again_when_that_comes_back() -> None:
    control = Control()
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        path = Path(folder)
        upstream = await local_grpc.serve(path / "control.sock", [control.handler()])
        proxy = XdsProxy(insecurely(path / "control.sock"), None, lambda _: None)
        proxy.tell_health("")
        server = await local_grpc.serve(path / "xds.sock", [proxy.handler()])
        async with connected(path / "xds.sock"):
            await eventually(lambda: control.healths == [""])
            proxy.tell_health("no answer")
            await eventually(lambda: control.healths == ["", "no answer"])
        async with connected(path / "xds.sock"):
            await eventually(lambda: control.healths == ["", "no answer", "no answer"])
        await server.stop(0)
        await upstream.stop(0)


@contextlib.asynccontextmanager
async def connected(path: Path) -> AsyncIterator[None]:
    """What an Envoy does first."""
    async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
        call = channel.stream_stream(METHOD, DeltaDiscoveryRequest.SerializeToString, DeltaDiscoveryResponse.FromString)()
        await call.write(DeltaDiscoveryRequest(type_url=CDS, node=Node(id="sidecar~1.1.1.1~a.b~b.svc.cluster.local")))
        yield
        call.cancel()
