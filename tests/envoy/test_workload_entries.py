"""Workloads that are described one by one, and the networks that they are on (WE-1, WE-2, MC-2, MC-4), as calls find them."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import edge

pytestmark = [pytest.mark.envoy, pytest.mark.root]

HOST = "api.example"
API = f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: api, namespace: default}}
spec:
  hosts: [{HOST}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{{number: 80, name: http, protocol: HTTP, targetPort: 8080}}]
  workloadSelector: {{labels: {{app: api}}}}
"""


def workload(name: str, spec: str, metadata: str = "", status: str = "{}") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: {name}, namespace: default{metadata}}}
spec: {{labels: {{app: api}}, {spec}}}
status: {status}
"""


def healthy(word: str) -> str:
    return f'{{conditions: [{{type: Healthy, status: "{word}"}}]}}'


def gateway_to(network: str, address: str, cluster: str = "") -> str:
    labels = f"topology.istio.io/network: {network}" + (f", topology.istio.io/cluster: {cluster}" if cluster else "")
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: to-{network}-{address.replace(".", "-")}, namespace: istio-system, labels: {{{labels}}}}}
spec: {{type: LoadBalancer, clusterIP: 240.240.9.{address.rpartition(".")[2]}, externalIPs: [{address}], ports: [{{name: tls, port: 15443}}]}}
"""


@pytest.mark.rule("WE-1")
def test_an_entry_is_called_at_its_own_port_by_its_weight(stage: Stage) -> None:
    stage.world(API, workload("a", "address: 10.0.0.1, weight: 1, ports: {http: 9000}"), workload("b", "address: 10.0.0.2, weight: 9"))
    client = stage.sidecar()
    landed = client.spread(200, f"http://{HOST}/")
    assert landed.keys() == {"10.0.0.1", "10.0.0.2"}
    assert landed["10.0.0.2"] > 2 * landed["10.0.0.1"]
    assert {each.seen.port for each in client.many(100, f"http://{HOST}/") if each.at == "10.0.0.1"} == {9000}


@pytest.mark.rule("WE-1")
@pytest.mark.parametrize(
    ("spec", "labels", "secured"),
    [
        ("serviceAccount: robot", "{}", True),
        ("serviceAccount: ''", "{}", False),
        ("serviceAccount: robot", "{security.istio.io/tlsMode: disabled}", False),
        ("serviceAccount: ''", "{security.istio.io/tlsMode: istio}", True),
    ],
)
def test_an_entry_speaks_mutual_tls_as_its_label_or_else_its_account_says(stage: Stage, spec: str, labels: str, secured: bool) -> None:
    stage.world(API, workload("a", f"address: 10.0.0.1, {spec}", f", labels: {labels}"))
    stage.identify("10.0.0.1", "default/robot")
    assert (stage.sidecar().get(f"http://{HOST}/").seen.tls is not None) is secured


@pytest.mark.rule("WE-1")
def test_an_entry_by_name_is_resolved_where_the_service_is(stage: Stage) -> None:
    stage.world(API.replace("STATIC", "DNS"), workload("a", "address: vm.example"), names={"vm.example": "10.0.3.1"})
    assert stage.sidecar().get(f"http://{HOST}/").at == "10.0.3.1"


@pytest.mark.rule("WE-2")
def test_an_entry_that_is_unwell_is_not_called_until_it_is_well_again(stage: Stage) -> None:
    client = stage.sidecar()
    well = workload("a", "address: 10.0.0.1")
    for word, expected in (("True", {"10.0.0.1", "10.0.0.2"}), ("False", {"10.0.0.1"}), ("Unknown", {"10.0.0.1", "10.0.0.2"})):
        stage.world(API, well, workload("b", "address: 10.0.0.2", status=healthy(word)))
        assert client.spread(20, f"http://{HOST}/").keys() == expected


@pytest.mark.rule("WE-2")
def test_an_entry_whose_agent_has_yet_to_speak_is_not_called(stage: Stage) -> None:
    checked = ', annotations: {proxy.istio.io/health-checks-enabled: "true"}'
    stage.world(API, workload("a", "address: 10.0.0.1"), workload("b", "address: 10.0.0.2", checked))
    assert stage.sidecar().spread(20, f"http://{HOST}/").keys() == {"10.0.0.1"}


@pytest.mark.rule("MC-2", "MC-3")
def test_who_is_on_another_network_is_called_through_its_gateway_by_name(stage: Stage) -> None:
    here, there = (
        workload("a", "address: 10.0.0.1, serviceAccount: a, network: near"),
        workload("b", "address: 10.0.0.2, serviceAccount: a, network: far"),
    )
    stage.world(API, here, there, gateway_to("far", "10.9.0.1"))
    for address in ("10.0.0.1", "10.9.0.1"):
        stage.identify(address, "default/a")
    client = stage.sidecar(network="near")
    assert client.spread(20, f"http://{HOST}/").keys() == {"10.0.0.1", "10.9.0.1"}
    passed = stage.seen(at="10.9.0.1")[0]
    assert passed.tls is not None
    assert (passed.port, passed.tls.sni) == (15443, f"outbound_.80_._.{HOST}")
    assert stage.seen(at="10.0.0.2") == []


@pytest.mark.rule("MC-2")
def test_without_a_gateway_other_networks_are_called_directly(stage: Stage) -> None:
    stage.world(API, workload("a", "address: 10.0.0.1, network: near"), workload("b", "address: 10.0.0.2, network: far"))
    assert stage.sidecar(network="near").spread(20, f"http://{HOST}/").keys() == {"10.0.0.1", "10.0.0.2"}


