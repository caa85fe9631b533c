"""AuthorizationPolicy: which policies stand before a workload's chains, and in which order."""

from __future__ import annotations

import pytest

from lateen.ir.policy import NOTHING_ALLOWED, Action, Authorization, Consultation, Protocol
from lateen.ir.token import Tokens
from lateen.ir.view import Labels
from lateen.translate.authorization import connections, consulted, requests
from lateen.values.ref import Ref
from tests.given.worlds import world, write

WEB: Labels = (("app", "web"), ("version", "v1"))
PROVIDERS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders:
    - {name: by-grpc, envoyExtAuthzGrpc: {service: auth.default.svc.cluster.local, port: 9000}}
    - {name: by-http, envoyExtAuthzHttp: {service: auth.default.svc.cluster.local, port: 8000}}
    - {name: gone, envoyExtAuthzHttp: {service: gone.default.svc.cluster.local, port: 8000}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: auth, namespace: default}
spec:
  hosts: [auth.default.svc.cluster.local]
  resolution: STATIC
  ports: [{number: 8000, name: http}, {number: 9000, name: grpc}]
"""


def policy(name: str, spec: str, namespace: str = "default", annotations: str = "{}") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {spec}
"""


def names(policies: tuple[object, ...]) -> list[tuple[Action, list[str] | None, list[str] | None]]:
    """Each authorization with the names of its rules, enforced and tried."""

    def of(rules: tuple[object, ...] | None) -> list[str] | None:
        return [rule.name for rule in rules] if rules is not None else None

    return [(each.action, of(each.rules), of(each.trial)) for each in policies if isinstance(each, Authorization)]


def test_where_nobody_says_anything_everybody_may_call() -> None:
    assert requests(world(), "default", WEB) == () == connections(world(), "default", WEB)


@pytest.mark.rule("AZ-2")
def test_auditing_comes_before_denying_before_allowing() -> None:
    g = world(policy("c", "{rules: [{}]}"), policy("b", "{action: DENY, rules: [{}]}"), policy("a", "{action: AUDIT, rules: [{}]}"))
    assert names(requests(g, "default", WEB)) == [
        (Action.AUDIT, ["ns[default]-policy[a]-rule[0]"], None),
        (Action.DENY, ["ns[default]-policy[b]-rule[0]"], None),
        (Action.ALLOW, ["ns[default]-policy[c]-rule[0]"], None),
    ]


@pytest.mark.rule("AZ-3")
def test_policies_of_the_root_namespace_and_of_the_own_are_united() -> None:
    g = world(
        policy("all", "{rules: [{}]}", "istio-system"),
        policy("selected", "{selector: {matchLabels: {app: web}}, rules: [{}]}", "istio-system"),
        policy("own", "{rules: [{}, {}]}"),
        policy("other", "{selector: {matchLabels: {app: other}}, rules: [{}]}"),
        policy("elsewhere", "{rules: [{}]}", "elsewhere"),
    )
    everywhere = ["ns[istio-system]-policy[all]-rule[0]", "ns[istio-system]-policy[selected]-rule[0]"]
    own = ["ns[default]-policy[own]-rule[0]", "ns[default]-policy[own]-rule[1]"]
    assert names(requests(g, "default", WEB)) == [(Action.ALLOW, everywhere + own, None)]
    assert names(requests(g, "istio-system", WEB)) == [(Action.ALLOW, everywhere, None)]


@pytest.mark.rule("AZ-4")
def test_without_rules_allowing_allows_nothing_and_denying_denies_nothing() -> None:
    assert requests(world(policy("a", "{}")), "default", WEB) == (NOTHING_ALLOWED,)
    assert requests(world(policy("a", "{action: DENY}")), "default", WEB) == ()


@pytest.mark.rule("AZ-8")
def test_on_bytes_what_allows_gets_narrower_and_what_denies_wider() -> None:
    g = world(
        policy("a", "{rules: [{to: [{operation: {paths: [/x], ports: ['1']}}]}, {to: [{operation: {ports: ['2']}}]}]}"),
        policy("b", "{action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}"),
    )
    assert names(connections(g, "default", WEB)) == [
        (Action.DENY, ["ns[default]-policy[b]-rule[0]"], None),
        (Action.ALLOW, ["ns[default]-policy[a]-rule[1]"], None),
    ]
    denied = connections(g, "default", WEB)[0]
    assert isinstance(denied, Authorization)
    assert denied.rules is not None
    assert denied.rules[0].calls == ()


