"""What lies over the shelves of a proxy for which there are EnvoyFilters, and that nothing does over those of any other."""

from __future__ import annotations

from typing import Any

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from google.protobuf.any_pb2 import Any as Envelope

from lateen.assembly import config_dump, patches
from lateen.assembly.kinds import CDS, ECDS, LDS, RDS, VHDS
from lateen.assembly.stacks import stacks
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.values.envoy_resource import EnvoyResource
from tests.given.worlds import world

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.96.0.1, selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: other}
spec: {clusterIP: 10.96.0.2, ports: [{name: http, port: 80}]}
"""
REVIEWS = "outbound|80||reviews.default.svc.cluster.local"
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: public, namespace: default}
spec: {selector: {app: gateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
---
apiVersion: v1
kind: Service
metadata: {name: gateway, namespace: default}
spec: {clusterIP: 10.96.0.3, selector: {app: gateway}, ports: [{name: http, port: 80, targetPort: 8080}]}
"""


def envoy_filter(*written: str, name: str = "it", namespace: str = "default", selector: str = "") -> str:
    listed = "".join(f"\n  - {each}" for each in written)
    chosen = f"\n  workloadSelector: {{labels: {selector}}}" if selector else ""
    head = f"apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: {name}, namespace: {namespace}}}"
    return f"{head}\nspec:{chosen}\n  configPatches:{listed}"


def sidecar(namespace: str = "default", app: str = "reviews", **metadata: Any) -> View:
    said = {"NAMESPACE": namespace, "LABELS": {"app": app}, **metadata}
    return view_of(f"sidecar~10.0.0.9~{app}-1.{namespace}~{namespace}.svc.cluster.local", said)


def told(g: Graph, view: View, type_url: str) -> dict[str, EnvoyResource]:
    return {each.name: each for each in config_dump.resources(g, view) if each.type == type_url}


def cluster(of: EnvoyResource) -> Cluster:
    return Cluster.FromString(Envelope.FromString(of.body).value)


def timeouts(g: Graph, view: View) -> dict[str, int]:
    """The clusters whose connections have 3 seconds to be made."""
    return {name: 3 for name, each in told(g, view, CDS).items() if cluster(each).connect_timeout.seconds == 3}


TIMEOUT = "{applyTo: CLUSTER, match: %s, patch: {operation: MERGE, value: {connect_timeout: 3s}}}"


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("match", "names"),
    [
        ("{cluster: {service: reviews.default.svc.cluster.local}}", {REVIEWS, "inbound|8080||"}),
        ("{context: SIDECAR_OUTBOUND, cluster: {service: reviews.default.svc.cluster.local}}", {REVIEWS}),
        ("{context: SIDECAR_INBOUND, cluster: {portNumber: 8080}}", {"inbound|8080||"}),
        ("{context: SIDECAR_INBOUND}", {"inbound|8080||", "InboundPassthroughCluster"}),
        ("{context: GATEWAY}", set()),
        ("{cluster: {name: PassthroughCluster}}", {"PassthroughCluster"}),
    ],
)
def test_clusters_are_patched_where_name_and_side_fit(match: str, names: set[str]) -> None:
    g = world(SERVICES, envoy_filter(TIMEOUT % match))
    assert set(timeouts(g, sidecar())) == names


def test_a_proxy_without_patches_has_the_shelves_that_it_has_without_any_envoy_filter() -> None:
    without = stacks(world(SERVICES), sidecar("other", "ratings"))
    g = world(SERVICES, envoy_filter(TIMEOUT % "{}"), envoy_filter(TIMEOUT % "{}", name="chosen", namespace="other", selector="{app: another}"))
    assert stacks(g, sidecar("other", "ratings")) == without
    assert stacks(g, sidecar()) != without


def test_only_types_in_which_a_patch_has_a_place_have_something_over_them() -> None:
    g = world(SERVICES, envoy_filter(TIMEOUT % "{cluster: {name: PassthroughCluster}}"))
    over = [type_url for type_url, listings in stacks(g, sidecar()) if listings[0].node is patches.listing]
    assert over == [CDS]


def test_over_a_shelf_lies_only_what_a_patch_may_have_a_place_in() -> None:
    g = world(SERVICES, envoy_filter(TIMEOUT % "{cluster: {service: reviews.default.svc.cluster.local, portNumber: 80}}"))
    listings = dict(stacks(g, sidecar("default", "client")))[CDS]
    over = [name for each in listings if each.node is patches.listing for chunk in g.read(*each) for name, _ in g.read(*chunk)]
    assert over == [REVIEWS]


