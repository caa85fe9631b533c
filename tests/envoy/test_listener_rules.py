"""Listeners of sidecars in real Envoys: which connection meets which service, how its protocol is found out, and who may come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from stage.answers import Answer
from stage.caller import ELSEWHERE, Caller
from stage.stage import Stage
from stage.worlds import edge

pytestmark = [pytest.mark.envoy, pytest.mark.root]

MESH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '%s'}\n"
CLOSED = MESH % "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"
HTTP = "{name: http, port: 80, targetPort: 8080}"


def service(
    name: str, address: str, vip: str, port: str = HTTP, target: int = 8080, namespace: str = "default", selector: str = "", year: int = 2024
) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{clusterIP: {vip}, ports: [{port}]{f", selector: {{app: {selector}}}" if selector else ""}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: {port.split("name: ")[1].split(",")[0]}, port: {target}}}]
endpoints: [{{addresses: [{address}]}}]
"""


def entry(name: str, host: str, port: str, address: str, year: int = 2024) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: [{host}], ports: [{port}], resolution: STATIC, endpoints: [{{address: {address}}}]}}
"""


def policy(mode: str, ports: str = "") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: server, namespace: default}}
spec: {{selector: {{matchLabels: {{app: server}}}}, mtls: {{mode: {mode}}}{f", portLevelMtls: {{{ports}}}" if ports else ""}}}
"""


WEB = service("web", "10.0.0.1", "240.240.1.1")


# Outbound


@pytest.mark.rule("LI-1")
def test_what_nobody_declares_passes_or_is_refused_as_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world()
    assert client.tcp("nobody.example", 9000).at == ELSEWHERE
    stage.world(CLOSED)
    assert client.tcp("nobody.example", 9000).at == ""


@pytest.mark.rule("LI-1")
def test_requests_to_unknown_hosts_are_looked_up_where_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB, MESH % "outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}", names={"nobody.example": "10.0.0.77"})
    assert client.get("http://nobody.example/").at == "10.0.0.77"
    assert client.get("http://nobody.example:8123/").at == "10.0.0.77"
    assert client.get("http://web/").at == "10.0.0.1"
    assert client.tcp("nobody.example", 9000).at == ELSEWHERE


@pytest.mark.rule("LI-2")
def test_http_services_share_a_port_by_host_and_others_by_address(stage: Stage) -> None:
    client = stage.sidecar()
    bytes_port, any_port = "{name: tcp, port: 80, targetPort: 8080}", "{name: any, port: 80, targetPort: 8080}"
    stage.world(
        WEB,
        service("shop", "10.0.0.2", "240.240.1.2"),
        service("bytes", "10.0.0.3", "240.240.1.3", bytes_port),
        service("any", "10.0.0.4", "240.240.1.4", any_port),
    )
    assert client.get("http://web/", to="240.240.1.2").at == "10.0.0.1"
    assert client.get("http://web/", to="240.240.1.3").at == "10.0.0.3"
    assert client.get("http://web/", to="240.240.1.4").at == "10.0.0.4"
    assert client.tcp("any", 80).at == "10.0.0.4"
    assert client.tcp("bytes", 80).at == "10.0.0.3"


@pytest.mark.rule("LI-3")
def test_of_two_services_that_take_a_whole_port_the_older_has_it(stage: Stage) -> None:
    client = stage.sidecar()
    port = "{number: 9000, name: tcp, protocol: TCP}"
    stage.world(entry("young", "young.example", port, "10.0.0.1", 2025), entry("old", "old.example", port, "10.0.0.2", 2023))
    assert client.tcp("young.example", 9000).at == "10.0.0.2"
    stage.world(entry("young", "young.example", port, "10.0.0.1", 2022), entry("old", "old.example", port, "10.0.0.2", 2023))
    assert client.tcp("old.example", 9000).at == "10.0.0.1"


