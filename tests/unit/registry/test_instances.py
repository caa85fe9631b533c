"""What a proxy serves."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.registry.instances import datagrams, instances
from tests.given.worlds import world, write

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {clusterIP: 10.0.0.1, selector: {app: a}, ports: [{name: http, port: 80, targetPort: web}, {name: other, port: 81, targetPort: admin}]}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default, labels: {app: a}}
spec: {containers: [{name: a, image: a, ports: [{name: web, containerPort: 8080}]}]}
status: {podIP: 10.1.0.1}
"""


def ports(g: Graph, *addresses: str, app: str = "a") -> list[tuple[int, int]]:
    return [(each.service_port.number, each.port) for each in instances(g, "default", addresses, (("app", app),))]


@pytest.mark.rule("LI-21")
def test_a_pod_serves_no_port_that_none_of_its_containers_names() -> None:
    assert ports(world(SERVICE), "10.1.0.1", app="") == [(80, 8080)]


def test_who_neither_has_the_address_nor_the_labels_serves_nothing() -> None:
    assert ports(world(SERVICE), "10.9.9.9", app="b") == []


def test_an_inline_endpoint_is_known_by_its_address() -> None:
    g = world(
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e, namespace: default}\n"
        "spec: {hosts: [a.example], ports: [{number: 90, name: tcp}], resolution: STATIC, endpoints: [{address: 10.1.0.7, ports: {tcp: 9090}}]}"
    )
    assert ports(g, "10.1.0.7") == [(90, 9090)]


@pytest.mark.rule("GW-10")
def test_udp_ports_of_a_service_are_known_apart() -> None:
    g = world(SERVICE.replace("{name: other, port: 81, targetPort: admin}", "{name: quic, port: 80, targetPort: 8081, protocol: UDP}"))
    assert 8081 not in [number for _, number in ports(g, "10.1.0.1")]
    assert [(each.service_port.number, each.port) for each in datagrams(g, "default", (("app", "a"),))] == [(80, 8081)]
    assert datagrams(g, "default", (("app", "b"),)) == ()


LISTED = """
apiVersion: v1
kind: Service
metadata: {name: listed, namespace: default}
spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: listed-1, namespace: default, labels: {kubernetes.io/service-name: listed}}
addressType: IPv4
ports: [{name: http, port: 9090}]
endpoints: [{addresses: [10.1.0.8]}, {addresses: [10.1.0.9]}]
"""


@pytest.mark.rule("SD-11")
def test_a_service_without_selector_is_served_by_the_addresses_that_its_endpoint_slices_list() -> None:
    g = world(LISTED)
    assert ports(g, "10.1.0.8", app="anything") == [(80, 9090)]
    assert ports(g, "10.1.0.7", app="anything") == []
    assert instances(g, "elsewhere", ("10.1.0.8",), ()) == ()


@pytest.mark.rule("SD-11")
def test_another_endpoint_in_the_slice_is_nothing_to_those_that_are_in_it_already() -> None:
    g = world(LISTED)
    ports(g, "10.1.0.8")
    g.ran.clear()
    write(g, LISTED.replace("{addresses: [10.1.0.9]}", "{addresses: [10.1.0.9]}, {addresses: [10.1.0.10]}"))
    assert ports(g, "10.1.0.8") == [(80, 9090)]
    assert g.ran == {"instances._port_of": 1}
    assert ports(g, "10.1.0.10") == [(80, 9090)]
    write(g, LISTED.replace("{addresses: [10.1.0.8]}, ", ""))
    assert ports(g, "10.1.0.8") == []
