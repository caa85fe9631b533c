"""Destinations of calls out of a proxy."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.destination import Choice, ConnectionSettings, Destination, Discovery, Http, ServiceName, Tunnel
from lateen.ir.tls import MeshTls, OriginatedTls, Secret
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate import destinations
from lateen.values.ref import Ref
from tests.given.objects import mesh
from tests.given.worlds import world, write

HOST = "reviews.example.com"
GATEWAY = Perspective(gateway=True)
PORTS = "[{number: 80, name: http, protocol: HTTP}, {number: 90, name: grpc, protocol: GRPC}]"
ONE = "{address: 10.0.0.1, serviceAccount: reviews}"


def entry(more: str = f"resolution: STATIC, endpoints: [{ONE}]", ports: str = PORTS, host: str = HOST, location: str = "MESH_INTERNAL") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: reviews, namespace: default}}
spec: {{hosts: ["{host}"], ports: {ports}, location: {location}, {more}}}
"""


def rule(policy: str = "{}", more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: rule, namespace: default}}
spec: {{host: "{HOST}", trafficPolicy: {policy}{more}}}
"""


def peers(mode: str) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: peers, namespace: default}}
spec: {{mtls: {{mode: {mode}}}}}
"""


def maybe(g: Graph, port: int = 80, subset: str = "", perspective: Perspective = PUBLIC, host: str = HOST) -> Destination | None:
    return destinations.destination(g, perspective, "default", host, port, subset)


def found(*documents: str, port: int = 80, subset: str = "", perspective: Perspective = PUBLIC, host: str = HOST) -> Destination:
    result = maybe(world(*documents), port, subset, perspective, host)
    assert result is not None
    return result


@pytest.mark.rule("CL-3")
def test_a_plain_service_is_assigned_its_endpoints_and_speaks_mutual_tls_to_those_who_can() -> None:
    result = found(entry())
    names = ("spiffe://cluster.local/ns/default/sa/reviews",)
    assert (result.name, result.discovery) == ("outbound|80||reviews.example.com", Discovery.ASSIGNED)
    assert (result.tls, result.tls_by_endpoint) == (MeshTls("outbound_.80_._.reviews.example.com", names), True)
    assert result.services == (ServiceName(HOST, "reviews", "default"),)
    assert (result.endpoints, result.rule, result.origins) == (None, None, (Ref("ServiceEntry", "default", "reviews"),))


@pytest.mark.rule("SE-5")
def test_what_is_outside_the_mesh_is_spoken_to_in_plain_text() -> None:
    assert found(entry(location="MESH_EXTERNAL")).tls is None


@pytest.mark.rule("CL-3")
def test_automatic_tls_can_be_off_for_the_mesh_or_for_the_namespace() -> None:
    assert found(entry(), mesh("enableAutoMtls: false")).tls is None
    assert found(entry(), peers("DISABLE")).tls is None
    assert found(entry(), peers("STRICT")).tls is not None


@pytest.mark.rule("CL-3")
def test_tls_of_a_rule_is_for_every_endpoint() -> None:
    names = ("spiffe://cluster.local/ns/default/sa/reviews",)
    demanded = found(entry(), rule("{tls: {mode: ISTIO_MUTUAL}}"))
    assert (demanded.tls, demanded.tls_by_endpoint) == (MeshTls("outbound_.80_._.reviews.example.com", names), False)
    assert found(entry(), rule("{tls: {mode: DISABLE}}")).tls is None
    assert found(entry(), rule("{tls: {mode: SIMPLE, sni: x}}")).tls == OriginatedTls("x")
    assert found(entry(), rule("{tls: {mode: SIMPLE, sni: x}}")).rule == Ref("DestinationRule", "default", "rule")


@pytest.mark.rule("DR-8")
def test_secrets_by_name_are_for_gateways() -> None:
    policy = rule("{tls: {mode: SIMPLE, credentialName: api}}")
    assert found(entry(), policy).tls == OriginatedTls()
    assert found(entry(), policy, perspective=GATEWAY).tls == OriginatedTls(authority=Secret("kubernetes://api-cacert", remote=True))


@pytest.mark.rule("CL-5")
def test_the_names_asked_for_are_of_all_trust_domains_and_those_that_the_entry_adds() -> None:
    result = found(entry(f"resolution: STATIC, endpoints: [{ONE}], subjectAltNames: [x]"), mesh("{trustDomain: a, trustDomainAliases: [b]}"))
    assert isinstance(result.tls, MeshTls)
    assert result.tls.names == ("spiffe://a/ns/default/sa/reviews", "spiffe://b/ns/default/sa/reviews", "x")