@pytest.mark.rule("LI-3")
@pytest.mark.parametrize("years", [(2023, 2024), (2024, 2023)])
def test_http_and_bytes_on_one_port_are_told_apart(stage: Stage, years: tuple[int, int]) -> None:
    client = stage.sidecar()
    stage.world(
        entry("requests", "requests.example", "{number: 9000, name: http, protocol: HTTP}", "10.0.0.1", years[0]),
        entry("bytes", "bytes.example", "{number: 9000, name: tcp, protocol: TCP}", "10.0.0.2", years[1]),
    )
    assert client.get("http://requests.example:9000/").at == "10.0.0.1"
    assert client.tcp("bytes.example", 9000).at == "10.0.0.2"


@pytest.mark.rule("LI-3")
def test_requests_of_a_port_that_an_older_service_has_as_bytes_go_to_the_one_whose_protocol_is_found_out(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(
        entry("bytes", "bytes.example", "{number: 9000, name: tcp, protocol: TCP}", "10.0.0.2", 2023),
        entry("any", "any.example", "{number: 9000, name: any}", "10.0.0.1", 2024),
    )
    assert client.get("http://any.example:9000/").at == "10.0.0.1"
    assert client.tcp("bytes.example", 9000).at == client.tcp("any.example", 9000).at == "10.0.0.2"


@pytest.mark.rule("LI-3")
def test_tls_services_share_a_port_by_the_name_that_is_asked_for(stage: Stage) -> None:
    client = stage.sidecar()
    port = "{number: 9443, name: tls, protocol: TLS}"
    stage.world(entry("a", "a.example", port, "10.0.0.1"), entry("b", "b.example", port, "10.0.0.2"))
    assert client.tls("a.example", 9443).at == "10.0.0.1"
    assert client.tls("b.example", 9443).at == "10.0.0.2"
    assert client.tls("c.example", 9443).at == ELSEWHERE


@pytest.mark.rule("LI-4")
def test_at_a_port_that_nobody_declared_requests_and_bytes_both_arrive_as_what_they_are(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(service("any", "10.0.0.1", "240.240.1.1", "{name: any, port: 80, targetPort: 8080}"))
    assert client.get("http://any/").header("server") == "envoy"
    assert client.get("http://any/", manner="http2").at == "10.0.0.1"
    assert client.tcp("any", 80, send="words\n").seen.received == "words\n"
    assert client.tls("any", 80).certificate.names == ("any",)


@pytest.mark.rule("LI-4")
def test_tls_to_a_port_for_http_passes_through(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    answer = client.tls("web", 80)
    assert (answer.at, answer.certificate.names) == ("240.240.1.1", ("web",))


@pytest.mark.rule("LI-5")
def test_http_10_is_refused_at_a_port_for_http_and_bytes_at_one_that_nobody_declared(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    stage.world(service("server", "10.1.0.40", "240.240.1.1", selector="server"))
    assert outside.get("http://server/", to=server, port=8080, manner="http1.0").status == 426
    stage.world(service("server", "10.1.0.40", "240.240.1.1", "{name: any, port: 80, targetPort: 8080}", selector="server"))
    answer = outside.get("http://server/", to=server, port=8080, manner="http1.0")
    assert (answer.seen.protocol, answer.header("server")) == ("http/1.0", None)


@pytest.mark.rule("LI-5")
def test_a_caller_s_proxy_lets_http_10_pass_as_bytes(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    assert client.get("http://web/", manner="http1.0").at == "240.240.1.1"


@pytest.mark.rule("LI-5")
def test_a_proxy_may_allow_http_10(stage: Stage) -> None:
    client = stage.sidecar(metadata={"HTTP10": "1"})
    stage.world(WEB, service("any", "10.0.0.2", "240.240.1.2", "{name: any, port: 81, targetPort: 8080}"))
    assert client.get("http://web/", manner="http1.0").at == "10.0.0.1"
    answer = client.get("http://any:81/", manner="http1.0")
    assert (answer.at, answer.header("server")) == ("10.0.0.2", "envoy")


@pytest.mark.rule("LI-5")
def test_the_mesh_may_allow_http_10_to_all_its_proxies(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB, MESH % '{defaultConfig: {proxyMetadata: {ISTIO_META_HTTP10: "1"}}}')
    assert client.get("http://web/", manner="http1.0").at == "10.0.0.1"


@pytest.mark.rule("LI-6")
def test_a_server_that_speaks_first_is_heard_where_its_port_is_declared(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(service("mail", "10.0.0.1", "240.240.1.1", "{name: tcp, port: 2525, targetPort: 25}", target=25))
    assert client.tcp("mail", 2525, send="").at == "10.0.0.1"


@pytest.mark.rule("LI-6")
@pytest.mark.rule("SD-2")
def test_a_server_that_speaks_first_at_a_port_that_nobody_declared_is_heard_once_detection_gives_up(stage: Stage) -> None:
    client = stage.sidecar()
    undeclared = service("mail", "10.0.0.1", "240.240.1.1", "{name: mail, port: 2525, targetPort: 25}", target=25)
    stage.world(undeclared)
    assert client.tcp("mail", 2525, send="", timeout=0.7).error == "timeout"
    stage.world(undeclared, MESH % "protocolDetectionTimeout: 0.3s")
    assert client.tcp("mail", 2525, send="").at == "10.0.0.1"


@pytest.mark.rule("LI-6")
def test_a_well_known_port_of_such_a_server_needs_no_declaration(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(service("db", "10.0.0.1", "240.240.1.1", "{name: db, port: 3306, targetPort: 3306}", target=3306))
    assert client.tcp("db", 3306, send="").at == "10.0.0.1"


@pytest.mark.rule("LI-6")
@pytest.mark.rule("SD-2")
def test_a_server_that_speaks_first_behind_a_sidecar_is_heard_unless_tls_is_waited_for(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    mail = service("mail", "10.1.0.40", "240.240.1.1", "{name: tcp, port: 25, targetPort: 25}", target=25, selector="server")
    stage.world(mail, policy("DISABLE"))
    assert outside.tcp("server", 25, to=server, send="").at == "10.1.0.40"
    stage.world(mail, policy("PERMISSIVE"))
    assert outside.tcp("server", 25, to=server, send="", timeout=0.7).error == "timeout"
    stage.world(mail, policy("PERMISSIVE"), MESH % "protocolDetectionTimeout: 0.3s")
    assert outside.tcp("server", 25, to=server, send="").at == "10.1.0.40"


@pytest.mark.rule("LI-7")
def test_hosts_that_no_table_knows_pass_or_are_answered_502(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    assert client.get("http://nobody.example/").at == ELSEWHERE
    stage.world(WEB, CLOSED)
    assert client.get("http://nobody.example/").status == 502


@pytest.mark.rule("LI-8")
def test_a_service_goes_by_all_its_names(stage: Stage) -> None:
    client, stranger = stage.sidecar(), stage.sidecar(namespace="far")
    stage.world(WEB, CLOSED)
    names = (
        "web",
        "web.default",
        "web.default.svc",
        "web.default.svc.cluster.local",
        "web.default.svc.cluster.local.",
        "web:80",
        "WEB.default",
        "240.240.1.1",
    )
    own = {name: client.get("http://web.default/", headers={"host": name}).outcome for name in names}
    assert own == dict.fromkeys(names, "10.0.0.1")
    far = {name: stranger.get("http://web.default/", headers={"host": name}).outcome for name in names}
    assert far == {**own, "web": "502", "web:80": "502"}


@pytest.mark.rule("LI-8")
def test_at_a_port_of_its_own_a_service_answers_to_any_name(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(service("any", "10.0.0.1", "240.240.1.1", "{name: any, port: 80, targetPort: 8080}"), CLOSED)
    assert client.get("http://any/", headers={"host": "whatever.example"}).at == "10.0.0.1"


@pytest.mark.rule("LI-10")
def test_calls_to_the_port_of_captured_traffic_go_nowhere(stage: Stage) -> None:
    client = stage.sidecar(labels={"app": "logged"})
    stage.world(MESH % "{accessLogFile: /dev/stdout, accessLogFormat: to %DOWNSTREAM_LOCAL_ADDRESS% by %UPSTREAM_CLUSTER_RAW%}")
    assert client.tcp("10.0.0.1", 15001).at == ""
    assert client.logged(r"to 10\.0\.0\.1:15001 by BlackHoleCluster$")


# Inbound


@pytest.mark.rule("LI-10")
@pytest.mark.rule("LI-20")
def test_the_port_of_captured_traffic_is_nobody_s_to_call(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40")
    stage.world()
    assert stage.outside().get("http://server/", to=server, port=15006).at == ""


@pytest.mark.rule("LI-20")
def test_declared_ports_and_others_reach_the_app(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    stage.world(service("server", "10.1.0.40", "240.240.1.1", selector="server"))
    declared, other = (outside.get("http://server/", to=server, port=port) for port in (8080, 8081))
    assert [(each.seen.port, each.seen.source, each.header("server")) for each in (declared, other)] == [
        (8080, "127.0.0.6", "istio-envoy"),
        (8081, "127.0.0.6", "istio-envoy"),
    ]
    assert outside.tcp("server", 8082, to=server, send="words\n").seen.received == "words\n"
    assert "inbound|8080||" in server.clusters()


@pytest.mark.rule("LI-21")
@pytest.mark.parametrize(("http_year", "found"), [(2023, "istio-envoy"), (2025, None)])
def test_of_two_services_on_one_port_of_the_workload_the_older_decides_what_it_carries(stage: Stage, http_year: int, found: str | None) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    stage.world(
        service("requests", "10.1.0.40", "240.240.1.1", selector="server", year=http_year),
        service("bytes", "10.1.0.40", "240.240.1.2", "{name: tcp, port: 90, targetPort: 8080}", selector="server"),
    )
    assert outside.get("http://server/", to=server, port=8080).header("server") == found


@pytest.mark.rule("LI-22")
@pytest.mark.parametrize("closer", ["rule", "sidecar", "port"])
def test_inbound_connections_are_limited_by_the_nearest_word(stage: Stage, closer: str) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    tight, loose = "{http: {http1MaxPendingRequests: 1}, tcp: {maxConnections: 1}}", "{tcp: {maxConnections: 100}}"
    destination_rule = f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: server, namespace: default}}
spec: {{host: server, trafficPolicy: {{connectionPool: {tight if closer == "rule" else loose}}}}}
"""
    own = {
        "rule": "",
        "sidecar": f"inboundConnectionPool: {tight}",
        "port": f"inboundConnectionPool: {loose}, ingress: [{{port: {{number: 8080, protocol: HTTP, name: h}}, connectionPool: {tight}}}]",
    }
    scope = f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: server, namespace: default}}
spec: {{workloadSelector: {{labels: {{app: server}}}}, {own[closer]}}}
"""
    stage.world()
    stage.world(service("server", "10.1.0.40", "240.240.1.1", selector="server"), destination_rule, *([scope] if own[closer] else []))
    server.behave(held=True)
    found = Counter(each.status for each in outside.together(6, "http://server/", first=1, then=server.release, to=server, port=8080))
    assert found[503] > 0
    assert found[200] >= 2
    stage.world(service("server", "10.1.0.40", "240.240.1.1", selector="server"))
    server.behave(delay=0.4)
    assert Counter(each.status for each in outside.together(6, "http://server/", to=server, port=8080)) == Counter({200: 6})


@pytest.mark.rule("LI-30")
@pytest.mark.parametrize(
    ("mode", "name", "plain", "own_tls", "mesh_tls"),
    [
        ("STRICT", "http", False, False, True),
        ("STRICT", "tcp", False, False, True),
        ("STRICT", "any", False, False, True),
        ("PERMISSIVE", "http", True, False, True),
        ("PERMISSIVE", "tcp", True, True, True),
        ("PERMISSIVE", "any", True, True, True),
        ("DISABLE", "http", True, False, False),
        ("DISABLE", "tcp", True, True, True),
        ("DISABLE", "any", True, True, True),
    ],
)
def test_who_comes_in_how(stage: Stage, mode: str, name: str, plain: bool, own_tls: bool, mesh_tls: bool) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    member = str(stage.credentials.mesh("default/friend"))
    stage.world(service("server", "10.1.0.40", "240.240.1.1", f"{{name: {name}, port: 80, targetPort: 8080}}", selector="server"), policy(mode))
    assert (outside.get("http://server/", to=server, port=8080).at != "") == plain
    assert (outside.tls("server.example", 8080, to=server).at != "") == own_tls
    answer = outside.tls("server.example", 8080, to=server, alpn=["istio-http/1.1", "istio"], certificate=member)
    assert (answer.at != "") == mesh_tls


@pytest.mark.rule("LI-31")
def test_ports_that_nobody_declared_follow_the_modes_too(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.40"), stage.outside()
    stage.world(service("server", "10.1.0.40", "240.240.1.1", selector="server"), policy("STRICT", "9001: {mode: PERMISSIVE}, 9002: {mode: DISABLE}"))
    member = str(stage.credentials.mesh("default/friend"))
    assert [outside.get("http://server/", to=server, port=port).at != "" for port in (9000, 9001, 9002)] == [False, True, True]
    found = [outside.tls("server.example", port, to=server, alpn=["istio-http/1.1"], certificate=member).at != "" for port in (9000, 9001)]
    assert found == [True, True]


@pytest.mark.rule("LI-9")
def test_connections_that_no_chain_takes_are_in_the_access_log(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "logged"}, ip="10.1.0.41")
    strict = policy("STRICT").replace("app: server", "app: logged")
    stage.world(strict, MESH % "{accessLogFile: /dev/stdout, accessLogFormat: refused %RESPONSE_FLAGS%}")
    assert stage.outside().get("http://server/", to=server, port=9000).error != ""
    assert server.logged("refused NR$")


def answered_meanwhile(stage: Stage, caller: Caller, change: Callable[[], object], **more: Any) -> Answer:
    """What comes of a request that is under way while something changes."""
    stage.behave("10.0.0.1", held=True)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(caller.get, "http://web/", **more)
        stage.seen(1, at="10.0.0.1")
        change()
        stage.release()
        return answer.result()


@pytest.mark.rule("LI-9")
def test_a_connection_outlives_what_changes_around_it_and_ends_with_its_listener(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    kept = answered_meanwhile(stage, client, lambda: stage.world(WEB, service("next", "10.0.0.2", "240.240.1.2")))
    assert (kept.at, kept.header("connection")) == ("10.0.0.1", None)
    stage.world(WEB)
    changed = answered_meanwhile(stage, client, lambda: stage.world(WEB, MESH % "accessLogFile: /dev/stdout"))
    assert (changed.at, changed.header("connection")) == ("10.0.0.1", "close")


@pytest.mark.rule("LI-9")
def test_a_proxy_that_is_told_to_fail_its_health_checks_drains_a_gateway_and_no_sidecar(stage: Stage) -> None:
    client, gateway = stage.sidecar(), stage.gateway()
    stage.world(WEB, edge("web"))
    for proxy, caller, more, found in ((client, client, {}, None), (gateway, stage.outside(), {"to": gateway}, "close")):
        proxy.admin("/healthcheck/fail", method="POST")
        answer = caller.get("http://web/", **more)
        proxy.admin("/healthcheck/ok", method="POST")
        assert (answer.at, answer.header("connection")) == ("10.0.0.1", found)


@pytest.mark.rule("LI-9")
def test_every_listener_says_which_way_it_goes_and_only_two_are_bound(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB, service("bytes", "10.0.0.3", "240.240.1.3", "{name: tcp, port: 90, targetPort: 8080}"))
    found = {
        each["name"]: (each["active_state"]["listener"]["traffic_direction"], each["active_state"]["listener"].get("bind_to_port", True))
        for each in client.config("dynamic_listeners")["configs"]
        if "active_state" in each
    }
    assert found == {
        "virtualOutbound": ("OUTBOUND", True),
        "virtualInbound": ("INBOUND", True),
        "0.0.0.0_80": ("OUTBOUND", False),
        "240.240.1.3_90": ("OUTBOUND", False),
    }
