"""Who sees which service, and who sees a host like everybody else."""

from __future__ import annotations

import pytest

from lateen.assembly import offline
from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Perspective
from lateen.registry.service import Service
from lateen.translate import visibility
from lateen.values.ref import Ref


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

def service(name: str, namespace: str, spec: str = "", annotations: str = "{}") -> str:
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]{spec}}}
"""


def entry(name: str, namespace: str, host: str, more: str = "", created: str = "2024-01-01T00:00:00Z") -> str:
    return f"""---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {{hosts: ["{host}"], ports: [{{number: 80, name: http}}], resolution: DNS{more}}}
"""


def rule(kind: str, namespace: str, spec: str, name: str = "r") -> str:
    return f"""---
apiVersion: networking.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


REVIEWS = "reviews.default.svc.cluster.local"


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
