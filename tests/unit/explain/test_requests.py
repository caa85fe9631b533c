"""A request before a route table: which virtual host, which conditions, what becomes of it."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Wire
from lateen.explain.requests import asked_for, changed, conditions, misfit, redirected, rewritten, without_port
from lateen.ir.match import EVERY_PATH, EVERYTHING, Claim, Header, Manner, Match, Parameter, Path, PathManner, Text
from lateen.ir.routes import HeaderChanges, Redirect, Replacement, VirtualHost


def host(name: str, *domains: str) -> VirtualHost:
    return VirtualHost(name, domains, ())


HOSTS = (host("exact", "a.example"), host("near", "*.a.example"), host("far", "*.example"), host("any", "*"))


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("a.example", "exact"),
        ("A.Example:8080", "exact"),
        ("b.a.example", "near"),
        ("c.b.a.example", "near"),
        ("b.example", "far"),
        ("example", "any"),
    ],
)
def test_the_most_specific_domain_has_the_request_whatever_its_port_and_letters(authority: str, expected: str) -> None:
    found = asked_for(HOSTS, authority, by_port=False)
    assert found is not None
    assert found[0].name == expected


def test_at_the_http_proxy_the_port_counts() -> None:
    hosts = (host("80", "a.example", "a.example:80"), host("90", "a.example:90"))
    found = [asked_for(hosts, authority, by_port=True) for authority in ("a.example", "a.example:90", "a.example:91")]
    assert [each[0].name if each else None for each in found] == ["80", "90", None]


def test_addresses_of_version_6_keep_their_brackets() -> None:
    assert [without_port(each) for each in ("a:80", "[fd00::1]:80", "[fd00::1]", "a")] == ["a", "[fd00::1]", "[fd00::1]", "a"]


CALL = Call("a", 80, method="POST", path="/v1/x?debug=1", headers=(("x-user", "ann"),))


@pytest.mark.parametrize(
    ("match", "why"),
    [
        (EVERYTHING, ""),
        (Match(Path(PathManner.PREFIX, "/v1")), ""),
        (Match(Path(PathManner.EXACT, "/v1")), 'wants a path that is "/v1", this is /v1/x'),
        (Match(Path(PathManner.REGEX, "/v[0-9]")), 'wants a path that fits the pattern "/v[0-9]", this is /v1/x'),
        (Match(Path(PathManner.SEGMENTS, "/v")), 'wants a path that is "/v" or lies under it, this is /v1/x'),
        (Match(headers=(Header(":method", Text(Manner.EXACT, "GET")),)), 'wants method to be "GET", this is "POST"'),
        (Match(headers=(Header("x-team", Text(Manner.EXACT, "a")),)), 'wants header x-team to be "a", which is missing'),
        (Match(headers=(Header("x-user", None, inverted=True),)), "wants no header x-user, which is there"),
        (Match(parameters=(Parameter("debug", Text(Manner.EXACT, "2")),)), 'wants query parameter debug to be "2", this is "1"'),
        (Match(claims=(Claim(("group",), Text(Manner.EXACT, "admin")),)), "wants claim group, and no token has been believed"),
        (Match(tunnel=True), "it is for CONNECT only"),
    ],
)
def test_the_first_condition_that_fails_is_told(match: Match, why: str) -> None:
    assert misfit(match, CALL) == why


def test_claims_of_a_believed_token_count() -> None:
    admin = Match(claims=(Claim(("group",), Text(Manner.EXACT, "admin")),))
    assert misfit(admin, CALL, {"group": "admin"}) == ""
    assert misfit(admin, CALL, {"group": "other"}) == 'wants that claim group is "admin", and the token\'s is otherwise'


def test_conditions_are_told_in_words() -> None:
    match = Match(Path(PathManner.PREFIX, "/a"), (Header("x", Text(Manner.EXACT, "1")), Header("y", inverted=True)), (Parameter("q"),))
    assert conditions(match) == 'the path begins with "/a" and header x is "1" and header y is not there and query parameter q is there'
    assert conditions(EVERYTHING) == "any request"


@pytest.mark.rule("VS-46")
@pytest.mark.parametrize(
    ("by", "match", "expected"),
    [
        (None, EVERY_PATH, "/v1/x?q"),
        (Replacement(prefix="/v2"), Path(PathManner.PREFIX, "/v1"), "/v2/x?q"),
        (Replacement(prefix="/"), EVERY_PATH, "/v1/x?q"),
        (Replacement(prefix="/all"), Path(PathManner.EXACT, "/v1/x"), "/all?q"),
        (Replacement(pattern="^/v([0-9])", substitution="/\\1"), EVERY_PATH, "/1/x?q"),
    ],
)
def test_a_path_is_rewritten_and_its_query_stays(by: Replacement | None, match: Path, expected: str) -> None:
    assert rewritten("/v1/x?q", by, match) == expected


def test_headers_are_taken_away_before_any_is_put() -> None:
    changes = HeaderChanges(put=(("X-User", "bob"),), append=(("x-more", "1"),), remove=("x-user",))
    assert changed(CALL, changes).headers == (("x-user", "bob"), ("x-more", "1"))


@pytest.mark.rule("VS-45")
@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (Redirect(path="/else"), "http://a:8080/else?q"),
        (Redirect(authority="b"), "http://b/v1?q"),
        (Redirect(scheme="https"), "https://a:8080/v1?q"),
        (Redirect(port=90), "http://a:90/v1?q"),
        (Redirect(rewrite=Replacement(prefix="/v2")), "http://a:8080/v2?q"),
    ],
)
def test_a_redirect_keeps_what_it_does_not_name(to: Redirect, expected: str) -> None:
    assert redirected(to, Call("a", 8080, path="/v1?q"), Path(PathManner.PREFIX, "/v1")) == expected


def test_a_redirect_to_https_leaves_the_port_of_http_behind() -> None:
    assert redirected(Redirect(scheme="https"), Call("a", 80, authority="a:80"), EVERY_PATH) == "https://a/"
    assert redirected(Redirect(), Call("a", 443, wire=Wire.TLS), EVERY_PATH) == "https://a/"
