"""Rules fit or lack something; several alternatives are as near as the nearest of them."""

from __future__ import annotations

import pytest

from lateen.explain.conditions import Lack, fit, holds, token_parts
from lateen.explain.evidence import Evidence
from lateen.ir.match import Claim, Header, Manner, Text
from lateen.ir.policy import (
    SOMETHING,
    Address,
    CalledPath,
    Clause,
    End,
    FilterWord,
    PathTemplate,
    Peer,
    PeerPart,
    Port,
    Rule,
    ServerName,
    Test,
    TokenPrincipal,
)

FRIEND = Evidence(
    http=True,
    identity="cluster.local/ns/default/sa/friend",
    peer="10.0.0.9",
    client="1.2.3.4",
    address="10.0.0.1",
    port=8080,
    server_name="web",
    path="/a/b",
    headers=((":method", "GET"), ("x-user", "ann")),
    claims={"iss": "https://one", "sub": "ann", "groups": ["user"]},
)
NOBODY = Evidence(http=True)


def exactly(value: str) -> Text:
    return Text(Manner.EXACT, value)


@pytest.mark.rule("AZ-6")
@pytest.mark.rule("AZ-7")
@pytest.mark.parametrize(
    "test",
    [
        Peer(PeerPart.IDENTITY, exactly("cluster.local/ns/default/sa/friend")),
        Peer(PeerPart.IDENTITY, Text(Manner.PREFIX, "cluster.local/ns/default/")),
        Peer(PeerPart.IDENTITY, Text(Manner.SUFFIX, "/sa/friend")),
        Peer(PeerPart.IDENTITY, SOMETHING),
        Peer(PeerPart.TRUST_DOMAIN, exactly("cluster.local")),
        Peer(PeerPart.NAMESPACE, Text(Manner.PREFIX, "def")),
        Peer(PeerPart.ACCOUNT, exactly("default/friend")),
        Address(End.PEER, "10.0.0.0/8"),
        Address(End.CLIENT, "1.2.3.4/32"),
        Address(End.WORKLOAD, "10.0.0.1/32"),
        Port(8080),
        ServerName(exactly("web")),
        Header("x-user", exactly("ann")),
        CalledPath(Text(Manner.PREFIX, "/a")),
        PathTemplate("/*/b"),
        Claim(("groups",), exactly("user")),
        TokenPrincipal(exactly("https://one/ann")),
        TokenPrincipal(SOMETHING),
    ],
)
def test_what_holds_for_a_friend_holds_for_nobody_else(test: Test) -> None:
    assert holds(test, FRIEND) is True
    assert holds(test, NOBODY) is False


def test_an_identity_of_another_form_has_no_namespace() -> None:
    other = Evidence(http=True, identity="elsewhere.example/vm/7")
    assert holds(Peer(PeerPart.IDENTITY, SOMETHING), other) is True
    assert holds(Peer(PeerPart.TRUST_DOMAIN, exactly("elsewhere.example")), other) is True
    assert holds(Peer(PeerPart.NAMESPACE, SOMETHING), other) is False


def test_what_other_filters_find_out_cannot_be_known() -> None:
    word = FilterWord("envoy.filters.network.mysql_proxy", "a.b", exactly("select"))
    allow = Rule("ns[a]-policy[b]-rule[0]", conditions=(Clause((word,)), Clause((Port(8080),))))
    assert fit(allow, FRIEND).holds is None
    assert fit(allow, NOBODY).holds is False
    either = Rule("ns[a]-policy[b]-rule[0]", conditions=(Clause((word, Port(8080))),))
    assert fit(either, FRIEND).holds is True


@pytest.mark.rule("AZ-4")
def test_of_several_sources_the_nearest_is_told() -> None:
    far = (Clause((Peer(PeerPart.NAMESPACE, exactly("x")),)), Clause((Address(End.PEER, "10.9.0.0/16"),)))
    near = (Clause((Peer(PeerPart.NAMESPACE, exactly("default")),)), Clause((Address(End.PEER, "10.9.0.0/16"),)))
    found = fit(Rule("ns[a]-policy[b]-rule[0]", callers=(far, near), calls=((Clause((Port(8080),)),),)), FRIEND)
    assert (found.holds, found.asked) == (False, 3)
    assert found.lacks == (Lack("from[1].source", near[1], near[1].any_of, number=1),)


@pytest.mark.rule("AZ-4")
def test_what_is_listed_must_hold_and_what_is_excluded_must_not() -> None:
    clause = Clause((Peer(PeerPart.NAMESPACE, exactly("default")),), (Peer(PeerPart.NAMESPACE, SOMETHING),))
    found = fit(Rule("ns[a]-policy[b]-rule[0]", callers=((clause,),)), FRIEND)
    assert found.lacks == (Lack("from[0].source", clause, clause.none_of, excluded=True),)
    assert fit(Rule("ns[a]-policy[b]-rule[0]", callers=((Clause(none_of=clause.none_of),),)), NOBODY).holds is True


def test_a_rule_that_asks_for_nothing_fits_all() -> None:
    assert fit(Rule("ns[a]-policy[b]-rule[0]"), NOBODY).holds is True


def test_a_token_has_an_issuer_and_a_subject_or_nothing() -> None:
    assert token_parts(FRIEND) == ("https://one", "ann")
    assert token_parts(Evidence(http=True, claims={"iss": 1})) == ("", "")
