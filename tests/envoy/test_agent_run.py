"""The whole agent as root: two workloads in namespaces, certificates from the real authority, names on demand, traffic over mutual TLS."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import grpc
import grpc.aio
import msgspec
import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener as EnvoyListener
from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2  # noqa: F401  (for what `typed_config` names)
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2  # noqa: F401
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse
from google.protobuf.json_format import ParseDict

from lateen.agent import discovery, envoy_binary, mode
from lateen.agent.certificates import ControlPlane
from lateen.agent.dns_server import Resolvers
from lateen.agent.lifecycle import Policy
from lateen.agent.mode import Choice
from lateen.agent.network import planned
from lateen.agent.run import Agent, Settings
from lateen.agent.sidecar import Listener
from lateen.agent.workload import HealthCheck, Port, Workload
from lateen.identity import authenticate, ca, join_token, server, trust
from lateen.identity.csr import new_key
from lateen.values.spiffe import Identity

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or mode.choose_mode().mode != "transparent", reason="network namespaces cannot be made here"),
]
CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
LDS = "type.googleapis.com/envoy.config.listener.v3.Listener"
WITHIN = 60.0
SERVING = (sys.executable, "-u", "-c", "import http.server as h; h.HTTPServer(('0.0.0.0', 8080), h.SimpleHTTPRequestHandler).serve_forever()")
CALLING = (
    "import time, urllib.request\n"
    "while True:\n"
    "    try: print('status', urllib.request.urlopen('http://b.default.svc.cluster.local:8080/', timeout=5).status, flush=True)\n"
    "    except Exception as error: print('failed', error, flush=True)\n"
    "    time.sleep(0.05)\n"
)


class Control:
    """Authority and discovery on one TLS socket, as the control plane has them."""

    def __init__(self) -> None:
        self.root = ca.new_root("cluster.local", datetime.now(UTC))
        self.authority = ca.new_intermediate(self.root, datetime.now(UTC))
        self.key = new_key()
        self.resources: dict[tuple[str, str], list[Cluster | EnvoyListener]] = {}
        self.asked: list[str] = []
        self.callers: list[object] = []
        self.refused: list[str] = []
        bundle = trust.bundle(self.root.certificate)
        self.authenticators = (
            authenticate.key_possession(lambda: bundle, lambda: ("cluster.local",)),
            authenticate.joining(self.key.public_key, lambda: ("cluster.local",)),
        )
        self.roots = bundle.pem.encode()

    def token(self, workload: Workload) -> str:
        claims = join_token.Claims("cluster.local", workload.namespace, workload.service_account, "t1")
        return join_token.mint_token(self.key, claims, datetime.now(UTC))

    @contextlib.asynccontextmanager
    async def served(self, path: Path) -> AsyncIterator[None]:
        grpc_server = grpc.aio.server()
        method = grpc.stream_stream_rpc_method_handler(self._stream, DeltaDiscoveryRequest.FromString, DeltaDiscoveryResponse.SerializeToString)
        service = "envoy.service.discovery.v3.AggregatedDiscoveryService"
        discovery_handler = grpc.method_handlers_generic_handler(service, {"DeltaAggregatedResources": method})
        issuing = server.handlers(lambda: self.authority, self.roots.decode, self.authenticators, lambda: datetime.now(UTC))
        grpc_server.add_generic_rpc_handlers((issuing, discovery_handler))
        serving = ca.serving_certificate(self.authority, datetime.now(UTC))
        credentials = server.server_credentials(lambda: serving, lambda: self.roots.decode(), server.Clients.NOT_ASKED)
        grpc_server.add_secure_port(f"unix:{path}", credentials)
        await grpc_server.start()
        try:
            yield
        finally:
            await grpc_server.stop(0)

    async def _stream(self, requests: AsyncIterator[DeltaDiscoveryRequest], context: object) -> AsyncIterator[DeltaDiscoveryResponse]:
        shown = server.credentials(context.auth_context(), context.invocation_metadata())
        self.callers.append(authenticate.authenticated(self.authenticators, shown, datetime.now(UTC)))
        name = ""
        async for request in requests:
            name = request.node.metadata.fields["NAME"].string_value if request.HasField("node") else name
            if request.HasField("error_detail"):
                self.refused.append(request.error_detail.message)
            if not request.response_nonce:
                yield self._response(name, request)

    def _response(self, name: str, request: DeltaDiscoveryRequest) -> DeltaDiscoveryResponse:
        response = DeltaDiscoveryResponse(type_url=request.type_url, nonce="1")
        for asked in request.resource_names_subscribe if request.type_url == discovery.HOST else ():
            self.asked.append(asked)
            host = {"host": asked, "addresses": ["240.240.0.1"], "ttl": 30}
            resource = response.resources.add(name=asked, version="1")
            resource.resource.type_url, resource.resource.value = discovery.HOST, msgspec.json.encode(host)
        for each in self.resources.get((name, request.type_url), []):
            response.resources.add(name=each.name, version="1").resource.Pack(each)
        return response


def secured(kind: str, **fields: object) -> dict:
    api = {"api_type": "DELTA_GRPC", "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "sds-grpc"}}]}
    source = {"resource_api_version": "V3", "api_config_source": api}
    common = {
        "tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": source}],
        "validation_context_sds_secret_config": {"name": "ROOTCA", "sds_config": source},
    }
    at = f"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.{kind}"
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": at, "common_tls_context": common, **fields}}}


def capturing(port: int, cluster: str, **chain: object) -> EnvoyListener:
    tcp = {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "x", "cluster": cluster}
    filters = [{"name": "envoy.filters.network.tcp_proxy", "typed_config": tcp}]
    address = {"socket_address": {"address": "0.0.0.0", "port_value": port}}
    return ParseDict({"name": str(port), "address": address, "filter_chains": [{"filters": filters, **chain}]}, EnvoyListener())


def reaching(name: str, address: str, **fields: object) -> Cluster:
    endpoint = {"endpoint": {"address": {"socket_address": {"address": address, "port_value": 8080}}}}
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]}
    return ParseDict({"name": name, "type": "STATIC", "load_assignment": assignment, **fields}, Cluster())


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not true():
            await asyncio.sleep(0.02)


async def test_explicit_meshes_of_one_name_take_loopback_ranges_of_their_own() -> None:
    control, listener = Control(), Listener(lambda *_: None, lambda *_: None, lambda *_: None, lambda _: None)
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        choice, plane = Choice("explicit", False, False, ""), ControlPlane("unix:/nowhere", control.roots)
        one, two = (Settings(Path(folder) / name, f"explicit-{os.getpid()}", envoy_binary.find(), choice, plane) for name in ("one", "two"))
        async with Agent(one, control.token, listener) as first, Agent(two, control.token, listener) as second:
            a, b = [await each.prepare(Workload("a", "", ports=(Port(9080),))) for each in (first, second)]
            assert a.explicit is not None and a.mode == "explicit"
            assert a.address != b.address
            assert a.address == a.proxy.address != a.explicit.app_address


@pytest.mark.parametrize("by_mark", [False, True], ids=["by user", "by mark"])
@pytest.mark.rule("AG-2")
@pytest.mark.rule("AG-3")
@pytest.mark.rule("AG-5")
@pytest.mark.rule("AG-11")
async def test_an_app_calls_another_by_name_through_two_envoys(by_mark: bool) -> None:
    control, lines, announced, healths, pids = Control(), [], [], [], []
    listener = Listener(
        lambda key, source, line: lines.append(f"{key} {source} {line}"),
        lambda key, text: announced.append(f"{key} {text}"),
        lambda key, healthy: healths.append((key, healthy)),
        pids.append,
    )
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        Path(folder).chmod(0o711)
        settings = Settings(
            Path(folder) / "m",
            f"run-{os.getpid()}",
            envoy_binary.find(),
            Choice("transparent", False, by_mark, ""),
            ControlPlane(f"unix:{folder}/control.sock", control.roots),
            policy=Policy(drain=0.2),
            resolvers=Resolvers(),
        )
        async with control.served(Path(folder) / "control.sock"), Agent(settings, control.token, listener) as agent:
            check = HealthCheck(port=8080, http_path="/", period=0.1, timeout=WITHIN)
            b = await agent.prepare(Workload("b", "", command=SERVING, cwd=folder, service_account="b", ports=(Port(8080),), health=check))
            a = await agent.prepare(Workload("a", "", command=(sys.executable, "-c", CALLING), service_account="a"))
            control.resources = {
                ("a", CDS): [reaching("b", b.address, **secured("UpstreamTlsContext"))],
                ("a", LDS): [capturing(15001, "b")],
                ("b", CDS): [reaching("app", b.address, upstream_bind_config={"source_address": {"address": "127.0.0.6", "port_value": 0}})],
                ("b", LDS): [capturing(15006, "app", **secured("DownstreamTlsContext", require_client_certificate=True))],
            }
            running = [asyncio.create_task(agent.run(each)) for each in (b, a)]
            try:
                await eventually(lambda: lines.count("a.default app status 200") >= 3 or any(each.done() for each in running))
            finally:
                agent.stop()
            assert await asyncio.gather(*running) == [0, 0]
        assert any('"GET / HTTP/1.1" 200' in line for line in lines), (lines, announced)
        assert set(control.callers) == {Identity("cluster.local", "default", "a"), Identity("cluster.local", "default", "b")}
        assert set(control.asked) == {"b.default.svc.cluster.local"}
        assert (control.refused, announced) == ([], [])
        assert {("a.default", True), ("b.default", True)} <= set(healths)
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        assert not (settings.directory / "made.json").exists()
    links = subprocess.run(["ip", "-br", "link", "show", "type", "bridge"], capture_output=True, text=True, check=True).stdout
    assert planned(settings.mesh_id, []).bridge not in links
