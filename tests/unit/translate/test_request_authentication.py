"""RequestAuthentication: which tokens a workload believes, and by which keys."""

from __future__ import annotations

import pytest

from lateen.ir.token import SPLIT_CLAIMS, USUAL_PLACES, Carrier, Issuer, Place, Tokens
from lateen.translate import keys
from lateen.translate.keys import with_fake_key
from lateen.translate.request_authentication import tokens
from lateen.values.ref import Ref
from tests.given.worlds import world

KEYS = '{"keys":[{"kty":"oct","k":"AAAA"}]}'


def authentication(name: str, spec: str, namespace: str = "default") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


def test_where_nobody_says_anything_no_token_is_looked_at() -> None:
    assert tokens(world(), "default", (), False) is None


@pytest.mark.rule("JW-1")
def test_all_that_a_rule_says() -> None:
    g = world(
        authentication(
            "a",
            f"""
  jwtRules:
  - issuer: me
    jwks: '{KEYS}'
    audiences: [x]
    fromHeaders: [{{name: X-Token, prefix: "JWT "}}]
    fromParams: [token]
    fromCookies: [session]
    outputPayloadToHeader: x-payload
    outputClaimToHeaders: [{{header: x-sub, claim: sub}}]
    forwardOriginalToken: true
    spaceDelimitedClaims: [teams]
""",
        )
    )
    places = (Place(Carrier.HEADER, "X-Token", "JWT "), Place(Carrier.PARAMETER, "token"), Place(Carrier.COOKIE, "session"))
    issuer = Issuer("me", with_fake_key(KEYS), ("x",), places, (*SPLIT_CLAIMS, "teams"), "x-payload", (("x-sub", "sub"),), True)
    assert tokens(g, "default", (), True) == Tokens((issuer,), True, (Ref("RequestAuthentication", "default", "a"),))


@pytest.mark.rule("JW-3")
def test_all_that_apply_are_combined() -> None:
    g = world(
        authentication("a", "{jwtRules: [{issuer: z}]}"),
        authentication("b", "{selector: {matchLabels: {app: web}}, jwtRules: [{issuer: y}]}"),
        authentication("c", "{selector: {matchLabels: {app: other}}, jwtRules: [{issuer: x}]}"),
        authentication("d", "{jwtRules: [{issuer: w}]}", "istio-system"),
        authentication("e", "{jwtRules: [{issuer: v}]}", "elsewhere"),
    )
    found = tokens(g, "default", (("app", "web"),), False)
    assert found is not None
    assert [issuer.name for issuer in found.issuers] == ["w", "y", "z"]
    assert all(issuer.places == USUAL_PLACES for issuer in found.issuers)


@pytest.mark.rule("JW-4")
def test_until_keys_are_fetched_only_the_fake_one_is_there() -> None:
    g = world(authentication("a", "{jwtRules: [{issuer: me, jwksUri: 'https://a.example/keys'}]}"))

    def present() -> str:
        found = tokens(g, "default", (), False)
        assert found is not None
        return found.issuers[0].keys

    assert present() == with_fake_key("")
    with g.batch() as batch:
        batch.set(keys.jwks.key("https://a.example/keys"), KEYS)
    assert present() == with_fake_key(KEYS)
