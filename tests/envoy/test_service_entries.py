"""Services that users declare (SE-1 to SE-9), as calls find them."""

from __future__ import annotations

import pytest

from stage.caller import ELSEWHERE
from stage.stage import Stage

pytestmark = [pytest.mark.envoy, pytest.mark.root]

HTTP = "{number: 80, name: http, protocol: HTTP}"
TCP = "{number: 7000, name: tcp, protocol: TCP}"
TLS = "{number: 443, name: tls, protocol: TLS}"


def entry(host: str, spec: str, name: str = "out", more: str = "", status: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: default{more}}}
spec: {{hosts: [{host}], {spec}}}
{f"status: {status}" if status else ""}
"""


def workload(name: str, spec: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: {name}, namespace: default}}
spec: {spec}
"""


ONLY_KNOWN = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: '{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}'}
"""


@pytest.mark.rule("SE-1", "SE-3")
def test_a_static_entry_is_called_at_its_endpoints(stage: Stage) -> None:
    stage.world(entry("api.example", f"resolution: STATIC, ports: [{HTTP}], endpoints: [{{address: 10.0.0.1}}, {{address: 10.0.0.2}}]"))
    assert stage.sidecar().spread(20, "http://api.example/").keys() == {"10.0.0.1", "10.0.0.2"}


@pytest.mark.rule("SE-2")
def test_each_host_and_each_address_of_an_entry_is_a_service(stage: Stage) -> None:
    addresses = "addresses: [240.240.1.1, 240.240.1.2]"
    world = entry("a.example, b.example", f"resolution: STATIC, {addresses}, ports: [{HTTP}, {TCP}], endpoints: [{{address: 10.0.0.1}}]")
    stage.world(world)
    client = stage.sidecar()
    assert [client.get(f"http://{host}/").at for host in ("a.example", "b.example", "240.240.1.1", "240.240.1.2")] == ["10.0.0.1"] * 4
    assert [client.tcp(address, 7000).at for address in ("240.240.1.1", "240.240.1.2")] == ["10.0.0.1"] * 2
    assert client.tcp("240.240.1.3", 7000).at == "240.240.1.3"


@pytest.mark.rule("SE-2")
def test_tcp_without_an_address_takes_the_whole_port(stage: Stage) -> None:
    stage.world(entry("db.example", f"resolution: STATIC, ports: [{TCP}], endpoints: [{{address: 10.0.0.1}}]"))
    client = stage.sidecar()
    assert client.tcp("10.77.0.1", 7000).at == "10.0.0.1"
    assert client.tcp("10.77.0.1", 7001).at == "10.77.0.1"


@pytest.mark.rule("SE-2", "SE-8")
def test_an_address_range_takes_what_no_narrower_range_does(stage: Stage) -> None:
    wide = entry("wide.example", f"resolution: STATIC, addresses: [10.50.0.0/16], ports: [{TCP}], endpoints: [{{address: 10.0.0.1}}]", "wide")
    narrow = entry("narrow.example", f"resolution: STATIC, addresses: [10.50.7.0/24], ports: [{TCP}], endpoints: [{{address: 10.0.0.2}}]", "narrow")
    stage.world(wide, narrow)
    client = stage.sidecar()
    assert client.tcp("10.50.1.1", 7000).at == "10.0.0.1"
    assert client.tcp("10.50.7.1", 7000).at == "10.0.0.2"
    assert client.tcp("10.51.0.1", 7000).at == "10.51.0.1"


@pytest.mark.rule("SE-3", "CL-1")
def test_an_entry_without_resolution_leads_where_the_call_was_headed(stage: Stage) -> None:
    stage.world(entry("api.example", f"resolution: NONE, ports: [{HTTP}]"), ONLY_KNOWN)
    client = stage.sidecar()
    assert client.get("http://api.example/").at == ELSEWHERE
    assert client.get("http://api.example/", to="10.77.0.2").at == "10.77.0.2"
    assert client.get("http://other.example/").status == 502


@pytest.mark.rule("SE-3")
def test_an_entry_by_dns_is_called_at_every_address_of_its_name(stage: Stage) -> None:
    names = {"api.example": ["10.0.3.1", "10.0.3.2"]}
    stage.world(entry("api.example", f"resolution: DNS, ports: [{HTTP}]"), names=names)
    client = stage.sidecar()
    assert client.spread(20, "http://api.example/").keys() == {"10.0.3.1", "10.0.3.2"}


@pytest.mark.rule("SE-3")
def test_an_entry_by_dns_may_name_others_in_its_place(stage: Stage) -> None:
    listed = "endpoints: [{address: one.example}, {address: two.example}, {address: 10.0.3.3}]"
    world = entry("api.example", f"resolution: DNS, ports: [{HTTP}], {listed}")
    stage.world(world, names={"one.example": "10.0.3.1", "two.example": "10.0.3.2"})
    assert stage.sidecar().spread(30, "http://api.example/").keys() == {"10.0.3.1", "10.0.3.2", "10.0.3.3"}


@pytest.mark.rule("SE-3")
def test_round_robin_by_dns_keeps_to_one_address_at_a_time(stage: Stage) -> None:
    names = {"api.example": ["10.0.3.1", "10.0.3.2"]}
    stage.world(entry("api.example", f"resolution: DNS_ROUND_ROBIN, ports: [{HTTP}]"), names=names)
    client = stage.sidecar()
    assert len(client.spread(20, "http://api.example/")) == 1
    assert {each.at for each in client.many(3, "http://api.example/")} <= {"10.0.3.1", "10.0.3.2"}


@pytest.mark.rule("SE-3")
def test_dynamic_dns_resolves_the_host_that_each_request_asks_for(stage: Stage) -> None:
    names = {"a.any.example": "10.0.3.1", "b.any.example": "10.0.3.2"}
    stage.world(entry('"*.any.example"', f"resolution: DYNAMIC_DNS, ports: [{HTTP}]"), ONLY_KNOWN, names=names)
    client = stage.sidecar()
    assert [client.get(f"http://{name}/", to="10.77.0.1").at for name in names] == ["10.0.3.1", "10.0.3.2"]
    assert client.get("http://a.other.example/", to="10.77.0.1").status == 502


@pytest.mark.rule("SE-3")
def test_dynamic_dns_resolves_the_server_name_of_tls(stage: Stage) -> None:
    names = {"a.any.example": "10.0.3.1", "b.any.example": "10.0.3.2"}
    stage.world(entry('"*.any.example"', f"resolution: DYNAMIC_DNS, ports: [{TLS}]"), ONLY_KNOWN, names=names)
    client = stage.sidecar()
    assert [client.tls(name, 443, to="10.77.0.1").at for name in names] == ["10.0.3.1", "10.0.3.2"]
    assert client.tls("a.other.example", 443, to="10.77.0.1").error


@pytest.mark.rule("SE-4")
def test_an_endpoints_own_port_beats_the_target_port_and_that_the_ports_number(stage: Stage) -> None:
    ports = "ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}, {number: 81, name: http-more, protocol: HTTP}]"
    listed = "endpoints: [{address: 10.0.0.1, ports: {http: 9090}}]"
    client = stage.sidecar()
    stage.world(entry("api.example", f"resolution: STATIC, {ports}, {listed}"))
    assert [client.get(f"http://api.example:{port}/").seen.port for port in (80, 81)] == [9090, 81]
    stage.world(entry("api.example", f"resolution: STATIC, {ports}, endpoints: [{{address: 10.0.0.1}}]"))
    assert client.get("http://api.example/").seen.port == 8080


@pytest.mark.rule("SE-4")
def test_an_entry_without_resolution_sends_to_its_target_port(stage: Stage) -> None:
    stage.world(entry("api.example", "resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]"))
    assert stage.sidecar().get("http://api.example/").seen.port == 8080


@pytest.mark.rule("SE-5", "CL-3")
@pytest.mark.parametrize(("location", "secured"), [("MESH_INTERNAL", True), ("MESH_EXTERNAL", False)])
def test_only_what_is_inside_of_the_mesh_gets_mutual_tls_by_itself(stage: Stage, location: str, secured: bool) -> None:
    listed = "endpoints: [{address: 10.0.0.1, serviceAccount: robot, labels: {security.istio.io/tlsMode: istio}}]"
    stage.world(entry("api.example", f"location: {location}, resolution: STATIC, ports: [{HTTP}], {listed}"))
    stage.identify("10.0.0.1", "default/robot")
    assert (stage.sidecar().get("http://api.example/").seen.tls is not None) is secured


@pytest.mark.rule("SE-1", "CL-5")
def test_names_that_the_entry_says_its_servers_have_are_accepted(stage: Stage) -> None:
    rule = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: default}
spec: {host: api.example, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
"""
    listed = "endpoints: [{address: 10.0.0.1, serviceAccount: robot}]"
    spec = f"location: MESH_INTERNAL, resolution: STATIC, ports: [{HTTP}], {listed}"
    client = stage.sidecar()
    stage.world(entry("api.example", spec), rule)
    stage.identify("10.0.0.1", "other/account")
    assert client.get("http://api.example/").status == 503
    stage.world(entry("api.example", f"{spec}, subjectAltNames: [spiffe://cluster.local/ns/other/sa/account]"), rule)
    stage.identify("10.0.0.1", "other/account")
    assert client.get("http://api.example/").at == "10.0.0.1"