@pytest.mark.rule("MC-2")
def test_who_speaks_no_mutual_tls_on_another_network_is_not_called(stage: Stage) -> None:
    stage.world(
        API, workload("a", "address: 10.0.0.1, network: near"), workload("b", "address: 10.0.0.2, network: far"), gateway_to("far", "10.9.0.1")
    )
    assert stage.sidecar(network="near").spread(20, f"http://{HOST}/").keys() == {"10.0.0.1"}


@pytest.mark.rule("MC-2")
def test_two_gateways_share_what_their_network_is_called(stage: Stage) -> None:
    workloads = [workload(name, f"address: 10.0.0.{number}, serviceAccount: a, network: far") for number, name in enumerate("abc", 1)]
    near = workload("near", "address: 10.0.0.9, serviceAccount: a, network: near")
    stage.world(API, *workloads, near, gateway_to("far", "10.9.0.1"), gateway_to("far", "10.9.0.2"))
    for address in ("10.0.0.9", "10.9.0.1", "10.9.0.2"):
        stage.identify(address, "default/a")
    landed = stage.sidecar(network="near").spread(200, f"http://{HOST}/")
    assert landed.keys() == {"10.0.0.9", "10.9.0.1", "10.9.0.2"}
    assert landed["10.9.0.1"] + landed["10.9.0.2"] > landed["10.0.0.9"]


@pytest.mark.rule("MC-3")
def test_a_gateway_between_networks_passes_on_what_is_of_the_mesh_and_nothing_else(stage: Stage) -> None:
    crossing = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross, namespace: istio-system}
spec:
  selector: {istio: eastwestgateway}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ["*"]}]
"""
    stage.world(API, workload("b", "address: 10.0.0.2, serviceAccount: a, network: far"), crossing)
    stage.identify("10.0.0.2", "default/a")
    gateway = stage.gateway(labels={"istio": "eastwestgateway"}, network="far")
    member = str(stage.credentials.mesh("default/friend"))
    outside = stage.outside()
    answer = outside.tls(HOST, 15443, sni=f"outbound_.80_._.{HOST}", to=gateway, alpn=["istio"], certificate=member)
    assert answer.at == "10.0.0.2"
    assert outside.tls(HOST, 15443, sni="outbound_.80_._.unknown.example", to=gateway, alpn=["istio"], certificate=member).error


@pytest.mark.rule("MC-1")
def test_one_host_in_several_clusters_is_one_service(stage: Stage) -> None:
    here, there = (
        workload(name, f"address: 10.0.0.{number}", f", labels: {{topology.istio.io/cluster: {name}}}") for number, name in enumerate("ab", 1)
    )
    stage.world(API, here, there)
    assert stage.sidecar(cluster="a").spread(20, f"http://{HOST}/").keys() == {"10.0.0.1", "10.0.0.2"}


@pytest.mark.rule("MC-4")
def test_a_service_that_is_local_to_its_cluster_is_called_there_only(stage: Stage) -> None:
    here, there = (
        workload(name, f"address: 10.0.0.{number}", f", labels: {{topology.istio.io/cluster: {name}}}") for number, name in enumerate("ab", 1)
    )
    local = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: '{{serviceSettings: [{{settings: {{clusterLocal: true}}, hosts: ["{HOST}"]}}]}}'}}
"""
    stage.world(API, here, there, local)
    assert stage.sidecar(cluster="a").spread(20, f"http://{HOST}/").keys() == {"10.0.0.1"}


@pytest.mark.rule("MCS")
def test_an_exported_service_is_called_all_over_the_cluster_set_and_locally_at_home(stage: Stage) -> None:
    world = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 240.240.0.1, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.0.0.1]}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: imported-1, namespace: default, labels: {multicluster.kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.0.0.2]}]
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: web, namespace: default}
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata: {name: web, namespace: default}
spec: {type: ClusterSetIP, ips: [240.240.8.1], ports: [{name: http, port: 80}]}
"""
    stage.world(world)
    client = stage.sidecar()
    assert client.spread(20, "http://web.default.svc.clusterset.local/").keys() == {"10.0.0.1", "10.0.0.2"}
    assert client.spread(20, "http://web.default.svc.cluster.local/").keys() == {"10.0.0.1"}


@pytest.mark.rule("MC-2")
def test_a_gateway_calls_other_networks_through_their_gateways_too(stage: Stage) -> None:
    here = workload("a", "address: 10.0.0.1, serviceAccount: a, network: near")
    there = workload("b", "address: 10.0.0.2, serviceAccount: a, network: far")
    stage.world(API, here, there, gateway_to("far", "10.9.0.1"), edge(HOST))
    for address in ("10.0.0.1", "10.9.0.1"):
        stage.identify(address, "default/a")
    gateway = stage.gateway(network="near")
    assert stage.outside().spread(20, "http://any.example/", to=gateway).keys() == {"10.0.0.1", "10.9.0.1"}


@pytest.mark.rule("MC-2")
def test_who_wants_to_know_of_one_network_only_calls_no_other(stage: Stage) -> None:
    here = workload("a", "address: 10.0.0.1, serviceAccount: a, network: near")
    there = workload("b", "address: 10.0.0.2, serviceAccount: a, network: far")
    stage.world(API, here, there, gateway_to("far", "10.9.0.1"))
    stage.identify("10.0.0.1", "default/a")
    picky = stage.sidecar(network="near", metadata={"REQUESTED_NETWORK_VIEW": "near"})
    assert picky.spread(20, f"http://{HOST}/").keys() == {"10.0.0.1"}
