"""HTTP/3 at gateways: real Envoys, called by a client of somebody else's (aioquic)."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from stage.caller import Caller
from stage.stage import Stage
from stage.worlds import mesh, service

pytestmark = [pytest.mark.envoy, pytest.mark.root, pytest.mark.rule("GW-10")]

WEB = service("web", "10.0.0.1")
OFFER = 'h3=":443"; ma=86400'


def edge(*servers: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: edge, namespace: default}}
spec: {{selector: {{istio: ingressgateway}}, servers: [{", ".join(servers)}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web, namespace: default}}
spec:
  hosts: ["*"]
  gateways: [edge]
  http:
  - {{match: [{{uri: {{exact: /own}}}}], route: [{{destination: {{host: web}}}}], headers: {{response: {{set: {{alt-svc: clear}}}}}}}}
  - {{route: [{{destination: {{host: web}}}}]}}
"""


def secure(host: str = "a.example", tls: str = "mode: SIMPLE, credentialName: keys", name: str = "https") -> str:
    return f'{{port: {{number: 443, name: {name}, protocol: HTTPS}}, hosts: ["{host}"], tls: {{{tls}}}}}'


def in_front(*ports: str) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: front, namespace: istio-system}}
spec: {{selector: {{istio: ingressgateway}}, ports: [{", ".join(ports)}]}}
"""


def keys(pem: Path, roots: Path | None = None) -> str:
    found = {"tls.crt": pem.read_bytes(), "tls.key": pem.read_bytes(), **({"ca.crt": roots.read_bytes()} if roots else {})}
    written = ", ".join(f"{key}: {base64.b64encode(value).decode()}" for key, value in found.items())
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: istio-system}}\ndata: {{{written}}}\n"


TCP = "{name: https, port: 443, targetPort: 8443}"
UDP = "{name: quic, port: 443, targetPort: 8443, protocol: UDP}"


def offered(outside: Caller, to: Caller, path: str = "/", port: int = 8443) -> str | None:
    return outside.tls("a.example", port, to=to, path=path).header("alt-svc")


def test_a_browser_is_told_of_http3_and_gets_the_same_by_it(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    stage.world(WEB, keys(made.outside("a.example")), edge(secure()), in_front(TCP, UDP))
    assert offered(outside, proxy) == OFFER
    assert offered(outside, proxy, "/own") == "clear"
    answer = outside.tls("a.example", 8443, to=proxy, manner="http3", roots=str(made.outside_roots), path="/x")
    assert (answer.at, answer.seen.path, answer.seen.header("x-forwarded-proto")) == ("10.0.0.1", "/x", "https")
    assert answer.seen.header("x-forwarded-for") == outside.address
    assert answer.certificate.names == ("a.example",)
    assert outside.tls("b.example", 8443, to=proxy, manner="http3", timeout=3).at == ""


def test_who_comes_by_http3_is_held_to_the_same_care(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    careful = mesh("defaultConfig: {connectionSettings: {profile: EDGE}}")
    stage.world(WEB, keys(made.outside("a.example")), edge(secure()), in_front(TCP, UDP), careful)
    asked = {"to": proxy, "manner": "http3", "roots": str(made.outside_roots)}
    assert outside.tls("a.example", 8443, **asked).at == "10.0.0.1"
    assert outside.tls("a.example", 8443, headers={"un_der": "x"}, timeout=1, **asked).at == ""
    assert outside.tls("a.example", 8443, path="/a//b", **asked).seen.path == "/a/b"


def test_a_service_without_the_udp_port_leads_nobody_to_http3(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    asked = mesh('defaultConfig: {proxyMetadata: {ISTIO_META_ENABLE_QUIC_LISTENERS: "true"}}')
    stage.world(WEB, keys(made.outside("a.example")), edge(secure()), in_front(TCP), asked)
    assert offered(outside, proxy) is None
    assert outside.tls("a.example", 8443, to=proxy, manner="http3", timeout=1).error


def test_a_gateway_that_no_service_is_in_front_of_asks_for_http3_itself(stage: Stage) -> None:
    outside, made = stage.outside(), stage.credentials
    said = {"ANNOTATIONS": {"proxy.istio.io/config": "proxyMetadata: {ISTIO_META_ENABLE_QUIC_LISTENERS: 'true'}"}}
    asking, silent = stage.gateway(metadata=said), stage.gateway()
    stage.world(WEB, keys(made.outside("a.example")), edge(secure()))
    assert (offered(outside, asking, port=443), offered(outside, silent, port=443)) == (OFFER, None)
    assert outside.tls("a.example", 443, to=asking, manner="http3").at == "10.0.0.1"


MUTUAL = "mode: MUTUAL, credentialName: keys, subjectAltNames: [friend.example]"


DEMANDS = {
    MUTUAL: ("10.0.0.1", "", "", ""),
    MUTUAL.replace("MUTUAL", "OPTIONAL_MUTUAL"): ("10.0.0.1", "", "", ""),
    "mode: OPTIONAL_MUTUAL, credentialName: keys": ("10.0.0.1", "10.0.0.1", "10.0.0.1", ""),
    "mode: MUTUAL, credentialName: keys": ("10.0.0.1", "", "10.0.0.1", ""),
    "mode: MUTUAL, credentialName: keys, insecureSkipVerify: true": ("10.0.0.1", "", "10.0.0.1", "10.0.0.1"),
    "mode: MUTUAL, credentialName: keys, verifyCertificateHash: ['HASH']": ("10.0.0.1", "", "", ""),
    "mode: MUTUAL, serverCertificate: OWN, privateKey: OWN, caCertificates: ROOTS, caCrl: REVOKED": ("10.0.0.1", "", "", ""),
}
"""Who gets through: a friend, one without a certificate, a foe whose certificate the same authority signed, and somebody whose another signed."""


@pytest.mark.parametrize(("tls", "expected"), DEMANDS.items())
def test_http3_demands_the_same_certificates_as_tcp(stage: Stage, tls: str, expected: tuple[str, ...]) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    own, friend, foe = (made.outside(f"{word}.example") for word in ("a", "friend", "foe"))
    digest = x509.load_pem_x509_certificate(friend.read_bytes()).fingerprint(hashes.SHA256()).hex()
    for word, value in {"HASH": digest, "OWN": own, "ROOTS": made.outside_roots, "REVOKED": made.revoked(foe)}.items():
        tls = tls.replace(word, str(value))
    stage.world(WEB, keys(own, made.outside_roots), edge(secure(tls=tls)), in_front(TCP, UDP))

    def called(manner: str) -> tuple[str, ...]:
        shown = ({"certificate": str(each)} if each else {} for each in (friend, None, foe, made.mesh("default/friend")))
        return tuple(outside.tls("a.example", 8443, to=proxy, manner=manner, **each).at for each in shown)

    assert (called("http1"), called("http3")) == (expected, expected)


def test_the_certificate_of_a_client_by_http3_is_told_on(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    stage.world(WEB, keys(made.outside("a.example"), made.outside_roots), edge(secure(tls=MUTUAL)), in_front(TCP, UDP))
    friend = str(made.outside("friend.example"))
    told = outside.tls("a.example", 8443, to=proxy, manner="http3", certificate=friend).seen.header("x-forwarded-client-cert")
    assert told is not None and "DNS=friend.example" in told and "Hash=" in told


def test_a_new_certificate_is_shown_by_http3_as_soon_as_its_secret_has_it(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    servers = edge(secure("*.example"))
    for names in ("a.example", "b.example"):
        stage.world(WEB, keys(made.outside(names)), servers, in_front(TCP, UDP))
        assert outside.tls("x.example", 8443, to=proxy, manner="http3").certificate.names == (names,)


def test_a_session_begun_without_a_certificate_does_not_lead_to_where_one_is_needed(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    servers = secure("a.example"), secure("b.example", MUTUAL, "mutual")
    stage.world(WEB, keys(made.outside("a.example"), made.outside_roots), edge(*servers), in_front(TCP, UDP))
    again = outside.tls("a.example", 8443, to=proxy, manner="http3", resumes="a.example")
    assert (again.at, again.certificate.version) == ("10.0.0.1", "resumed")
    refused = outside.tls("b.example", 8443, to=proxy, manner="http3", resumes="a.example")
    assert (refused.at, "certificate required" in refused.error) == ("", True)


def test_who_may_call_is_the_same_by_http3_and_without_the_udp_port_it_ends(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    policy = """
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: closed, namespace: istio-system}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/closed]}}]}]}
"""
    stage.world(WEB, keys(made.outside("a.example")), edge(secure()), in_front(TCP, UDP), policy)
    called = [outside.tls("a.example", 8443, to=proxy, manner="http3", path=path).status for path in ("/open", "/closed")]
    assert called == [200, 403]
    stage.world(WEB, keys(made.outside("a.example")), edge(secure()), in_front(TCP), policy)
    assert outside.tls("a.example", 8443, to=proxy, manner="http3", timeout=1).error
    assert offered(outside, proxy) is None


def test_where_the_client_decides_a_request_by_http3_goes_on_inside_the_mesh_by_http2(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    member = service("web", "10.0.0.1 security.istio.io/tlsMode=istio")
    as_client = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: default}
spec: {host: web, trafficPolicy: {connectionPool: {http: {useClientProtocol: true}}}}
"""
    stage.world(member, as_client, keys(made.outside("a.example")), edge(secure()), in_front(TCP, UDP))
    seen = outside.tls("a.example", 8443, to=proxy, manner="http3").seen
    assert (seen.protocol, seen.tls.alpn if seen.tls else "") == ("h2", "istio-h2")


def test_who_asks_for_a_name_that_has_no_http3_does_not_come_to_a_wildcard_instead(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    members = '{port: {number: 443, name: members, protocol: HTTPS}, hosts: ["a.example"], tls: {mode: ISTIO_MUTUAL}}'
    stage.world(WEB, keys(made.outside("b.example")), edge(secure("*.example"), secure("b.other", name="other"), members), in_front(TCP, UDP))
    called = [outside.tls(name, 8443, to=proxy, manner="http3").at for name in ("a.example", "b.example", "b.other")]
    assert called == ["", "", "10.0.0.1"]
    assert [outside.tls(name, 8443, to=proxy).header("alt-svc") for name in ("b.example", "b.other")] == [None, OFFER]
