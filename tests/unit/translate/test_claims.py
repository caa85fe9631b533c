"""What services ask of outbound listeners."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.view import PUBLIC
from lateen.translate.claims import ANYWHERE, Claim, Kind, public_claims, service_claims
from tests.given.worlds import world, write


def entry(name: str, spec: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: default, creationTimestamp: "2024-01-01T00:00:00Z"}}
spec: {{hosts: [{name}.example], {spec}}}
"""


def claims(g: Graph, name: str) -> set[tuple[Kind, str, int, tuple[str, ...], bool]]:
    found = service_claims(g, PUBLIC, "default", f"{name}.example")
    return {(claim.kind, claim.bind, claim.port, claim.networks, claim.names) for claim in found}


PORTS = "ports: [{number: 80, name: http}, {number: 81, name: a}, {number: 82, name: tcp}, {number: 83, name: tls}]"


@pytest.mark.rule("LI-2")
def test_http_is_claimed_for_the_port_and_all_else_for_the_address():
    g = world(entry("a", f"resolution: DNS, addresses: [10.0.0.1], {PORTS}"))
    assert claims(g, "a") == {
        (Kind.HTTP, ANYWHERE, 80, (), False),
        (Kind.AUTO, "10.0.0.1", 81, (), False),
        (Kind.TCP, "10.0.0.1", 82, (), False),
        (Kind.TLS, "10.0.0.1", 83, (), False),
    }


@pytest.mark.rule("LI-2")
def test_another_http_service_of_the_port_claims_nothing_new():
    ports = "ports: [{number: 80, name: h, protocol: HTTP}]"
    g = world(entry("a", f"resolution: DNS, {ports}"))
    before = public_claims(g, "default")
    write(g, entry("b", f"resolution: DNS, {ports}"))
    assert public_claims(g, "default") == before == (Claim(Kind.HTTP, ANYWHERE, 80),)


@pytest.mark.rule("SE-2")
def test_without_an_address_bytes_claim_the_port_and_tls_a_server_name():
    g = world(entry("a", f"resolution: DNS, {PORTS}"))
    assert claims(g, "a") == {
        (Kind.HTTP, ANYWHERE, 80, (), False),
        (Kind.AUTO, ANYWHERE, 81, (), False),
        (Kind.TCP, ANYWHERE, 82, (), False),
        (Kind.TLS, ANYWHERE, 83, (), True),
    }


@pytest.mark.rule("SE-2")
def test_networks_narrow_the_port_and_each_address_is_a_place_of_its_own():
    g = world(entry("a", "resolution: DNS, addresses: [10.0.0.1, 10.1.2.3/16], ports: [{number: 82, name: t, protocol: TCP}]"))
    assert claims(g, "a") == {(Kind.TCP, "10.0.0.1", 82, (), False), (Kind.TCP, ANYWHERE, 82, ("10.1.0.0/16",), False)}


HEADLESS = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: tcp, port: 82}, {name: http, port: 80}]}
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-1, namespace: default, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.7]}, {addresses: [10.0.0.8], conditions: {ready: false}}]
ports: [{name: tcp, port: 82}, {name: http, port: 80}]
"""


@pytest.mark.rule("SD-13")
def test_a_headless_service_claims_the_addresses_of_its_ready_endpoints():
    g = world(HEADLESS, SLICE)
    found = service_claims(g, PUBLIC, "default", "db.default.svc.cluster.local")
    assert [(claim.kind, claim.bind, claim.port) for claim in found] == [(Kind.TCP, "10.0.0.7", 82), (Kind.HTTP, ANYWHERE, 80)]


@pytest.mark.rule("SD-13")
def test_a_headless_service_without_endpoints_claims_no_address():
    found = service_claims(world(HEADLESS), PUBLIC, "default", "db.default.svc.cluster.local")
    assert [claim.kind for claim in found] == [Kind.HTTP]


@pytest.mark.rule("SD-1")
def test_udp_is_left_alone():
    g = world(HEADLESS.replace("{name: tcp, port: 82}", "{name: dns, port: 53, protocol: UDP}"), SLICE)
    assert [claim.kind for claim in service_claims(g, PUBLIC, "default", "db.default.svc.cluster.local")] == [Kind.HTTP]


@pytest.mark.rule("SE-7")
def test_tls_to_a_network_is_known_by_its_server_name_too():
    g = world(entry("a", f"resolution: NONE, addresses: [10.1.0.0/16], {PORTS}"))
    assert (Kind.TLS, ANYWHERE, 83, ("10.1.0.0/16",), True) in claims(g, "a")
    assert (Kind.TCP, ANYWHERE, 82, ("10.1.0.0/16",), False) in claims(g, "a")
