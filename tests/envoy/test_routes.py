"""VirtualServices in a real Envoy: every form of route is accepted, and real requests go where the rules say."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.cors.v3.cors_pb2 import Cors as CorsFilter
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager
from google.protobuf.any_pb2 import Any as Envelope
from google.protobuf.json_format import MessageToJson

from lateen.agent import envoy_binary
from lateen.api import decode, inputs
from lateen.flow import Graph
from lateen.ir.destination import PASSTHROUGH
from lateen.ir.match import Claim, Header, Manner, Match, Parameter, PathManner, Text
from lateen.ir.match import Path as PathTest
from lateen.ir.routes import (
    Abort,
    Answer,
    Cookie,
    Cors,
    Delay,
    Fault,
    Forward,
    HashKey,
    HeaderChanges,
    Mirror,
    Redirect,
    Replacement,
    Retry,
    Rule,
    Share,
    VirtualHost,
)
from lateen.ir.view import PUBLIC
from lateen.render.route_configuration import route_configuration
from lateen.render.virtual_host import virtual_host
from lateen.translate import routes
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.ref import Ref

pytestmark = pytest.mark.envoy

SECOND = 10**9
UPSTREAMS = ("a", "b", "flaky", "mirror")
A = Share("outbound|80||a.default.svc.cluster.local")
EXACT = Text(Manner.EXACT, "x")


def manager(table: EnvoyResource) -> HttpConnectionManager:
    out = HttpConnectionManager(stat_prefix="test")
    out.route_config.CopyFrom(RouteConfiguration.FromString(Envelope.FromString(table.body).value))
    for name, settings in (("fault", HTTPFault()), ("cors", CorsFilter()), ("router", Router())):
        out.http_filters.add(name=f"envoy.filters.http.{name}").typed_config.Pack(settings)
    return out


def bootstrap(table: EnvoyResource, port: int, clusters: list[Cluster]) -> str:
    listener = Listener(name="in")
    listener.address.socket_address.address = "127.0.0.1"
    listener.address.socket_address.port_value = port
    listener.filter_chains.add().filters.add(name="envoy.filters.network.http_connection_manager").typed_config.Pack(manager(table))
    out = Bootstrap()
    out.static_resources.listeners.append(listener)
    out.static_resources.clusters.extend(clusters)
    return MessageToJson(out)


def table_of(rules: tuple[Rule, ...]) -> EnvoyResource:
    hosts = [
        VirtualHost("all", ("*.example", "[::1]"), rules),
        VirtualHost("tls", ("tls.test",), rules[:1], https_only=True),
        routes.catch_all(PASSTHROUGH),
    ]
    return route_configuration("80", [virtual_host(host) for host in hosts])


MATCHES = (
    Match(PathTest(PathManner.EXACT, "/a", ignore_case=True)),
    Match(PathTest(PathManner.SEGMENTS, "/a")),
    Match(PathTest(PathManner.SEGMENTS, "/a/")),
    Match(PathTest(PathManner.SEGMENTS, "/")),
    Match(PathTest(PathManner.REGEX, "/a/[^/]+", ignore_case=True)),
    Match(headers=(Header("a!#$%&'*+-.^_`|~z", EXACT), Header(":method", EXACT), Header(":authority", Text(Manner.PREFIX, "x")))),
    Match(headers=(Header("x"), Header("y", inverted=True), Header("z", Text(Manner.REGEX, ".+"), True, True))),
    Match(parameters=(Parameter("q"), Parameter("r", EXACT), Parameter("s", Text(Manner.REGEX, "[0-9]+")))),
    Match(
        claims=(Claim(("groups",), EXACT), Claim(("a", "b"), Text(Manner.PREFIX, "x"), True), Claim(("c",)), Claim(("d",), Text(Manner.REGEX, ".*")))
    ),
)
CHANGES = HeaderChanges((("x-a", "1"), ("x-a", "2")), (("x-b", ""),), ("x-c",))
RETRY = Retry(3, ("5xx", "retriable-status-codes"), (429, 418), SECOND, SECOND // 20, other_localities=True)
KEYS = (
    HashKey(header="x-user"),
    HashKey(parameter="id"),
    HashKey(cookie=Cookie("session", 0, "/", (("SameSite", "Strict"),))),
    HashKey(cookie=Cookie("own")),
    HashKey(source_address=True),
)
ACTIONS = (
    Forward((A,)),
    Forward((Share("a", 3, CHANGES, CHANGES, "other.example"), Share("b", 1)), 2 * SECOND, RETRY, hash_keys=KEYS),
    Forward((A,), authority="other.example", path=Replacement(prefix="/new"), mirrors=(Mirror("m"), Mirror("n", 1))),
    Forward((A,), path=Replacement(pattern="^.*$", substitution="/new")),
    Forward((A,), path=Replacement(pattern="^/a(/?)(.*)", substitution="/\\2")),
    Forward(()),
    Redirect(302, "https", "other.example", 8443, "/new"),
    Redirect(303, rewrite=Replacement(prefix="/new")),
    Redirect(307, rewrite=Replacement(pattern="^/a", substitution="/b")),
    Redirect(308),
    Answer(200),
    Answer(503, b"x" * 100_000),
)
CORS = Cors((EXACT, Text(Manner.PREFIX, "x"), Text(Manner.REGEX, ".*")), ("GET",), ("x-a",), ("x-b",), 60, True, False)
FAULTS = (Fault(Delay(1, SECOND), Abort(1_000_000, 503)), Fault(abort=Abort(5, grpc_status=14)), Fault(Delay(10, 1_000_000)))
FORMS = (
    *(Rule(ACTIONS[0], match) for match in MATCHES),
    *(Rule(action, name=f"action.{number}", operation="a:80/*", origin=Ref("VirtualService", "d", "r")) for number, action in enumerate(ACTIONS)),
    *(Rule(ACTIONS[0], fault=fault) for fault in FAULTS),
    Rule(ACTIONS[0], cors=CORS, stat_prefix="shop", request=CHANGES, response=CHANGES),
)


def test_envoy_accepts_every_form_of_route(tmp_path: Path):
    config = tmp_path / "envoy.json"
    config.write_text(bootstrap(table_of(FORMS), 0, []))

    run = subprocess.run([envoy_binary.find().path, "--mode", "validate", "-c", config], capture_output=True, text=True, timeout=60, check=False)

    assert run.returncode == 0, run.stderr


class Upstream(ThreadingHTTPServer):
    """Answers with its name; what it was asked is kept. `flaky` fails every other time."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.name = name
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.arrived = threading.Event()

    @property
    def last(self) -> tuple[str, dict[str, str]]:
        """Path and headers of the latest request."""
        return self.seen[-1]


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Upstream

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.server.arrived.set()
        fails = self.server.name == "flaky" and len(self.server.seen) % 2 == 1
        body = self.server.name.encode()
        self.send_response(503 if fails else 200)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-secret", "1")
        self.end_headers()
        self.wfile.write(body)

    do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        pass


