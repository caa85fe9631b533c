"""Listeners as the real Envoy takes them: it accepts what we render, lets in what the table of §8.3 says, and keeps the rest out."""

from __future__ import annotations

import contextlib
import datetime
import http.client
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener as Message
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext, UpstreamTlsContext
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from google.protobuf.any_pb2 import Any

from lateen.agent.envoy_binary import find
from lateen.api import decode, inputs
from lateen.flow import Graph
from lateen.identity import ca
from lateen.ir.chain import FileLog, HttpOptions, Listener, Observation
from lateen.ir.destination import Http
from lateen.ir.routes import Forward, Rule, Share, VirtualHost
from lateen.ir.scope import Scope
from lateen.ir.tls import MeshTls
from lateen.ir.view import PUBLIC
from lateen.render import alpn
from lateen.render.listener import listener as rendered
from lateen.render.transport_socket import transport_socket
from lateen.translate import inbound, outbound
from lateen.translate.claims import service_claims
from lateen.translate.inbound import Manner
from lateen.translate.listener_conflicts import merged
from lateen.values.metric_words import CONNECTION, REQUEST, words
from tests.given.running import WITHIN, free_port

pytestmark = pytest.mark.envoy

HERE, THERE = "127.0.0.1", "127.0.1.1"
PASSED, HTTP, CLOSED, TLS_BYTES = "bytes", "http", "closed", "tls bytes"
MODES = ("STRICT", "PERMISSIVE", "DISABLE")
KINDS = ("HTTP", "TCP", "AUTO")
ENVOY = str(find().path)


def world(text: str) -> Graph:
    g = Graph()
    found, wrong = decode.resources(text)
    assert not wrong, wrong
    with g.batch() as batch:
        inputs.write(g, batch, ((each.ref, each) for each in found))
    return g


