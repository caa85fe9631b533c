"""One rule of an AuthorizationPolicy: which tests its fields and keys stand for."""

from __future__ import annotations

import pytest

from lateen.api.security.authorization_policy import Condition, From, Operation, Source, To
from lateen.api.security.authorization_policy import Rule as Written
from lateen.ir.match import Claim, Header, Manner, Text
from lateen.ir.policy import (
    SOMETHING,
    Address,
    CalledPath,
    Clause,
    Clauses,
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
from lateen.translate.authorization_rules import Setting, rule, text
from lateen.values.ref import Ref

HTTP = Setting("foo", ("cluster.local",), http=True, lenient=False)
BYTES_ALLOWED = Setting("foo", ("cluster.local",), http=False, lenient=False)
BYTES_DENIED = Setting("foo", ("cluster.local",), http=False, lenient=True)
REF = Ref("AuthorizationPolicy", "foo", "p")


def found(written: Written, setting: Setting = HTTP) -> Rule | None:
    return rule(setting, written, "name", REF)


def caller(setting: Setting = HTTP, **fields: tuple[str, ...]) -> Clauses:
    made = found(Written(from_=(From(source=Source(**fields)),)), setting)
    assert made is not None
    return made.callers[0]


def call(**fields: tuple[str, ...]) -> Clauses:
    made = found(Written(to=(To(operation=Operation(**fields)),)))
    assert made is not None
    return made.calls[0]


def exact(value: str) -> Text:
    return Text(Manner.EXACT, value)


@pytest.mark.rule("AZ-5")
def test_values_are_exact_prefix_suffix_or_anything() -> None:
    assert text("abc") == exact("abc")
    assert text("abc*") == Text(Manner.PREFIX, "abc")
    assert text("*abc") == Text(Manner.SUFFIX, "abc")
    assert text("*") == SOMETHING


@pytest.mark.rule("AZ-4")
def test_fields_are_anded_and_values_ored() -> None:
    assert caller(namespaces=("a", "b"), not_namespaces=("c",), ip_blocks=("10.0.0.1",)) == (
        Clause((Peer(PeerPart.NAMESPACE, exact("a")), Peer(PeerPart.NAMESPACE, exact("b"))), (Peer(PeerPart.NAMESPACE, exact("c")),)),
        Clause((Address(End.PEER, "10.0.0.1/32"),)),
    )


@pytest.mark.rule("AZ-4")
def test_an_empty_rule_asks_for_nothing() -> None:
    assert found(Written()) == Rule("name", origin=REF)


@pytest.mark.rule("AZ-4")
def test_of_several_callers_one_of_whom_nothing_is_asked_fits_all() -> None:
    made = found(Written(from_=(From(source=Source(namespaces=("a",))), From(source=Source()))))
    assert made is not None
    assert made.callers == ()


@pytest.mark.rule("AZ-6")
def test_service_accounts_are_those_of_the_policys_namespace_unless_they_say() -> None:
    accounts = (Peer(PeerPart.ACCOUNT, exact("foo/a")), Peer(PeerPart.ACCOUNT, exact("bar/b")))
    assert caller(service_accounts=("a", "bar/b")) == (Clause(accounts),)


@pytest.mark.rule("AZ-13")
def test_principals_of_the_own_trust_domain_are_those_of_its_aliases_too() -> None:
    moved = Setting("foo", ("new", "old"), http=True, lenient=False)
    both = (Peer(PeerPart.IDENTITY, exact("new/ns/a/sa/b")), Peer(PeerPart.IDENTITY, exact("old/ns/a/sa/b")))
    assert caller(moved, principals=("cluster.local/ns/a/sa/b",)) == (Clause(both),)
    assert caller(moved, not_principals=("old/ns/a/sa/b",)) == (Clause((), both),)


@pytest.mark.rule("AZ-5")
def test_what_is_called() -> None:
    assert call(hosts=("A.example",), methods=("GET",), paths=("/a*", "/b/{*}/{**}"), ports=("80",), not_paths=("*",)) == (
        Clause((Header(":authority", Text(Manner.EXACT, "A.example", ignore_case=True)),)),
        Clause((Port(80),)),
        Clause((Header(":method", exact("GET")),)),
        Clause((CalledPath(Text(Manner.PREFIX, "/a")), PathTemplate("/b/*/**")), (CalledPath(SOMETHING),)),
    )


@pytest.mark.rule("AZ-7")
@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("request.headers[X-Foo]", "a", Header("x-foo", exact("a"))),
        ("request.headers[x-foo]", "*", Header("x-foo")),
        ("source.ip", "10.0.0.0/8", Address(End.PEER, "10.0.0.0/8")),
        ("remote.ip", "::1", Address(End.CLIENT, "::1/128")),
        ("source.namespace", "a", Peer(PeerPart.NAMESPACE, exact("a"))),
        ("source.principal", "x/ns/a/sa/b", Peer(PeerPart.IDENTITY, exact("x/ns/a/sa/b"))),
        ("source.serviceAccount", "b", Peer(PeerPart.ACCOUNT, exact("foo/b"))),
        ("source.trustDomain", "x", Peer(PeerPart.TRUST_DOMAIN, exact("x"))),
        ("request.auth.principal", "i/s", TokenPrincipal(exact("i/s"))),
        ("request.auth.audiences", "a", Claim(("aud",), exact("a"))),
        ("request.auth.presenter", "a", Claim(("azp",), exact("a"))),
        ("request.auth.claims[a][b.c]", "d*", Claim(("a", "b.c"), Text(Manner.PREFIX, "d"))),
        ("destination.ip", "10.0.0.1", Address(End.WORKLOAD, "10.0.0.1/32")),
        ("destination.port", "80", Port(80)),
        ("connection.sni", "*.x", ServerName(Text(Manner.SUFFIX, ".x"))),
        (
            "experimental.envoy.filters.network.mysql_proxy[db.t]",
            "[x]",
            FilterWord("envoy.filters.network.mysql_proxy", "db.t", exact("x"), True),
        ),
    ],
)
def test_conditions(key: str, value: str, expected: Test) -> None:
    made = found(Written(when=(Condition(key=key, values=(value,)), Condition(key=key, not_values=(value,)))))
    assert made is not None
    assert made.conditions == (Clause((expected,)), Clause((), (expected,)))


