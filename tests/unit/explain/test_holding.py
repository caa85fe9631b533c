"""Which policies hold for a workload is told with why, and which do not (AZ-3)."""

from __future__ import annotations

import pytest

from lateen.explain import holding
from lateen.flow import Graph
from lateen.ir.policy import Authorization
from lateen.ir.view import ProxyKind, View
from lateen.translate import authorization
from tests.given.worlds import world

VIEW = View(ProxyKind.SIDECAR, "default", (("app", "web"),))


def policy(name: str, spec: str, namespace: str = "default", kind: str = "AuthorizationPolicy", annotations: str = "{}") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{{spec}}}
"""


def told(g: Graph, view: View = VIEW) -> list[tuple[str, str]]:
    return [(str(step.ref or ""), step.said) for step in holding.policies(g, view)]


@pytest.mark.rule("AZ-3")
def test_each_policy_that_holds_says_for_whom_it_is() -> None:
    g = world(
        policy("mesh", "action: DENY", "istio-system"),
        policy("everywhere", "selector: {matchLabels: {app: web}}, rules: [{}]", "istio-system"),
        policy("namespace", "rules: [{}, {}]", annotations='{istio.io/dry-run: "true"}'),
        policy("selected", "selector: {matchLabels: {app: web}}"),
    )
    assert told(g) == [
        ("AuthorizationPolicy istio-system/everywhere", "ALLOW, 1 rule: policy for workloads of every namespace with app=web"),
        ("AuthorizationPolicy istio-system/mesh", "DENY, 0 rules: policy for the whole mesh"),
        ("AuthorizationPolicy default/namespace", "ALLOW (dry run), 2 rules: policy for all of namespace default"),
        ("AuthorizationPolicy default/selected", "ALLOW, 0 rules: policy for workloads of namespace default with app=web"),
    ]


@pytest.mark.rule("AZ-3")
def test_those_for_other_workloads_are_told_in_one_sentence() -> None:
    g = world(policy("other", "selector: {matchLabels: {app: other}}"), policy("far", "rules: [{}]", "elsewhere"))
    assert told(g) == [
        ("", "no AuthorizationPolicy holds here, so every caller is let in"),
        ("", "not for this workload: default/other is for workloads of namespace default with app=other; this one has app=web"),
    ]


def test_of_many_others_some_are_told() -> None:
    g = world(*(policy(f"p{number}", f"selector: {{matchLabels: {{app: a{number}}}}}") for number in range(7)))
    assert told(g)[1][1].endswith("default/p4 is for workloads of namespace default with app=a4; and 2 more; this one has app=web")


@pytest.mark.rule("AZ-12")
def test_a_target_is_told() -> None:
    target = "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}], rules: [{}]"
    gateway = View(ProxyKind.GATEWAY, "default", (("gateway.networking.k8s.io/gateway-name", "edge"),))
    assert told(world(policy("edge", target)), gateway) == [("AuthorizationPolicy default/edge", "ALLOW, 1 rule: policy for Gateway edge")]


@pytest.mark.rule("JW-3")
def test_whose_tokens_are_believed() -> None:
    g = world(policy("tokens", "jwtRules: [{issuer: one}, {issuer: two}]", kind="RequestAuthentication"))
    assert [(str(step.ref), step.said) for step in holding.tokens(g, VIEW)] == [
        ("RequestAuthentication default/tokens", "tokens of one, two are believed, for all of namespace default")
    ]


@pytest.mark.rule("AZ-11")
def test_a_rule_leads_back_to_what_is_written() -> None:
    g = world(policy("p", "rules: [{}, {when: [{key: source.ip, values: [10.0.0.0/8]}]}]"))
    (found,) = authorization.requests(g, "default", ())
    assert isinstance(found, Authorization) and found.rules is not None
    first, second = found.rules
    written = holding.as_written(g, second)
    assert written is not None and written.when[0].key == "source.ip"
    assert holding.as_written(world(""), first) is None
