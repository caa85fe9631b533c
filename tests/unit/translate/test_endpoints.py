"""Endpoints as clients are told of them."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.endpoints import Assignment, Condition, Endpoint
from lateen.ir.view import PUBLIC, Locality, Perspective
from lateen.translate import endpoints
from lateen.translate.endpoints import FAMILIES, NETWORK_VIEW
from tests.given.objects import mesh
from tests.given.worlds import world, write

HOST = "reviews.example.com"
NAME = "outbound|80||reviews.example.com"
PORTS = "ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]"


def entry(addresses: str, more: str = "resolution: STATIC") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: reviews, namespace: default}}
spec: {{hosts: [{HOST}], {PORTS}, location: MESH_INTERNAL, endpoints: [{addresses}], {more}}}
"""


def rule(policy: str = "{}", more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: reviews, namespace: default}}
spec: {{host: {HOST}, trafficPolicy: {policy}{more}}}
"""


def peers(spec: str) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: peers, namespace: default}}
spec: {spec}
"""


def assigned(g: Graph, subset: str = "", locality: Locality | None = None, perspective: Perspective = PUBLIC) -> Assignment:
    return endpoints.assignment(g, perspective, locality, "default", HOST, 80, subset)


def addresses(found: Assignment) -> list[list[str]]:
    return [[each.address for each in group.endpoints] for group in found.groups]


@pytest.mark.rule("CL-9")
def test_an_endpoint_is_told_with_its_port_weight_and_workload() -> None:
    g = world(entry("{address: 10.0.0.1, weight: 5, serviceAccount: x, labels: {app: reviews, version: v1}}"))
    (group,) = assigned(g).groups
    assert group.endpoints == (Endpoint("10.0.0.1", 8080, True, "reviews;default;reviews;v1;", 5),)
    assert (group.weight, group.locality, group.priority) == (5, Locality(), 0)


def test_a_service_without_endpoints_has_an_empty_assignment() -> None:
    assert assigned(world(entry(""))).groups == ()
    assert assigned(world()) == Assignment(NAME)


@pytest.mark.rule("LB-2")
def test_the_weight_of_a_locality_is_the_sum_of_its_endpoints() -> None:
    g = world(entry("{address: 10.0.0.1, locality: r/a, weight: 2}, {address: 10.0.0.2, locality: r/a}, {address: 10.0.0.3, locality: r/b}"))
    found = assigned(g)
    assert [(group.locality, group.weight) for group in found.groups] == [(Locality("r", "a"), 3), (Locality("r", "b"), 1)]


@pytest.mark.rule("CL-3")
def test_mutual_tls_is_offered_by_those_who_can_and_whose_policy_on_the_port_allows_it() -> None:
    able = "{address: 10.0.0.1, serviceAccount: x, labels: {app: a}}, {address: 10.0.0.2}"
    disabled = "{selector: {matchLabels: {app: a}}, portLevelMtls: {8080: {mode: DISABLE}}}"
    elsewhere = "{selector: {matchLabels: {app: a}}, portLevelMtls: {80: {mode: DISABLE}}}"

    def told(*policies: str) -> list[bool]:
        return [each.mutual_tls for group in assigned(world(entry(able), *policies)).groups for each in group.endpoints]

    assert told() == [True, False]
    assert told(peers("{mtls: {mode: STRICT}}")) == [True, False]
    assert told(peers("{mtls: {mode: DISABLE}}")) == [False, False]
    assert told(peers(disabled)) == [False, False]
    assert told(peers(elsewhere)) == [True, False]


@pytest.mark.rule("SEC-4")
def test_a_change_of_peer_authentication_moves_the_clients_endpoints() -> None:
    g = world(entry("{address: 10.0.0.1, serviceAccount: x}"))
    before = assigned(g)
    write(g, peers("{mtls: {mode: DISABLE}}"))
    assert assigned(g) != before


@pytest.mark.rule("CL-4")
def test_an_original_destination_takes_tls_only_when_every_endpoint_does() -> None:
    def takes(text: str) -> bool:
        return endpoints.all_take_mutual_tls(world(entry(text)), "default", HOST, 80)

    assert takes("{address: 10.0.0.1, serviceAccount: x}, {address: 10.0.0.2, serviceAccount: x}")
    assert not takes("{address: 10.0.0.1, serviceAccount: x}, {address: 10.0.0.2}")
    assert not takes("")