class Keys:
    """A mesh of one root, and PEM files of a workload of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root_key, self.root = ec.generate_private_key(ec.SECP256R1()), None
        self.root = self._certificate("root", None)
        (folder / "root.pem").write_bytes(self.root.public_bytes(serialization.Encoding.PEM))

    def workload(self, identity: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(identity, key)
        path = self.folder / f"{abs(hash(identity))}.pem"
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
        return path

    def _certificate(self, name: str, key: ec.EllipticCurvePrivateKey | None) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "root")])
        builder = (
            x509.CertificateBuilder()
            .issuer_name(issuer)
            .subject_name(issuer if key is None else x509.Name([]))
            .public_key((key or self.root_key).public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=key is None, path_length=None), critical=True)
        )
        if key is not None:
            account = name.rpartition("/")[2]
            called = x509.OtherName(ca.WORKLOAD, asn1.encode_der(f"{account};default;{account};v1;here"))
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name), called]), critical=True)
        return builder.sign(self.root_key, hashes.SHA256())


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


def bootstrap(listeners: tuple[Listener, ...], clusters: dict[str, tuple[str, int] | None], keys: Keys, identity: str) -> Bootstrap:
    """Envoy with these listeners. Secrets are static here, which is where Envoy looks when no server is named for them."""
    out = Bootstrap()
    out.node.id, out.node.cluster = "node", "node"
    out.stats_flush_interval.FromMilliseconds(100)  # Until then nothing of a histogram is told.
    out.admin.address.socket_address.address, out.admin.address.socket_address.port_value = HERE, 0
    for each in listeners:
        message = out.static_resources.listeners.add()
        Any.FromString(rendered(each).body).Unpack(message)
        _without_discovery(message)
    for name, place in clusters.items():
        out.static_resources.clusters.append(cluster(name, place))
    _secrets(out, keys, identity)
    ads = out.dynamic_resources.ads_config
    ads.api_type, ads.transport_api_version = 2, 2
    ads.grpc_services.add().envoy_grpc.cluster_name = "PassthroughCluster"
    return out


def cluster(name: str, place: tuple[str, int] | None) -> Cluster:
    out = Cluster(name=name, type=Cluster.STATIC)
    out.connect_timeout.seconds = 5
    out.load_assignment.cluster_name = name
    if place:
        address = out.load_assignment.endpoints.add().lb_endpoints.add().endpoint.address.socket_address
        address.address, address.port_value = place
    return out


def _secrets(out: Bootstrap, keys: Keys, identity: str) -> None:
    path = str(keys.workload(identity))
    own = out.static_resources.secrets.add(name="default").tls_certificate
    own.certificate_chain.filename = own.private_key.filename = path
    out.static_resources.secrets.add(name="ROOTCA").validation_context.trusted_ca.filename = str(keys.folder / "root.pem")


def _without_discovery(message: Message) -> None:
    for chain in (*message.filter_chains, message.default_filter_chain):
        if chain.HasField("transport_socket"):
            context = DownstreamTlsContext()
            chain.transport_socket.typed_config.Unpack(context)
            _local(context.common_tls_context)
            chain.transport_socket.typed_config.Pack(context)


def _local(common: object) -> None:
    for each in common.tls_certificate_sds_secret_configs:  # type: ignore[attr-defined]
        each.ClearField("sds_config")
    common.combined_validation_context.validation_context_sds_secret_config.ClearField("sds_config")  # type: ignore[attr-defined]


class Envoy:
    """A running Envoy. Started once its own log says that it takes connections."""

    def __init__(self, config: Bootstrap, folder: Path, name: str) -> None:
        path = folder / f"{name}.pb"
        path.write_bytes(config.SerializeToString())
        self.admin = folder / f"{name}.admin"
        command = [ENVOY, "-c", str(path), "--use-dynamic-base-id", "--concurrency", "1", "-l", "info", "--admin-address-path", str(self.admin)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        log: list[str] = []
        for line in self.process.stderr:
            log.append(line)
            if "starting main dispatch loop" in line:
                break
        else:
            raise AssertionError("".join(log)[-3000:])
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def metric(self, name: str) -> str:
        """The metric's line, or that with its count, once there is one: Envoy counts a call when it is over, perhaps after its answer has arrived."""
        host, _, port = self.admin.read_text().rpartition(":")
        until = time.monotonic() + WITHIN
        while time.monotonic() < until:
            connection = http.client.HTTPConnection(host, int(port), timeout=10)
            connection.request("GET", "/stats/prometheus?filter=^" + name.replace("_", ".", 1))
            told = connection.getresponse().read().decode().splitlines()
            found = [line for line in told if line.startswith((f"envoy_{name}{{", f"envoy_{name}_count{{"))]
            if found:
                return found[0]
        raise AssertionError(f"no {name}")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class App:
    """An application that says what it got: HTTP requests are answered with their headers, other bytes with what they look like."""

    def __init__(self) -> None:
        self.last = b""
        self.server = socket.create_server((HERE, 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            asked = connection.recv(65536)
            self.last = asked
            if asked.startswith(b"GET"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(asked), asked))
            elif asked:
                connection.sendall(TLS_BYTES.encode() if asked[0] == 0x16 else PASSED.encode())
            connection.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    running = App()
    yield running
    running.server.close()


# What real connections meet


class Caller:
    """Opens connections of each sort to one port, and says what became of them."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.own = keys.workload("spiffe://cluster.local/ns/default/sa/client")
        self.stranger = keys.workload("spiffe://elsewhere/ns/default/sa/client")

    def outcome(self, port: int, security: str, protocol: str) -> str:
        try:
            with socket.create_connection((THERE, port), timeout=10) as raw:
                if security == "tls":
                    return self._hello(raw)
                if security == "plain":
                    return self._ask(raw, protocol)
                with self._context(security).wrap_socket(raw, server_hostname="x") as secured:
                    return self._ask(secured, protocol)
        except (ssl.SSLError, ConnectionError):
            return CLOSED

    def _context(self, security: str) -> ssl.SSLContext:
        """`security` is `mtls`, or `stranger`, with the ALPN after a blank."""
        who, _, alpn = security.partition(" ")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(self.keys.folder / "root.pem")
        context.load_cert_chain(self.own if who == "mtls" else self.stranger)
        context.set_alpn_protocols([alpn])
        return context

    def _ask(self, connection: socket.socket, protocol: str) -> str:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n" if protocol == "http" else b"\x00hello")
        answer = connection.recv(65536)
        if answer.startswith(b"HTTP/1.1 200"):
            return HTTP if b"server: istio-envoy" in answer else PASSED
        return answer.decode(errors="replace") if answer in (PASSED.encode(), TLS_BYTES.encode()) else CLOSED

    def _hello(self, raw: socket.socket) -> str:
        """The application's own TLS, of which only the beginning is sent."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_alpn_protocols(["http/1.1"])
        client = context.wrap_bio(incoming, outgoing, server_hostname="x")
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        raw.sendall(outgoing.read())
        answer = raw.recv(65536)
        return TLS_BYTES if answer == TLS_BYTES.encode() else CLOSED


CALLS = (
    ("plain", "http"),
    ("plain", "bytes"),
    ("tls", ""),
    ("mtls istio-http/1.1", "http"),
    ("mtls istio", "bytes"),
    ("stranger istio", "bytes"),
)
TABLE = {
    ("STRICT", "HTTP"): (CLOSED, CLOSED, CLOSED, HTTP, CLOSED, CLOSED),
    ("STRICT", "TCP"): (CLOSED, CLOSED, CLOSED, PASSED, PASSED, CLOSED),
    ("STRICT", "AUTO"): (CLOSED, CLOSED, CLOSED, HTTP, PASSED, CLOSED),
    ("PERMISSIVE", "HTTP"): (HTTP, CLOSED, CLOSED, HTTP, CLOSED, CLOSED),
    ("PERMISSIVE", "TCP"): (PASSED, PASSED, TLS_BYTES, PASSED, PASSED, CLOSED),
    ("PERMISSIVE", "AUTO"): (HTTP, PASSED, TLS_BYTES, HTTP, PASSED, CLOSED),
    ("DISABLE", "HTTP"): (HTTP, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED),
    ("DISABLE", "TCP"): (PASSED, PASSED, TLS_BYTES, CLOSED, CLOSED, CLOSED),
    ("DISABLE", "AUTO"): (HTTP, PASSED, TLS_BYTES, CLOSED, CLOSED, CLOSED),
}
"""What becomes of the calls above, in their order."""

PORT_NAMES = {(mode, kind): f"{mode}-{kind}".lower() for mode in MODES for kind in KINDS}


def server_world(numbers: dict[tuple[str, str], int]) -> Graph:
    ports = "\n".join(
        f"    - {{name: p{number}, number: {number}{', protocol: ' + kind if kind != 'AUTO' else ''}}}" for (_, kind), number in numbers.items()
    )
    modes = "\n".join(f"      '{number}': {{mode: {mode}}}" for (mode, _), number in numbers.items())
    return world(
        f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: srv, namespace: default}}
