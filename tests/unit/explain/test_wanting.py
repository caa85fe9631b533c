"""What policies ask for is told in the words in which users write it."""

from __future__ import annotations

import pytest

from lateen.api.security import authorization_policy as api
from lateen.explain.conditions import Lack
from lateen.explain.evidence import Evidence
from lateen.explain.wanting import condition_keys, found, has, lacking, number, place, subject, unaskable, wanted
from lateen.ir.match import Claim, Header, Manner, Text
from lateen.ir.policy import Address, CalledPath, Clause, End, FilterWord, PathTemplate, Peer, PeerPart, Port, Rule, ServerName, Test, TokenPrincipal

A = Text(Manner.EXACT, "a")
KNOWN = Evidence(
    http=True, identity="td/ns/n/sa/s", peer="10.0.0.9", port=80, headers=((":method", "PUT"),), claims={"iss": "i", "sub": "s", "n": [1]}
)


@pytest.mark.parametrize(
    ("test", "field", "key", "value"),
    [
        (Peer(PeerPart.IDENTITY, A), "principals", "source.principal", "td/ns/n/sa/s"),
        (Peer(PeerPart.NAMESPACE, A), "namespaces", "source.namespace", "n"),
        (Peer(PeerPart.ACCOUNT, A), "serviceAccounts", "source.serviceAccount", "n/s"),
        (Peer(PeerPart.TRUST_DOMAIN, A), "trustDomains", "source.trustDomain", "td"),
        (Address(End.PEER, "10.0.0.0/8"), "ipBlocks", "source.ip", "10.0.0.9"),
        (Address(End.CLIENT, "10.0.0.0/8"), "remoteIpBlocks", "remote.ip", ""),
        (Address(End.WORKLOAD, "10.0.0.0/8"), "", "destination.ip", ""),
        (Port(80), "ports", "destination.port", "80"),
        (ServerName(A), "", "connection.sni", ""),
        (Header(":authority", A), "hosts", "request.headers[:authority]", ""),
        (Header(":method", A), "methods", "request.headers[:method]", "PUT"),
        (Header("x-a", A), "", "request.headers[x-a]", ""),
        (CalledPath(A), "paths", "", ""),
        (PathTemplate("/*"), "paths", "", ""),
        (TokenPrincipal(A), "requestPrincipals", "request.auth.principal", "i/s"),
        (Claim(("aud",), A), "", "request.auth.audiences", ""),
        (Claim(("a", "b"), A), "", "request.auth.claims[a][b]", ""),
        (Claim(("n",), A), "", "request.auth.claims[n]", "[1]"),
        (FilterWord("envoy.filters.x", "k", A), "", "experimental.envoy.filters.x[k]", ""),
    ],
)
def test_each_test_has_its_field_its_key_and_its_value(test: Test, field: str, key: str, value: str) -> None:
    assert (subject(test).field, subject(test).key, found(test, KNOWN)) == (field, key, value)


def test_only_some_of_many_values_are_told() -> None:
    assert wanted(Port(each) for each in range(1, 7)) == "1 or 2 or 3 or 4 or one of 2 more"
    assert wanted((Header("x"), PathTemplate("/*"))) == 'any or "/*"'


def test_what_a_call_has_ends_the_sentence() -> None:
    principal = Peer(PeerPart.IDENTITY, A)
    assert has(principal, KNOWN) == "this call comes as td/ns/n/sa/s"
    assert has(principal, Evidence(http=True)) == "this call comes without mutual TLS, so as nobody"
    assert has(Claim(("a",), A), Evidence(http=True)) == "this call has no valid token"
    assert has(Claim(("a",), A), KNOWN) == "this call has none"


def test_what_is_lacking_is_one_sentence() -> None:
    namespace = Peer(PeerPart.NAMESPACE, A)
    listed = Lack("from[0].source", Clause((namespace,)), (namespace,))
    excluded = Lack("from[0].source", Clause(none_of=(namespace,)), (namespace,), excluded=True)
    assert lacking(listed, KNOWN) == 'wants source namespace "a", this call comes as td/ns/n/sa/s'
    assert lacking(excluded, KNOWN) == 'is not for source namespace "a", this call comes as td/ns/n/sa/s'
    assert (place(listed, ()), place(excluded, ())) == ("from[0].source.namespaces", "from[0].source.notNamespaces")


def test_a_condition_is_found_by_its_key() -> None:
    header = Header("x-a", A)
    second = Lack("when", Clause((header,)), (header,), number=1)
    assert place(second, ("source.ip", "request.headers[X-A]")) == "when[1].values"
    assert place(second, ("source.ip", "source.ip", "request.headers[X-A]")) == "when[2].values"
    assert place(Lack("when", Clause(none_of=(header,)), (header,), excluded=True), ("request.headers[x-a]",)) == "when[0].notValues"


@pytest.mark.rule("AZ-8")
def test_what_only_requests_have() -> None:
    source = api.From(api.Source(request_principals=("*",), namespaces=("a",)))
    operation = api.To(api.Operation(hosts=("a",), methods=("GET",), not_paths=("/",), ports=("80",)))
    rule = api.Rule((source,), (operation,), (api.Condition("request.headers[a]", ("b",)), api.Condition("source.ip", ("10.0.0.0/8",))))
    assert unaskable(rule) == ("token", "host", "method", "path", "request.headers")
    assert unaskable(api.Rule()) == ()
    assert condition_keys(rule) == ("request.headers[a]", "source.ip")
    assert condition_keys(None) == ()


@pytest.mark.rule("AZ-11")
def test_a_rule_is_known_by_its_number() -> None:
    assert number(Rule("ns[a]-policy[b]-rule[12]")) == 12
