"""Services and pods as Kubernetes declares them."""

from __future__ import annotations

import pytest

from lateen.assembly import offline
from lateen.flow import Graph
from lateen.registry import kubernetes
from lateen.registry.service import Health, Resolution, Service
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

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
