"""Authorization as RBAC: how rules fall apart into permissions and principals, and how callers are known."""

from __future__ import annotations

import pytest
from envoy.config.rbac.v3.rbac_pb2 import RBAC, Policy
from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC as HttpRbac
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC as NetworkRbac
from google.protobuf.json_format import MessageToDict

from lateen.ir.match import Header, Manner, Text
from lateen.ir.policy import (
    NOTHING_ALLOWED,
    SOMETHING,
    Action,
    Address,
    Authorization,
    Clause,
    End,
    Peer,
    PeerPart,
    Port,
    Rule,
    Test,
    TokenPrincipal,
)
from lateen.render.rbac import of_connections, of_requests, rules


def policy(rule: Rule) -> dict[str, object]:
    found: Policy = rules(Action.ALLOW, (rule,)).policies[rule.name]
    return MessageToDict(found, preserving_proto_field_name=True)


def principal(test: Test) -> dict[str, object]:
    found = policy(Rule("r", callers=((Clause((test,)),),)))["principals"]
    assert isinstance(found, list)
    return dict(found[0])


def identity(part: PeerPart, text: Text) -> dict[str, object]:
    found = principal(Peer(part, text))["authenticated"]
    assert isinstance(found, dict)
    return dict(found["principal_name"])


def issuer_and_subject(text: Text) -> list[tuple[object, object]]:
    """The pairs of tests, each as the matcher of a text."""
    found = principal(TokenPrincipal(text))
    either = found["or_ids"]["ids"] if "or_ids" in found else [found]  # type: ignore[index]
    pairs = []
    for each in either:
        both = [one["sourced_metadata"]["metadata_matcher"] for one in each["and_ids"]["ids"]]
        assert [one["path"][1]["key"] for one in both] == ["iss", "sub"]
        issuer, subject = (one["value"]["or_match"]["value_matchers"][0]["string_match"] for one in both)
        pairs.append((issuer, subject))
    return pairs


def test_a_rule_that_asks_for_nothing_matches_everything() -> None:
    assert policy(Rule("r")) == {"permissions": [{"any": True}], "principals": [{"any": True}]}


@pytest.mark.rule("AZ-4")
def test_callers_are_ored_and_what_each_is_asked_is_anded() -> None:
    one, two = Address(End.PEER, "10.0.0.0/8"), Address(End.CLIENT, "10.1.0.0/16")
    first = {"direct_remote_ip": {"address_prefix": "10.0.0.0", "prefix_len": 8}}
    second = {"remote_ip": {"address_prefix": "10.1.0.0", "prefix_len": 16}}
    found = policy(Rule("r", callers=((Clause((one, two)),), (Clause((one,), (two,)),))))
    assert found["principals"] == [{"or_ids": {"ids": [{"or_ids": {"ids": [first, second]}}, {"and_ids": {"ids": [first, {"not_id": second}]}}]}}]


def test_conditions_go_where_they_are_asked() -> None:
    found = policy(Rule("r", conditions=(Clause((Port(80),)), Clause((), (Header("x-a"),)), Clause((Address(End.WORKLOAD, "10.0.0.1/32"),)))))
    assert found == {
        "permissions": [{"and_rules": {"rules": [{"destination_port": 80}, {"destination_ip": {"address_prefix": "10.0.0.1", "prefix_len": 32}}]}}],
        "principals": [{"not_id": {"header": {"name": "x-a", "present_match": True}}}],
    }


