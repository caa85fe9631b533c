"""Who sees which service, and who sees a host like everybody else."""

from __future__ import annotations

import pytest

from lateen.ir.view import PUBLIC, Perspective
from lateen.registry.service import Service
from lateen.translate import visibility
from lateen.values.ref import Ref
from tests.given.objects import REVIEWS, entry, mesh, rule, service
from tests.given.worlds import world


def owner(found: Service | None) -> str:
    return found.namespace if found is not None else ""


@pytest.mark.rule("N-6")
def test_a_host_is_the_own_namespaces_then_kubernetes_then_the_oldest() -> None:
    g = world(
        entry("a", "one", "a.example", created="2024-01-02T00:00:00Z")
        + entry("b", "two", "a.example")
        + entry("c", "three", REVIEWS)
        + service("reviews", "default")
    )
    assert owner(visibility.service_for(g, PUBLIC, "a.example")) == "two"
    assert owner(visibility.service_for(g, Perspective("one"), "a.example")) == "one"
    assert owner(visibility.service_for(g, PUBLIC, REVIEWS)) == "default"


@pytest.mark.rule("N-4")
def test_what_is_exported_to_some_is_hidden_from_the_others() -> None:
    g = world(entry("a", "one", "a.example", ", exportTo: [two]") + entry("b", "one", "b.example", ", exportTo: [.]"))
    assert visibility.service_for(g, PUBLIC, "a.example") is None
    assert owner(visibility.service_for(g, Perspective("two"), "a.example")) == "one"
    assert visibility.service_for(g, Perspective("two"), "b.example") is None
    assert owner(visibility.service_for(g, Perspective("one"), "b.example")) == "one"


def test_a_rule_for_one_namespace_makes_the_host_special_to_it_alone() -> None:
    g = world(service("reviews", "default") + rule("VirtualService", "other", f"{{hosts: [{REVIEWS}], exportTo: [.], http: [{{}}]}}"))
    assert visibility.specials(g, REVIEWS) == ("other",)
    assert visibility.special_hosts(g, "other") == (REVIEWS,)
    assert visibility.special_hosts(g, "default") == ()
    assert visibility.perspective(g, "default", (), False, REVIEWS) == PUBLIC
    assert visibility.perspective(g, "other", (), False, REVIEWS) == Perspective("other")


@pytest.mark.rule("DR-12")
@pytest.mark.rule("N-4")
@pytest.mark.parametrize("field", ["defaultServiceExportTo", "defaultVirtualServiceExportTo", "defaultDestinationRuleExportTo"])
def test_what_the_mesh_shows_to_one_namespace_by_default_is_special_to_it(field: str) -> None:
    rules = rule("VirtualService", "default", "{hosts: [reviews], http: [{}]}") + rule("DestinationRule", "default", "{host: reviews}")
    g = world(mesh(f"{field}: [third]") + service("reviews", "default") + rules)
    assert visibility.special_hosts(g, "third") == (REVIEWS,)
    assert visibility.special_hosts(g, "other") == ()


def test_of_a_proxys_labels_those_matter_that_a_rule_about_the_host_looks_at() -> None:
    g = world(service("reviews", "default") + rule("DestinationRule", "default", "{host: reviews, workloadSelector: {matchLabels: {app: a}}}"))
    assert visibility.label_keys(g, REVIEWS) == ("app",)
    seen = visibility.perspective(g, "default", (("app", "b"), ("pod", "1")), False, REVIEWS)
    assert seen.labels == (("app", "b"),)


def test_a_private_wildcard_rule_is_about_every_host_under_it() -> None:
    g = world(service("reviews", "default") + rule("DestinationRule", "default", "{host: '*.cluster.local', exportTo: [.]}"))
    assert REVIEWS in visibility.special_hosts(g, "default")


@pytest.mark.rule("SD-16")
def test_rules_of_namespaces_outside_of_the_mesh_are_shown_to_nobody() -> None:
    mesh = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
    g = world(mesh + "data: {mesh: 'discoverySelectors: [{matchLabels: {in: mesh}}]'}\n" + rule("DestinationRule", "default", "{host: reviews}"))
    assert visibility.rule_export(g, Ref("DestinationRule", "default", "r")) == ()


@pytest.mark.rule("N-4")
def test_the_mesh_may_limit_who_sees_the_entries_of_some_namespaces() -> None:
    policies = "policies: [{visibility: NAMESPACE, matchingRules: [{namespaceSelector: {matchLabels: {team: a}}}]}]"
    limits = f"serviceEntryVisibility: {{applyToSidecars: true, defaultVisibility: NONE, {policies}}}"
    team = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: one, labels: {team: a}}\n"
    entries = entry("a", "one", "a.example", ", exportTo: ['*']") + entry("b", "two", "b.example")
    g = world(mesh(limits) + team + entries + service("reviews", "default"))
    assert visibility.service_for(g, PUBLIC, "a.example") is None
    assert owner(visibility.service_for(g, Perspective("one"), "a.example")) == "one"
    assert visibility.service_for(g, Perspective("two"), "b.example") is None
    assert owner(visibility.service_for(g, PUBLIC, REVIEWS)) == "default"
    inert = world(mesh(limits.replace("true", "false")) + team + entries)
    assert owner(visibility.service_for(inert, PUBLIC, "a.example")) == "one"