@pytest.mark.rule("DR-14")
def test_a_subset_has_the_endpoints_with_its_labels() -> None:
    subsets = ", subsets: [{name: v1, labels: {version: v1}}, {name: all}, {name: near, labels: {topology.kubernetes.io/zone: a}}]"
    g = world(
        entry("{address: 10.0.0.1, labels: {version: v1}, locality: r/b}, {address: 10.0.0.2, labels: {version: v2}, locality: r/a}"),
        rule(more=subsets),
    )
    assert addresses(assigned(g, "v1")) == [["10.0.0.1"]]
    assert addresses(assigned(g, "all")) == [["10.0.0.2"], ["10.0.0.1"]]
    assert addresses(assigned(g, "near")) == [["10.0.0.2"]]
    assert assigned(g, "v9") == Assignment("outbound|80|v9|reviews.example.com")


def test_names_are_no_assigned_endpoints() -> None:
    g = world(entry("{address: a.example.com}, {address: 10.0.0.1}, {address: 'unix:///run/x.sock'}, {address: '2001:db8::1'}"))
    assert sorted(each for group in addresses(assigned(g)) for each in group) == ["10.0.0.1", "2001:db8::1", "unix:///run/x.sock"]


POD = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default%s}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 80}]%s}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: reviews-1, namespace: default, labels: {kubernetes.io/service-name: reviews}}
addressType: IPv4
endpoints:
- {addresses: [10.0.0.1], conditions: {ready: true}, nodeName: n1}
- {addresses: [10.0.0.2], conditions: {ready: false}, nodeName: n2}
- {addresses: [10.0.0.3], conditions: {ready: false, serving: true, terminating: true}, nodeName: n2}
ports: [{name: http, port: 8080}]
"""
KUBERNETES = "reviews.default.svc.cluster.local"


def of_kubernetes(labels: str = "", spec: str = "", perspective: Perspective = PUBLIC) -> Assignment:
    return endpoints.assignment(world(POD % (labels, spec)), perspective, None, "default", KUBERNETES, 80, "")


@pytest.mark.rule("SD-12")
def test_only_ready_endpoints_are_told_unless_the_service_publishes_the_others() -> None:
    assert addresses(of_kubernetes()) == [["10.0.0.1"]]
    assert addresses(of_kubernetes(spec=", publishNotReadyAddresses: true")) == [["10.0.0.1", "10.0.0.2"]]


@pytest.mark.rule("SD-12")
def test_terminating_endpoints_drain_where_sessions_persist() -> None:
    (group,) = of_kubernetes(labels=", labels: {istio.io/persistent-session: cookie}").groups
    assert [(each.address, each.condition) for each in group.endpoints] == [("10.0.0.1", Condition.HEALTHY), ("10.0.0.3", Condition.DRAINING)]


@pytest.mark.rule("SD-15")
def test_a_node_local_service_is_told_by_node() -> None:
    local = ", internalTrafficPolicy: Local, publishNotReadyAddresses: true"
    here = Perspective(labels=(("kubernetes.io/hostname", "n2"),))
    assert addresses(of_kubernetes(spec=local, perspective=here)) == [["10.0.0.2"]]
    g = world(POD % ("", local))
    assert endpoints.needs_labels(g, PUBLIC, "default", KUBERNETES, 80, "") == ("kubernetes.io/hostname",)


SPREAD = "{address: 10.0.0.1, locality: r1/z1}, {address: 10.0.0.2, locality: r1/z2}, {address: 10.0.0.3, locality: r2/z1}"
HERE = Locality("r1", "z1")


@pytest.mark.rule("LB-1")
def test_near_endpoints_come_first_where_failing_ones_are_left_out() -> None:
    g = world(entry(SPREAD), rule("{outlierDetection: {consecutive5xxErrors: 3}}"))
    assert [(each, group.priority) for group, each in zip(assigned(g, locality=HERE).groups, ["z1", "z2", "r2"], strict=True)] == [
        ("z1", 0),
        ("z2", 1),
        ("r2", 2),
    ]
    assert addresses(assigned(g, locality=HERE)) == [["10.0.0.1"], ["10.0.0.2"], ["10.0.0.3"]]
    assert {group.priority for group in assigned(g).groups} == {0}


@pytest.mark.rule("LB-1")
def test_the_mesh_may_have_failing_ones_left_out_everywhere() -> None:
    ejecting = mesh("defaultTrafficPolicy: {outlierDetection: {consecutive5xxErrors: 3}}")
    assert addresses(assigned(world(entry(SPREAD), ejecting), locality=HERE)) == [["10.0.0.1"], ["10.0.0.2"], ["10.0.0.3"]]
    assert [group.priority for group in assigned(world(entry(SPREAD), ejecting), locality=HERE).groups] == [0, 1, 2]


@pytest.mark.rule("LB-1")
def test_shares_make_weights_and_leave_out_the_rest() -> None:
    shares = "{loadBalancer: {localityLbSetting: {distribute: [{from: r1/*, to: {r1/z1/*: 70, r2/*: 30}}]}}}"
    found = assigned(world(entry(SPREAD), rule(shares)), locality=HERE)
    assert [(group.locality, group.weight) for group in found.groups] == [(Locality("r1", "z1"), 70), (Locality("r2", "z1"), 30)]


@pytest.mark.rule("LB-1")
def test_labels_may_rank_endpoints() -> None:
    by_label = "{outlierDetection: {}, loadBalancer: {localityLbSetting: {failoverPriority: [version]}}}"
    two = "{address: 10.0.0.1, labels: {version: v1}}, {address: 10.0.0.2, labels: {version: v2}}"
    g = world(entry(two), rule(by_label))
    assert endpoints.needs_labels(g, PUBLIC, "default", HOST, 80, "") == ("version",)
    assert addresses(assigned(g, perspective=Perspective(labels=(("version", "v2"),)))) == [["10.0.0.2"], ["10.0.0.1"]]


@pytest.mark.rule("LB-1")
def test_a_proxys_locality_matters_only_where_it_changes_something() -> None:
    def needs(*documents: str) -> bool:
        return endpoints.needs_locality(world(*documents), PUBLIC, "default", HOST, 80, "")

    ejecting = rule("{outlierDetection: {}}")
    assert not needs(entry(SPREAD))
    assert needs(entry(SPREAD), ejecting)
    assert not needs(entry("{address: 10.0.0.1, locality: r1}, {address: 10.0.0.2, locality: r1}"), ejecting)


@pytest.mark.rule("SE-3")
def test_without_endpoints_a_name_stands_for_itself() -> None:
    def inline(text: str) -> list[list[tuple[str, int]]]:
        found = endpoints.inline(world(entry(text, "resolution: DNS")), PUBLIC, "default", HOST, 80, "")
        return [[(each.address, each.port) for each in group.endpoints] for group in found.groups]

    assert inline("") == [[(HOST, 8080)]]
    assert inline("{address: a.example.com, ports: {http: 9}}") == [[("a.example.com", 9)]]


@pytest.mark.rule("DR-14", "SE-3")
def test_a_subset_without_labels_has_the_host_itself_and_one_with_labels_has_not() -> None:
    g = world(entry("", "resolution: DNS"), rule(more=", subsets: [{name: all}, {name: v1, labels: {version: v1}}]"))
    assert addresses(endpoints.inline(g, PUBLIC, "default", HOST, 80, "all")) == [[HOST]]
    assert addresses(endpoints.inline(g, PUBLIC, "default", HOST, 80, "v1")) == []


def test_a_policy_that_says_nothing_of_endpoints_is_not_asked_about_them() -> None:
    g = world(entry("{address: 10.0.0.1}"), rule())
    assigned(g)
    g.ran.clear()
    write(g, rule("{connectionPool: {tcp: {maxConnections: 7}}}"))
    assigned(g)
    assert {name.rpartition(".")[2]: count for name, count in g.ran.items() if name.endswith((".assignment", ".placement"))} == {"placement": 1}


GATEWAY_TO_FAR = """
apiVersion: v1
kind: Service
metadata: {name: east-west, namespace: istio-system, labels: {topology.istio.io/network: far}}
spec: {clusterIP: 10.9.0.1, externalIPs: [192.0.2.1], ports: [{name: tls, port: 15443}]}
"""


@pytest.mark.rule("MC-2")
def test_clients_on_different_networks_are_told_different_endpoints() -> None:
    members = "{address: 10.0.0.1, serviceAccount: x, network: near}, {address: 10.0.0.2, serviceAccount: x, network: far}"
    g = world(entry(members), GATEWAY_TO_FAR)
    assert endpoints.needs_labels(g, PUBLIC, "default", HOST, 80, "") == (FAMILIES, NETWORK_VIEW, "topology.istio.io/network")

    def told(network: str) -> list[list[str]]:
        return addresses(assigned(g, perspective=Perspective("", (("topology.istio.io/network", network),))))

    assert told("near") == [["10.0.0.1", "192.0.2.1"]]
    assert told("far") == [["10.0.0.1", "10.0.0.2"]]


@pytest.mark.rule("MC-2", "WE-1")
def test_a_workload_without_an_address_is_known_by_the_gateway_of_its_network_only() -> None:
    hidden = "{network: far, serviceAccount: x}"
    far = Perspective("", (("topology.istio.io/network", "far"),))
    assert addresses(assigned(world(entry(hidden), GATEWAY_TO_FAR))) == [["192.0.2.1"]]
    assert addresses(assigned(world(entry(hidden), GATEWAY_TO_FAR), perspective=far)) == []
    assert addresses(assigned(world(entry(hidden)))) == []


@pytest.mark.rule("MC-2")
def test_a_client_that_cannot_dial_the_gateways_of_a_network_is_not_told_of_it() -> None:
    g = world(entry("{address: 10.0.0.1}, {address: 10.0.0.2, serviceAccount: x, network: far}"), GATEWAY_TO_FAR)
    assert addresses(assigned(g, perspective=Perspective("", ((FAMILIES, "6"),)))) == [["10.0.0.1"]]
    assert addresses(assigned(g, perspective=Perspective("", ((FAMILIES, "46"),)))) == [["10.0.0.1", "192.0.2.1"]]


def test_where_no_gateway_is_known_networks_do_not_matter() -> None:
    g = world(entry("{address: 10.0.0.1, network: near}, {address: 10.0.0.2, network: far}"))
    assert endpoints.needs_labels(g, PUBLIC, "default", HOST, 80, "") == ()
    assert addresses(assigned(g)) == [["10.0.0.1", "10.0.0.2"]]


@pytest.mark.rule("MC-4")
def test_a_service_that_is_local_to_its_cluster_is_called_there_only() -> None:
    members = "{address: 10.0.0.1, labels: {topology.istio.io/cluster: a}}, {address: 10.0.0.2, labels: {topology.istio.io/cluster: b}}"

    def told(settings: str, cluster: str) -> list[list[str]]:
        mesh = f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: '{{serviceSettings: {settings}}}'}}
"""
        labels = (("topology.istio.io/cluster", cluster),) if cluster else ()
        return addresses(assigned(world(entry(members), mesh), perspective=Perspective("", labels)))

    local = '[{settings: {clusterLocal: true}, hosts: ["*.example.com"]}]'
    assert told(local, "a") == [["10.0.0.1"]]
    assert told("[]", "a") == [["10.0.0.1", "10.0.0.2"]]
    assert told(local, "") == [["10.0.0.1", "10.0.0.2"]]
    assert told(local[:-1] + f", {{settings: {{clusterLocal: false}}, hosts: [{HOST}]}}]", "a") == [["10.0.0.1", "10.0.0.2"]]


