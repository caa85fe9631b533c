"""Services and pods as Kubernetes declares them."""

from __future__ import annotations

import pytest

from lateen.registry import kubernetes
from lateen.registry.service import Health, Resolution, Service
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref
from tests.given.worlds import world


def service(spec: str, metadata: str = "") -> Service:
    g = world(f"apiVersion: v1\nkind: Service\nmetadata: {{name: a, namespace: default{metadata}}}\nspec: {spec}")
    found = kubernetes.service(g, Ref("Service", "default", "a"))
    assert found is not None
    return found


@pytest.mark.rule("SD-13")
def test_only_a_service_that_says_so_is_headless() -> None:
    assert service("{clusterIP: None, ports: [{port: 80}]}").headless
    assert service("{clusterIP: None, ports: [{port: 80}]}").resolution is Resolution.ORIGINAL
    without = service("{ports: [{port: 80}]}")
    assert not without.headless
    assert (without.resolution, without.addresses) == (Resolution.ENDPOINTS, ())


@pytest.mark.rule("SD-14")
def test_an_external_name_is_an_alias_without_address() -> None:
    found = service("{type: ExternalName, externalName: b.example}")
    assert (found.resolution, found.external_name, found.addresses, found.headless) == (Resolution.ALIAS, "b.example", (), False)


@pytest.mark.rule("SD-1")
def test_udp_ports_are_left_alone_and_a_numeric_target_may_be_text() -> None:
    found = service("{clusterIP: 10.0.0.1, ports: [{name: dns, port: 53, protocol: UDP}, {name: grpc-a, port: 70, targetPort: '7070'}]}")
    assert [(port.number, port.protocol, port.target) for port in found.ports] == [(70, Protocol.GRPC, 7070)]


@pytest.mark.rule("SD-15")
def test_traffic_distribution_is_a_field_or_an_annotation() -> None:
    assert service("{trafficDistribution: PreferClose, ports: [{port: 80}]}").distribution == "PreferClose"
    assert service("{ports: [{port: 80}]}", ", annotations: {networking.istio.io/traffic-distribution: PreferClose}").distribution == "PreferClose"
    assert service("{internalTrafficPolicy: Local, ports: [{port: 80}]}").node_local


POD = """
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default, labels: {app: a, istio-locality: r.z}}
spec: {nodeName: one, containers: [{name: a, image: a, ports: [{name: web, containerPort: 8080}]}]}
status: {podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: "fd00::1"}], conditions: [{type: Ready, status: "False"}]}
"""


@pytest.mark.rule("SD-18")
def test_a_pods_own_locality_beats_that_of_its_node() -> None:
    node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: one, labels: {topology.kubernetes.io/region: n}}\n"
    found = kubernetes.workload(world(POD + node), Ref("Pod", "default", "p"))
    assert found is not None
    assert (found.locality, found.node, found.addresses, found.health) == ("r/z", "one", ("10.1.0.1", "fd00::1"), Health.UNHEALTHY)
    assert found.port("web") == 8080
    plain = kubernetes.workload(world(POD.replace(", istio-locality: r.z", "") + node), Ref("Pod", "default", "p"))
    assert plain is not None
    assert plain.locality == "n"


def test_a_pod_without_address_is_no_workload_yet() -> None:
    assert kubernetes.workload(world(POD[: POD.index("status:")]), Ref("Pod", "default", "p")) is None


@pytest.mark.rule("SD-11", "CL-9")
@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("labels: {pod-template-hash: 5d4f}, ownerReferences: [{kind: ReplicaSet, name: web-5d4f, controller: true}]", "web"),
        ("ownerReferences: [{kind: StatefulSet, name: db, controller: true}]", "db"),
        ("ownerReferences: [{kind: Job, name: sweep-28391040, controller: true}]", "sweep"),
        ("ownerReferences: [{kind: Job, name: once, controller: true}]", "once"),
        ("ownerReferences: [{kind: Other, name: x}]", "p"),
        ("labels: {service.istio.io/workload-name: said}, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]", "said"),
    ],
)
def test_the_workload_of_a_pod_is_what_made_its_replicas(metadata: str, expected: str) -> None:
    pod = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p, namespace: default, {metadata}}}\nspec: {{containers: []}}\nstatus: {{podIP: 10.1.0.1}}\n"
    found = kubernetes.workload(world(pod), Ref("Pod", "default", "p"))
    assert found is not None
    assert found.controller == expected


@pytest.mark.rule("SD-12")
def test_a_pod_that_has_ended_is_no_workload_and_one_that_is_ending_is_unwell() -> None:
    ended = POD.replace("status: {", "status: {phase: Succeeded, ")
    assert kubernetes.workload(world(ended), Ref("Pod", "default", "p")) is None
    ending = POD.replace("namespace: default,", 'namespace: default, deletionTimestamp: "2024-01-01T00:00:00Z",')
    found = kubernetes.workload(world(ending.replace('status: "False"', 'status: "True"')), Ref("Pod", "default", "p"))
    assert found is not None
    assert found.health is Health.UNHEALTHY
