"""Ports of a gateway workload, and who has them."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.gateway import Place, Port, ServedHost, Table, Traffic
from lateen.translate.gateway_servers import crossing, ports, secure_table, selected, tables
from lateen.values.ref import Ref
from tests.given.worlds import world

EDGE = (("istio", "edge"),)


def gateway(name: str, servers: str, year: int = 2024, selector: str = "{istio: edge}") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{selector: {selector}, servers: [{servers}]}}
"""


def server(number: int, protocol: str, hosts: str, more: str = "") -> str:
    return f"{{port: {{number: {number}, name: {protocol.lower()}-{number}, protocol: {protocol}}}, hosts: [{hosts}]{more}}}"


def service(name: str, port: int, target: int, labels: str = "{}", year: int = 2024) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: edge, labels: {labels}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{selector: {{istio: edge}}, ports: [{{port: {port}, targetPort: {target}, name: http}}]}}
"""


def found(g: Graph) -> tuple[Port, ...]:
    return ports(g, "edge", EDGE, ("10.0.0.1",))


SECURE = ", tls: {mode: SIMPLE, credentialName: a}"
PASSING = ", tls: {mode: PASSTHROUGH}"


@pytest.mark.rule("GW-1")
def test_a_gateway_is_for_workloads_with_all_its_labels_and_without_labels_for_all():
    one = server(80, "HTTP", "a.test")
    g = world(gateway("old", one, 2023), gateway("other", one, selector="{istio: edge, app: x}"), gateway("all", one, selector="{}"))

    assert selected(g, "edge", EDGE) == (Ref("Gateway", "default", "old"), Ref("Gateway", "default", "all"))
    assert selected(g, "edge", ()) == (Ref("Gateway", "default", "all"),)


@pytest.mark.rule("GW-6b")
def test_gateways_of_other_namespaces_do_not_mix_with_a_managed_one():
    labels = (("gateway.networking.k8s.io/gateway-name", "edge"), *EDGE)
    g = world(gateway("a", server(80, "HTTP", "a.test")), gateway("b", server(80, "HTTP", "b.test")).replace("namespace: default", "namespace: edge"))

    assert selected(g, "edge", labels) == (Ref("Gateway", "edge", "b"),)
    assert len(selected(g, "edge", EDGE)) == 2


@pytest.mark.rule("SD-16")
def test_gateways_of_namespaces_outside_of_the_mesh_are_nobodys():
    mesh = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "discoverySelectors: [{matchLabels: {in: mesh}}]"}
"""
    assert selected(world(gateway("a", server(80, "HTTP", "a.test")), mesh), "edge", EDGE) == ()


@pytest.mark.rule("GW-6")
def test_the_target_port_of_the_oldest_service_with_that_port_is_bound():
    g = world(gateway("a", server(80, "HTTP", "a.test")), service("young", 80, 8081), service("old", 80, 8080, year=2023))

    assert [port.port for port in found(g)] == [8080]


@pytest.mark.rule("GW-6")
def test_a_port_of_no_service_is_bound_as_it_is_and_so_is_that_of_a_service_that_does_not_translate():
    label = '{experimental.istio.io/disable-gateway-port-translation: "true"}'
    g = world(gateway("a", f"{server(80, 'HTTP', 'a.test')}, {server(8000, 'HTTP', 'a.test')}"), service("s", 80, 8080, label))

    assert [port.port for port in found(g)] == [80, 8000]


@pytest.mark.rule("GW-7")
def test_plain_servers_share_a_table_and_the_older_comes_first():
    g = world(gateway("young", server(80, "HTTP", '"*/b.test"')), gateway("old", server(80, "HTTP", "./a.test, ns/*.c.test"), 2023))
    (port,) = found(g)

    places = (
        Place("default/old", (ServedHost("default", "a.test"), ServedHost("ns", "*.c.test"))),
        Place("default/young", (ServedHost("", "b.test"),)),
    )
    assert tables(port) == (Table("http.80", 80, False, places),)


@pytest.mark.rule("GW-7")
def test_servers_with_tls_have_a_table_each_and_a_host_that_is_taken_is_not_served_twice():
    written = f"{server(443, 'HTTPS', 'a.test', SECURE)}, {server(443, 'TLS', 'b.test', PASSING)}"
    g = world(gateway("old", written, 2023), gateway("young", server(443, "HTTPS", "A.test, c.test", SECURE)))
    (port,) = found(g)

    assert [(each.traffic, each.names) for each in port.servers] == [(Traffic.REQUESTS, ("a.test",)), (Traffic.NAMED, ("b.test",))]
    assert [table.name for table in tables(port)] == ["https.443.https-443.old.default"]
    assert secure_table(port, port.servers[0]) == "https.443.https-443.old.default"


@pytest.mark.rule("GW-7")
def test_of_tcp_and_http_on_one_port_the_first_has_it():
    g = world(gateway("a", server(80, "TCP", "a.test"), 2023), gateway("b", server(80, "HTTP", "b.test")))
    (port,) = found(g)

    assert [each.gateway for each in port.servers] == ["default/a"]
    assert tables(port) == ()


def test_a_server_at_an_address_of_its_own_is_another_port():
    g = world(gateway("a", server(80, "HTTP", "a.test")), gateway("b", server(80, "HTTP", "b.test", ", bind: 10.0.0.9")))

    assert [(port.port, port.bind) for port in found(g)] == [(80, ""), (80, "10.0.0.9")]
    assert tables(found(g)[1])[0].name == "http.80.10.0.0.9"


@pytest.mark.rule("MC-3")
def test_a_server_for_other_networks_takes_names_of_the_mesh():
    g = world(gateway("a", server(15443, "TLS", '"*.local"', ", tls: {mode: AUTO_PASSTHROUGH}")))

    assert [(each.traffic, each.names, each.plain) for each in crossing(found(g))] == [(Traffic.MESH, ("*.local",), False)]


@pytest.mark.rule("GW-11")
def test_ingresses_are_served_where_the_mesh_says_and_by_nobody_else():
    ingress = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, namespace: default, annotations: {kubernetes.io/ingress.class: istio}}
spec: {tls: [{hosts: [a.test], secretName: keys}]}
"""
    g = world(ingress)

    assert found(g) == ()
    assert [port.port for port in ports(g, "edge", (("istio", "ingressgateway"),), ())] == [80, 443]


@pytest.mark.rule("GW-7")
def test_a_server_bound_to_every_address_shares_the_port_with_one_that_names_none():
    g = world(gateway("one", server(80, "HTTP", "a.test", ", bind: 0.0.0.0"), 2023), gateway("two", server(80, "HTTP", "b.test")))
    assert [(port.port, port.bind) for port in found(g)] == [(80, "")]