UNREADY = """
apiVersion: v1
kind: Service
metadata: {name: near, namespace: default, labels: LABELS}
spec: {clusterIP: 10.0.0.1, trafficDistribution: WISH, ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: near-1, namespace: default, labels: {kubernetes.io/service-name: near}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.1.0.1]}
- {addresses: [10.1.0.2], conditions: {ready: false}}
- {addresses: [10.1.0.3], targetRef: {kind: Pod, name: p}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default, labels: {istio.io/draining: "true"}}
spec: {containers: []}
status: {podIP: 10.1.0.3}
"""


@pytest.mark.rule("SD-12")
@pytest.mark.parametrize(
    ("labels", "wish", "expected"),
    [
        ("{}", "''", {"10.1.0.1": Condition.HEALTHY}),
        ("{}", "PreferClose", {"10.1.0.1": Condition.HEALTHY, "10.1.0.2": Condition.UNHEALTHY}),
        ("{istio.io/persistent-session: at}", "''", {"10.1.0.1": Condition.HEALTHY, "10.1.0.3": Condition.DRAINING}),
    ],
)
def test_who_is_not_ready_is_told_where_nearness_counts_and_who_drains_where_sessions_persist(
    labels: str, wish: str, expected: dict[str, Condition]
) -> None:
    g = world(UNREADY.replace("LABELS", labels).replace("WISH", wish))
    found = endpoints.assignment(g, PUBLIC, None, "default", "near.default.svc.cluster.local", 80, "")
    assert {each.address: each.condition for group in found.groups for each in group.endpoints} == expected
