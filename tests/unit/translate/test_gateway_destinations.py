"""What of the mesh a gateway uses."""

from __future__ import annotations

import pytest

from lateen.api.indexes import ROUTED_PARTS
from lateen.flow import Graph
from lateen.ir.view import Perspective
from lateen.translate.gateway_destinations import Seen, aliased, passed, passed_to, routed
from tests.given.worlds import world

SEEN = Perspective("edge", gateway=True)
GATEWAYS = ("edge/gw", "ingress")


def service(name: str, more: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{ports: [{{port: 80, name: http}}]{more}}}
"""


def rule(name: str, routes: str, gateways: str = "edge/gw", hosts: str = "a.test") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default}}
spec: {{{f"hosts: [{hosts}], gateways: [{gateways}], " if hosts else ""}http: [{routes}]}}
"""


def used(g: Graph) -> list[str]:
    return sorted(each.host.partition(".")[0] for piece in range(ROUTED_PARTS) for each in routed(g, SEEN, GATEWAYS, piece))


def test_services_that_rules_route_and_mirror_to_are_used_and_no_others():
    routes = "{route: [{destination: {host: a}}, {destination: {host: b}, weight: 1}], mirror: {host: c}, mirrors: [{destination: {host: d}}]}"
    g = world(*(service(name) for name in "abcdef"), rule("x", routes), rule("y", "{route: [{destination: {host: e}}]}", "edge/other"))

    assert used(g) == ["a", "b", "c", "d"]


@pytest.mark.rule("VS-53")
def test_what_a_delegate_routes_to_is_used_by_the_gateway_of_its_root():
    g = world(service("a"), rule("root", "{delegate: {name: leaf}}"), rule("leaf", "{route: [{destination: {host: a}}]}", hosts=""))
    assert used(g) == ["a"]


@pytest.mark.rule("SD-14")
def test_an_alias_makes_the_service_used_that_it_stands_for():
    alias = service("other", ", type: ExternalName, externalName: a.default.svc.cluster.local")
    g = world(service("a"), alias, rule("x", "{route: [{destination: {host: other}}]}"))

    assert used(g) == []
    assert aliased(g, SEEN, GATEWAYS) == (Seen("a.default.svc.cluster.local", "default", Perspective(gateway=True)),)


@pytest.mark.rule("GW-11")
def test_what_ingresses_route_to_is_used():
    g = world(
        service("a"),
        """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a, namespace: default, annotations: {kubernetes.io/ingress.class: istio}}
spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}
""",
    )
    assert used(g) == ["a"]


@pytest.mark.rule("MC-3")
def test_tls_of_other_networks_goes_on_unopened_to_endpoints_that_take_it():
    g = world("""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: a, namespace: default}
spec:
  hosts: [a.test]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http}]
  endpoints: [{address: 10.0.0.1, serviceAccount: a}, {address: 10.0.0.2}]
""")
    found = passed(g, SEEN, "default", "a.test", 80, "")
    assert found is not None and (found.name, found.tls, found.tls_by_endpoint) == ("outbound_.80_._.a.test", None, False)
    assert passed(g, SEEN, "default", "a.test", 81, "") is None

    told = passed_to(g, SEEN, None, "default", "a.test", 80, "")
    assert (told.name, [[each.address for each in group.endpoints] for group in told.groups]) == ("outbound_.80_._.a.test", [["10.0.0.1"]])
