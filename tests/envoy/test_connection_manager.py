"""How Envoys speak HTTP for an app: the order in which filters act, what becomes of paths, and the headers that they set."""

from __future__ import annotations

import pytest

from stage.proxied import Proxied
from stage.stage import Stage
from stage.worlds import destination_rule, entry, to, virtual_service
from stage.worlds import service as plain_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

MESH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '%s'}\n"


def service(address: str, selector: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: default}}
spec: {{clusterIP: 240.240.1.1, ports: [{{name: http, port: 80, targetPort: 8080}}]{f", selector: {{app: {selector}}}" if selector else ""}}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, namespace: default, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{name: http, port: 8080}}]
endpoints: [{{addresses: [{address}]}}]
"""


WEB = service("10.0.0.1")
EDGE = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: default}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
"""


def rule(http: str, gateways: str = "edge, mesh", hosts: str = '"*"') -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: default}}
spec: {{hosts: [{hosts}], gateways: [{gateways}], http: [{http}]}}
"""


def policy(spec: str, kind: str = "AuthorizationPolicy") -> str:
    return f"apiVersion: security.istio.io/v1\nkind: {kind}\nmetadata: {{name: edge, namespace: istio-system}}\nspec: {{{spec}}}\n"


TO_WEB = "route: [{destination: {host: web.default.svc.cluster.local}}]"


# Filters


GRPC_WEB = {"content-type": "application/grpc-web+proto"}
EMPTY = "\0\0\0\0\0"
"""A message of no bytes."""


@pytest.mark.rule("HC-1")
@pytest.mark.parametrize(
    ("protocol", "arrives"), [("grpc", "application/grpc"), ("http2", "application/grpc"), ("http", "application/grpc-web+proto")]
)
def test_grpc_web_is_translated_where_grpc_may_be_spoken(stage: Stage, protocol: str, arrives: str) -> None:
    stage.world(plain_service("calc", "10.0.0.1", protocol=protocol))
    assert stage.sidecar().request("http://calc/add", method="POST", headers=GRPC_WEB, body=EMPTY).status == 200
    assert [each.header("content-type") for each in stage.seen(1)] == [arrives]


@pytest.mark.rule("HC-1", "DR-16")
def test_grpc_web_to_a_port_for_http_is_translated_where_a_rule_leads_to_grpc_or_has_http2_spoken(stage: Stage) -> None:
    upgraded = destination_rule("calc", "calc", "trafficPolicy: {connectionPool: {http: {h2UpgradePolicy: UPGRADE}}}")
    led = virtual_service("calc", "calc", http=f"[{to('sums')}]")
    for world in ((plain_service("calc", "10.0.0.1"), upgraded), (plain_service("calc"), plain_service("sums", "10.0.0.1", protocol="grpc"), led)):
        stage.world(*world)
        assert stage.sidecar().request("http://calc/add", method="POST", headers=GRPC_WEB, body=EMPTY).status == 200
        assert [each.header("content-type") for each in stage.seen(1)] == ["application/grpc"]


@pytest.mark.rule("HC-1")
@pytest.mark.parametrize(("protocol", "arrives"), [("grpc", "application/grpc"), ("http", "application/grpc-web+proto")])
def test_grpc_web_from_outside_of_the_mesh_is_translated_at_the_workload(stage: Stage, protocol: str, arrives: str) -> None:
    server = stage.sidecar(labels={"app": "calc"}, ip="10.1.0.77")
    stage.world(plain_service("calc", "10.1.0.77", protocol=protocol))
    assert stage.outside().request("http://calc:8080/add", method="POST", headers=GRPC_WEB, body=EMPTY, to=server).status == 200
    assert [each.header("content-type") for each in server.seen(1)] == [arrives]


@pytest.mark.rule("HC-1")
def test_who_is_refused_is_refused_before_faults_are_injected(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    faulty = rule(f"{{fault: {{abort: {{httpStatus: 418, percentage: {{value: 100}}}}}}, {TO_WEB}}}")
    denied = policy("action: DENY, rules: [{to: [{operation: {paths: [/denied]}}]}]")
    stage.world(WEB, EDGE, faulty, denied)
    assert outside.get("http://a.example/", to=proxy).status == 418
    assert outside.get("http://a.example/denied", to=proxy).status == 403


@pytest.mark.rule("HC-1")
def test_a_token_is_checked_before_policies_ask_who_came(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    keys = '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "1"}]}'
    tokens = policy(f"jwtRules: [{{issuer: me, jwks: '{keys}'}}]", "RequestAuthentication")
    denied = policy("action: DENY, rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]")
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}"), tokens, denied)
    assert outside.get("http://a.example/", to=proxy).status == 403
    assert outside.get("http://a.example/", headers={"authorization": "Bearer x.y.z"}, to=proxy).status == 401


@pytest.mark.rule("HC-1")
def test_a_preflight_is_answered_before_the_request_goes_on_and_after_it_was_allowed(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    cors = rule(f"{{corsPolicy: {{allowOrigins: [{{exact: 'https://b.example'}}], allowMethods: [PUT]}}, {TO_WEB}}}")
    denied = policy("action: DENY, rules: [{to: [{operation: {paths: [/denied]}}]}]")
    stage.world(WEB, EDGE, cors, denied)
    asked = {"origin": "https://b.example", "access-control-request-method": "PUT"}
    answer = outside.get("http://a.example/", method="OPTIONS", headers=asked, to=proxy)
    assert (answer.status, answer.echo, answer.header("access-control-allow-methods")) == (200, None, "PUT")
    assert outside.get("http://a.example/denied", method="OPTIONS", headers=asked, to=proxy).status == 403


GUARDS = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: {0}}}
spec: {{jwtRules: [{{issuer: me, jwks: '{{"keys": [{{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "1"}}]}}'}}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: asked, namespace: {0}}}
spec: {{action: CUSTOM, provider: {{name: guard}}, rules: [{{to: [{{operation: {{paths: [/asked]}}}}]}}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: told, namespace: {0}}}
spec: {{action: AUDIT, rules: [{{to: [{{operation: {{paths: [/told]}}}}]}}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: denied, namespace: {0}}}
spec: {{action: DENY, rules: [{{to: [{{operation: {{paths: [/denied]}}}}]}}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: allowed, namespace: {0}}}
spec: {{action: ALLOW, rules: [{{}}]}}
"""
GUARDED = ["rbac", "ext_authz", "jwt_authn", "rbac", "rbac", "rbac"]
"""CUSTOM is a look at the rules, and then the question; the others are AUDIT, DENY and ALLOW."""
LAST = ["fault", "cors", "stateful_session"]


