"""Questions as users ask them, and the sentences by which some are refused."""

from __future__ import annotations

from typing import Any

import pytest

from lateen.explain.call import Call, Protocol, Token, Wire
from lateen.explain.question import Question, Unanswerable, answering, meant
from lateen.ir.view import ProxyKind, View
from tests.given.calls import WEB, shop
from tests.given.objects import istio

GATEWAY = istio("Gateway", "edge", "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}")


def call(url: str, **more: Any) -> Call:
    return meant(shop(), Question("web-1", url, **more)).call


@pytest.mark.parametrize(
    ("url", "protocol", "host", "port", "path"),
    [
        ("reviews", Protocol.HTTP, "reviews", 80, "/"),
        ("http://reviews:9080/a?b=1", Protocol.HTTP, "reviews", 9080, "/a?b=1"),
        ("h2c://reviews/", Protocol.HTTP2, "reviews", 80, "/"),
        ("grpc://reviews:90/Service/Call", Protocol.GRPC, "reviews", 90, "/Service/Call"),
        ("tcp://reviews:90", Protocol.TCP, "reviews", 90, "/"),
        ("tls://reviews", Protocol.TLS, "reviews", 443, "/"),
        ("https://far.example/a", Protocol.TLS, "far.example", 443, "/a"),
        ("http://[fd00::1]:80/", Protocol.HTTP, "fd00::1", 80, "/"),
    ],
)
def test_a_url_says_what_is_spoken_and_to_whom(url: str, protocol: Protocol, host: str, port: int, path: str) -> None:
    found = call(url)
    assert (found.protocol, found.host, found.port, found.path) == (protocol, host, port, path)


def test_tls_of_the_application_asks_for_the_host() -> None:
    assert (call("https://far.example").sni, call("http://far.example").sni) == ("far.example", "")


def test_headers_are_lines_and_host_is_not_among_them() -> None:
    found = call("http://reviews", headers=("X-User: ann ", "Host: other:80"))
    assert (found.headers, found.authority) == ((("x-user", "ann"),), "other:80")


def test_grpc_is_posted_and_else_the_method_is_as_said() -> None:
    assert [call("grpc://a").method, call("http://a").method, call("http://a", method="PUT").method] == ["POST", "GET", "PUT"]


def test_from_outside_a_workload_is_called_straight_and_who_proves_an_identity_comes_by_mutual_tls() -> None:
    plain, gateway = meant(shop(), Question("outside", "http://reviews", source="192.0.2.1", namespace="other"))
    assert (plain.client, gateway, plain.wire, plain.source, plain.namespace) == (None, None, Wire.PLAIN, "192.0.2.1", "other")
    proven = meant(shop(), Question("outside", "http://reviews", principal="spiffe://cluster.local/ns/a/sa/b")).call
    assert (proven.wire, proven.identity) == (Wire.MESH, "spiffe://cluster.local/ns/a/sa/b")


def test_claims_are_those_of_a_token() -> None:
    assert call("http://a", claims='{"sub": "ann"}').tokens == (Token('{"sub": "ann"}'),)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (Question("web-1", "ftp://a"), '"ftp://a": found the scheme ftp, expected http, https, h2c, grpc, tcp, tls.'),
        (Question("web-1", "http:///x"), '"http:///x" names no host: expected a URL such as http://reviews:9080/ratings.'),
        (Question("web-1", "tcp://a"), "tcp://a names no port, and tcp has no usual one."),
        (Question("web-1", "http://a:99999"), '"http://a:99999" is no URL: Port out of range 0-65535.'),
        (Question("web-1", "http://a", headers=("x",)), '"x" is no header: expected "name: value".'),
        (Question("web-1", "http://a", claims="[]"), "The claims cannot be read: The claims of a token are a JSON object."),
        (
            Question("wbe-1", "http://a"),
            'Nobody is called "wbe-1": expected a workload, a gateway, or a node id in Istio\'s form. Did you mean "web-1"?',
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_sentence(question: Question, sentence: str) -> None:
    with pytest.raises(Unanswerable) as refused:
        meant(shop(), question)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("word", ["web-1", "web-1.default", "default/web-1", "web", "web.default"])
def test_a_workload_goes_by_its_name_or_its_app(word: str) -> None:
    assert meant(shop(), Question(word, "http://reviews")).call.client == WEB


def test_a_proxy_that_is_connected_comes_before_what_is_described() -> None:
    connected = View(ProxyKind.SIDECAR, "other", addresses=("10.9.0.1",))
    assert meant(shop(), Question("web-1", "http://reviews"), {"web-1": connected}).call.client == connected
    assert answering({"web-1": connected, "web-1.other": connected}) == {"10.9.0.1": connected}


def test_a_program_that_is_its_own_proxy_is_not_explained() -> None:
    with pytest.raises(Unanswerable, match="its own proxy"):
        meant(shop(), Question("it", "http://reviews"), {"it": View(ProxyKind.PROXYLESS, "default")})


def test_a_node_id_stands_for_a_proxy_that_nobody_describes() -> None:
    found = meant(shop(), Question("sidecar~10.9.0.1~a.other~other.svc.cluster.local", "http://reviews.default")).call
    assert found.client is not None
    assert (found.client.namespace, found.client.addresses, found.source) == ("other", ("10.9.0.1",), "10.9.0.1")


def test_a_call_to_a_gateway_comes_from_outside_with_tls_that_ends_there() -> None:
    found, gateway = meant(shop(GATEWAY), Question("edge", "https://shop.example/", source="10.200.0.9"))
    assert gateway == View(ProxyKind.GATEWAY, "istio-system", (("istio", "ingressgateway"),))
    assert (found.client, found.protocol, found.wire, found.sni, found.source) == (None, Protocol.HTTP, Wire.TLS, "shop.example", "10.200.0.9")


def test_a_gateway_is_the_workload_that_it_selects_be_it_connected_or_described() -> None:
    edge = """
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: edge-1, namespace: default}
spec: {address: 10.1.0.8, labels: {istio: ingressgateway}, serviceAccount: edge}
"""
    connected = View(ProxyKind.GATEWAY, "default", (("app", "edge"), ("istio", "ingressgateway")), ("10.1.0.9",), "edge")
    asked = Question("edge", "http://reviews")
    assert meant(shop(GATEWAY, edge), asked, {"other": connected}).gateway == connected
    described = meant(shop(GATEWAY, edge), asked).gateway
    assert described is not None and (described.namespace, described.service_account, described.addresses) == ("default", "edge", ("10.1.0.8",))
    invented = meant(shop(GATEWAY), asked).gateway
    assert invented is not None and invented.namespace == "istio-system"