spec:
    hosts: [srv.default.svc.cluster.local]
    location: MESH_INTERNAL
    resolution: STATIC
    endpoints:
    - {{address: {THERE}, labels: {{app: srv}}, serviceAccount: srv}}
    ports:
{ports}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: modes, namespace: default}}
spec:
    selector: {{matchLabels: {{app: srv}}}}
    portLevelMtls:
{modes}
"""
    )


def server(g: Graph, keys: Keys, app: App, folder: Path, numbers: list[int]) -> Envoy:
    found = inbound.inbound(g, "default", (("app", "srv"),), (THERE,), Manner(interception="NONE"))
    clusters: dict[str, tuple[str, int] | None] = {f"inbound|{number}||": (HERE, app.port) for number in numbers}
    clusters["PassthroughCluster"] = None
    return Envoy(bootstrap(found.listeners, clusters, keys, "spiffe://cluster.local/ns/default/sa/srv"), folder, "server")


@pytest.fixture(scope="module")
def table(keys: Keys, app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Caller, dict[tuple[str, str], int]]]:
    numbers = {name: free_port() for name in TABLE}
    running = server(server_world(numbers), keys, app, tmp_path_factory.mktemp("table"), list(numbers.values()))
    yield Caller(keys), numbers
    running.stop()


@pytest.mark.rule("LI-30")
@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call))
@pytest.mark.parametrize("row", TABLE, ids=lambda row: " ".join(row))
def test_each_mode_lets_in_what_the_table_says(table: tuple[Caller, dict[tuple[str, str], int]], row: tuple[str, str], call: tuple[str, str]) -> None:
    caller, numbers = table
    assert caller.outcome(numbers[row], *call) == TABLE[row][CALLS.index(call)]


# A client's sidecar in front of a server's


HOST = "srv.default.svc.cluster.local"


def client(g: Graph, keys: Keys, folder: Path, number: int, destination: Cluster) -> tuple[Envoy, int]:
    """A sidecar that listens at a port of its own for the host, and the port."""
    local = free_port()
    (claim,) = (claim for claim in service_claims(g, PUBLIC, "default", HOST) if claim.number == number)
    (plan,) = merged([msgspec.structs.replace(claim, bind=HERE, port=local, bound=True)])
    told = outbound.listener(g, plan, outbound.Manner())
    given = (VirtualHost("all", ("*",), (Rule(Forward((Share(destination.name),))),)),)
    (chain,) = told.chains
    chain = msgspec.structs.replace(chain, handler=msgspec.structs.replace(chain.handler, table="", hosts=given))
    config = bootstrap(
        (msgspec.structs.replace(told, chains=(chain,)),), {"PassthroughCluster": None}, keys, "spiffe://cluster.local/ns/default/sa/client"
    )
    config.static_resources.clusters.append(destination)
    return Envoy(config, folder, "client"), local


def mesh_cluster(number: int, protocol: Http) -> Cluster:
    out = cluster(f"outbound|{number}||{HOST}", (THERE, number))
    security = MeshTls("x", ("spiffe://cluster.local/ns/default/sa/srv",))
    service = {"host": HOST, "name": "srv", "namespace": "default"}
    out.metadata.filter_metadata["istio"].update({**alpn.words(security, protocol), "services": [service], "service": f"{HOST};srv;default"})
    out.load_assignment.endpoints[0].lb_endpoints[0].metadata.filter_metadata["istio"].update({"workload": "srv-1;default;srv;v2;here"})
    out.transport_socket.CopyFrom(transport_socket(security, protocol, 0))
    context = UpstreamTlsContext()
    out.transport_socket.typed_config.Unpack(context)
    _local(context.common_tls_context)
    out.transport_socket.typed_config.Pack(context)
    if protocol is Http.HTTP2:
        options = HttpProtocolOptions()
        options.explicit_http_config.http2_protocol_options.SetInParent()
        out.typed_extension_protocol_options["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"].Pack(options)
    return out


class Pair(msgspec.Struct):
    """Two sidecars, and the port at which the client's application calls the server's."""

    client: Envoy
    server: Envoy
    port: int

    def call(self, protocol: str) -> bytes:
        with socket.create_connection((HERE, self.port), timeout=10) as connection:
            connection.sendall(b"GET /a/../b HTTP/1.1\r\nhost: srv\r\n\r\n" if protocol == "http" else b"\x00hello")
            return connection.recv(65536)


@pytest.fixture(scope="module", params=[Http.HTTP1, Http.HTTP2])
def pair(request: pytest.FixtureRequest, keys: Keys, app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    number = free_port()
    g = server_world({("STRICT", "AUTO"): number})
    behind = server(g, keys, app, folder, [number])
    before, port = client(g, keys, folder, number, mesh_cluster(number, request.param))
    yield Pair(before, behind, port)
    before.stop()
    behind.stop()


@pytest.mark.rule("0.1")
def test_requests_arrive_as_requests_at_a_port_whose_protocol_nobody_declared(pair: Pair, app: App) -> None:
    answer = pair.call("http")

    assert answer.startswith(b"HTTP/1.1 200") and b"server: envoy" in answer
    assert app.last.startswith(b"GET /b HTTP/1.1")
    assert b"URI=spiffe://cluster.local/ns/default/sa/client" in app.last
    assert b"client;default" not in app.last


@pytest.mark.rule("CL-6")
def test_bytes_arrive_as_bytes_at_the_same_port(pair: Pair) -> None:
    assert pair.call("bytes") == PASSED.encode()


@pytest.mark.rule("TE-1")
def test_both_sides_count_requests_with_each_others_names(pair: Pair) -> None:
    pair.call("http")
    sent = said(pair.client.metric("istio_request_bytes"))
    received = said(pair.server.metric("istio_request_bytes"))

    assert (sent["reporter"], sent["response_code"], sent["peer"]) == ("source", "200", "srv-1;default;srv;v2;here")
    assert (received["reporter"], received["response_code"], received["peer"]) == ("destination", "200", "client;default;client;v1;here")
    assert sent["service"].split(";")[0] == HOST
    assert (sent["principal"], received["principal"]) == ("spiffe://cluster.local/ns/default/sa/srv", "spiffe://cluster.local/ns/default/sa/client")


def said(line: str, order: tuple[str, ...] = REQUEST) -> dict[str, str]:
    """The words with which a metric was counted."""
    return words(order, line[line.index('="') + 2 : line.rindex('"')])


@pytest.mark.rule("TE-2")
def test_who_calls_in_plain_text_is_counted_as_nobody(keys: Keys, app: App, tmp_path: Path) -> None:
    number = free_port()
    behind = server(server_world({("PERMISSIVE", "HTTP"): number}), keys, app, tmp_path, [number])
    with socket.create_connection((THERE, number), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: srv\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    counted = said(behind.metric("istio_request_bytes"))
    behind.stop()

    assert (counted["principal"], counted["peer"]) == ("", "")


@pytest.mark.rule("TE-1")
def test_connections_are_counted_when_they_begin_and_when_they_end(pair: Pair) -> None:
    pair.call("bytes")
    for name in ("connections_opened", "connections_closed", "sent_bytes", "received_bytes"):
        assert said(pair.client.metric(f"istio_tcp_{name}_total"), CONNECTION)["reporter"] == "source"


@pytest.mark.rule("TE-2")
def test_bytes_are_counted_with_the_workload_that_has_sent_them(pair: Pair) -> None:
    pair.call("bytes")
    counted = said(pair.server.metric("istio_tcp_received_bytes_total"), CONNECTION)
    assert (counted["reporter"], counted["peer"]) == ("destination", "client;default;client;v1;here")


# Everything else is at least accepted


EVERYTHING = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: all, namespace: default}
spec:
    hosts: [all.example]
    addresses: [10.1.1.1, 10.2.0.0/16, "2001:db8::1"]
    resolution: DNS
    ports:
    - {name: h, number: 80, protocol: HTTP}
    - {name: a, number: 81}
    - {name: t, number: 82, protocol: TCP}
    - {name: s, number: 83, protocol: TLS}
    - {name: m, number: 84, protocol: MySQL}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: bare, namespace: default}
spec:
    hosts: [bare.example, "*.wild.example"]
    resolution: NONE
    ports:
    - {name: h, number: 80, protocol: HTTP}
    - {name: a, number: 81}
    - {name: t, number: 82, protocol: TCP}
    - {name: s, number: 83, protocol: TLS}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: dynamic, namespace: default}
spec:
    hosts: ["*.dyn.example"]
    resolution: DYNAMIC_DNS
    ports:
    - {name: s, number: 443, protocol: TLS}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: all, namespace: default}
spec:
    hosts: [all.example]
    tls:
    - match: [{sniHosts: [all.example]}]
      route: [{destination: {host: all.example, port: {number: 83}}, weight: 1}, {destination: {host: bare.example, port: {number: 83}}, weight: 2}]
"""


