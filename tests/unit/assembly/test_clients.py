"""Which hosts are another thing to one proxy than to everybody."""

from __future__ import annotations

import pytest

from lateen.assembly import clients
from lateen.assembly.clients import Client
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Locality, Perspective
from lateen.translate import destinations
from tests.given.objects import REVIEWS, entry, rule, service
from tests.given.worlds import world

NODE = "sidecar~10.0.0.1~a.default~default.svc.cluster.local"


def test_labels_that_nothing_looks_at_are_not_part_of_a_client() -> None:
    g = world(service("reviews", "default") + rule("DestinationRule", "default", "{host: reviews, workloadSelector: {matchLabels: {app: a}}}"))
    assert clients.client(g, view_of(NODE, {"LABELS": {"app": "b", "pod-template-hash": "1"}})) == Client("default", (("app", "b"),))
    assert clients.client(Graph(), view_of(NODE, {"LABELS": {"app": "b"}})) == Client("default")


@pytest.mark.rule("SD-15")
def test_the_node_of_a_client_matters_where_a_service_wants_its_own_node() -> None:
    g = world(service("reviews", "default", ", internalTrafficPolicy: Local"))
    assert clients.near_hosts(g) == (REVIEWS,)
    assert clients.near_client(g, view_of(NODE, {"NODE_NAME": "one"})) == Client("default", (("kubernetes.io/hostname", "one"),))
    assert clients.near_client(world(service("reviews", "default")), view_of(NODE, {"NODE_NAME": "one"})) == Client("default")


@pytest.mark.rule("SD-18")
def test_a_proxy_that_does_not_say_where_it_is_is_where_its_pod_is() -> None:
    pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: default, labels: {istio-locality: r.z}}\nspec: {containers: []}\n"
    g = world(pod + "status: {podIP: 10.0.0.1}\n")
    assert clients.near_client(g, view_of(NODE, {})).locality == Locality("r", "z")


@pytest.mark.rule("VS-25")
def test_a_host_routed_to_a_host_that_looks_at_labels_looks_at_them_too() -> None:
    leads = rule("VirtualService", "default", f"{{hosts: [a.example], http: [{{route: [{{destination: {{host: {REVIEWS}}}}}]}}]}}")
    picky = rule("DestinationRule", "default", "{host: reviews, workloadSelector: {matchLabels: {app: a}}}")
    g = world(service("reviews", "default") + entry("a", "default", "a.example") + leads + picky)
    assert clients.labelled_hosts(g) == (REVIEWS,)
    assert clients.routed_from(g, Client("other", (("app", "b"),)), "a.example") == Perspective("", (("app", "b"),))


def test_a_private_host_with_anothers_short_name_makes_that_one_different() -> None:
    g = world(service("reviews", "default") + entry("a", "other", "reviews.default", ", exportTo: [.]"))
    assert clients.rival_hosts(g, "other") == (REVIEWS,)
    assert clients.routed_from(g, Client("other"), REVIEWS) == Perspective("other")
    assert clients.routed_from(g, Client("third"), REVIEWS) == PUBLIC


@pytest.mark.rule("LB-1")
def test_shares_that_the_mesh_gives_to_localities_concern_every_service() -> None:
    def near(setting: str) -> tuple[str, ...]:
        head = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
        return clients.near_hosts(world(service("reviews", "default") + head + f"data: {{mesh: '{{localityLbSetting: {setting}}}'}}\n"))

    assert near('{distribute: [{from: "a/*", to: {"b/*": 100}}]}') == (REVIEWS,)
    assert near('{enabled: false, distribute: [{from: "a/*", to: {"b/*": 100}}]}') == ()
    assert near("{enabled: true}") == ()


@pytest.mark.rule("MC-2")
def test_the_network_of_a_client_matters_where_endpoints_are_behind_a_gateway() -> None:
    gateway = """---
apiVersion: v1
kind: Service
metadata: {name: to-far, namespace: istio-system, labels: {topology.istio.io/network: far}}
spec: {clusterIP: 10.9.0.1, externalIPs: [192.0.2.1], ports: [{name: tls, port: 15443}]}
"""
    far = entry("api", "default", "api.example", ", location: MESH_INTERNAL, endpoints: [{address: 10.0.0.1, network: far}]").replace("DNS", "STATIC")
    g = world(far + gateway)
    assert clients.near_hosts(g) == ("api.example",)
    assert clients.near_client(g, view_of(NODE, {"NETWORK": "near"})) == Client("default", (("topology.istio.io/network", "near"),))
    assert clients.near_client(world(far), view_of(NODE, {"NETWORK": "near"})) == Client("default")


@pytest.mark.rule("DR-4", "SD-15", "MC-2")
def test_labels_count_that_only_somebodys_rules_and_services_look_at() -> None:
    setting = "{localityLbSetting: {failoverPriority: [team, a=b, topology.kubernetes.io/zone]}}"
    private = rule("DestinationRule", "other", f"{{host: {REVIEWS}, exportTo: ['.'], trafficPolicy: {{loadBalancer: {setting}}}}}")
    assert clients.near_label_keys(world(service("reviews", "default") + private)) == ("team",)
    hidden = "{networking.istio.io/exportTo: '.'}"
    assert clients.near_label_keys(world(service("reviews", "default", ", internalTrafficPolicy: Local", hidden))) == ("kubernetes.io/hostname",)
    near = world(service("reviews", "default", ", trafficDistribution: PreferClose", hidden))
    assert clients.near_label_keys(near) == ("topology.istio.io/network",)
    assert clients.near_label_keys(world(service("reviews", "default"))) == ()


@pytest.mark.rule("LB-1", "SE-5")
def test_where_a_client_runs_matters_to_the_destination_itself_where_proxies_resolve_names_in_several_places() -> None:
    listed = ", endpoints: [{address: a.example, locality: r1}, {address: b.example, locality: r2}]"
    ejecting = rule("DestinationRule", "default", "{host: api.example, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 1}}}")
    g = world(entry("api", "default", "api.example", listed) + ejecting)
    here = Client("default", (), Locality("r1"))
    seen = clients.located(g, PUBLIC, here, "default", "api.example", 80, "")
    assert clients.places_matter(g)
    assert seen == Perspective(labels=(("topology.kubernetes.io/region", "r1"),))
    found = destinations.destination(g, seen, "default", "api.example", 80, "")
    assert found is not None
    assert found.endpoints is not None
    assert [(group.priority, group.endpoints[0].address) for group in found.endpoints.groups] == [(0, "a.example"), (1, "b.example")]

    near = world(entry("api", "default", "api.example", listed.replace("r2", "r1")) + ejecting)
    assert not clients.places_matter(near)
    assert clients.located(near, PUBLIC, here, "default", "api.example", 80, "") == PUBLIC
