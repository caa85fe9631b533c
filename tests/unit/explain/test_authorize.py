"""Policies are asked in order, and each rule that does not fit is told with what it lacks (AZ-2 to AZ-11)."""

from __future__ import annotations

import msgspec
import pytest

from lateen.explain.authorize import authorize
from lateen.explain.call import Call, Protocol, Token, Wire
from lateen.explain.step import Decision, Outcome, Stage, Step
from lateen.ir.chain import Bytes, Handler, Requests, Side
from lateen.ir.view import ProxyKind, View
from lateen.translate import authorization
from lateen.values.ref import Ref
from tests.given.objects import mesh
from tests.given.worlds import world

VIEW = View(ProxyKind.SIDECAR, "default", (("app", "web"),), ("10.0.0.1",))
GET = Call("web", 8080, address="10.0.0.1", authority="web", source="10.0.0.9")
API = msgspec.structs.replace(GET, wire=Wire.MESH, identity="cluster.local/ns/default/sa/api")
TCP = msgspec.structs.replace(API, protocol=Protocol.TCP, port=9090)
ALLOWED = "rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/web]}}]}]"


def policy(spec: str, name: str = "viewer", namespace: str = "default", annotations: str = "{}") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{{spec}}}
"""


def tokens(spec: str) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: default}}
spec: {{jwtRules: [{spec}]}}
"""


AUTHORIZER = """
apiVersion: v1
kind: Service
metadata: {name: auth, namespace: default}
spec: {ports: [{name: grpc, port: 9000}]}
"""
VIEWER = Ref("AuthorizationPolicy", "default", "viewer")
KEYS = """jwks: '{"keys": [{"kty": "oct", "k": "MDEyMw"}]}'"""


def decided(call: Call, *objects: str) -> Decision:
    g = world(*objects) if objects else world("")
    if call.protocol.is_http:
        handler: Handler = Requests("in", side=Side.INBOUND, policy=authorization.requests(g, "default", VIEW.labels))
    else:
        handler = Bytes((("there", 1),), Side.INBOUND, policy=authorization.connections(g, "default", VIEW.labels))
    return authorize(g, VIEW, call, handler)


def steps(decision: Decision) -> list[tuple[str, str, str]]:
    """What was looked at behind the policies that hold: outcome, place, words."""
    return [(step.outcome.value, step.path, step.said) for step in decision.steps if not _is_about_holding(step)]


def _is_about_holding(step: Step) -> bool:
    return step.outcome is Outcome.NOTED and step.stage is not Stage.RESULT and not step.path


@pytest.mark.rule("AZ-4")
@pytest.mark.rule("AZ-6")
def test_a_rule_that_does_not_fit_says_what_it_wants_and_what_came() -> None:
    found = decided(API, policy(ALLOWED))
    wish = 'from[0].source.principals also listed "cluster.local/ns/default/sa/api"'
    assert (found.allowed, found.status, found.by) == (False, 403, None)
    assert steps(found) == [
        (
            "passed",
            "spec.rules[0].from[0].source.principals",
            'ALLOW rule wants source principal "cluster.local/ns/default/sa/web", this call comes as cluster.local/ns/default/sa/api',
        ),
        ("refused", "", "ALLOW policies hold here, and no rule of any fits: 403 RBAC: access denied"),
        ("noted", "spec.rules[0]", f"remedy: this rule would let the call in if {wish}"),
    ]


@pytest.mark.rule("AZ-2")
def test_what_is_denied_is_not_allowed() -> None:
    denied = policy("action: DENY, rules: [{to: [{operation: {paths: [/never]}}]}, {to: [{operation: {methods: [GET]}}]}]")
    found = decided(API, denied, policy("rules: [{}]", "all"))
    assert (found.allowed, found.status, found.by, found.rule) == (False, 403, VIEWER, "spec.rules[1]")
    assert steps(found)[0] == ("refused", "spec.rules[1]", "this rule denies the call")
    assert "without this rule the call would be let in" in steps(found)[1][2]