@pytest.mark.rule("AZ-6")
@pytest.mark.parametrize(
    ("part", "text", "expected"),
    [
        (PeerPart.IDENTITY, Text(Manner.EXACT, "td/ns/a/sa/b"), {"exact": "spiffe://td/ns/a/sa/b"}),
        (PeerPart.IDENTITY, Text(Manner.PREFIX, "td/ns/"), {"prefix": "spiffe://td/ns/"}),
        (PeerPart.IDENTITY, Text(Manner.SUFFIX, "/sa/b"), {"suffix": "/sa/b"}),
        (PeerPart.IDENTITY, SOMETHING, {"safe_regex": {"regex": ".+"}}),
        (PeerPart.NAMESPACE, Text(Manner.EXACT, "a.b"), {"safe_regex": {"regex": r"spiffe://[^/]+/ns/a\.b/sa/.+"}}),
        (PeerPart.NAMESPACE, Text(Manner.PREFIX, "a"), {"safe_regex": {"regex": "spiffe://[^/]+/ns/a[^/]*/sa/.+"}}),
        (PeerPart.NAMESPACE, Text(Manner.SUFFIX, "a"), {"safe_regex": {"regex": "spiffe://[^/]+/ns/[^/]*a/sa/.+"}}),
        (PeerPart.NAMESPACE, SOMETHING, {"safe_regex": {"regex": "spiffe://[^/]+/ns/[^/]+/sa/.+"}}),
        (PeerPart.TRUST_DOMAIN, Text(Manner.EXACT, "td"), {"safe_regex": {"regex": "spiffe://td/.+"}}),
        (PeerPart.ACCOUNT, Text(Manner.EXACT, "a/b"), {"safe_regex": {"regex": "spiffe://[^/]+/ns/a/sa/b"}}),
    ],
)
def test_who_a_caller_is_stands_in_its_certificate(part: PeerPart, text: Text, expected: dict[str, object]) -> None:
    assert identity(part, text) == expected


@pytest.mark.rule("AZ-6")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (Text(Manner.EXACT, "me/ann"), [({"exact": "me"}, {"exact": "ann"})]),
        (
            Text(Manner.EXACT, "https://a/b"),
            [
                ({"exact": "https:"}, {"exact": "/a/b"}),
                ({"exact": "https:/"}, {"exact": "a/b"}),
                ({"exact": "https://a"}, {"exact": "b"}),
            ],
        ),
        (Text(Manner.PREFIX, "me"), [({"prefix": "me"}, {"safe_regex": {"regex": ".+"}})]),
        (
            Text(Manner.PREFIX, "me/"),
            [({"prefix": "me/"}, {"safe_regex": {"regex": ".+"}}), ({"exact": "me"}, {"safe_regex": {"regex": ".+"}})],
        ),
        (
            Text(Manner.SUFFIX, "/ann"),
            [({"safe_regex": {"regex": ".+"}}, {"suffix": "/ann"}), ({"safe_regex": {"regex": ".+"}}, {"exact": "ann"})],
        ),
        (SOMETHING, [({"safe_regex": {"regex": ".+"}}, {"safe_regex": {"regex": ".+"}})]),
    ],
)
def test_a_tokens_principal_is_its_issuer_and_its_subject(text: Text, expected: list[tuple[object, object]]) -> None:
    assert issuer_and_subject(text) == expected


@pytest.mark.parametrize("value", ["", "me", "me/", "/ann"])
def test_a_text_that_is_no_issuer_and_subject_is_nobodys(value: str) -> None:
    assert principal(TokenPrincipal(Text(Manner.EXACT, value))) == {"not_id": {"any": True}}


@pytest.mark.rule("AZ-9")
def test_what_is_only_tried_is_not_enforced() -> None:
    (found,) = of_requests(Authorization(Action.DENY, None, (Rule("r"),)))
    rbac = HttpRbac.FromString(found.typed_config.value)
    assert not rbac.HasField("rules")
    assert rbac.shadow_rules.action == RBAC.DENY
    assert rbac.shadow_rules_stat_prefix == "istio_dry_run_deny_"


@pytest.mark.rule("AZ-2")
def test_allowing_nothing_is_not_the_same_as_enforcing_nothing() -> None:
    (request,), (connection,) = of_requests(NOTHING_ALLOWED), of_connections(NOTHING_ALLOWED)
    assert HttpRbac.FromString(request.typed_config.value).HasField("rules")
    assert NetworkRbac.FromString(connection.typed_config.value).HasField("rules")
