"""Every form of route is one that a real Envoy accepts. Where requests go is held by `test_virtual_services_*`."""

from __future__ import annotations

import subprocess
from pathlib import Path

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
from lateen.render.route_configuration import route_configuration
from lateen.render.virtual_host import virtual_host
from lateen.translate import routes
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.ref import Ref

pytestmark = pytest.mark.envoy

SECOND = 10**9
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
