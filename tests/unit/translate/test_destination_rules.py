"""Which DestinationRule holds, and which of its policies."""

from __future__ import annotations

import pytest

from lateen.api.networking.destination_rule import SimpleLB, TrafficPolicy
from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate.destination_rules import MergedRule, merged_rules, policy_for, rule_for
from lateen.values.ref import Ref
from tests.given.worlds import world

HOST = "reviews.prod.svc.cluster.local"


def rule(namespace: str, name: str = "rule", spec: str = "", host: str = HOST, created: str = "2024-01-01T00:00:00Z") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {{host: "{host}"{", " if spec else ""}{spec}}}
"""


def chosen(g: Graph, client: str = "", host: str = HOST, labels: tuple[tuple[str, str], ...] = ()) -> str | None:
    """`namespace/name` of the oldest rule that holds for a client in that namespace."""
    found = rule_for(g, Perspective(client, labels), "prod", host)
    return f"{found.origins[0].namespace}/{found.origins[0].name}" if found is not None else None


@pytest.mark.rule("DR-10")
def test_the_clients_namespace_is_asked_first_then_the_services_then_the_root() -> None:
    everywhere = [rule("client"), rule("prod"), rule("istio-system")]
    assert chosen(world(*everywhere), "client") == "client/rule"
    assert chosen(world(*everywhere), "other") == "prod/rule"
    assert chosen(world(everywhere[2]), "other") == "istio-system/rule"
    assert chosen(world(everywhere[0]), "other") is None


@pytest.mark.rule("DR-10")
def test_a_wildcard_of_the_clients_namespace_hides_an_exact_rule_of_the_services() -> None:
    g = world(rule("client", host="*.svc.cluster.local"), rule("prod"))
    assert chosen(g, "client") == "client/rule"
    assert chosen(g) == "prod/rule"


@pytest.mark.rule("DR-10")
def test_the_most_specific_host_of_a_namespace_counts() -> None:
    g = world(rule("prod", "wide", host="*.local"), rule("prod", "near", host="*.prod.svc.cluster.local"))
    assert chosen(g) == "prod/near"
    assert chosen(world(rule("prod", "wide", host="*.local"), rule("prod", "exact"))) == "prod/exact"


@pytest.mark.rule("DR-10")
def test_a_short_host_is_of_the_rules_own_namespace() -> None:
    assert chosen(world(rule("prod", host="reviews"))) == "prod/rule"
    assert chosen(world(rule("client", host="reviews")), "client") is None


@pytest.mark.rule("DR-10")
def test_a_rule_private_to_its_namespace_holds_there_only() -> None:
    g = world(rule("prod", spec="exportTo: ['.']"))
    assert chosen(g, "prod") == "prod/rule"
    assert chosen(g, "client") is None
    assert chosen(g) is None


@pytest.mark.rule("DR-10")
def test_a_rule_shown_to_named_namespaces_holds_in_those() -> None:
    g = world(rule("prod", spec="exportTo: [client]"))
    assert chosen(g, "client") == "prod/rule"
    assert chosen(g, "other") is None


@pytest.mark.rule("DR-10", "N-4")
def test_a_rule_that_is_shown_to_others_holds_in_its_own_namespace_all_the_same() -> None:
    g = world(rule("prod", spec="exportTo: [friend]"), rule("istio-system"))
    assert chosen(g, "prod") == "prod/rule"
    assert chosen(g, "friend") == "prod/rule"
    assert chosen(g, "other") == "istio-system/rule"


@pytest.mark.rule("DR-10")
def test_the_root_namespaces_own_name_makes_its_rule_private() -> None:
    g = world(rule("istio-system", spec="exportTo: [istio-system]"), rule("prod"))
    assert chosen(g, "istio-system") == "istio-system/rule"
    assert chosen(g, "other") == "prod/rule"


@pytest.mark.rule("DR-11")
def test_the_same_export_in_another_order_or_spelling_is_merged() -> None:
    listed = world(rule("prod", "a", "exportTo: [b, c], subsets: [{name: v1}]"), rule("prod", "b", "exportTo: [c, b], subsets: [{name: v2}]"))
    own = world(rule("prod", "a", "exportTo: ['.'], subsets: [{name: v1}]"), rule("prod", "b", "exportTo: [prod], subsets: [{name: v2}]"))
    for g in (listed, own):
        assert [[subset.name for subset in each.subsets] for each in merged_rules(g, "prod", HOST)] == [["v1", "v2"]]


@pytest.mark.rule("DR-10")
def test_of_the_root_namespaces_public_rules_its_own_clients_have_no_more_than_others() -> None:
    g = world(rule("istio-system", "public"), rule("prod"))
    assert chosen(g, "istio-system") == "prod/rule"
    g = world(rule("istio-system", "private", "exportTo: ['.']"), rule("prod"))
    assert chosen(g, "istio-system") == "istio-system/private"


@pytest.mark.rule("DR-11")
def test_of_two_rules_for_one_host_the_older_ones_policy_counts_and_subsets_add_up() -> None:
    old = "trafficPolicy: {loadBalancer: {simple: RANDOM}}, subsets: [{name: v1, labels: {version: v1}}]"
    new = "trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}, subsets: [{name: v1, labels: {version: x}}, {name: v2, labels: {version: v2}}]"
    g = world(rule("prod", "new", new, created="2024-01-02T00:00:00Z"), rule("prod", "old", old))
    (found,) = merged_rules(g, "prod", HOST)
    assert found.origins == (Ref("DestinationRule", "prod", "old"), Ref("DestinationRule", "prod", "new"))
    assert policy_for(found, 80, "").load_balancer.simple is SimpleLB.RANDOM
    assert [(subset.name, dict(subset.labels)) for subset in found.subsets] == [("v1", {"version": "v1"}), ("v2", {"version": "v2"})]


@pytest.mark.rule("DR-11")
def test_a_younger_policy_is_adopted_when_the_older_rule_has_none() -> None:
    new = rule("prod", "new", "trafficPolicy: {loadBalancer: {simple: RANDOM}}", created="2024-01-02T00:00:00Z")
    (found,) = merged_rules(world(rule("prod", "old", "subsets: [{name: v1}]"), new), "prod", HOST)
    assert policy_for(found, 80, "").load_balancer.simple is SimpleLB.RANDOM


@pytest.mark.rule("DR-11")
def test_rules_shown_to_different_namespaces_are_not_merged() -> None:
    g = world(rule("prod", "all", "subsets: [{name: v1}]"), rule("prod", "own", "exportTo: ['.'], subsets: [{name: v2}]"))
    assert [[subset.name for subset in found.subsets] for found in merged_rules(g, "prod", HOST)] == [["v1"], ["v2"]]
    public = rule_for(g, PUBLIC, "prod", HOST)
    assert public is not None
    assert [subset.name for subset in public.subsets] == ["v1"]


@pytest.mark.rule("DR-12")
def test_a_rule_for_some_clients_holds_for_those_and_the_plain_one_for_the_rest() -> None:
    selecting = rule("client", "some", "workloadSelector: {matchLabels: {app: web}}")
    g = world(selecting, rule("client", "all"))
    assert chosen(g, "client", labels=(("app", "web"), ("x", "y"))) == "client/some"
    assert chosen(g, "client", labels=(("app", "job"),)) == "client/all"
    assert chosen(world(selecting, rule("prod")), "client") == "prod/rule"
    assert chosen(world(selecting), "other", labels=(("app", "web"),)) is None


def of(policy: str) -> MergedRule:
    (found,) = merged_rules(world(rule("prod", spec=policy)), "prod", HOST)
    return found


@pytest.mark.rule("DR-13")
def test_a_ports_settings_replace_all_that_is_said_of_the_destination() -> None:
    found = of(
        "trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}}, loadBalancer: {simple: RANDOM}, "
        "portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: ROUND_ROBIN}}]}"
    )
    assert policy_for(found, 80, "").load_balancer.simple is SimpleLB.ROUND_ROBIN
    assert policy_for(found, 80, "").connection_pool is None
    assert policy_for(found, 81, "").connection_pool.tcp.max_connections == 1
    assert policy_for(found, 81, "").port_level_settings == ()


@pytest.mark.rule("DR-13")
def test_a_subsets_blocks_override_block_by_block() -> None:
    found = of(
        "trafficPolicy: {connectionPool: {tcp: {maxConnections: 1}}, loadBalancer: {simple: RANDOM}}, "
        "subsets: [{name: v1, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}, {name: v2}]"
    )
    assert policy_for(found, 80, "v1").load_balancer.simple is SimpleLB.ROUND_ROBIN
    assert policy_for(found, 80, "v1").connection_pool.tcp.max_connections == 1
    assert policy_for(found, 80, "v2") == policy_for(found, 80, "")


@pytest.mark.rule("DR-13")
def test_a_subsets_port_has_the_last_word() -> None:
    found = of(
        "trafficPolicy: {portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: RANDOM}}]}, "
        "subsets: [{name: v1, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}, "
        "portLevelSettings: [{port: {number: 80}, loadBalancer: {simple: LEAST_REQUEST}}]}}]"
    )
    assert policy_for(found, 80, "").load_balancer.simple is SimpleLB.RANDOM
    assert policy_for(found, 80, "v1").load_balancer.simple is SimpleLB.LEAST_REQUEST
    assert policy_for(found, 81, "v1").load_balancer.simple is SimpleLB.ROUND_ROBIN


def test_without_a_rule_nothing_is_said() -> None:
    assert policy_for(None, 80, "") == TrafficPolicy()