@pytest.mark.rule("SE-3")
@pytest.mark.parametrize(
    ("resolution", "discovery"),
    [
        ("STATIC", Discovery.ASSIGNED),
        ("DNS", Discovery.DNS),
        ("DNS_ROUND_ROBIN", Discovery.DNS_FIRST),
        ("NONE", Discovery.ORIGINAL),
    ],
)
def test_the_resolution_of_an_entry_decides_how_it_is_found(resolution: str, discovery: Discovery) -> None:
    assert found(entry(f"resolution: {resolution}")).discovery is discovery


@pytest.mark.rule("SE-8")
def test_a_port_that_only_a_younger_entry_of_the_host_has_is_found_as_that_entry_says() -> None:
    older = entry().replace("metadata: {", 'metadata: {creationTimestamp: "2020-01-01T00:00:00Z", ')
    younger = entry("resolution: DNS", "[{number: 443, name: tls, protocol: TLS}]", location="MESH_EXTERNAL").replace(
        "name: reviews,", "name: later,"
    )
    g = world(older, younger)
    first, second = maybe(g, 80), maybe(g, 443)
    assert first is not None
    assert (first.discovery, first.tls is not None) == (Discovery.ASSIGNED, True)
    assert second is not None
    assert (second.discovery, second.tls) == (Discovery.DNS, None)


@pytest.mark.rule("SE-3")
def test_a_name_without_endpoints_is_resolved_itself() -> None:
    endpoints = found(entry("resolution: DNS")).endpoints
    assert endpoints is not None
    assert [each.address for each in endpoints.groups[0].endpoints] == [HOST]


@pytest.mark.rule("SE-4")
def test_an_entry_without_endpoints_may_name_the_port_that_is_dialled() -> None:
    ports = "[{number: 80, name: http, protocol: HTTP, targetPort: 443}]"
    assert found(entry("resolution: NONE", ports)).policy.original_port == 443
    assert found(entry("resolution: NONE")).policy.original_port == 0


@pytest.mark.rule("DR-2")
def test_a_rule_may_keep_the_clients_own_destination() -> None:
    assert found(entry(), rule("{loadBalancer: {simple: PASSTHROUGH}}")).discovery is Discovery.ORIGINAL


@pytest.mark.rule("CL-4")
def test_an_original_destination_is_secured_as_a_whole_or_not_at_all() -> None:
    passing = rule("{loadBalancer: {simple: PASSTHROUGH}}")
    assert (found(entry(), passing).tls is not None, found(entry(), passing).tls_by_endpoint) == (True, False)
    mixed = entry(f"resolution: STATIC, endpoints: [{ONE}, {{address: 10.0.0.2}}]")
    assert found(mixed, passing).tls is None


