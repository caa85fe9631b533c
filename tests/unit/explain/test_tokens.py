"""Tokens are found and believed as the proxy's filter does it: any issuer that finds nothing but valid ones is enough (JW-2)."""

from __future__ import annotations

import msgspec
import pytest

from lateen.explain.call import Call, Token
from lateen.explain.tokens import Belief, Fault, after, belief
from lateen.identity.signed_token import sign
from lateen.ir.token import Carrier, Issuer, Place, Tokens
from lateen.translate.keys import with_fake_key

SECRET = b"0123456789abcdef0123456789abcdef"
KEYS = with_fake_key('{"keys": [{"kty": "oct", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}')
X_TOKEN = Place(Carrier.HEADER, "X-Token")
ONE = Issuer("one", KEYS)
TWO = Issuer("two", KEYS, places=(X_TOKEN,))
NOW = 1_000_000

pytestmark = pytest.mark.rule("JW-2")


def token(place: Place | None = None, forged: bool = False, **claims: object) -> Token:
    text = msgspec.json.encode({"iss": "one", "sub": "ann", **claims}).decode()
    return Token(text, forged=forged) if place is None else Token(text, place, forged)


def asked(
    *issuers: Issuer, tokens: tuple[Token, ...] = (), headers: tuple[tuple[str, str], ...] = (), path: str = "/", method: str = "GET"
) -> Belief:
    return belief(Tokens(issuers), Call("web", 80, tokens=tokens, headers=headers, path=path, method=method, now=NOW))


def fault(*issuers: Issuer, tokens: tuple[Token, ...] = (), headers: tuple[tuple[str, str], ...] = ()) -> tuple[int, Fault | None]:
    found = asked(*issuers, tokens=tokens, headers=headers)
    return found.status, found.decided.fault if found.decided else None


def test_a_request_without_token_goes_on_as_nobodys() -> None:
    assert asked(ONE) == Belief()
    assert asked(ONE, headers=(("authorization", "Basic abc"),)) == Belief()


def test_a_valid_token_is_believed_and_taken_away() -> None:
    found = asked(ONE, tokens=(token(groups="a b", scope="a b"),))
    assert (found.status, found.claims, found.removed) == (
        0,
        {"iss": "one", "sub": "ann", "groups": "a b", "scope": ["a", "b"]},
        ("authorization",),
    )


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (token(iss="nobody"), (401, Fault.ISSUER)),
        (token(exp=NOW - 61), (401, Fault.EXPIRED)),
        (token(exp=NOW - 59), (0, None)),
        (token(nbf=NOW + 61), (401, Fault.EARLY)),
        (token(nbf=NOW + 59), (0, None)),
        (token(forged=True), (401, Fault.SIGNATURE)),
        (Token("[]"), (401, Fault.MALFORMED)),
    ],
)
def test_what_is_wrong_with_a_token(made: Token, expected: tuple[int, Fault | None]) -> None:
    assert fault(ONE, tokens=(made,)) == expected


@pytest.mark.parametrize(
    ("audience", "status"),
    [("shop", 0), ("https://shop/", 0), (["other", "shop"], 0), ("other", 403), (None, 403)],
)
def test_scheme_and_last_slash_of_an_audience_do_not_count(audience: object, status: int) -> None:
    assert asked(Issuer("one", KEYS, ("http://shop",)), tokens=(token(aud=audience),)).status == status


def test_one_issuer_that_finds_only_valid_tokens_is_enough() -> None:
    bad, good = token(exp=1), token(X_TOKEN, iss="two")
    assert asked(ONE, TWO, tokens=(bad, good)).status == 0
    assert fault(ONE, TWO, tokens=(bad,)) == (401, Fault.EXPIRED)
    both = Issuer("one", KEYS, places=(*ONE.places, X_TOKEN))
    assert fault(both, tokens=(token(), token(X_TOKEN, exp=1))) == (401, Fault.EXPIRED)