def test_envoy_accepts_every_sort_of_listener(keys: Keys, tmp_path: Path) -> None:
    g = world(EVERYTHING)
    observation = Observation((FileLog("/dev/null"), FileLog("/dev/null", fields=(("m", "%PROTOCOL%"),), condition="response.code >= 400")))
    options = HttpOptions("DECODE_AND_MERGE_SLASHES", http10=True, preserve_case=True, hides_server=True)
    outward = outbound.Manner(resolves=True, families="46", observation=observation, options=options)
    manner = Manner(observation, options, interception="TPROXY")
    listeners = [
        *outbound.entrances(outward, 15080, "REDIRECT"),
        *(outbound.listener(g, plan, outward) for plan in outbound.plans(g, Scope("default", everything=True))),
        *inbound.inbound(server_world({row: 9000 + i for i, row in enumerate(TABLE)}), "default", (("app", "srv"),), (THERE,), manner).listeners,
    ]
    names = {"PassthroughCluster", "BlackHoleCluster", "InboundPassthroughCluster", outbound.DYNAMIC_DNS}
    config = bootstrap(tuple(listeners), dict.fromkeys(sorted(names)), keys, "spiffe://cluster.local/ns/default/sa/a")
    path = tmp_path / "all.pb"
    path.write_bytes(config.SerializeToString())

    done = subprocess.run([ENVOY, "-c", str(path), "--mode", "validate", "-l", "warning"], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    deprecated = [line for line in done.stderr.splitlines() if "eprecated option" in line]
    needed = ("stats.v3.Config.stat_prefix", "RouteAction.max_grpc_timeout")
    assert all(any(name in line for name in needed) for line in deprecated), deprecated
    assert {"0.0.0.0_80", "10.1.1.1_81", "2001:db8::1_82", "0.0.0.0_443", "virtualOutbound", "virtualInbound"} <= {each.name for each in listeners}
