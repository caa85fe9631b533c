"""Networks and their gateways."""

from __future__ import annotations

import pytest

from lateen.registry import networks, workloads
from lateen.registry.networks import NetworkGateway
from lateen.values.ref import Ref
from tests.given.worlds import world

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: east-west, namespace: istio-system, labels: LABELS}
spec: {type: LoadBalancer, clusterIP: 10.0.0.1, externalIPs: [192.0.2.9], ports: [{name: tls, port: 15443}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}, {hostname: lb.example.com}]}}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: remote, namespace: istio-system, labels: {topology.istio.io/network: far}}
spec:
  gatewayClassName: istio-remote
  addresses: [{value: 192.0.2.2}, {type: Hostname, value: far.example.com}]
  listeners:
  - {name: other, port: 15012, protocol: TLS}
  - {name: cross, port: 15444, protocol: TLS, tls: {mode: Passthrough, options: {gateway.istio.io/listener-protocol: auto-passthrough}}}
"""
MESH = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  meshNetworks: |
    networks:
      near:
        endpoints: [{fromCidr: 10.1.0.0/16}, {fromRegistry: west}]
        gateways: [{address: 192.0.2.3, port: 443}, {registryServiceName: east-west.istio-system.svc.cluster.local, port: 15443}]
"""


def labelled(labels: str) -> str:
    return SERVICE.replace("LABELS", labels)


@pytest.mark.rule("MC-2")
def test_a_labelled_service_is_a_gateway_where_it_is_reached_from_outside() -> None:
    labels = "{topology.istio.io/network: far, topology.istio.io/cluster: east}"
    assert networks.gateways(world(labelled(labels))) == (
        NetworkGateway("far", "192.0.2.1", 15443, "east"),
        NetworkGateway("far", "192.0.2.9", 15443, "east"),
    )
    other = "{topology.istio.io/network: far, networking.istio.io/gatewayPort: '443'}"
    assert {each.port for each in networks.gateways(world(labelled(other)))} == {443}
    assert networks.gateways(world(labelled("{}"))) == ()


@pytest.mark.rule("MC-2")
def test_a_labelled_gateway_is_one_on_its_port_that_passes_tls_on() -> None:
    assert networks.gateways(world(GATEWAY)) == (NetworkGateway("far", "192.0.2.2", 15444),)


@pytest.mark.rule("MC-2")
def test_a_gateway_with_a_name_is_one_at_every_address_that_is_found_for_it() -> None:
    g = world(labelled("{topology.istio.io/network: far}"))
    assert networks.names(g) == ("lb.example.com",)
    with g.batch() as batch:
        batch.set(networks.resolved.key("lb.example.com"), ("192.0.2.7", "192.0.2.8"))
    assert {each.address for each in networks.gateways(g)} == {"192.0.2.1", "192.0.2.7", "192.0.2.8", "192.0.2.9"}


@pytest.mark.rule("MC-2")
def test_mesh_networks_name_gateways_by_address_or_by_service() -> None:
    found = networks.gateways(world(MESH, labelled("{}")))
    assert {(each.address, each.port) for each in found} == {("192.0.2.3", 443), ("192.0.2.1", 15443), ("192.0.2.9", 15443)}
    assert {each.network for each in found} == {"near"}


@pytest.mark.rule("MC-2", "MC-4", "SD-11")
@pytest.mark.parametrize(
    ("labels", "address", "more", "expected"),
    [
        ("{topology.istio.io/network: own}", "10.1.0.1", MESH, "own"),
        ("{}", "10.1.0.1", MESH, "near"),
        ("{topology.istio.io/cluster: west}", "10.2.0.1", MESH, "near"),
        ("{}", "10.2.0.1", MESH, ""),
        ("{}", "10.2.0.1", "kind: Namespace\napiVersion: v1\nmetadata: {name: default, labels: {topology.istio.io/network: ns}}", "ns"),
        ("{}", "10.2.0.1", "kind: Namespace\napiVersion: v1\nmetadata: {name: istio-system, labels: {topology.istio.io/network: all}}", "all"),
    ],
)
def test_the_network_of_a_workload_is_told_by_itself_then_by_its_address_then_by_its_namespace(
    labels: str, address: str, more: str, expected: str
) -> None:
    entry = f"""
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: vm, namespace: default, labels: {labels}}}
spec: {{address: {address}}}
"""
    found = workloads.workload(world(entry, more), Ref("WorkloadEntry", "default", "vm"))
    assert found is not None
    assert found.network == expected
