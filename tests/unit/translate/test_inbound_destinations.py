"""The workload behind the proxy, and the destinations that every proxy has."""

from __future__ import annotations

import pytest

from lateen.api.networking.destination_rule import ConnectionPoolSettings, TCPSettings
from lateen.flow import Graph
from lateen.ir.destination import Destination, Discovery, Http, ServiceName
from lateen.ir.tls import OriginatedTls
from lateen.registry import services
from lateen.registry.service import Instance
from lateen.translate import inbound_destinations
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref
from tests.given.objects import mesh
from tests.given.worlds import world

HOST = "reviews.default.svc.cluster.local"
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80, targetPort: 8080}, {name: grpc, port: 90}, {name: x, port: 91}]}
"""
RULE = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: rule, namespace: default}
spec: {host: reviews, trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}, tls: {mode: SIMPLE}}}
"""
LOCALHOST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "inboundTrafficPolicy: {mode: LOCALHOST}"}
"""
POOL = ConnectionPoolSettings(tcp=TCPSettings(max_connections=3))
SIDECAR = Ref("Sidecar", "default", "sidecar")


def instance(g: Graph, port: int = 80, address: str = "10.0.0.1") -> Instance:
    service = services.service(g, "default", HOST)
    assert service is not None
    declared = service.port(port)
    assert declared is not None
    return Instance(service, declared, 8080, address)


def inbound(*documents: str, pool: ConnectionPoolSettings | None = None, port: int = 80, address: str = "10.0.0.1") -> Destination:
    g = world(SERVICE, *documents)
    return inbound_destinations.inbound(g, (instance(g, port, address),), pool)


def ingress(endpoint: str, address: str = "10.0.0.1") -> Destination:
    return inbound_destinations.ingress(world(), 80, Protocol.HTTP, endpoint, address, None, (), SIDECAR)


def places(of: Destination) -> list[tuple[str, int]]:
    return [(each.address, each.port) for group in (of.endpoints.groups if of.endpoints is not None else ()) for each in group.endpoints]


@pytest.mark.rule("CL-2")
def test_calls_go_where_they_were_headed_from_an_address_that_capture_knows() -> None:
    found = inbound()
    assert (found.name, found.discovery, found.tls) == ("inbound|8080||", Discovery.ORIGINAL, None)
    assert found.policy.source_address == "127.0.0.6"
    assert inbound(address="2001:db8::1").policy.source_address == "::6"
    assert found.services == (ServiceName(HOST, "reviews", "default"),)
    assert found.origins == (Ref("Service", "default", "reviews"),)


def test_the_protocol_is_that_of_the_service_port() -> None:
    assert [inbound(port=port).policy.protocol for port in (80, 90, 91)] == [Http.HTTP1, Http.HTTP2, Http.CLIENT]


@pytest.mark.rule("LI-22")
def test_a_sidecars_pool_beats_the_rules_and_nothing_else_of_a_rule_counts() -> None:
    found = inbound(RULE)
    assert (found.policy.limits.connections, found.tls) == (7, None)
    assert inbound(RULE, pool=POOL).policy.limits.connections == 3


@pytest.mark.rule("LI-22")
def test_a_port_that_a_sidecar_names_has_the_pool_of_the_rule_about_its_service_unless_the_sidecar_has_one() -> None:
    g = world(SERVICE, RULE)
    served = (instance(g),)
    ruled, own = (inbound_destinations.ingress(g, 8080, Protocol.HTTP, "", "10.0.0.1", pool, served, SIDECAR) for pool in (None, POOL))
    assert (ruled.policy.limits.connections, own.policy.limits.connections) == (7, 3)
    assert ruled.origins == (SIDECAR, Ref("Service", "default", "reviews"), Ref("DestinationRule", "default", "rule"))


def test_the_mesh_may_send_all_to_localhost() -> None:
    found = inbound(LOCALHOST)
    assert (found.discovery, places(found), found.policy.source_address) == (Discovery.FIXED, [("127.0.0.1", 8080)], "")


@pytest.mark.rule("CL-2")
@pytest.mark.parametrize(
    ("endpoint", "discovery", "where", "source"),
    [
        ("", Discovery.ORIGINAL, [], "127.0.0.6"),
        ("127.0.0.1:8080", Discovery.FIXED, [("127.0.0.1", 8080)], ""),
        ("[::1]:8080", Discovery.FIXED, [("::1", 8080)], ""),
        ("0.0.0.0:8080", Discovery.FIXED, [("10.0.0.1", 8080)], "127.0.0.6"),
        ("unix:///run/app.sock", Discovery.FIXED, [("unix:///run/app.sock", 0)], ""),
    ],
)
def test_a_default_endpoint_leads_elsewhere(endpoint: str, discovery: Discovery, where: list[tuple[str, int]], source: str) -> None:
    found = ingress(endpoint)
    assert (found.name, found.discovery, places(found), found.policy.source_address) == ("inbound|80||", discovery, where, source)
    assert found.origins == (SIDECAR,)


@pytest.mark.rule("CL-7")
def test_every_proxy_has_the_way_through_the_way_in_and_the_way_to_nowhere() -> None:
    g = world()
    assert inbound_destinations.passthrough(g).name == "PassthroughCluster"
    assert inbound_destinations.passthrough(g).policy.protocol is Http.CLIENT
    assert inbound_destinations.black_hole(g).name == "BlackHoleCluster"
    assert places(inbound_destinations.black_hole(g)) == []
    names = inbound_destinations.dynamic_dns(g)
    assert (names.name, names.discovery) == ("AllowAnyDynamicDNSCluster", Discovery.FORWARD)
    into = inbound_destinations.inbound_passthrough(g, "10.0.0.1")
    assert (into.name, into.policy.source_address) == ("InboundPassthroughCluster", "127.0.0.6")


@pytest.mark.rule("CL-7")
@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("mode: ALLOW_ANY_DYNAMIC_DNS, tls: {mode: SIMPLE, sni: a.example}", OriginatedTls("a.example")),
        ("mode: ALLOW_ANY_DYNAMIC_DNS", None),
        ("mode: ALLOW_ANY, tls: {mode: SIMPLE}", None),
    ],
)
def test_requests_to_hosts_that_are_looked_up_may_go_on_by_tls(policy: str, found: OriginatedTls | None) -> None:
    assert inbound_destinations.dynamic_dns(world(mesh(f"outboundTrafficPolicy: {{{policy}}}"))).tls == found
