"""Which policies apply to a workload, and at which of its labels anybody looks."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.view import Labels
from lateen.translate.selection import GATEWAY_CLASS, GATEWAY_NAME, applying, looked_at
from tests.given.worlds import world

KIND = "AuthorizationPolicy"


def policy(name: str, spec: str, namespace: str = "default") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


def target(kind: str, name: str) -> str:
    return f"{{targetRef: {{group: gateway.networking.k8s.io, kind: {kind}, name: {name}}}}}"


def names(g: Graph, namespace: str, labels: Labels) -> list[str]:
    return [policy.ref.name for policy in applying(g, KIND, namespace, labels)]


@pytest.mark.rule("AZ-3")
def test_a_selector_of_the_root_namespace_selects_in_all() -> None:
    g = world(
        policy("root", "{selector: {matchLabels: {app: web}}}", "istio-system"),
        policy("two", "{selector: {matchLabels: {app: web, version: v1}}}"),
        policy("all", "{}"),
    )
    assert names(g, "default", (("app", "web"),)) == ["root", "all"]
    assert names(g, "default", (("app", "web"), ("version", "v1"))) == ["root", "all", "two"]
    assert names(g, "elsewhere", (("app", "web"),)) == ["root"]
    assert names(g, "istio-system", (("app", "web"),)) == ["root"]


@pytest.mark.rule("AZ-12")
def test_targets_are_gateways_of_the_same_namespace_and_classes_from_the_root() -> None:
    g = world(
        policy("class", target("GatewayClass", "istio"), "istio-system"),
        policy("own-class", target("GatewayClass", "istio")),
        policy("gateway", target("Gateway", "edge")),
        policy("service", target("Service", "edge")),
    )
    edge: Labels = ((GATEWAY_CLASS, "istio"), (GATEWAY_NAME, "edge"))
    assert names(g, "default", edge) == ["class", "gateway"]
    assert names(g, "elsewhere", edge) == ["class"]
    assert names(g, "default", ()) == []


def test_labels_at_which_nobody_looks_are_left_out() -> None:
    g = world(
        policy("a", "{selector: {matchLabels: {app: web}}}"),
        policy("b", "{selector: {matchLabels: {tier: x}}}", "istio-system"),
        policy("c", "{selector: {matchLabels: {other: x}}}", "elsewhere"),
        policy("d", target("Gateway", "edge")),
    )
    labels: Labels = (("app", "web"), (GATEWAY_NAME, "edge"), ("other", "x"), ("tier", "y"))
    assert looked_at(g, (KIND,), "default", labels) == (("app", "web"), (GATEWAY_NAME, "edge"), ("tier", "y"))
    assert looked_at(g, (KIND,), "third", labels) == (("tier", "y"),)
