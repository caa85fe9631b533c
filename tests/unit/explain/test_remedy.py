"""What would let a refused call in is said so that it is true: whoever follows it is let in."""

from __future__ import annotations

import msgspec
import pytest

from lateen.explain.call import Call, Protocol
from lateen.explain.evidence import Evidence
from lateen.explain.remedy import remedies
from lateen.flow import Graph
from lateen.ir.inbound import Policies
from lateen.ir.policy import NOTHING_ALLOWED, Authorization
from lateen.translate import authorization
from tests.given.worlds import world

GET = Call("web", 8080)
NOBODY = Evidence(http=True, peer="10.0.0.9", client="10.0.0.9", port=8080, path="/", headers=((":method", "GET"),))
API = msgspec.structs.replace(NOBODY, identity="cluster.local/ns/default/sa/api")


def policy(spec: str) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: viewer, namespace: default}}
spec: {{{spec}}}
"""


def said(known: Evidence, spec: str, *, goes_on: bool = True, call: Call = GET) -> list[str]:
    g = world(policy(spec))
    (found,) = told(g) if known.http else authorization.connections(g, "default", ())
    return [step.said.removeprefix("remedy: ") for step in remedies(g, found, known, call, goes_on=goes_on)]


def told(g: Graph) -> Policies:
    return authorization.requests(g, "default", ())


@pytest.mark.parametrize(
    ("source", "wish"),
    [
        ("principals: [cluster.local/ns/a/sa/b]", 'from[0].source.principals also listed "cluster.local/ns/default/sa/api"'),
        ("namespaces: [a]", 'from[0].source.namespaces also listed "default"'),
        ("serviceAccounts: [a]", 'from[0].source.serviceAccounts also listed "default/api"'),
        ("ipBlocks: [10.9.0.0/16]", 'from[0].source.ipBlocks also listed "10.0.0.9"'),
        ("notNamespaces: [default]", 'from[0].source.notNamespaces did not list "default"'),
        ("requestPrincipals: [a/b]", 'it carried a valid token of "a/b"'),
    ],
)
def test_one_more_word_in_one_list(source: str, wish: str) -> None:
    assert said(API, f"rules: [{{from: [{{source: {{{source}}}}}]}}]") == [f"this rule would let the call in if {wish}"]


def test_who_follows_it_is_let_in() -> None:
    assert said(API, "rules: [{from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [PUT]}}]}]") == [
        'this rule would let the call in if from[0].source.namespaces also listed "default" and to[0].operation.methods also listed "GET"'
    ]
    followed = "rules: [{from: [{source: {namespaces: [a, default]}}], to: [{operation: {methods: [PUT, GET]}}]}]"
    assert said(API, followed) == ["an ALLOW policy that holds here would need a rule for this call; none has any that could fit"]


def test_of_several_rules_the_nearest_is_told() -> None:
    spec = "rules: [{from: [{source: {namespaces: [a]}}], to: [{operation: {methods: [PUT]}}]}, {to: [{operation: {ports: ['1']}}]}]"
    assert said(API, spec) == ['this rule, the nearest of 2, would let the call in if to[0].operation.ports also listed "8080"']


def test_of_rules_that_are_equally_near_some_are_told() -> None:
    rules = ", ".join(f"{{to: [{{operation: {{ports: ['{number}']}}}}]}}" for number in range(1, 6))
    assert said(API, f"rules: [{rules}]") == ['this rule would let the call in if to[0].operation.ports also listed "8080"'] * 3


def test_a_caller_without_identity_is_told_of_mutual_tls() -> None:
    wish = 'the call came by mutual TLS, as source namespace "a"'
    assert said(NOBODY, "rules: [{from: [{source: {namespaces: [a]}}]}]") == [f"this rule would let the call in if {wish}"]


def test_a_missing_header_is_told() -> None:
    spec = 'rules: [{when: [{key: "request.headers[x-user]", values: [ann]}]}]'
    assert said(API, spec) == ['this rule would let the call in if it had header "x-user" "ann"']


def test_what_denies_is_told_with_an_exception_and_with_what_comes_behind() -> None:
    alone = 'to leave out this caller alone: "cluster.local/ns/default/sa/api" under notPrincipals in a source of the rule, which has none'
    assert said(API, "action: DENY, rules: [{}, {}]") == [f"without this rule and 1 more that fit the call would be let in; {alone}"]
    (named,) = said(API, "action: DENY, rules: [{from: [{source: {namespaces: [default]}}]}]")
    assert named.endswith('"cluster.local/ns/default/sa/api" under notPrincipals in each source of the rule')
    assert said(NOBODY, "action: DENY, rules: [{}]", goes_on=False) == ["without this rule it would still be refused, by the policies behind"]
    assert said(NOBODY, 'action: DENY, rules: [{from: [{source: {notPrincipals: ["*"]}}]}]') == [
        "without this rule the call would be let in; it fits for the call comes as nobody: by mutual TLS it would have an identity"
    ]


@pytest.mark.rule("AZ-8")
def test_requests_to_a_port_that_is_taken_as_bytes() -> None:
    spec = "rules: [{to: [{operation: {methods: [GET]}}]}]"
    none = "an ALLOW policy that holds here would need a rule for this call; none has any that could fit"
    bytes_only = msgspec.structs.replace(API, http=False)
    assert said(bytes_only, spec) == [f"{none}. The port is taken as bytes: rules about requests need a port that is declared to carry HTTP"]
    assert said(bytes_only, spec, call=msgspec.structs.replace(GET, protocol=Protocol.TCP)) == [none]


def test_other_filters_have_no_remedy() -> None:
    assert list(remedies(world(""), msgspec.Struct(), API, GET, goes_on=True)) == []
    assert isinstance(NOTHING_ALLOWED, Authorization)
