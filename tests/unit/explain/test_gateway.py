"""A call from outside at a gateway: what it listens for, what ends its TLS, which claims its routes may look at."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Token, Wire
from lateen.explain.onward import explained
from lateen.explain.step import Outcome
from lateen.explain.way import Answered, Way
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from tests.given.calls import SUBSETS, reached, shop, told
from tests.given.objects import istio

EDGE = View(ProxyKind.GATEWAY, "istio-system", (("istio", "ingressgateway"),), ("10.3.0.1",))
TO_V1 = "{route: [{destination: {host: reviews, subset: v1, port: {number: 80}}}]}"
TO_V2 = "{match: [{headers: {'@request.auth.claims.group': {exact: admin}}}], route: [{destination: {host: reviews, subset: v2}}]}"
TOKENS = """
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  jwtRules: [{issuer: a.example, jwks: '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}'}]
"""


def edge(server: str, http: str = f"[{TO_V1}]", *more: str) -> Graph:
    gateway = istio("Gateway", "edge", f"{{selector: {{istio: ingressgateway}}, servers: [{server}]}}")
    rule = istio("VirtualService", "shop", f"{{hosts: [shop.example], gateways: [edge], http: {http}}}")
    return shop(SUBSETS, gateway, rule, *more)


PLAIN = "{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example]}"
SECURE = "{port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example], tls: {mode: SIMPLE, credentialName: cert}}"
SECRET = "{apiVersion: v1, kind: Secret, metadata: {name: cert, namespace: istio-system}, data: {tls.crt: Y2hhaW4=, tls.key: a2V5}}"


def way(g: Graph, host: str = "shop.example", port: int = 80, wire: Wire = Wire.PLAIN, tokens: tuple[Token, ...] = ()) -> Way:
    sni = host if wire is Wire.TLS else ""
    return explained(g, Call(host, port, wire=wire, sni=sni, source="10.200.0.9", tokens=tokens), EDGE)


@pytest.mark.rule("GW-4")
def test_a_host_that_a_server_and_a_rule_name_goes_on_and_another_is_not_found() -> None:
    g = edge(PLAIN)
    found = way(g)
    assert reached(found) == {"10.1.0.1:8080": 1_000_000}
    assert "rule: takes any request (VirtualService default/shop spec.http[0])" in told(found)
    assert way(g, "other.example").answers == (Answered(404),)


def test_a_port_on_which_nobody_listens_is_refused() -> None:
    found = way(edge(PLAIN), port=81)
    assert found.refused
    assert told(found, Outcome.REFUSED) == ["result: the connection is refused: nobody listens there"]


@pytest.mark.rule("GW-9")
def test_without_its_secret_a_server_takes_no_connection() -> None:
    lacking = way(edge(SECURE), port=443, wire=Wire.TLS)
    assert lacking.refused
    assert told(lacking, Outcome.REFUSED) == [
        "tls: there is no Secret istio-system/cert with what its TLS needs: the connection is closed (Gateway default/edge spec.servers)"
    ]
    assert reached(way(edge(SECURE, f"[{TO_V1}]", SECRET), port=443, wire=Wire.TLS)) == {"10.1.0.1:8080": 1_000_000}


def test_files_beside_a_gateway_are_not_known() -> None:
    server = SECURE.replace("credentialName: cert", "serverCertificate: /a, privateKey: /b")
    assert not way(edge(server), port=443, wire=Wire.TLS).certain


def test_tls_is_redirected_to_where_the_server_says() -> None:
    found = way(edge(PLAIN.replace("hosts:", "tls: {httpsRedirect: true}, hosts:")))
    assert found.answers == (Answered(301, "https://shop.example/"),)
    named = explained(
        edge(PLAIN.replace("hosts:", "tls: {httpsRedirect: true}, hosts:")), Call("shop.example", 80, authority="shop.example:80"), EDGE
    )
    assert named.answers == (Answered(301, "https://shop.example:80/"),)


@pytest.mark.rule("VS-27")
def test_only_the_claims_of_a_token_that_is_believed_are_looked_at() -> None:
    admin = Token('{"iss": "a.example", "sub": "ann", "group": "admin"}')
    g = edge(PLAIN, f"[{TO_V2}, {TO_V1}]", TOKENS)
    assert reached(way(g, tokens=(admin,))) == {"10.1.0.2:8080": 1_000_000}
    assert reached(way(g)) == {"10.1.0.1:8080": 1_000_000}


def test_what_the_gateways_own_policies_refuse_goes_nowhere() -> None:
    nobody = istio("AuthorizationPolicy", "nobody", "{action: DENY, rules: [{}]}", "istio-system").replace("networking.istio", "security.istio")
    found = way(edge(PLAIN, f"[{TO_V1}]", nobody))
    assert (found.answers, found.sent) == ((Answered(403),), ())
    assert found.decision is not None
    assert found.decision.rule == "spec.rules[0]"
