"""What a proxy serves."""

from __future__ import annotations

import pytest

from lateen.assembly import offline
from lateen.flow import Graph
from lateen.registry.instances import instances


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

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