def test_proxies_with_the_same_patches_share_what_comes_of_them() -> None:
    g = world(SERVICES, envoy_filter(TIMEOUT % "{}", namespace="istio-system"))
    g.ran.clear()
    for namespace in ("default", "other", "third"):
        told(g, sidecar(namespace, "client"), CDS)
    assert g.ran["patches.patched"] == 4 + 1  # two services and two special clusters of the outbound side, and the inbound one


@pytest.mark.rule("EX-2")
def test_what_is_removed_is_hidden_and_what_is_added_there() -> None:
    remove = "{applyTo: CLUSTER, match: {cluster: {service: reviews.default.svc.cluster.local, portNumber: 80}}, patch: {operation: REMOVE}}"
    add = "{applyTo: CLUSTER, patch: {operation: ADD, value: {name: mine, type: STATIC, connect_timeout: 1s}}}"
    g = world(SERVICES, envoy_filter(remove, add, TIMEOUT % "{cluster: {name: mine}}"))
    found = told(g, sidecar("default", "client"), CDS)
    assert REVIEWS not in found
    assert timeouts(g, sidecar("default", "client")) == {"mine": 3}
    assert [str(each) for each in found["mine"].origins] == ["EnvoyFilter default/it"]


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize(("reach", "is_there"), [("ANY", True), ("SIDECAR_INBOUND", True), ("SIDECAR_OUTBOUND", True), ("GATEWAY", False)])
def test_what_is_added_is_there_once_for_the_proxies_it_is_for(reach: str, is_there: bool) -> None:
    add = f"{{applyTo: CLUSTER, match: {{context: {reach}}}, patch: {{operation: ADD, value: {{name: mine, type: STATIC}}}}}}"
    g = world(SERVICES, envoy_filter(add))
    assert ("mine" in told(g, sidecar(), CDS)) is is_there


def test_what_has_the_name_of_something_that_is_there_is_not_added() -> None:
    g = world(
        SERVICES, envoy_filter("{applyTo: CLUSTER, patch: {operation: ADD, value: {name: PassthroughCluster, type: STATIC, alt_stat_name: x}}}")
    )
    assert cluster(told(g, sidecar(), CDS)["PassthroughCluster"]).alt_stat_name == ""


@pytest.mark.rule("EX-1")
@pytest.mark.parametrize(
    ("reach", "names"),
    [("SIDECAR_INBOUND", {"virtualInbound"}), ("SIDECAR_OUTBOUND", {"virtualOutbound", "0.0.0.0_80"}), ("GATEWAY", set())],
)
def test_a_patch_of_one_side_is_for_the_listeners_of_that_side(reach: str, names: set[str]) -> None:
    change = f"{{applyTo: LISTENER, match: {{context: {reach}}}, patch: {{operation: MERGE, value: {{stat_prefix: mine}}}}}}"
    g = world(SERVICES, envoy_filter(change))
    assert {name for name, each in told(g, sidecar(), LDS).items() if len(each.origins) and each.origins[-1].kind == "EnvoyFilter"} == names


@pytest.mark.rule("EX-2")
def test_virtual_hosts_are_patched_in_both_forms() -> None:
    change = (
        "{applyTo: VIRTUAL_HOST, match: {routeConfiguration: {vhost: {name: 'reviews.default.svc.cluster.local:80'}}}, patch: {operation: REMOVE}}"
    )
    g = world(SERVICES, envoy_filter(change))
    apart, inside = sidecar(LATEEN={"virtualHosts": True}), sidecar()
    assert set(told(g, apart, VHDS)) == {"80/ratings.other.svc.cluster.local:80"}
    assert b"reviews.default.svc.cluster.local:80" not in told(g, inside, RDS)["80"].body
    assert b"ratings.other.svc.cluster.local:80" in told(g, inside, RDS)["80"].body


