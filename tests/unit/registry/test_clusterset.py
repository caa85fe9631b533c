"""Services of a set of clusters."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.registry import endpoints, services
from lateen.registry.service import Resolution
from lateen.values.protocol import Protocol
from tests.given.worlds import world

LOCAL = "web.default.svc.cluster.local"
HOST = "web.default.svc.clusterset.local"
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.0.0.1, selector: {app: web}, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.0.1]}]
"""
EXPORT = "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: web, namespace: default}\n"
IMPORT = """
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceImport
metadata: {name: web, namespace: default}
spec: {type: ClusterSetIP, ips: [10.9.0.1], ports: [{name: main, port: 81, protocol: TCP, appProtocol: http}]}
"""
ELSEWHERE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: imported-1, namespace: default, labels: {multicluster.kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 9090}, {name: main, port: 9191}]
endpoints: [{addresses: [10.2.0.1]}]
"""


def served(g: Graph, port: int) -> list[tuple[str, int]]:
    return [(each.address, each.port) for each in endpoints.endpoints(g, "default", HOST, port)]


@pytest.mark.rule("MCS")
def test_a_service_that_is_exported_has_a_second_host_with_the_endpoints_of_all_clusters() -> None:
    g = world(SERVICE, EXPORT, ELSEWHERE)
    assert services.hosts(g, "default") == (LOCAL, HOST)
    assert served(g, 80) == [("10.1.0.1", 8080), ("10.2.0.1", 9090)]
    assert [each.address for each in endpoints.endpoints(g, "default", LOCAL, 80)] == ["10.1.0.1"]


@pytest.mark.rule("MCS")
def test_without_an_export_there_is_no_second_host() -> None:
    assert services.hosts(world(SERVICE), "default") == (LOCAL,)
    assert services.service(world(EXPORT), "default", HOST) is None


@pytest.mark.rule("MCS")
def test_an_import_declares_what_is_served_elsewhere() -> None:
    found = services.service(world(IMPORT, ELSEWHERE), "default", HOST)
    assert found is not None
    assert (found.addresses, found.resolution) == (("10.9.0.1",), Resolution.ENDPOINTS)
    assert [(port.number, port.protocol) for port in found.ports] == [(81, Protocol.HTTP)]
    assert served(world(IMPORT, ELSEWHERE), 81) == [("10.2.0.1", 9191)]


@pytest.mark.rule("MCS")
def test_an_import_beside_an_export_gives_the_addresses_and_the_service_the_ports() -> None:
    found = services.service(world(SERVICE, EXPORT, IMPORT), "default", HOST)
    assert found is not None
    assert (found.addresses, [port.number for port in found.ports]) == (("10.9.0.1",), [80])


@pytest.mark.rule("MCS")
def test_a_headless_import_is_called_where_the_call_was_headed() -> None:
    found = services.service(world(IMPORT.replace("ClusterSetIP, ips: [10.9.0.1]", "Headless")), "default", HOST)
    assert found is not None
    assert (found.headless, found.resolution, found.addresses) == (True, Resolution.ORIGINAL, ())