class Machine:
    """An Envoy with the rules below, and the upstreams behind it."""

    def __init__(self, client: httpx.Client, upstreams: dict[str, Upstream]) -> None:
        self.client = client
        self.upstreams = upstreams

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, headers={"host": "shop.default.svc.cluster.local", **named})


RULES = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop, namespace: default}
spec:
  hosts: [shop]
  http:
  - {match: [{uri: {exact: /exact}}, {uri: {regex: "/regex/[0-9]+"}}], route: [{destination: {host: b}}]}
  - {match: [{uri: {prefix: /UPPER}, ignoreUriCase: true}], route: [{destination: {host: b}}]}
  - {match: [{uri: {prefix: /header}, headers: {x-kind: {prefix: can}}}], route: [{destination: {host: b}}]}
  - {match: [{uri: {prefix: /without}, withoutHeaders: {x-user: {exact: jason}}}], route: [{destination: {host: b}}]}
  - {match: [{uri: {prefix: /query}, queryParams: {v: {regex: "[0-9]+"}}}], route: [{destination: {host: b}}]}
  - match: [{uri: {prefix: /split}}]
    route: [{destination: {host: a}, weight: 3}, {destination: {host: b}, weight: 1}]
  - {match: [{uri: {prefix: /redirect}}], redirect: {uri: /elsewhere, authority: other.example, redirectCode: 308}}
  - {match: [{uri: {prefix: /old/}}], rewrite: {uri: /new/, authority: other.example}, route: [{destination: {host: a}}]}
  - {match: [{uri: {regex: "/whole/.*"}}], rewrite: {uri: /all}, route: [{destination: {host: a}}]}
  - {match: [{uri: {prefix: /answer}}], directResponse: {status: 418, body: {string: short and stout}}}
  - match: [{uri: {prefix: /abort}}]
    fault: {abort: {percentage: {value: 100}, httpStatus: 451}}
    route: [{destination: {host: a}}]
  - match: [{uri: {prefix: /never}}]
    fault: {abort: {httpStatus: 451}}
    route: [{destination: {host: a}}]
  - match: [{uri: {prefix: /retried}}]
    retries: {attempts: 2, retryOn: "503"}
    route: [{destination: {host: flaky}}]
  - {match: [{uri: {prefix: /once}}], retries: {attempts: 0}, route: [{destination: {host: flaky}}]}
  - match: [{uri: {prefix: /changed}}]
    headers: {request: {set: {x-put: new}, add: {x-more: "2"}, remove: [x-gone]}, response: {remove: [x-secret], set: {x-by: lateen}}}
    route: [{destination: {host: a}, headers: {request: {set: {Host: inner.example}}}}]
  - match: [{uri: {prefix: /copied}}]
    route: [{destination: {host: a}}]
    mirror: {host: mirror}
  - match: [{uri: {prefix: /cors}}]
    corsPolicy: {allowOrigins: [{exact: "https://a.example"}], allowMethods: [GET], maxAge: 24h}
    route: [{destination: {host: a}}]
  - {match: [{uri: {prefix: /subset}}], route: [{destination: {host: a, subset: none}}]}
  - {route: [{destination: {host: a}}]}