@pytest.mark.rule("AZ-2")
def test_who_allows_is_told() -> None:
    found = decided(API, policy("rules: [{to: [{operation: {paths: [/never]}}]}, {}]"))
    assert (found.allowed, found.by, found.rule, found.status) == (True, VIEWER, "spec.rules[1]", 0)
    assert decided(API).by is None
    assert decided(API).allowed


@pytest.mark.rule("AZ-2")
def test_audit_only_marks() -> None:
    found = decided(API, policy("action: AUDIT, rules: [{}]"))
    assert (found.allowed, found.by) == (True, None)
    assert steps(found) == [("noted", "spec.rules[0]", "this rule marks the call for the log")]


@pytest.mark.rule("AZ-4")
def test_a_policy_without_rules_allows_nothing() -> None:
    found = decided(API, policy("action: ALLOW"))
    assert not found.allowed
    assert steps(found)[0] == ("passed", "", "ALLOW policy without rules, which allows nothing")
    assert decided(API, policy("action: DENY")).allowed


@pytest.mark.rule("AZ-8")
def test_on_bytes_what_allows_by_requests_can_never_fit() -> None:
    found = decided(TCP, policy("rules: [{to: [{operation: {methods: [GET]}}]}]"))
    assert (found.allowed, found.status) == (False, 0)
    said = "ALLOW rule can never fit: it asks for method, which only requests have, and this connection is taken as bytes"
    assert steps(found)[0] == ("passed", "spec.rules[0]", said)
    assert steps(found)[1][2] == "ALLOW policies hold here, and no rule of any fits: the connection is closed"


@pytest.mark.rule("AZ-8")
def test_on_bytes_what_denies_by_requests_gets_wider() -> None:
    found = decided(TCP, policy("action: DENY, rules: [{to: [{operation: {paths: [/admin]}}]}]"))
    assert (found.allowed, found.by) == (False, VIEWER)
    assert steps(found)[0][2] == "this rule denies the call; bytes have no path, so that it holds whatever they are"


@pytest.mark.rule("AZ-9")
def test_a_dry_run_is_told_and_decides_nothing() -> None:
    trial = '{istio.io/dry-run: "true"}'
    denied = decided(API, policy("action: DENY, rules: [{}]", annotations=trial))
    assert denied.allowed
    assert steps(denied) == [("noted", "spec.rules[0]", "dry run: this rule would deny the call")]
    allowed = decided(API, policy(ALLOWED, annotations=trial))
    assert allowed.allowed
    assert [outcome for outcome, _, _ in steps(allowed)] == ["noted"]
    assert allowed.steps[-1].said == "dry run: no rule on trial would allow the call"


@pytest.mark.rule("AZ-10")
def test_what_an_authorizer_says_is_not_known() -> None:
    provider = mesh("extensionProviders: [{name: asked, envoyExtAuthzGrpc: {service: auth.default.svc.cluster.local, port: 9000, failOpen: true}}]")
    custom = policy("action: CUSTOM, provider: {name: asked}, rules: [{to: [{operation: {paths: [/asked]}}]}]")
    asked = decided(msgspec.structs.replace(API, path="/asked"), provider, AUTHORIZER, custom)
    assert asked.allowed
    who = "auth.default.svc.cluster.local is asked over gRPC, and lets pass what it cannot answer"
    assert steps(asked)[0] == ("unknown", "spec.rules[0]", f"{who}; what it says cannot be known here, supposed is that it allows")
    assert steps(decided(API, provider, AUTHORIZER, custom))[0] == (
        "passed",
        "spec.rules[0].to[0].operation.paths",
        'CUSTOM rule wants path "/asked", this call has /',
    )


