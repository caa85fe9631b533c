"""What became of tokens is told with the rule that decided."""

from __future__ import annotations

import msgspec
import pytest

from lateen.explain.call import Call, Token
from lateen.explain.step import Outcome
from lateen.explain.token_steps import token_steps
from lateen.explain.tokens import belief
from lateen.ir.view import ProxyKind, View
from lateen.translate import request_authentication
from tests.given.worlds import world

VIEW = View(ProxyKind.SIDECAR, "default")
KEYS = """jwks: '{"keys": [{"kty": "oct", "k": "MDEyMw"}]}'"""
RULES = f"""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: default}}
spec: {{jwtRules: [{{issuer: two, fromHeaders: [{{name: x-token}}]}}, {{issuer: one, audiences: [shop], {KEYS}}}]}}
"""
GOOD = {"iss": "one", "sub": "ann", "aud": "shop"}


def told(*tokens: Token, now: int = 0) -> list[tuple[str, str, str]]:
    g = world(RULES)
    believed = request_authentication.tokens(g, "default", (), False)
    assert believed is not None
    call = Call("web", 80, tokens=tokens, now=now)
    return [(step.outcome.value, step.path, step.said) for step in token_steps(g, VIEW, believed, belief(believed, call), call)]


def token(forged: bool = False, **claims: object) -> Token:
    return Token(msgspec.json.encode({**GOOD, **claims}).decode(), forged=forged)


def test_no_token_is_told_with_where_it_was_looked_for() -> None:
    said = "no token at header Authorization, query parameter access_token, header x-token: the request goes on as nobody's"
    assert told() == [("passed", "", said)]


def test_a_token_that_is_described_is_believed_upon_the_supposition_that_it_is_signed() -> None:
    assert told(token(exp=7)) == [
        ("noted", "spec.jwtRules[1]", "the token's signature is not looked at here: supposed is that it is right"),
        ("noted", "spec.jwtRules[1]", "nobody says when the call is made: supposed is that the token has not expired"),
        ("taken", "spec.jwtRules[1]", "the token of one about ann is believed"),
    ]


@pytest.mark.rule("JW-2")
@pytest.mark.parametrize(
    ("made", "said"),
    [
        (token(aud="other"), 'refused with 403, for it is meant for other audiences: it is for "other", and the rule wants "shop"'),
        (token(iss="x"), 'refused with 401, for nobody here believes its issuer: it is of "x", and the rules here are about "one" and "two"'),
        (token(exp=7), "refused with 401, for it has expired: it held until 7, and the call is made at 1000"),
        (token(nbf=2000), "refused with 401, for it is not valid yet: it holds from 2000 on, and the call is made at 1000"),
        (token(forged=True), "refused with 401, for its signature is not that of any key of its issuer"),
        (Token("no JSON"), "refused with 401, for it is not in the form of a JSON Web Token"),
    ],
)
def test_what_is_wrong_is_told_with_what_was_expected(made: Token, said: str) -> None:
    assert told(made, now=1000) == [(Outcome.REFUSED.value, "spec.jwtRules[1]", f"the token at header Authorization is {said}")]
