"""Sidecar objects in real Envoys: which places an app reaches, by whose rules, and on which ports it is called itself. Listeners that are bound for
real are in `test_listeners`, for on the stage everything is captured.
"""

from __future__ import annotations

import pytest

from stage.caller import ELSEWHERE
from stage.stage import Stage

pytestmark = [pytest.mark.envoy, pytest.mark.root]

MESH = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: '%s'}\n"
CLOSED = MESH % "outboundTrafficPolicy: {mode: REGISTRY_ONLY}"


def service(name: str, address: str, namespace: str = "default", ports: str = "{name: http, port: 80, targetPort: 8080}", ip: int = 0) -> str:
    """A service with one endpoint."""
    number = ip or sum(f"{name}.{namespace}".encode()) % 250
    names = [part.split(",")[0] for part in ports.split("name: ")[1:]]
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{clusterIP: 240.240.3.{number}, ports: [{ports}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{", ".join(f"{{name: {each}, port: 8080}}" for each in names)}]
endpoints: [{{addresses: [{address}]}}]
"""


def sidecar(spec: str, name: str = "default", namespace: str = "default", year: int = 2024) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{{spec}}}
"""


def rule(name: str, spec: str, namespace: str = "default") -> str:
    return f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n"


def entry(name: str, namespace: str, host: str, address: str, more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  hosts: [{host}]
  ports: [{{number: 80, name: http, protocol: HTTP, targetPort: 8080}}]
  resolution: STATIC
  endpoints: [{{address: {address}}}]
{more}
"""


OWN, FAR, OTHER = service("own", "10.0.0.1"), service("far", "10.0.0.2", "far"), service("other", "10.0.0.3", "other")


def reached(stage: Stage, *hosts: str) -> list[str]:
    client = stage.sidecar()
    return [client.get(f"http://{host}/").outcome for host in hosts]


@pytest.mark.rule("SC-3")
@pytest.mark.parametrize(
    ("imported", "found"),
    [
        ("'*/*'", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("./*", ["10.0.0.1", "502", "502"]),
        ("far/*", ["502", "10.0.0.2", "502"]),
        ("'*/far.far.svc.cluster.local'", ["502", "10.0.0.2", "502"]),
        ("./*, other/other.other.svc.cluster.local", ["10.0.0.1", "502", "10.0.0.3"]),
    ],
)
def test_only_imported_hosts_are_known(stage: Stage, imported: str, found: list[str]) -> None:
    stage.world(OWN, FAR, OTHER, CLOSED, sidecar(f"egress: [{{hosts: [{imported}]}}]"))
    assert reached(stage, "own.default", "far.far", "other.other") == found


@pytest.mark.rule("SC-3")
def test_who_imports_nothing_reaches_nothing(stage: Stage) -> None:
    stage.world(OWN, FAR, CLOSED, sidecar("egress: [{hosts: [~/*]}]"))
    client = stage.sidecar()
    assert [client.get(f"http://{host}/").at for host in ("own.default", "far.far")] == ["", ""]


@pytest.mark.rule("SC-1")
def test_hosts_behind_a_tilde_are_left_out_of_what_is_imported(stage: Stage) -> None:
    stage.world(OWN, FAR, OTHER, CLOSED, sidecar("egress: [{hosts: ['*/*', ~far/*]}]"))
    assert reached(stage, "own.default", "far.far", "other.other") == ["10.0.0.1", "502", "10.0.0.3"]


@pytest.mark.rule("SC-4")
def test_rules_of_a_namespace_that_is_left_out_do_not_count(stage: Stage) -> None:
    client = stage.sidecar()
    answering = rule("r", "hosts: [own.default.svc.cluster.local], http: [{directResponse: {status: 418}}]", "other")
    stage.world(OWN, answering, sidecar("egress: [{hosts: ['*/*']}]"))
    assert client.get("http://own/").status == 418
    stage.world(OWN, answering, sidecar("egress: [{hosts: ['*/*', ~other/*]}]"))
    assert client.get("http://own/").status == 200


@pytest.mark.rule("SC-2")
def test_the_sidecar_that_selects_beats_the_namespace_s_which_beats_that_of_the_root_namespace(stage: Stage) -> None:
    selecting = sidecar("workloadSelector: {labels: {app: client}}, egress: [{hosts: [far/*]}]", "selecting", year=2025)
    younger = selecting.replace("far/*", "other/*").replace("selecting", "younger").replace("2025", "2026")
    plain = sidecar("egress: [{hosts: [./*]}]")
    root = sidecar("egress: [{hosts: [other/*]}]", namespace="istio-system")
    everything = (OWN, FAR, OTHER, CLOSED)
    hosts = ("own.default", "far.far", "other.other")
    stage.world(*everything, selecting, younger, plain, root)
    assert reached(stage, *hosts) == ["502", "10.0.0.2", "502"]
    stage.world(*everything, plain, root)
    assert reached(stage, *hosts) == ["10.0.0.1", "502", "502"]
    stage.world(*everything, root)
    assert reached(stage, *hosts) == ["502", "502", "10.0.0.3"]
    stage.world(*everything)
    assert reached(stage, *hosts) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


@pytest.mark.rule("SC-2")
def test_a_sidecar_of_the_root_namespace_that_selects_is_for_its_own_workloads_alone(stage: Stage) -> None:
    stage.world(OWN, FAR, CLOSED, sidecar("workloadSelector: {labels: {app: client}}, egress: [{hosts: [far/*]}]", namespace="istio-system"))
    assert reached(stage, "own.default", "far.far") == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.rule("SC-2")
def test_gateways_have_no_sidecar(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    edge = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: default}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
"""
    routed = rule("edge", 'hosts: ["*"], gateways: [edge], http: [{route: [{destination: {host: far.far.svc.cluster.local}}]}]')
    stage.world(FAR, edge, routed, CLOSED, sidecar("egress: [{hosts: [./*]}]", namespace="istio-system"))
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.2"


@pytest.mark.rule("SC-3")
def test_a_listener_for_bytes_holds_the_addresses_of_what_it_imports_and_no_others(stage: Stage) -> None:
    client = stage.sidecar()
    port = "{name: tcp, port: 9000, targetPort: 8080}"
    own, far = service("own", "10.0.0.1", ports=port, ip=11), service("far", "10.0.0.2", "far", port, ip=12)
    stage.world(own, far, CLOSED, sidecar("egress: [{port: {number: 9000, protocol: TCP, name: t}, hosts: [far/*]}, {hosts: [./*]}]"))
    assert client.tcp("far.far", 9000).at == "10.0.0.2"
    assert client.tcp("own", 9000).at == "10.0.0.1"
    stage.world(own, far, CLOSED, sidecar("egress: [{port: {number: 9000, protocol: TCP, name: t}, hosts: [far/*]}]"))
    assert client.tcp("own", 9000).at == ""


@pytest.mark.rule("SC-3")
def test_a_listener_with_a_port_holds_only_what_it_imports(stage: Stage) -> None:
    both = "{name: http, port: 80, targetPort: 8080}, {name: http-b, port: 81, targetPort: 8080}"
    stage.world(
        service("own", "10.0.0.1", ports=both),
        service("far", "10.0.0.2", "far", both),
        CLOSED,
        sidecar("egress: [{port: {number: 81, protocol: HTTP, name: h}, hosts: [far/*]}, {hosts: ['*/*']}]"),
    )
    assert reached(stage, "own.default:80", "far.far:80", "own.default:81", "far.far:81") == ["10.0.0.1", "10.0.0.2", "502", "10.0.0.2"]


@pytest.mark.rule("SC-3")
def test_of_one_host_in_several_namespaces_the_first_import_is_taken(stage: Stage) -> None:
    a, b = entry("a", "far", "api.example", "10.0.0.4"), entry("b", "other", "api.example", "10.0.0.5")
    stage.world(a, b, CLOSED, sidecar("egress: [{hosts: [far/*, other/*]}]"))
    assert reached(stage, "api.example") == ["10.0.0.4"]
    stage.world(a, b, CLOSED, sidecar("egress: [{hosts: [other/*, far/*]}]"))
    assert reached(stage, "api.example") == ["10.0.0.5"]


@pytest.mark.rule("SC-3")
def test_what_is_imported_must_be_visible_besides(stage: Stage) -> None:
    private = service("far", "10.0.0.2", "far").replace("namespace: far}", "namespace: far, annotations: {networking.istio.io/exportTo: .}}", 1)
    stage.world(OWN, private, CLOSED, sidecar("egress: [{hosts: ['*/*']}]"))
    assert reached(stage, "own.default", "far.far") == ["10.0.0.1", "502"]


@pytest.mark.rule("SC-4")
def test_rules_count_when_they_are_imported_with_a_host_of_theirs(stage: Stage) -> None:
    redirecting = rule("r", "hosts: [far.far.svc.cluster.local], http: [{directResponse: {status: 418}}]", "other")
    everything = (FAR, OTHER, CLOSED, redirecting)
    stage.world(*everything, sidecar("egress: [{hosts: [far/*]}]"))
    assert reached(stage, "far.far") == ["10.0.0.2"]
    stage.world(*everything, sidecar("egress: [{hosts: [far/*, other/*]}]"))
    assert reached(stage, "far.far") == ["418"]


@pytest.mark.rule("SC-4")
def test_what_an_imported_rule_leads_to_is_reached_without_being_imported(stage: Stage) -> None:
    stage.world(
        OWN,
        FAR,
        CLOSED,
        rule("r", "hosts: [own], http: [{route: [{destination: {host: far.far.svc.cluster.local}}]}]"),
        sidecar("egress: [{hosts: [./*]}]"),
    )
    assert reached(stage, "own.default", "far.far") == ["10.0.0.2", "502"]


@pytest.mark.rule("SC-4")
def test_all_hosts_of_an_imported_rule_are_known(stage: Stage) -> None:
    both = rule("r", "hosts: [one.example, two.example], http: [{route: [{destination: {host: own.default.svc.cluster.local}}]}]")
    stage.world(OWN, CLOSED, both, sidecar("egress: [{hosts: [./one.example, ./own.default.svc.cluster.local]}]"))
    client = stage.sidecar()
    assert [client.get(f"http://{host}.example/", to="240.240.9.9").outcome for host in ("one", "two")] == ["10.0.0.1", "10.0.0.1"]


@pytest.mark.rule("SC-6")
@pytest.mark.parametrize(("mesh", "own", "found"), [("REGISTRY_ONLY", "ALLOW_ANY", ELSEWHERE), ("ALLOW_ANY", "REGISTRY_ONLY", "502")])
def test_the_sidecar_s_word_on_unknown_places_beats_the_mesh_s(stage: Stage, mesh: str, own: str, found: str) -> None:
    stage.world(OWN, MESH % f"outboundTrafficPolicy: {{mode: {mesh}}}", sidecar(f"outboundTrafficPolicy: {{mode: {own}}}"))
    client = stage.sidecar()
    assert client.get("http://nobody.example/").outcome == found
    assert client.tcp("nobody.example", 9000).at == (ELSEWHERE if own == "ALLOW_ANY" else "")


# Without capture; of the ports at loopback, those from 15000 on are not the app's on the stage.


@pytest.mark.rule("SC-7")
def test_an_app_may_connect_to_a_listener_that_is_bound_for_real(stage: Stage) -> None:
    client = stage.sidecar()
    bound = "{port: {number: 15080, protocol: HTTP, name: h}, bind: 127.0.0.1, captureMode: NONE, hosts: [far/*]}"
    bytes_bound = "{port: {number: 15081, protocol: TCP, name: t}, bind: 127.0.0.1, captureMode: NONE, hosts: [other/*]}"
    stage.world(
        service("far", "10.0.0.2", "far", "{name: http, port: 15080, targetPort: 8080}"),
        service("other", "10.0.0.3", "other", "{name: tcp, port: 15081, targetPort: 8080}"),
        sidecar(f"egress: [{bound}, {bytes_bound}, {{hosts: [./*]}}]"),
    )
    assert client.get("http://far.far:15080/", to="127.0.0.1").at == "10.0.0.2"
    assert client.tcp("other.other", 15081, to="127.0.0.1").at == "10.0.0.3"


@pytest.mark.rule("LI-1")
def test_an_app_that_is_told_of_an_http_proxy_calls_through_it(stage: Stage) -> None:
    client = stage.sidecar()
    stage.world(OWN, FAR, MESH % "{proxyHttpPort: 15070, outboundTrafficPolicy: {mode: REGISTRY_ONLY}}")
    asked = {
        host: client.get("http://unused/", to="127.0.0.1", port=15070, headers={"host": host}).outcome
        for host in ("own", "far.far:80", "nobody.example")
    }
    assert asked == {"own": "10.0.0.1", "far.far:80": "10.0.0.2", "nobody.example": "502"}


# Inbound

SERVER = service("server", "10.1.0.30", ports="{name: http, port: 80, targetPort: 8080}, {name: http-b, port: 81, targetPort: 8081}").replace(
    "spec: {", "spec: {selector: {app: server}, ", 1
)


@pytest.mark.rule("SC-5")
def test_with_one_inbound_port_listed_the_others_are_passed_through(stage: Stage) -> None:
    server, outside = stage.sidecar(labels={"app": "server"}, ip="10.1.0.30"), stage.outside()
    listed = sidecar("ingress: [{port: {number: 8080, protocol: HTTP, name: http}, defaultEndpoint: 127.0.0.1:9999}]")
    stage.world(SERVER, listed)
    assert outside.get("http://server/", to=server, port=8080).seen.port == 9999
    assert outside.get("http://server/", to=server, port=8081).seen.port == 8081
    names = {each for each in server.clusters() if each.startswith("inbound|")}
    assert names == {"inbound|8080||"}


@pytest.mark.rule("SC-5")
@pytest.mark.parametrize(
    ("endpoint", "at", "port"), [("0.0.0.0:9000", "10.1.0.30", 9000), ("127.0.0.1:9000", "127.0.0.1", 9000), ("", "10.1.0.30", 7000)]
)
def test_a_listed_port_leads_to_its_default_endpoint(stage: Stage, endpoint: str, at: str, port: int) -> None:
    server = stage.sidecar(labels={"app": "server"}, ip="10.1.0.30")
    default = f", defaultEndpoint: '{endpoint}'" if endpoint else ""
    stage.world(SERVER, sidecar(f"ingress: [{{port: {{number: 7000, protocol: HTTP, name: http}}{default}}}]"))
    seen = stage.outside().get("http://server/", to=server, port=7000).seen
    assert (seen.at, seen.port) == (at, port)


@pytest.mark.rule("SC-5")
def test_tls_ends_at_a_listed_port_whose_mode_is_disabled(stage: Stage) -> None:
    server, outside, made = stage.sidecar(labels={"app": "server"}, ip="10.1.0.30"), stage.outside(), stage.credentials
    keys = made.outside("server.example")
    tls = f"tls: {{mode: MUTUAL, serverCertificate: {keys}, privateKey: {keys}, caCertificates: {made.outside_roots}}}"
    port = "port: {number: 7443, protocol: HTTPS, name: https}, defaultEndpoint: 127.0.0.1:8080"
    listed = sidecar(f"workloadSelector: {{labels: {{app: server}}}}, ingress: [{{{port}, {tls}}}]")
    disabled = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: server, namespace: default}
spec: {selector: {matchLabels: {app: server}}, mtls: {mode: STRICT}, portLevelMtls: {7443: {mode: DISABLE}}}
"""
    stage.world(SERVER, listed, disabled)
    answer = outside.tls("server.example", 7443, to=server, certificate=str(made.outside("friend.example")))
    assert (answer.seen.port, answer.certificate.names) == (8080, ("server.example",))
    assert outside.tls("server.example", 7443, to=server).at == ""
    assert outside.get("http://server.example/", to=server, port=7443).at == ""
