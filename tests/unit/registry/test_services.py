"""Services, merged from Kubernetes' objects and service entries."""

from __future__ import annotations

import pytest

from lateen.flow import Graph, query
from lateen.registry import endpoints, instances, services
from lateen.registry.service import Resolution
from lateen.values.protocol import Protocol
from tests.given.worlds import world, write

REVIEWS = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default, creationTimestamp: "2024-01-02T00:00:00Z"}
spec:
  clusterIP: 10.96.0.7
  selector: {app: reviews}
  ports:
  - {name: http, port: 80, targetPort: 9080}
  - {name: metrics, port: 90, targetPort: prom}
"""

ENTRY = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: external, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}
spec:
  hosts: [reviews.default.svc.cluster.local, api.example.com]
  ports: [{number: 443, name: tls, protocol: TLS}]
  resolution: STATIC
  endpoints:
  - {address: 192.0.2.1, ports: {tls: 8443}, labels: {zone: a}, serviceAccount: robot}
  - {address: 192.0.2.2}
"""


def test_a_kubernetes_service_has_its_host_ports_and_addresses() -> None:
    g = world(REVIEWS)
    assert services.hosts(g, "default") == ("reviews.default.svc.cluster.local",)
    found = services.service(g, "default", "reviews.default.svc.cluster.local")
    assert found is not None
    assert (found.addresses, found.resolution, found.selector) == (("10.96.0.7",), Resolution.ENDPOINTS, (("app", "reviews"),))
    assert [(port.number, port.protocol, port.target) for port in found.ports] == [(80, Protocol.HTTP, 9080), (90, Protocol.AUTO, "prom")]


@pytest.mark.rule("N-6")
@pytest.mark.rule("SE-8")
def test_kubernetes_beats_an_older_entry_which_adds_the_ports_that_only_it_has() -> None:
    g = world(REVIEWS + "---" + ENTRY)
    found = services.service(g, "default", "reviews.default.svc.cluster.local")
    assert found is not None
    assert found.kubernetes
    assert [port.number for port in found.ports] == [80, 90, 443]
    assert [found.declaring(port.number).origin.kind for port in found.ports] == ["Service", "Service", "ServiceEntry"]


@pytest.mark.rule("SE-4")
@pytest.mark.rule("WE-1")
def test_an_inline_endpoint_serves_on_its_own_port_of_that_name() -> None:
    g = world(ENTRY)
    first, second = endpoints.endpoints(g, "default", "api.example.com", 443)
    assert (first.address, first.port, first.workload.mutual_tls) == ("192.0.2.1", 8443, True)
    assert (second.address, second.port, second.workload.mutual_tls) == ("192.0.2.2", 443, False)
    assert endpoints.accounts(g, "default", "api.example.com") == (("default", "robot"),)


@pytest.mark.rule("SD-12")
def test_terminating_endpoints_are_left_out_and_unready_ones_are_marked() -> None:
    g = world(
        REVIEWS
        + """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-1, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
ports: [{name: http, port: 9080}]
endpoints:
- {addresses: [10.0.0.1], conditions: {ready: true}}
- {addresses: [10.0.0.2], conditions: {ready: false}}
- {addresses: [10.0.0.3], conditions: {ready: false, terminating: true}}
"""
    )
    found = endpoints.endpoints(g, "default", "reviews.default.svc.cluster.local", 80)
    assert [(each.address, each.port, each.workload.health.value) for each in found] == [
        ("10.0.0.1", 9080, "healthy"),
        ("10.0.0.2", 9080, "unhealthy"),
    ]


def test_a_proxy_that_no_object_describes_serves_what_selects_its_labels() -> None:
    g = world(REVIEWS)
    found = instances.instances(g, "default", ("10.0.0.9",), (("app", "reviews"), ("version", "v1")))
    host = "reviews.default.svc.cluster.local"
    assert [(each.service.host, each.port) for each in found] == [(host, 9080), (host, 90)]


def test_an_endpoint_that_changes_moves_no_service() -> None:
    g = world(ENTRY)
    services.service(g, "default", "api.example.com")
    endpoints.accounts(g, "default", "api.example.com")
    g.ran.clear()
    write(g, ENTRY.replace("192.0.2.2", "192.0.2.3"))
    services.service(g, "default", "api.example.com")
    assert g.ran == {"entries.declared": 1}


def test_what_a_wildcard_stands_for_is_found_without_looking_at_namespaces_that_have_nothing_like_it():
    def entry(namespace: str, host: str) -> str:
        return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: e, namespace: {namespace}}}
spec: {{hosts: ["{host}"], ports: [{{number: 80, name: http}}], resolution: NONE}}
"""

    g = world(entry("a", "one.x.example"), entry("b", "*.y.example"), entry("c", "one.tld"))

    assert list(services.covered(g, "*.example")) == ["one.x.example", "*.y.example"]
    assert list(services.covered(g, "*.x.example")) == list(services.covered(g, "*e.x.example")) == ["one.x.example"]
    assert list(services.covered(g, "*")) == ["one.x.example", "*.y.example", "one.tld"]

    assert _below_example(g) == 2
    g.ran.clear()
    write(g, entry("c", "two.tld"))
    assert (_below_example(g), g.ran["test_services._below_example"]) == (2, 0)
    write(g, entry("c", "two.example"))
    assert _below_example(g) == 3


@query
def _below_example(g: Graph) -> int:
    return len(list(services.covered(g, "*.example")))