@pytest.mark.rule("AZ-8")
@pytest.mark.parametrize(
    "written",
    [
        Written(to=(To(operation=Operation(not_paths=("/a",))),)),
        Written(to=(To(operation=Operation(hosts=("a",))),)),
        Written(from_=(From(source=Source(request_principals=("*",))),)),
        Written(when=(Condition(key="request.headers[a]", values=("b",)),)),
        Written(when=(Condition(key="request.auth.claims[a]", not_values=("b",)),)),
        Written(when=(Condition(key="request.auth.principal", values=("b",)),)),
    ],
)
def test_what_only_http_has_drops_what_allows_and_widens_what_denies(written: Written) -> None:
    assert found(written, BYTES_ALLOWED) is None
    assert found(written, BYTES_DENIED) == Rule("name", origin=REF)


@pytest.mark.parametrize("key", ["request.headers[]", "request.headers", "request.auth.claims[a][]", "unknown", "unknown[a]"])
def test_keys_that_nobody_knows_are_not_asked(key: str) -> None:
    assert found(Written(when=(Condition(key=key, values=("a",)),))) is None


@pytest.mark.parametrize("fields", [{"ports": ("http",)}, {"ports": ("0",)}, {"paths": ("/a/{*}x",)}])
def test_what_cannot_be_understood_is_treated_alike(fields: dict[str, tuple[str, ...]]) -> None:
    written = Written(to=(To(operation=Operation(**fields)),))
    assert found(written) is None
    assert found(written, Setting("foo", (), http=True, lenient=True)) == Rule("name", origin=REF)