@pytest.mark.rule("SE-6")
def test_an_entry_selects_workload_entries_and_pods_of_its_namespace(stage: Stage) -> None:
    pod = """
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: default, labels: {app: api}}
spec: {containers: [{name: app, image: app}]}
status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}
"""
    selecting = entry("api.example", f"location: MESH_INTERNAL, resolution: STATIC, ports: [{HTTP}], workloadSelector: {{labels: {{app: api}}}}")
    elsewhere = workload("c", "{address: 10.0.0.3, labels: {app: api}}").replace("namespace: default", "namespace: other")
    stage.world(
        selecting, workload("a", "{address: 10.0.0.1, labels: {app: api}}"), pod, elsewhere, workload("b", "{address: 10.0.0.4, labels: {app: b}}")
    )
    assert stage.sidecar().spread(30, "http://api.example/").keys() == {"10.0.0.1", "10.0.0.2"}


@pytest.mark.rule("SE-6")
def test_a_kubernetes_service_selects_workload_entries_of_its_namespace(stage: Stage) -> None:
    service = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {selector: {app: api}, clusterIP: 240.240.0.1, ports: [{name: http, port: 80, targetPort: 8080}]}
"""
    stage.world(service, workload("a", "{address: 10.0.0.1, labels: {app: api}}"))
    assert (stage.sidecar().get("http://web/").at, stage.sidecar().get("http://web/").seen.port) == ("10.0.0.1", 8080)


@pytest.mark.rule("SE-7")
def test_a_wildcard_is_met_by_host_header_or_by_server_name(stage: Stage) -> None:
    stage.world(entry('"*.wild.example"', f"resolution: NONE, ports: [{HTTP}, {TLS}]"), ONLY_KNOWN)
    client = stage.sidecar()
    assert client.get("http://a.wild.example/").at == ELSEWHERE
    assert client.get("http://wild.example/").status == 502
    assert client.tls("a.b.wild.example", 443).at == ELSEWHERE
    assert client.tls("wild.example", 443).error


@pytest.mark.rule("SE-7")
def test_tls_with_an_address_is_told_apart_by_the_address_alone(stage: Stage) -> None:
    spec = f"resolution: STATIC, addresses: [240.240.1.1], ports: [{TLS}], endpoints: [{{address: 10.0.0.1}}]"
    stage.world(entry("api.example", spec), ONLY_KNOWN)
    client = stage.sidecar()
    assert client.tls("any.name", 443, to="240.240.1.1").at == "10.0.0.1"
    assert client.tls("api.example", 443, to="240.240.1.9").error


OLD, YOUNG = ", creationTimestamp: '2024-01-01T00:00:00Z'", ", creationTimestamp: '2025-01-01T00:00:00Z'"


@pytest.mark.rule("SE-8")
def test_of_two_entries_of_one_host_the_older_has_the_port_and_the_younger_its_own(stage: Stage) -> None:
    first = entry("api.example", f"resolution: STATIC, ports: [{HTTP}], endpoints: [{{address: 10.0.0.1}}]", "first", OLD)
    more = "{number: 81, name: http-more, protocol: HTTP}"
    second = entry("api.example", f"resolution: STATIC, ports: [{HTTP}, {more}], endpoints: [{{address: 10.0.0.2}}]", "second", YOUNG)
    stage.world(first, second)
    client = stage.sidecar()
    assert client.spread(10, "http://api.example/").keys() == {"10.0.0.1"}
    assert client.spread(10, "http://api.example:81/").keys() == {"10.0.0.2"}


@pytest.mark.rule("SE-8")
def test_an_address_that_two_entries_share_is_the_olders_and_the_others_stay_the_youngers(stage: Stage) -> None:
    shared = f"resolution: STATIC, ports: [{TCP}]"
    first = entry("a.example", f"{shared}, addresses: [240.240.1.1], endpoints: [{{address: 10.0.0.1}}]", "first", OLD)
    second = entry("b.example", f"{shared}, addresses: [240.240.1.1, 240.240.1.2], endpoints: [{{address: 10.0.0.2}}]", "second", YOUNG)
    stage.world(second, first)
    client = stage.sidecar()
    assert client.tcp("240.240.1.1", 7000).at == "10.0.0.1"
    assert client.tcp("240.240.1.2", 7000).at == "10.0.0.2"


@pytest.mark.rule("SE-9")
def test_allocated_addresses_tell_entries_on_one_port_apart(stage: Stage) -> None:
    spec = f"resolution: STATIC, ports: [{TCP}]"
    first = entry("a.example", f"{spec}, endpoints: [{{address: 10.0.0.1}}]", "a", status="{addresses: [{value: 240.240.7.1, host: a.example}]}")
    second = entry("b.example", f"{spec}, endpoints: [{{address: 10.0.0.2}}]", "b", status="{addresses: [{value: 240.240.7.2, host: b.example}]}")
    stage.world(first, second)
    client = stage.sidecar()
    assert client.tcp("a.example", 7000).at == "10.0.0.1"
    assert client.tcp("b.example", 7000).at == "10.0.0.2"
    assert client.tcp("10.77.0.1", 7000).at == "10.77.0.1"


@pytest.mark.rule("SE-1")
def test_an_entry_for_its_own_namespace_is_unknown_elsewhere(stage: Stage) -> None:
    stage.world(entry("api.example", f'resolution: STATIC, exportTo: ["."], ports: [{HTTP}], endpoints: [{{address: 10.0.0.1}}]'))
    assert stage.sidecar().get("http://api.example/").at == "10.0.0.1"
    assert stage.sidecar("other").get("http://api.example/").at == ELSEWHERE


@pytest.mark.rule("SE-9")
def test_an_allocated_address_of_the_other_family_is_dialled_by_who_has_that_family(stage: Stage) -> None:
    given = "{addresses: [{value: 240.240.7.3, host: c.example}, {value: '2001:2::7:3', host: c.example}]}"
    stage.world(entry("c.example", f"resolution: STATIC, ports: [{TCP}], endpoints: [{{address: 10.0.0.1}}]", "c", status=given))
    single = stage.sidecar()
    assert single.tcp("240.240.7.3", 7000).at == "10.0.0.1"
    told = {each["name"] for each in single.config("dynamic_listeners")["configs"] if "active_state" in each}
    assert "240.240.7.3_7000" in told
    assert not any("2001" in name for name in told)
    dual = stage.sidecar(ip="10.250.9.9", ip6="fd00:250::9:9", metadata={"INSTANCE_IPS": "10.250.9.9,fd00:250::9:9"})
    assert any("2001" in each["name"] for each in dual.config("dynamic_listeners")["configs"])


@pytest.mark.rule("SE-8")
def test_of_two_equal_ranges_the_older_has_it(stage: Stage) -> None:
    spec = f"resolution: STATIC, addresses: [10.60.0.0/16], ports: [{TCP}]"
    first = entry("a.example", f"{spec}, endpoints: [{{address: 10.0.0.1}}]", "first", OLD)
    second = entry("b.example", f"{spec}, endpoints: [{{address: 10.0.0.2}}]", "second", YOUNG)
    stage.world(second, first)
    assert stage.sidecar().tcp("10.60.1.1", 7000).at == "10.0.0.1"