"""


def service(name: str) -> str:
    return f"""
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{clusterIP: 10.0.0.1, ports: [{{port: 80}}]}}
"""


def translated() -> EnvoyResource:
    g = Graph()
    found, findings = decode.resources(RULES + "".join(service(name) for name in ("shop", *UPSTREAMS)))
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
    shop = routes.virtual_host(g, PUBLIC, False, "default", "shop.default.svc.cluster.local", 80, False)
    assert shop is not None
    return route_configuration("80", [virtual_host(shop)])


def cluster(name: str, port: int) -> Cluster:
    full = f"outbound|80||{name}.default.svc.cluster.local"
    out = Cluster(name=full, type=Cluster.STATIC)
    out.load_assignment.cluster_name = full
    address = out.load_assignment.endpoints.add().lb_endpoints.add().endpoint.address.socket_address
    address.address, address.port_value = "127.0.0.1", port
    return out


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < until, "Envoy does not listen"
            threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    upstreams = {name: Upstream(name) for name in UPSTREAMS}
    for upstream in upstreams.values():
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port = free_port()
    folder = tmp_path_factory.mktemp("envoy")
    config = folder / "envoy.json"
    config.write_text(bootstrap(translated(), port, [cluster(name, upstream.server_port) for name, upstream in upstreams.items()]))
    command = [envoy_binary.find().path, "-c", config, "--use-dynamic-base-id", "--concurrency", "1", "--log-path", folder / "log"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client:
                yield Machine(client, upstreams)
        finally:
            process.terminate()
            process.wait(20)
            for upstream in upstreams.values():
                upstream.shutdown()
                upstream.server_close()


@pytest.mark.rule("VS-22")
@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/exact", {}, "b"),
        ("/exact?x=1", {}, "b"),
        ("/exact/more", {}, "a"),
        ("/regex/12", {}, "b"),
        ("/regex/12/more", {}, "a"),
        ("/upper", {}, "b"),
        ("/header", {"x_kind": "canary"}, "b"),
        ("/header", {"x_kind": "stable"}, "a"),
        ("/without", {}, "b"),
        ("/without", {"x_user": "ann"}, "b"),
        ("/without", {"x_user": "jason"}, "a"),
        ("/query?v=12", {}, "b"),
        ("/query?v=x", {}, "a"),
        ("/query", {}, "a"),
    ],
)
def test_requests_go_where_the_first_fitting_rule_says(machine: Machine, path: str, headers: dict[str, str], expected: str):
    assert machine.ask(path, **headers).text == expected


@pytest.mark.rule("VS-40")
def test_weights_divide_requests(machine: Machine):
    answers = Counter(machine.ask("/split").text for _ in range(200))

    assert set(answers) == {"a", "b"}
    assert 110 < answers["a"] < 190


@pytest.mark.rule("VS-45")
def test_a_redirect_keeps_the_query(machine: Machine):
    answer = machine.ask("/redirect/me?x=1")

    assert (answer.status_code, answer.headers["location"]) == (308, "http://other.example/elsewhere?x=1")


@pytest.mark.rule("VS-46")
def test_prefix_host_and_whole_path_are_rewritten(machine: Machine):
    machine.ask("/old/x?y=1")
    path, headers = machine.upstreams["a"].last
    assert (path, headers["host"]) == ("/new/x?y=1", "other.example")

    machine.ask("/whole/x?y=1")
    assert machine.upstreams["a"].last[0] == "/all?y=1"


@pytest.mark.rule("VS-4")
def test_a_direct_response_needs_no_upstream(machine: Machine):
    answer = machine.ask("/answer")

    assert (answer.status_code, answer.text) == (418, "short and stout")


@pytest.mark.rule("VS-51")
def test_an_abort_hits_all_or_without_a_percentage_none(machine: Machine):
    assert machine.ask("/abort").status_code == 451
    assert machine.ask("/never").status_code == 200


@pytest.mark.rule("VS-43")
def test_a_failure_is_retried_unless_the_rule_says_never(machine: Machine):
    flaky = machine.upstreams["flaky"]
    flaky.seen.clear()

    assert machine.ask("/retried").status_code == 200
    assert [headers["x-envoy-attempt-count"] for _, headers in flaky.seen] == ["1", "2"]
    assert machine.ask("/once").status_code == 503
    assert len(flaky.seen) == 3


@pytest.mark.rule("VS-47")
@pytest.mark.rule("VS-48")
def test_headers_are_replaced_added_and_removed_on_both_ways(machine: Machine):
    answer = machine.ask("/changed", x_put="old", x_more="1", x_gone="1")

    _, headers = machine.upstreams["a"].last
    assert (headers["x-put"], headers["host"], "x-gone" in headers) == ("new", "inner.example", False)
    assert headers["x-more"] == "2"  # the last of two lines
    assert ("x-secret" in answer.headers, answer.headers["x-by"]) == (False, "lateen")


@pytest.mark.rule("VS-49")
def test_a_mirror_gets_a_copy_with_the_same_host(machine: Machine):
    assert machine.ask("/copied").text == "a"

    assert machine.upstreams["mirror"].arrived.wait(10)
    path, headers = machine.upstreams["mirror"].last
    assert (path, headers["host"]) == ("/copied", "shop.default.svc.cluster.local")


@pytest.mark.rule("VS-50")
def test_a_preflight_of_a_known_origin_is_answered_and_of_another_forwarded(machine: Machine):
    known = machine.ask("/cors", "OPTIONS", origin="https://a.example", access_control_request_method="GET")
    other = machine.ask("/cors", "OPTIONS", origin="https://b.example", access_control_request_method="GET")

    assert (known.headers["access-control-allow-origin"], known.headers["access-control-max-age"]) == ("https://a.example", "86400")
    assert other.text == "a"


@pytest.mark.rule("VS-41")
def test_a_subset_that_is_not_there_is_no_way_to_the_host(machine: Machine):
    assert machine.ask("/subset").status_code == 503


def test_an_unknown_host_finds_nothing(machine: Machine):
    assert machine.ask("/", host="nobody.example").status_code == 404