def test_an_unknown_issuer_is_told_only_where_nothing_else_is_wrong() -> None:
    assert fault(ONE, TWO, tokens=(token(iss="x"), token(X_TOKEN, iss="two", exp=1))) == (401, Fault.EXPIRED)
    assert fault(ONE, TWO, tokens=(token(iss="x"), token(X_TOKEN, iss="y"))) == (401, Fault.ISSUER)


@pytest.mark.rule("JW-4")
def test_without_keys_no_token_passes() -> None:
    assert fault(Issuer("one", with_fake_key("")), tokens=(token(),)) == (401, Fault.KEYS)


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer {}", 0), ("Basic x, Bearer {}", 0), ("Bearer    {}", 0), ("bearer {}", 0), ("{}", 0), ("Bearer {}x", 401), ("Bearer x", 401)],
)
def test_a_token_stands_behind_its_prefix(header: str, status: int) -> None:
    """What has not the prefix is no token."""
    written = header.format(sign(SECRET, b'{"iss":"one"}'))
    found = asked(ONE, headers=(("authorization", written),))
    assert found.status == status
    assert (found.claims is not None) == ("Bearer" in header and not status)


def test_tokens_stand_in_parameters_and_cookies_too() -> None:
    written = sign(SECRET, b'{"iss":"one"}')
    places = Issuer("one", KEYS, places=(Place(Carrier.PARAMETER, "token"), Place(Carrier.COOKIE, "session")))
    assert asked(places, path=f"/?token={written}&token=x").claims == {"iss": "one"}
    assert asked(places, headers=(("cookie", f"a=b; session={written}"),)).claims == {"iss": "one"}
    assert asked(places, headers=(("authorization", f"Bearer {written}"),)).claims is None


@pytest.mark.rule("JW-3")
def test_a_preflight_is_not_asked_for_a_token() -> None:
    headers = (("authorization", "Bearer x"), ("origin", "a"), ("access-control-request-method", "PUT"))
    assert asked(ONE, headers=headers, method="OPTIONS").status == 0
    assert asked(ONE, headers=headers, method="GET").status == 401


@pytest.mark.rule("JW-5")
def test_headers_of_claims_are_the_proxys_own() -> None:
    issuer = Issuer("one", KEYS, payload_header="X-Payload", claim_headers=(("X-Sub", "sub"), ("X-A", "a.b"), ("X-Gone", "c")), forwarded=True)
    found = asked(issuer, tokens=(token(a={"b": True}),))
    assert found.removed == ("x-sub", "x-a", "x-gone", "x-payload")
    assert found.added == (("x-sub", "ann"), ("x-a", "true"))
    assert asked(issuer).removed == ("x-sub", "x-a", "x-gone", "x-payload")


@pytest.mark.rule("JW-5")
def test_a_believed_token_does_not_go_on_but_in_a_cookie() -> None:
    written = sign(SECRET, b'{"iss":"one","sub":"ann"}')
    parameter, cookie = Place(Carrier.PARAMETER, "token"), Place(Carrier.COOKIE, "session")
    issuer = Issuer("one", KEYS, places=(X_TOKEN, parameter, cookie), claim_headers=(("x-sub", "sub"),))
    headers = (("x-token", written), ("cookie", f"session={written}"), ("x-sub", "root"), ("x-a", "1"))
    call = Call("web", 80, headers=headers, path=f"/a?x=1&token={written}", tokens=(token(parameter), token(cookie)))
    gone = after(call, belief(Tokens((issuer,)), call))
    assert (gone.path, gone.headers) == ("/a?x=1", (("cookie", f"session={written}"), ("x-a", "1"), ("x-sub", "ann")))
    assert gone.tokens == (token(cookie),)
    alone = Call("web", 80, path=f"/a?token={written}")
    assert after(alone, belief(Tokens((issuer,)), alone)).path == "/a"
    kept = msgspec.structs.replace(issuer, forwarded=True)
    assert after(alone, belief(Tokens((kept,)), alone)).path == alone.path