def acting(proxy: Proxied, listener: str, chain: str = "") -> list[str]:
    """The HTTP filters of a listener's first chain, or of that of a port."""
    (found,) = [each["active_state"]["listener"] for each in proxy.config("dynamic_listeners")["configs"] if each["name"] == listener]
    chains = [*found.get("filter_chains", ()), *([found["default_filter_chain"]] if "default_filter_chain" in found else [])]
    managers = [each["filters"][-1]["typed_config"] for each in chains if each["name"].endswith(chain)]
    names = next([each["name"] for each in manager["http_filters"]] for manager in managers if "http_filters" in manager)
    return [name.removeprefix("envoy.filters.http.") for name in names]


@pytest.mark.rule("HC-1")
def test_all_filters_act_in_istio_s_order_on_every_side(stage: Stage) -> None:
    gateway, server, client = stage.gateway(), stage.sidecar(labels={"app": "server"}, ip="10.1.0.50"), stage.sidecar("other")
    asking = "extensionProviders: [{name: guard, envoyExtAuthzHttp: {service: guard.example, port: 80}}]"
    looking = "outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}"
    guard = entry("guard", "guard.example", "10.0.0.9")
    stage.world(service("10.1.0.50", "server"), EDGE, guard, MESH % f"{{{asking}, {looking}}}", GUARDS.format("istio-system"))
    inbound = acting(server, "virtualInbound", "0.0.0.0_8080")
    assert inbound == [*GUARDED, "grpc_web", "grpc_stats", "fault", "cors", "router"]
    assert acting(gateway, "0.0.0.0_80") == [*GUARDED, "grpc_web", "grpc_stats", "istio.alpn", *LAST, "router"]
    outbound = ["grpc_web", "grpc_stats", "istio.alpn", *LAST, "dynamic_forward_proxy", "router"]
    assert acting(client, "0.0.0.0_80") == outbound


# Paths, upgrades, timeouts


@pytest.mark.rule("HC-2")
@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("", ["/b", "/a//b", "/a%2Fb", "/a/b"]),
        ("DEFAULT", ["/b", "/a//b", "/a%2Fb", "/a/b"]),
        ("NONE", ["/a/../b", "/a//b", "/a%2Fb", "/a\\b"]),
        ("BASE", ["/b", "/a//b", "/a%2Fb", "/a/b"]),
        ("MERGE_SLASHES", ["/b", "/a/b", "/a%2Fb", "/a/b"]),
        ("DECODE_AND_MERGE_SLASHES", ["/b", "/a/b", "/a/b", "/a/b"]),
    ],
)
def test_paths_are_normalised_as_the_mesh_says(stage: Stage, word: str, found: list[str]) -> None:
    client = stage.sidecar()
    stage.world(WEB, *([MESH % f"pathNormalization: {{normalization: {word}}}"] if word else []))
    assert [client.get(f"http://web{path}").seen.path for path in ("/a/../b", "/a//b", "/a%2Fb", "/a\\b")] == found


