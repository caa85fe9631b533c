"""Routes of gateways that look at the claims of a token which was believed (VS-27)."""

from __future__ import annotations

import base64
import functools
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from stage.stage import Stage
from stage.worlds import gateway, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root, pytest.mark.rule("VS-27")]

YES, NO = "10.0.0.1", "10.0.0.2"
ISSUER = "https://issuer.example"
SHOP = (service("yes", YES), service("no", NO), gateway("edge"))


@functools.cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def keys() -> str:
    public = key().public_key().public_numbers()
    numbers = {name: encoded(number.to_bytes((number.bit_length() + 7) // 8, "big")) for name, number in (("n", public.n), ("e", public.e))}
    return json.dumps({"keys": [{"kty": "RSA", "kid": "1", "alg": "RS256", **numbers}]})


def token(**claims: Any) -> dict[str, str]:
    """A request's headers, with a token of these claims."""
    parts = {"alg": "RS256", "kid": "1"}, {"iss": ISSUER, "sub": "ann", "exp": time.time() + 600, **claims}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    signature = key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {"authorization": f"Bearer {signed}.{encoded(signature)}"}


def believing() -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: istio-system}}
spec:
  selector: {{matchLabels: {{istio: ingressgateway}}}}
  jwtRules: [{{issuer: "{ISSUER}", jwks: '{keys()}'}}]
"""


def routed(match: str) -> str:
    return virtual_service("r", "a.example", gateways="[edge]", http=f"[{to('yes', f'match: [{match}]')}, {to('no')}]")


def landed(stage: Stage, headers: dict[str, str]) -> str:
    return stage.outside().get("http://a.example/", to=stage.gateway(), headers=headers).outcome


@pytest.mark.parametrize(
    ("key_of_header", "condition", "claims", "expected"),
    [
        ("@request.auth.claims.group", "{exact: admin}", {"group": "admin"}, YES),
        ("@request.auth.claims.group", "{exact: admin}", {"group": "user"}, NO),
        ("@request.auth.claims.group", "{exact: admin}", {}, NO),
        ("@request.auth.claims.group", "{exact: admin}", {"group": ["user", "admin"]}, YES),
        ("@request.auth.claims.group", "{prefix: adm}", {"group": "admin"}, YES),
        ("@request.auth.claims.group", "{regex: 'a.*n'}", {"group": "admin"}, YES),
        ("@request.auth.claims.a.b", "{exact: deep}", {"a": {"b": "deep"}}, YES),
        ("@request.auth.claims.a.b", "{exact: deep}", {"a.b": "deep"}, NO),
        ("@request.auth.claims[a][b]", "{exact: deep}", {"a": {"b": "deep"}}, YES),
        ("@request.auth.claims[a.b]", "{exact: flat}", {"a.b": "flat"}, YES),
        ("@request.auth.claims.sub", "{exact: ann}", {}, YES),
        ("@request.auth.claims.iss", "{exact: 'https://issuer.example'}", {}, YES),
    ],
)
def test_a_claim_of_a_token_that_was_believed_is_matched(
    stage: Stage, key_of_header: str, condition: str, claims: dict[str, Any], expected: str
) -> None:
    stage.world(*SHOP, believing(), routed(f'{{headers: {{"{key_of_header}": {condition}}}}}'))
    assert landed(stage, token(**claims)) == expected


@pytest.mark.parametrize(("claims", "expected"), [({"group": "admin"}, NO), ({"group": "user"}, YES), ({}, YES)])
def test_without_headers_is_the_inverse(stage: Stage, claims: dict[str, Any], expected: str) -> None:
    stage.world(*SHOP, believing(), routed('{withoutHeaders: {"@request.auth.claims.group": {exact: admin}}}'))
    assert landed(stage, token(**claims)) == expected


CLAIM = '{headers: {"@request.auth.claims.group": {exact: admin}}}'


def test_without_a_request_authentication_no_claim_matches_and_a_host_without_another_route_is_not_found(stage: Stage) -> None:
    only = virtual_service("r", "a.example", gateways="[edge]", http=f"[{to('yes', f'match: [{CLAIM}]')}]")
    stage.world(*SHOP, only)
    assert landed(stage, token(group="admin")) == "404"
    stage.world(*SHOP, only, believing())
    assert [landed(stage, headers) for headers in (token(group="admin"), token(group="user"), {})] == [YES, "404", "404"]


def test_a_token_that_is_not_believed_is_refused_before_anything_is_routed(stage: Stage) -> None:
    stage.world(*SHOP, believing(), routed(CLAIM))
    assert landed(stage, token(group="admin", exp=1)) == "401"
    assert landed(stage, token(group="admin", iss="somebody")) == "401"
    assert stage.seen() == []


def test_a_plain_header_of_that_name_is_no_claim(stage: Stage) -> None:
    stage.world(*SHOP, believing(), routed(CLAIM))
    assert landed(stage, {"@request.auth.claims.group": "admin"}) in (NO, "400")
    assert landed(stage, {"request.auth.claims.group": "admin"}) == NO