@pytest.mark.rule("EX-3")
@pytest.mark.parametrize("capabilities", [{}, {"virtualHosts": True}])
def test_a_virtual_host_that_has_anothers_domain_is_not_added_in_either_form(capabilities: dict[str, bool]) -> None:
    value = "{name: %s, domains: [%s], routes: [{match: {prefix: /}, direct_response: {status: 404}}]}"
    change = "{applyTo: VIRTUAL_HOST, match: {routeConfiguration: {name: '80'}}, patch: {operation: ADD, value: %s}}"
    second, extra = value % ("second", "reviews.default.svc.cluster.local"), value % ("extra", "extra.example")
    g = world(SERVICES, envoy_filter(change % second, change % extra))
    view = sidecar(LATEEN=capabilities)
    assert b"extra.example" in told(g, view, RDS)["80"].body
    assert b"second" not in told(g, view, RDS)["80"].body
    assert [(each.index, each.resource) for each in patches.refused(g, stacks(g, view))] == [(0, "80")]


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize("capabilities", [{}, {"virtualHosts": True}])
def test_a_virtual_host_can_take_the_place_of_one_that_is_removed(capabilities: dict[str, bool]) -> None:
    match = "routeConfiguration: {name: '80', vhost: {name: 'reviews.default.svc.cluster.local:80'}}"
    remove = f"{{applyTo: VIRTUAL_HOST, match: {{{match}}}, patch: {{operation: REMOVE}}}}"
    value = "{name: mine, domains: [reviews.default.svc.cluster.local], routes: [{match: {prefix: /}, direct_response: {status: 404}}]}"
    add = f"{{applyTo: VIRTUAL_HOST, match: {{routeConfiguration: {{name: '80'}}}}, patch: {{operation: ADD, value: {value}}}}}"
    g = world(SERVICES, envoy_filter(remove, add))
    view = sidecar(LATEEN=capabilities)
    assert patches.refused(g, stacks(g, view)) == ()
    assert b"mine" in told(g, view, RDS)["80"].body


@pytest.mark.rule("EX-1")
def test_the_port_of_a_gateways_table_is_the_one_that_its_server_says() -> None:
    match = "{context: GATEWAY, routeConfiguration: {portNumber: %s}}"
    change = f"{{applyTo: ROUTE_CONFIGURATION, match: {match}, patch: {{operation: MERGE, value: {{%s: ['x']}}}}}}"
    g = world(GATEWAY, envoy_filter(change % (80, "request_headers_to_remove"), change % (8080, "response_headers_to_remove")))
    gateway = view_of("router~10.0.0.8~gateway-1.default~default.svc.cluster.local", {"NAMESPACE": "default", "LABELS": {"app": "gateway"}})
    assert list(told(g, gateway, RDS)) == ["http.8080"]
    body = told(g, gateway, RDS)["http.8080"].body
    assert body.count(b"x") - told(world(GATEWAY), gateway, RDS)["http.8080"].body.count(b"x") == 1


@pytest.mark.rule("EX-1")
def test_extension_configurations_are_told_to_whom_they_are_for() -> None:
    value = "{name: mine, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}}"
    g = world(SERVICES, envoy_filter(f"{{applyTo: EXTENSION_CONFIG, patch: {{operation: ADD, value: {value}}}}}"))
    found = told(g, sidecar(), ECDS)
    assert TypedExtensionConfig.FromString(Envelope.FromString(found["mine"].body).value).typed_config.type_url.endswith("Lua")
    assert ECDS not in dict(stacks(g, sidecar("other")))


def test_programs_that_are_their_own_proxies_are_told_nothing_of_it() -> None:
    g = world(SERVICES, envoy_filter(TIMEOUT % "{}"))
    assert timeouts(g, sidecar(GENERATOR="grpc")) == {}


@pytest.mark.rule("EX-3")
def test_a_patch_that_had_to_be_left_out_is_told_with_every_resource_that_lacks_it() -> None:
    bad = "{applyTo: CLUSTER, match: {context: SIDECAR_OUTBOUND, cluster: {portNumber: 80}}, patch: {operation: MERGE, value: {connect_timeout: 0s}}}"
    g = world(SERVICES, envoy_filter(TIMEOUT % "{context: SIDECAR_INBOUND}", bad))
    found = patches.refused(g, stacks(g, sidecar()))
    assert [(str(each.origin), each.index, each.resource) for each in found] == [
        ("EnvoyFilter default/it", 1, "outbound|80||ratings.other.svc.cluster.local"),
        ("EnvoyFilter default/it", 1, REVIEWS),
    ]
    assert set(timeouts(g, sidecar())) == {"inbound|8080||", "InboundPassthroughCluster"}
    assert patches.refused(g, stacks(g, sidecar("other"))) == ()
