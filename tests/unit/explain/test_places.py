"""Where what holds is written, by the precedence that the translation follows."""

from __future__ import annotations

import pytest

from lateen.explain import places
from lateen.explain.places import NOWHERE, Place
from lateen.flow import Graph
from lateen.ir.view import Perspective, ProxyKind, View
from lateen.translate.destination_rules import rule_for
from lateen.translate.routes import parts
from lateen.values.ref import Ref
from tests.given.calls import REVIEWS, routes, shop
from tests.given.objects import istio, mesh
from tests.given.worlds import world

OLD, YOUNG = Ref("DestinationRule", "default", "old"), Ref("DestinationRule", "default", "young")
RULES = (
    istio("DestinationRule", "old", "{host: reviews, subsets: [{name: v1, labels: {version: v1}}]}", year=2020),
    istio(
        "DestinationRule",
        "young",
        """{host: reviews,
         trafficPolicy: {tls: {mode: DISABLE}, portLevelSettings: [{port: {number: 90}, loadBalancer: {simple: RANDOM}}]},
         subsets: [{name: v1}, {name: v2, labels: {version: v2}, trafficPolicy: {tls: {mode: SIMPLE}}}]}""",
        year=2021,
    ),
)


def block(port: int, subset: str, name: str, g: Graph | None = None) -> Place:
    g = g or shop(*RULES)
    return places.of_block(g, rule_for(g, Perspective("default"), "default", REVIEWS), port, subset, name)


@pytest.mark.rule("DR-13")
def test_a_block_is_written_at_the_subset_else_at_the_port_else_at_the_host() -> None:
    assert block(80, "", "tls") == Place(YOUNG, "spec.trafficPolicy.tls")
    assert block(80, "v2", "tls") == Place(YOUNG, "spec.subsets[1].trafficPolicy.tls")
    assert block(90, "", "load_balancer") == Place(YOUNG, "spec.trafficPolicy.portLevelSettings[0].loadBalancer")
    assert block(90, "", "tls") == NOWHERE  # The settings of the port answer for it, and say nothing.
    assert block(80, "", "load_balancer") == NOWHERE


@pytest.mark.rule("DR-11")
def test_of_two_subsets_of_one_name_the_older_rules_counts() -> None:
    g = shop(*RULES)
    rule = rule_for(g, Perspective("default"), "default", REVIEWS)
    assert rule is not None
    assert places.of_subset(g, rule, "v1") == Place(OLD, "spec.subsets[0]")
    assert places.of_subset(g, rule, "v2") == Place(YOUNG, "spec.subsets[1]")
    assert places.of_subset(g, rule, "v3") == NOWHERE


def test_without_a_rule_nobody_has_written_anything() -> None:
    assert block(80, "", "tls", shop()) == NOWHERE


@pytest.mark.rule("VS-53")
def test_what_a_delegate_leaves_out_is_written_at_its_root() -> None:
    leaf = istio("VirtualService", "leaf", "{http: [{timeout: 1s, route: [{destination: {host: reviews}}]}]}")
    g = shop(leaf, routes("[{match: [{uri: {prefix: /a}}], retries: {attempts: 1}, delegate: {name: leaf}}]"))
    root = Ref("VirtualService", "default", "routes")
    part = next(parts(g, root))
    assert places.of_route(g, root, part, "timeout") == Place(Ref("VirtualService", "default", "leaf"), "spec.http[0].timeout")
    assert places.of_route(g, root, part, "retries") == Place(root, "spec.http[0].retries")
    assert places.of_route(g, root, None, "timeout") == NOWHERE


@pytest.mark.rule("SC-6")
def test_unknown_hosts_are_the_sidecars_matter_before_the_meshs() -> None:
    view = View(ProxyKind.SIDECAR, "default")
    sidecar = istio("Sidecar", "own", "{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}")
    assert places.of_unknown_hosts(world(sidecar), view) == Place(Ref("Sidecar", "default", "own"), "spec.outboundTrafficPolicy")
    whole = world(mesh("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"))
    assert places.of_unknown_hosts(whole, view) == Place(Ref("ConfigMap", "istio-system", "istio"), "data.mesh.outboundTrafficPolicy")
    assert places.of_unknown_hosts(world(), view) == NOWHERE


def test_a_field_of_the_mesh_is_there_once_it_says_anything() -> None:
    assert places.has_mesh_field(world(mesh("defaultHttpRetryPolicy: {attempts: 1}")), "default_http_retry_policy")
    assert not places.has_mesh_field(world(), "default_http_retry_policy")
