"""Keys of tokens: where they are fetched, and that a set without any that is valid lets no token pass."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lateen.api.security.request_authentication import JWTRule
from lateen.flow import Graph
from lateen.translate.keys import FAKE_KEY, Wanted, keys, uri, wanted, with_fake_key
from tests.given.worlds import world

SECOND = 10**9


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "="), "big")


@pytest.mark.rule("JW-4")
def test_nobody_can_know_the_private_half_of_the_fake_key() -> None:
    x, y = number(FAKE_KEY["x"]), number(FAKE_KEY["y"])
    assert x.to_bytes(32, "big") == hashlib.sha256(b"lateen: the key of nobody 0").digest()
    ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


@pytest.mark.rule("JW-4")
@pytest.mark.parametrize("text", ["", "no keys here", "[]", "{}", '{"keys": 1}', '{"keys": [1]}', '{"keys": []}'])
def test_what_is_no_key_set_holds_the_fake_key_alone(text: str) -> None:
    assert json.loads(with_fake_key(text)) == {"keys": [FAKE_KEY]}


def test_keys_stay_before_the_fake_one() -> None:
    assert json.loads(with_fake_key('{"keys": [{"kty": "x"}], "more": 1}')) == {"keys": [{"kty": "x"}, FAKE_KEY]}


def test_where_keys_are_fetched() -> None:
    assert uri(JWTRule(issuer="a", jwks="{}", jwks_uri="https://x")) == ""
    assert uri(JWTRule(issuer="a", jwks_uri="https://x")) == "https://x"
    assert uri(JWTRule(issuer="a", jwks_uri_old="https://x")) == "https://x"
    assert uri(JWTRule(issuer="https://a/")) == "https://a/.well-known/openid-configuration"
    assert uri(JWTRule(issuer="a@example.com")) == ""
    assert keys(Graph(), JWTRule(issuer="a@example.com")) == with_fake_key("")


def test_each_address_is_wanted_once_with_its_longest_timeout() -> None:
    g = world("""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: a, namespace: x}
spec: {jwtRules: [{issuer: a, jwksUri: "https://b"}, {issuer: b, jwksUri: "https://a", timeout: 1s}, {issuer: c, jwks: "{}"}]}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: a, namespace: y}
spec: {jwtRules: [{issuer: a, jwksUri: "https://b", timeout: 7s}]}
""")
    assert wanted(g) == (Wanted("https://a", SECOND), Wanted("https://b", 7 * SECOND))