HEADLESS = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {clusterIP: None, ports: [{name: tcp, port: 5432}]}
"""


@pytest.mark.rule("SD-13")
def test_a_headless_service_is_passed_through_by_sidecars_and_assigned_to_gateways() -> None:
    host = "db.default.svc.cluster.local"
    assert found(HEADLESS, port=5432, host=host).discovery is Discovery.ORIGINAL
    assert found(HEADLESS, port=5432, host=host, perspective=GATEWAY).discovery is Discovery.ASSIGNED


@pytest.mark.rule("SD-14")
def test_an_alias_of_a_service_is_no_destination_and_one_of_no_service_is_found_by_its_name() -> None:
    alias = """
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: default}
spec: {type: ExternalName, externalName: reviews.example.com, ports: [{name: http, port: 80}]}
"""
    host = "alias.default.svc.cluster.local"
    g = world(alias, entry())
    assert maybe(g, host=host) is None
    assert destinations.destinations(g, PUBLIC, "default", host) == ()
    g = world(alias)
    assert destinations.destinations(g, PUBLIC, "default", host) == ((80, ""),)
    named = maybe(g, host=host)
    assert named is not None and named.endpoints is not None
    assert (named.discovery, named.tls) == (Discovery.DNS, None)
    assert [each.address for group in named.endpoints.groups for each in group.endpoints] == ["reviews.example.com"]


@pytest.mark.rule("DR-14")
def test_a_subset_that_no_rule_has_is_no_destination() -> None:
    g = world(entry(), rule(more=", subsets: [{name: v2}, {name: v1}]"))
    assert maybe(g, subset="v3") is None
    assert maybe(g, port=81) is None
    assert destinations.subsets(g, PUBLIC, "default", HOST) == ("v1", "v2")
    assert destinations.destinations(g, PUBLIC, "default", HOST) == ((80, ""), (80, "v1"), (80, "v2"), (90, ""), (90, "v1"), (90, "v2"))


@pytest.mark.rule("DR-13")
def test_a_subset_has_its_own_policy_and_name() -> None:
    subsets = ", subsets: [{name: v1, trafficPolicy: {loadBalancer: {simple: RANDOM}}}]"
    result = found(entry(), rule("{connectionPool: {tcp: {maxConnections: 7}}}", subsets), subset="v1")
    assert (result.name, result.subset) == ("outbound|80|v1|reviews.example.com", "v1")
    assert (result.policy.balancing.choice, result.policy.limits.connections) == (Choice.RANDOM, 7)
    assert isinstance(result.tls, MeshTls)
    assert result.tls.sni == "outbound_.80_.v1_.reviews.example.com"


@pytest.mark.rule("DR-16")
def test_the_protocol_is_that_of_the_port() -> None:
    assert found(entry(), port=80).policy.protocol is Http.HTTP1
    assert found(entry(), port=90).policy.protocol is Http.HTTP2
    assert found(entry(), mesh("h2UpgradePolicy: UPGRADE"), port=80).policy.protocol is Http.HTTP2


@pytest.mark.rule("DR-6")
def test_the_mesh_says_how_long_connecting_may_take() -> None:
    assert found(entry(), mesh("connectTimeout: 3s")).policy.limits.connect_timeout == 3 * 10**9


@pytest.mark.rule("LB-1")
def test_shares_of_localities_need_localities_with_weights() -> None:
    shares = "{loadBalancer: {localityLbSetting: {distribute: [{from: '*', to: {r1/*: 100}}]}}}"
    assert found(entry(), rule(shares)).policy.balancing.by_locality
    assert not found(entry(), rule("{outlierDetection: {}}")).policy.balancing.by_locality


@pytest.mark.rule("N-8")
def test_the_mesh_may_name_destinations_in_statistics() -> None:
    assert found(entry(), mesh("outboundClusterStatName: '%SERVICE_FQDN%_%SERVICE_PORT%'")).statistics_name == "reviews.example.com_80"


@pytest.mark.rule("DR-9")
def test_whoever_forwards_connections_learns_of_tunnel_timeout_and_stickiness() -> None:
    g = world(
        entry(),
        rule(
            "{tunnel: {protocol: POST, targetHost: t.example.com, targetPort: 443}, loadBalancer: {consistentHash: {useSourceIp: true}}, "
            "connectionPool: {tcp: {idleTimeout: 5s, maxConnectionDuration: 1h}}}"
        ),
    )
    assert destinations.connection_settings(g, PUBLIC, "default", HOST, 80, "") == ConnectionSettings(
        5 * 10**9, 3600 * 10**9, Tunnel("t.example.com:443", by_post=True), by_source_address=True
    )
    six = rule("{tunnel: {targetHost: 'fd00::9', targetPort: 443}}")
    assert destinations.connection_settings(world(entry(), six), PUBLIC, "default", HOST, 80, "").tunnel == Tunnel("[fd00::9]:443")
    assert destinations.connection_settings(world(entry()), PUBLIC, "default", HOST, 80, "") == ConnectionSettings()


@pytest.mark.rule("XD-6")
def test_an_endpoint_that_comes_leaves_the_destination_as_it_is_unless_its_account_is_new() -> None:
    g = world(entry())
    before = maybe(g)
    g.ran.clear()
    write(g, entry(f"resolution: STATIC, endpoints: [{ONE}, {{address: 10.0.0.2, serviceAccount: reviews}}]"))
    assert maybe(g) == before
    assert not [name for name in g.ran if name.endswith(".destination")]
    write(g, entry(f"resolution: STATIC, endpoints: [{ONE}, {{address: 10.0.0.2, serviceAccount: other}}]"))
    assert maybe(g) != before


@pytest.mark.rule("CL-8")
def test_the_mesh_bounds_what_may_wait_on_a_connection_and_its_edge_does_for_gateways() -> None:
    def buffers(settings: str) -> list[int]:
        g = world(entry(), mesh(f"defaultConfig: {{connectionSettings: {{{settings}}}}}"))
        found = [destinations.destination(g, Perspective(gateway=at_gateway), "default", HOST, 80, "") for at_gateway in (False, True)]
        return [each.policy.buffer for each in found if each is not None]

    assert buffers("profile: EDGE") == [0, 32_768]
    assert buffers("profile: EDGE, clusterPerConnectionBufferLimitBytes: 4096") == [4096, 4096]