@pytest.mark.rule("HC-2")
def test_what_policies_see_is_the_path_that_the_app_gets(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    denied = policy("action: DENY, rules: [{to: [{operation: {paths: [/secret/*]}}]}]")
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}"), denied)
    assert outside.get("http://a.example/open/../secret/x", to=proxy).status == 403
    assert outside.get("http://a.example/secret%2Fx", to=proxy).status == 200
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}"), denied, MESH % "pathNormalization: {normalization: DECODE_AND_MERGE_SLASHES}")
    assert outside.get("http://a.example/secret%2Fx", to=proxy).status == 403


@pytest.mark.rule("HC-2")
def test_a_websocket_goes_through_sidecars_and_gateways(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "server"}, ip="10.1.0.50")
    client, proxy, outside = stage.sidecar(), stage.gateway(), stage.outside()
    stage.world(service("10.1.0.50", "server"), EDGE, rule(f"{{{TO_WEB}}}", "edge"))
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    assert client.get("http://web/", headers=upgrade).seen.protocol == "websocket"
    assert outside.get("http://a.example/", headers=upgrade, to=proxy).seen.protocol == "websocket"
    assert len(server.seen(2)) == 2


@pytest.mark.rule("HC-2")
def test_a_slow_answer_is_waited_for(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    stage.behave("10.0.0.1", delay=3)
    assert client.get("http://web/").at == "10.0.0.1"
    manager = client.config("dynamic_listeners")
    assert '"stream_idle_timeout": "0s"' in str(manager).replace("'", '"')


# Headers


@pytest.mark.rule("HC-3")
def test_each_side_says_who_answers(stage: Stage) -> None:
    server = stage.sidecar(labels={"app": "server"}, ip="10.1.0.50")
    client, proxy, outside = stage.sidecar(), stage.gateway(), stage.outside()
    stage.world(service("10.1.0.50", "server"), EDGE, rule(f"{{{TO_WEB}}}", "edge"))
    server.behave(headers={"server": "my-app"})
    assert client.get("http://web/").header("server") == "envoy"
    assert outside.get("http://a.example/", to=proxy).header("server") == "istio-envoy"
    assert outside.get("http://web/", to=server, port=8080).header("server") == "istio-envoy"


@pytest.mark.rule("HC-3")
def test_requests_are_numbered_counted_and_say_where_they_came_from(stage: Stage) -> None:
    client, proxy, outside = stage.sidecar(), stage.gateway(), stage.outside()
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}", "edge"))
    out = client.get("http://web/").seen
    assert (out.header("x-envoy-attempt-count"), len(out.header("x-request-id") or ""), out.header("x-forwarded-proto")) == ("1", 36, "http")
    assert (out.header("x-forwarded-host"), out.header("x-forwarded-port"), out.header("x-forwarded-for")) == (None, None, None)
    through = outside.get("http://a.example/", to=proxy).seen
    assert (through.header("x-forwarded-for"), through.header("x-envoy-attempt-count")) == (outside.address, "1")


HEADERS = MESH % "defaultConfig: {proxyHeaders: {%s}}"


@pytest.mark.rule("HC-3")
def test_the_mesh_may_name_its_servers_otherwise_or_leave_the_app_s_name(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB, HEADERS % "server: {value: mine}")
    assert client.get("http://web/").header("server") == "mine"
    stage.world(WEB, HEADERS % "server: {disabled: true}")
    stage.behave("10.0.0.1", headers={"server": "my-app"})
    assert client.get("http://web/").header("server") == "my-app"


@pytest.mark.rule("HC-3")
@pytest.mark.parametrize(
    ("said", "header"),
    [("requestId", "x-request-id"), ("attemptCount", "x-envoy-attempt-count")],
)
def test_a_header_that_the_mesh_turns_off_is_not_sent(stage: Stage, said: str, header: str) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    assert client.get("http://web/").seen.header(header) is not None
    stage.world(WEB, HEADERS % f"{said}: {{disabled: true}}")
    assert client.get("http://web/").seen.header(header) is None