@pytest.mark.rule("AZ-9")
def test_a_dry_run_is_tried_beside_what_is_enforced_and_closes_nothing() -> None:
    trial = '{istio.io/dry-run: "true"}'
    g = world(
        policy("a", "{rules: [{}]}", annotations=trial),
        policy("b", "{action: DENY, rules: [{}]}"),
        policy("c", "{action: DENY, rules: [{}]}", annotations=trial),
    )
    assert names(requests(g, "default", WEB)) == [
        (Action.DENY, ["ns[default]-policy[b]-rule[0]"], ["ns[default]-policy[c]-rule[0]"]),
        (Action.ALLOW, None, ["ns[default]-policy[a]-rule[0]"]),
    ]


@pytest.mark.rule("AZ-10")
def test_authorizers_are_asked_before_tokens_are_checked_and_rules_decide() -> None:
    tokens = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: t, namespace: default}
spec: {jwtRules: [{issuer: a}]}
"""
    custom = policy("c", "{action: CUSTOM, provider: {name: by-http}, rules: [{}]}")
    g = world(PROVIDERS, custom, tokens, policy("d", "{action: DENY, rules: [{}]}"))
    assert [type(each) for each in requests(g, "default", WEB)] == [Consultation, Tokens, Authorization]
    assert [type(each) for each in connections(g, "default", WEB)] == [Authorization]
    assert consulted(g, "default", WEB) == (("default", "auth.default.svc.cluster.local"),)


@pytest.mark.rule("AZ-10")
def test_several_authorizers_are_told_apart() -> None:
    g = world(
        PROVIDERS,
        policy("a", "{action: CUSTOM, provider: {name: by-http}, rules: [{}]}"),
        policy("b", "{action: CUSTOM, provider: {name: by-grpc}, rules: [{}]}"),
    )
    found = [each for each in requests(g, "default", WEB) if isinstance(each, Consultation)]
    assert [(each.mark, each.authorizer.protocol) for each in found] == [("by-http", Protocol.HTTP), ("by-grpc", Protocol.GRPC)]
    alone = [each for each in connections(g, "default", WEB) if isinstance(each, Consultation)]
    assert [(each.mark, each.authorizer.destination) for each in alone] == [("", "outbound|9000||auth.default.svc.cluster.local")]


@pytest.mark.rule("AZ-10")
@pytest.mark.parametrize("provider", ["unknown", "gone"])
def test_who_asks_somebody_who_is_not_there_lets_nothing_in(provider: str) -> None:
    g = world(PROVIDERS, policy("a", f"{{action: CUSTOM, provider: {{name: {provider}}}, rules: [{{}}]}}"))
    assert requests(g, "default", WEB) == (NOTHING_ALLOWED,) == connections(g, "default", WEB)


@pytest.mark.rule("AZ-12")
def test_a_policy_attached_to_a_gateway_holds_for_its_workloads_only() -> None:
    target = "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}], rules: [{}]}"
    g = world(policy("a", target))
    edge: Labels = (("gateway.networking.k8s.io/gateway-name", "edge"),)
    assert len(requests(g, "default", edge)) == 1
    assert requests(g, "default", (("gateway.networking.k8s.io/gateway-name", "other"),)) == ()
    assert requests(g, "default", WEB) == ()
    assert requests(g, "elsewhere", edge) == ()


def test_a_policy_of_one_namespace_moves_nothing_elsewhere() -> None:
    g = world(policy("a", "{rules: [{}]}"))
    requests(g, "elsewhere", WEB)
    connections(g, "elsewhere", WEB)
    g.ran.clear()

    write(g, policy("a", "{action: DENY, rules: [{}]}"), policy("b", "{selector: {matchLabels: {x: y}}, rules: [{}]}"))

    requests(g, "elsewhere", WEB)
    connections(g, "elsewhere", WEB)
    assert dict(g.ran) == {}


def test_workloads_that_differ_in_labels_at_which_nobody_looks_are_one() -> None:
    g = world(policy("a", "{selector: {matchLabels: {app: web}}, rules: [{}]}"))
    first = requests(g, "default", (("app", "web"), ("version", "v1")))
    g.ran.clear()
    assert requests(g, "default", (("app", "web"), ("version", "v2"))) is first
    assert dict(g.ran) == {}


@pytest.mark.rule("AZ-11")
def test_rules_know_the_object_that_they_come_from() -> None:
    (found,) = requests(world(policy("a", "{rules: [{}]}")), "default", WEB)
    assert isinstance(found, Authorization)
    assert found.rules is not None
    assert found.rules[0].origin == Ref("AuthorizationPolicy", "default", "a")