@pytest.mark.rule("AZ-8")
def test_over_http_nobody_is_asked_about_bytes() -> None:
    provider = mesh("extensionProviders: [{name: asked, envoyExtAuthzHttp: {service: auth.default.svc.cluster.local, port: 9000}}]")
    custom = policy("action: CUSTOM, provider: {name: asked}, rules: [{}]")
    found = decided(TCP, provider, AUTHORIZER, custom)
    said = "auth.default.svc.cluster.local is asked over HTTP, so about requests only, and not about these bytes"
    assert (found.allowed, steps(found)) == (True, [("noted", "spec.provider.name", said)])


@pytest.mark.rule("AZ-10")
def test_who_names_a_provider_that_is_not_there_has_nothing_let_in() -> None:
    found = decided(API, policy("action: CUSTOM, provider: {name: nobody}, rules: [{to: [{operation: {paths: [/never]}}]}]"))
    assert (found.allowed, found.status, found.by, found.rule) == (False, 403, VIEWER, "spec.provider.name")
    assert [step.stage for step in found.steps if step.outcome is Outcome.REFUSED] == [Stage.AUTHORIZATION]
    assert not any(step.stage is Stage.RESULT for step in found.steps)


@pytest.mark.rule("JW-2")
def test_a_token_that_is_refused_ends_it() -> None:
    forged = msgspec.structs.replace(API, tokens=(Token('{"iss": "one"}', forged=True),))
    found = decided(forged, tokens(f"{{issuer: one, {KEYS}}}"), policy("rules: [{}]"))
    assert (found.allowed, found.status, found.rule) == (False, 401, "spec.jwtRules[0]")
    assert found.by == Ref("RequestAuthentication", "default", "tokens")


@pytest.mark.rule("JW-5")
@pytest.mark.rule("AZ-7")
def test_policies_see_the_claims_of_a_token_that_is_believed() -> None:
    rules = tokens(f"{{issuer: one, {KEYS}, outputClaimToHeaders: [{{header: x-sub, claim: sub}}]}}")
    ann = msgspec.structs.replace(API, tokens=(Token('{"iss": "one", "sub": "ann"}'),), headers=(("x-sub", "root"),))
    assert decided(ann, rules, policy("rules: [{from: [{source: {requestPrincipals: [one/ann]}}]}]")).allowed
    assert decided(ann, rules, policy('rules: [{when: [{key: "request.headers[x-sub]", values: [ann]}]}]')).allowed
    without = decided(API, rules, policy("rules: [{from: [{source: {requestPrincipals: [one/ann]}}]}]"))
    assert without.status == 403
    assert steps(without)[-1][2] == 'remedy: this rule would let the call in if it carried a valid token of "one/ann"'


def test_what_other_filters_find_out_is_left_open() -> None:
    found = decided(
        API, policy('action: DENY, rules: [{when: [{key: "experimental.envoy.filters.network.mysql_proxy[a.b]", values: ["[select]"]}]}]')
    )
    assert found.allowed
    assert steps(found)[0][0] == "unknown"


def test_the_first_condition_and_how_near_the_rule_is() -> None:
    spec = (
        "rules: [{from: [{source: {namespaces: [default], notPrincipals: ['*/sa/api']}}], to: [{operation: {methods: [PUT]}}],"
        " when: [{key: source.ip, values: [10.0.0.0/8]}, {key: destination.port, values: ['1']}]}]"
    )
    found = decided(API, policy(spec))
    outcome, place, said = steps(found)[0]
    assert (outcome, place) == ("passed", "spec.rules[0].from[0].source.notPrincipals")
    assert said == (
        'ALLOW rule is not for source principal something that ends with "/sa/api", this call comes as cluster.local/ns/default/sa/api'
        " (2 of 5 conditions hold)"
    )
    assert steps(found)[-1][2] == (
        'remedy: this rule would let the call in if from[0].source.notPrincipals did not list something that ends with "/sa/api"'
        ' and to[0].operation.methods also listed "GET" and when[1].values also listed "8080"'
    )