@pytest.mark.rule("HC-3")
def test_what_a_proxy_tells_of_how_it_went_may_be_turned_off(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    assert client.get("http://web/").header("x-envoy-upstream-service-time") is not None
    stage.world(WEB, HEADERS % "envoyDebugHeaders: {disabled: true}")
    assert client.get("http://web/").header("x-envoy-upstream-service-time") is None


@pytest.mark.rule("HC-3")
def test_the_port_that_a_client_called_may_be_told_on(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}", "edge"), HEADERS % "xForwardedPort: {enabled: true}")
    assert outside.get("http://a.example/", to=proxy).seen.header("x-forwarded-port") == "80"


@pytest.mark.rule("HC-3")
def test_a_host_that_a_rule_replaces_may_be_told_on(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    replaced = rule(f"{{rewrite: {{authority: inside.example}}, {TO_WEB}}}", "edge")
    stage.world(WEB, EDGE, replaced)
    seen = outside.get("http://a.example/", to=proxy).seen
    assert (seen.host, seen.header("x-forwarded-host")) == ("inside.example", None)
    stage.world(WEB, EDGE, replaced, HEADERS % "xForwardedHost: {enabled: true}")
    seen = outside.get("http://a.example/", to=proxy).seen
    assert (seen.host, seen.header("x-forwarded-host")) == ("inside.example", "a.example")


@pytest.mark.rule("HC-3")
def test_of_a_client_s_certificate_that_is_told_which_the_mesh_wants(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.50"), stage.outside()
    member = {"alpn": ["istio-http/1.1"], "certificate": str(stage.credentials.mesh("default/friend"))}
    stage.world(service("10.1.0.50", "server"))
    usual = outside.tls("web", 8080, to=server, **member).seen.header("x-forwarded-client-cert") or ""
    assert "URI=spiffe://cluster.local/ns/default/sa/friend" in usual
    assert "Chain=" not in usual
    stage.world(service("10.1.0.50", "server"), HEADERS % "setCurrentClientCertDetails: {chain: true}")
    told = outside.tls("web", 8080, to=server, **member).seen.header("x-forwarded-client-cert") or ""
    assert "Chain=" in told
    assert "URI=" not in told
    stage.world(service("10.1.0.50", "server"), HEADERS % "forwardedClientCert: SANITIZE")
    assert outside.tls("web", 8080, to=server, **member).seen.header("x-forwarded-client-cert") is None


CONNECTIONS = MESH % "defaultConfig: {connectionSettings: {%s}}"


@pytest.mark.rule("HC-2")
def test_a_gateway_at_the_edge_is_careful_and_sidecars_stay_as_they_are(stage: Stage) -> None:
    gateway, client, outside = stage.gateway(), stage.sidecar(), stage.outside()
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}"), CONNECTIONS % "profile: EDGE")
    odd, escaped = {"un_der": "x"}, "http://web/a%2Fb"
    assert outside.get("http://web/", to=gateway, headers=odd).status == 400
    assert outside.get(escaped, to=gateway).header("location") == "/a/b"
    assert outside.get("http://web/a//b", to=gateway).seen.path == "/a/b"
    assert client.get("http://web/", headers=odd).seen.header("un_der") == "x"
    assert client.get(escaped).seen.path == "/a%2Fb"
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}"), CONNECTIONS % "profile: EDGE, httpHeadersWithUnderscoresAction: ALLOW")
    assert outside.get("http://web/", to=gateway, headers=odd).seen.header("un_der") == "x"


@pytest.mark.rule("HC-2")
def test_what_is_said_of_connections_holds_for_every_proxy(stage: Stage) -> None:
    gateway, client = stage.gateway(), stage.sidecar()
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}"), CONNECTIONS % "httpStreamIdleTimeout: 1s, httpHeadersWithUnderscoresAction: DROP_HEADER")
    stage.behave("10.0.0.1", held=True)
    assert client.get("http://web/").status == 504
    assert stage.outside().get("http://web/", to=gateway).status == 504
    stage.release()
    assert client.get("http://web/", headers={"un_der": "x"}).seen.header("un_der") is None


@pytest.mark.rule("HC-3")
def test_the_word_of_a_proxy_s_annotation_beats_the_mesh_s(stage: Stage) -> None:
    client = stage.sidecar(metadata={"ANNOTATIONS": {"proxy.istio.io/config": "proxyHeaders: {server: {value: own}}"}})
    stage.world(WEB, HEADERS % "server: {value: mesh}")
    assert client.get("http://web/").header("server") == "own"
    assert stage.sidecar().get("http://web/").header("server") == "mesh"


@pytest.mark.rule("HC-3")
def test_headers_may_keep_their_case(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}", "edge"), HEADERS % "preserveHttp1HeaderCase: true")
    raw = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
    stage.behave("10.0.0.1", headers={"X-Mixed-Case": "y"})
    assert "\r\nX-Mixed-Case: y\r\n" in outside.tcp("a.example", 80, send=raw, to=proxy).body
    stage.world(WEB, EDGE, rule(f"{{{TO_WEB}}}", "edge"))
    stage.behave("10.0.0.1", headers={"X-Mixed-Case": "y"})
    assert "\r\nx-mixed-case: y\r\n" in outside.tcp("a.example", 80, send=raw, to=proxy).body
