"""MeshConfig in real Envoys: each field that shapes traffic, changed while they run."""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path

import pytest

from stage.caller import ELSEWHERE
from stage.proxied import Proxied
from stage.stage import Stage
from stage.worlds import mesh

pytestmark = [pytest.mark.envoy, pytest.mark.root]


def service(name: str, *addresses: str, namespace: str = "default", port: str = "http", selector: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  clusterIP: 240.240.4.{sum(f"{name}.{namespace}".encode()) % 250}
  ports: [{{name: {port}, port: 80, targetPort: 8080}}]
  {f"selector: {{app: {selector}}}" if selector else ""}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: {port}, port: 8080}}]
endpoints: [{", ".join(f"{{addresses: [{each}]}}" for each in addresses)}]
"""


def entry(name: str, host: str, address: str, namespace: str = "default") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  hosts: [{host}]
  ports: [{{number: 80, name: http, protocol: HTTP}}]
  resolution: STATIC
  endpoints: [{{address: {address}}}]
"""


def rule(name: str, spec: str, kind: str = "VirtualService", namespace: str = "default") -> str:
    return f"apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n"


def pod(name: str, address: str, labels: str) -> str:
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default, labels: {labels}}}
spec: {{containers: [{{name: a, image: a}}]}}
status: {{podIP: {address}}}
"""


WEB_ADDRESS = f"240.240.4.{sum(b'web.default') % 250}"
WEB = service("web", "10.0.0.1")
CLOSED = "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"


@pytest.mark.rule("MESH-1")
def test_a_change_reaches_proxies_that_run(stage: Stage) -> None:
    client = stage.sidecar()
    for mode, found in [("ALLOW_ANY", ELSEWHERE), ("REGISTRY_ONLY", "502"), ("ALLOW_ANY", ELSEWHERE)]:
        stage.world(WEB, mesh(f"outboundTrafficPolicy: {{mode: {mode}}}"))
        assert client.get("http://nobody.example/").outcome == found


@pytest.mark.rule("MESH-1")
def test_a_change_of_one_field_leaves_alone_what_does_not_read_it(stage: Stage) -> None:
    client = stage.sidecar()

    def versions() -> dict[str, int]:
        return client.stats(
            r"^(cluster_manager\.(cluster_added|cluster_modified)|listener_manager\.(listener_added|listener_modified)|.*rds.*config_reload)$"
        )

    stage.world(WEB, mesh("connectTimeout: 10s"))
    before = versions()
    stage.world(WEB, mesh("{connectTimeout: 10s, ingressControllerMode: OFF, defaultVirtualServiceExportTo: [.]}"))
    assert versions() == before
    stage.world(WEB, mesh("connectTimeout: 9s"))
    after = versions()
    changed = {name for name, count in after.items() if count != before[name]}
    assert changed == {"cluster_manager.cluster_modified"}


@pytest.mark.rule("MESH-2")
def test_connections_are_given_up_as_soon_as_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    once = "defaultHttpRetryPolicy: {attempts: 0}"
    stage.world(service("slow", "10.254.0.1"), mesh(once))
    assert client.get("http://slow/", timeout=0.7).error == "timeout"
    stage.world(service("slow", "10.254.0.1"), mesh(f"{{connectTimeout: 0.2s, {once}}}"))
    assert client.get("http://slow/").status == 503


@pytest.mark.rule("MESH-2")
def test_idle_connections_are_probed_and_names_resolved_as_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    found_by_name = entry("dns", "dns.example", "10.0.0.9").replace("STATIC", "DNS").replace("  endpoints: [{address: 10.0.0.9}]\n", "")
    settings = "{tcpKeepalive: {time: 60s, probes: 3, interval: 5s}, dnsRefreshRate: 7s}"
    stage.world(found_by_name, mesh(settings), names={"dns.example": "10.0.0.9"})
    assert client.get("http://dns.example/").at == "10.0.0.9"
    clusters = [each["cluster"] for each in client.config("dynamic_active_clusters")["configs"]]
    (dns,) = [each for each in clusters if each["name"] == "outbound|80||dns.example"]
    assert dns["upstream_connection_options"]["tcp_keepalive"] == {"keepalive_probes": 3, "keepalive_time": 60, "keepalive_interval": 5}
    assert "'dns_refresh_rate': '7s'" in str(dns)


@pytest.mark.rule("MESH-2")
def test_http_11_is_carried_as_http_2_where_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB)
    assert client.get("http://web/").seen.protocol == "http/1.1"
    stage.world(WEB, mesh("h2UpgradePolicy: UPGRADE"))
    assert client.get("http://web/").seen.protocol == "h2"


@pytest.mark.rule("MESH-3")
def test_services_that_do_not_say_are_shown_to_whom_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    world = (WEB, service("far", "10.0.0.2", namespace="far"))
    hosts = ("web.default", "far.far")
    for shown, found in [("['*']", ["10.0.0.1", "10.0.0.2"]), ("[.]", ["10.0.0.1", "502"]), ("[default]", ["10.0.0.1", "10.0.0.2"])]:
        stage.world(*world, mesh(f"{{{CLOSED}, defaultServiceExportTo: {shown}}}".replace("'", '"')))
        assert [client.get(f"http://{host}/").outcome for host in hosts] == found, shown


@pytest.mark.rule("MESH-3")
def test_rules_that_do_not_say_are_shown_to_whom_the_mesh_says(stage: Stage) -> None:
    client, stranger = stage.sidecar(), stage.sidecar(namespace="far")
    answered = rule("web", "hosts: [web], http: [{directResponse: {status: 418}}]")
    for shown, found in [('["*"]', [418, 418]), ("[.]", [418, 200]), ("[far]", [200, 418])]:
        stage.world(WEB, answered, mesh(f"defaultVirtualServiceExportTo: {shown}"))
        assert [each.get("http://web.default/").status for each in (client, stranger)] == found, shown
    limited = rule("web", "host: web, trafficPolicy: {connectionPool: {http: {http2MaxRequests: 1}}}", "DestinationRule")
    for shown, found in [('["*"]', [True, True]), ("[.]", [True, False])]:
        stage.world(WEB, limited, mesh(f"defaultDestinationRuleExportTo: {shown}"))
        assert ['max_requests": 1,' in each.admin("/config_dump?resource=dynamic_active_clusters") for each in (client, stranger)] == found, shown


@pytest.mark.rule("MESH-3")
def test_the_mesh_may_limit_how_far_entries_are_seen(stage: Stage) -> None:
    client = stage.sidecar()
    world = (entry("a", "own.example", "10.0.0.1"), entry("b", "far.example", "10.0.0.2", "far"))
    hosts = ("own.example", "far.example")
    limit = "serviceEntryVisibility: {applyToSidecars: true, defaultVisibility: %s}"
    for word, found in [("PUBLIC", ["10.0.0.1", "10.0.0.2"]), ("NAMESPACE", ["10.0.0.1", ""]), ("NONE", ["", ""])]:
        stage.world(*world, mesh(f"{{{CLOSED}, {limit % word}}}"))
        assert [client.get(f"http://{host}/").at for host in hosts] == found, word


@pytest.mark.rule("MESH-4")
def test_namespaces_that_no_selector_picks_are_not_there(stage: Stage) -> None:
    client = stage.sidecar()
    labelled = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {in: mesh}}\n"
    stage.world(
        WEB, service("far", "10.0.0.2", namespace="far"), labelled, mesh(f"{{{CLOSED}, discoverySelectors: [{{matchLabels: {{in: mesh}}}}]}}")
    )
    assert [client.get(f"http://{host}/").outcome for host in ("web.default", "far.far")] == ["10.0.0.1", "502"]


@pytest.mark.rule("MESH-4")
def test_the_root_namespace_may_be_another(stage: Stage) -> None:
    client = stage.sidecar()
    hiding = rule("default", "egress: [{hosts: [far/*]}]", "Sidecar", "headquarters")
    world = (WEB, service("far", "10.0.0.2", namespace="far"), hiding)
    stage.world(*world, mesh(CLOSED))
    assert client.get("http://web/").at == "10.0.0.1"
    stage.world(*world, mesh(f"{{{CLOSED}, rootNamespace: headquarters}}"))
    assert [client.get(f"http://{host}/").outcome for host in ("web.default", "far.far")] == ["502", "10.0.0.2"]


@pytest.mark.rule("MESH-5")
def test_mutual_tls_is_spoken_unasked_unless_the_mesh_says_no(stage: Stage) -> None:
    client = stage.sidecar()
    member = pod("web-1", "10.0.0.1", "{app: web, security.istio.io/tlsMode: istio}")
    stage.world(WEB, member)
    tls = client.get("http://web/").seen.tls
    assert tls is not None
    assert tls.sni == "outbound_.80_._.web.default.svc.cluster.local"
    stage.world(WEB, member, mesh("enableAutoMtls: false"))
    assert client.get("http://web/").seen.tls is None


@pytest.mark.rule("MESH-5")
def test_the_mesh_s_tls_is_as_new_as_the_mesh_says(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.60"), stage.outside()
    member = {"alpn": ["istio-http/1.1"], "certificate": str(stage.credentials.mesh("default/friend"))}
    own = service("web", "10.1.0.60", selector="server")
    stage.world(own)
    assert outside.tls("web", 8080, to=server, version="TLSv1_2", **member).at == "10.1.0.60"
    stage.world(own, mesh("meshMTLS: {minProtocolVersion: TLSV1_3}"))
    assert outside.tls("web", 8080, to=server, version="TLSv1_2", **member).at == ""
    assert outside.tls("web", 8080, to=server, version="TLSv1_3", **member).at == "10.1.0.60"


@pytest.mark.rule("MESH-5")
def test_ciphers_and_curves_of_other_tls_are_the_mesh_s_where_nobody_says(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    keys = secret("keys", stage.credentials.outside("a.example"))
    edge = rule(
        "edge",
        "selector: {istio: ingressgateway}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.example], "
        "tls: {mode: SIMPLE, credentialName: keys, maxProtocolVersion: TLSV1_2}}]",
        "Gateway",
    )
    routed = rule("a", "hosts: [a.example], gateways: [edge], http: [{route: [{destination: {host: web}}]}]")
    stage.world(WEB, keys, edge, routed, mesh("tlsDefaults: {cipherSuites: [ECDHE-ECDSA-AES256-GCM-SHA384], ecdhCurves: [P-256]}"))
    assert outside.tls("a.example", 443, to=proxy).certificate.cipher == "ECDHE-ECDSA-AES256-GCM-SHA384"
    assert outside.tls("a.example", 443, to=proxy, version="TLSv1_2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256").at == ""


def secret(name: str, pem: Path) -> str:
    value = base64.b64encode(pem.read_bytes()).decode()
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: istio-system}}\ndata: {{tls.crt: {value}, tls.key: {value}}}\n"


@pytest.mark.rule("MESH-6")
def test_requests_are_tried_again_as_the_mesh_says_where_no_route_does(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB, mesh("defaultHttpRetryPolicy: {attempts: 3, retryOn: 5xx}"))
    stage.behave("10.0.0.1", status=500)
    assert client.get("http://web/").status == 500
    assert len(stage.seen(4, at="10.0.0.1")) == 4
    stage.world(WEB, mesh("defaultHttpRetryPolicy: {attempts: 0}"))
    stage.behave("10.0.0.1", status=503)
    assert client.get("http://web/").status == 503
    assert len(stage.seen(1, at="10.0.0.1")) == 1


@pytest.mark.rule("MESH-6")
def test_the_mesh_s_default_policy_holds_where_no_rule_has_one(stage: Stage) -> None:
    client = stage.sidecar()
    baseline = mesh("defaultTrafficPolicy: {connectionPool: {tcp: {maxConnections: 1}, http: {http1MaxPendingRequests: 1}}}")
    stage.world()
    stage.world(WEB, baseline)
    stage.behave("10.0.0.1", held=True)
    assert Counter(each.status for each in client.together(6, "http://web/", first=1, then=stage.release))[503] > 0
    stage.world()
    other = rule("web", "host: web, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}}", "DestinationRule")
    stage.world(WEB, baseline, other)
    assert _limits(client) == (1, 1)
    wider = rule("web", "host: web, trafficPolicy: {connectionPool: {tcp: {maxConnections: 100}}}", "DestinationRule")
    stage.world(WEB, baseline, wider)
    assert _limits(client) == (100, 2**32 - 1)


def _limits(client: Proxied) -> tuple[int, int]:
    (web,) = [each["cluster"] for each in client.config("dynamic_active_clusters")["configs"] if "web.default" in each["cluster"]["name"]]
    (limits,) = web["circuit_breakers"]["thresholds"]
    return limits["max_connections"], limits["max_pending_requests"]


@pytest.mark.rule("MESH-6")
def test_requests_to_hosts_that_are_looked_up_go_on_by_tls_where_the_mesh_says(stage: Stage) -> None:
    client = stage.sidecar()
    found = "outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS, tls: {mode: SIMPLE, insecureSkipVerify: true}}"
    stage.world(mesh(found), names={"nobody.example": "10.0.0.77"})
    seen = client.get("http://nobody.example/").seen
    assert (seen.at, seen.port, seen.tls and seen.tls.sni) == ("10.0.0.77", 443, "nobody.example")


@pytest.mark.rule("MESH-7")
@pytest.mark.parametrize(("mode", "at"), [("PASSTHROUGH", "10.1.0.60"), ("LOCALHOST", "127.0.0.1")])
def test_inbound_calls_are_sent_on_to_the_workload_s_address_or_to_localhost(stage: Stage, mode: str, at: str) -> None:
    server = stage.sidecar(labels={"app": "server"}, ip="10.1.0.60")
    stage.world(service("web", "10.1.0.60", selector="server"), mesh(f"inboundTrafficPolicy: {{mode: {mode}}}"))
    seen = stage.outside().get("http://web/", to=server, port=8080).seen
    assert (seen.at, seen.port) == (at, 8080)


@pytest.mark.rule("MESH-8")
@pytest.mark.rule("N-8")
def test_clusters_go_by_other_names_in_statistics(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(WEB, mesh("outboundClusterStatName: out_%SERVICE%_%SERVICE_PORT%"))
    assert client.get("http://web/").at == "10.0.0.1"
    assert "::observability_name::out_web.default_80\n" in client.admin("/clusters")


@pytest.mark.rule("MESH-9")
@pytest.mark.rule("HC-3")
def test_the_nearest_word_on_a_proxy_holds(stage: Stage) -> None:
    annotated = stage.sidecar(metadata={"ANNOTATIONS": {"proxy.istio.io/config": 'proxyMetadata: {ISTIO_META_HTTP10: ""}'}})
    client = stage.sidecar()
    default = '{defaultConfig: {proxyMetadata: {ISTIO_META_HTTP10: "1"}}}'
    stage.world(WEB, mesh(default))
    assert [each.get("http://web/", manner="http1.0").at for each in (client, annotated)] == ["10.0.0.1", WEB_ADDRESS]
    own = "apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {{name: a, namespace: default}}\nspec: {{{}}}\n"
    stage.world(WEB, own.format('environmentVariables: {ISTIO_META_HTTP10: "1"}'))
    assert client.get("http://web/", manner="http1.0").at == "10.0.0.1"
    stage.world(WEB, own.format('selector: {matchLabels: {app: other}}, environmentVariables: {ISTIO_META_HTTP10: "1"}'))
    assert client.get("http://web/", manner="http1.0").at == WEB_ADDRESS


@pytest.mark.rule("MESH-5")
def test_identities_of_a_trust_domain_that_the_mesh_once_had_still_come_in(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.60"), stage.outside()
    former = {"alpn": ["istio-http/1.1"], "certificate": str(stage.credentials.mesh("default/friend", "former"))}
    own = service("web", "10.1.0.60", selector="server")
    stage.world(own)
    assert outside.tls("web", 8080, to=server, **former).at == ""
    stage.world(own, mesh("trustDomainAliases: [former]"))
    assert outside.tls("web", 8080, to=server, **former).at == "10.1.0.60"
