"""What a port speaks."""

from __future__ import annotations

import pytest

from lateen.values.protocol import Protocol, named, of_port

pytestmark = pytest.mark.rule("SD-1")


@pytest.mark.parametrize(
    ("number", "name", "app_protocol", "expected"),
    [
        (80, "tcp-x", "http", Protocol.HTTP),
        (80, "http-x", "kubernetes.io/h2c", Protocol.HTTP2),
        (80, "http-x", "kubernetes.io/ws", Protocol.HTTP),
        (443, "", "kubernetes.io/wss", Protocol.HTTPS),
        (80, "http-x", "acme.example/unknown", Protocol.AUTO),
        (3306, "http-x", "acme.example/unknown", Protocol.TCP),
        (80, "tcp-x", "HTTP2-x", Protocol.HTTP2),
        (80, "tcp-x", "grpc-web-x", Protocol.GRPC_WEB),
        (80, "HTTP-web", "", Protocol.HTTP),
        (80, "grpc-web-x", "", Protocol.GRPC_WEB),
        (80, "grpc-web", "", Protocol.GRPC_WEB),
        (80, "grpc", "", Protocol.GRPC),
        (80, "httpx", "", Protocol.AUTO),
        (8080, "", "", Protocol.AUTO),
        (3306, "", "", Protocol.TCP),
        (3306, "http", "", Protocol.HTTP),
    ],
)
def test_the_protocol_of_a_port(number: int, name: str, app_protocol: str, expected: Protocol):
    assert of_port(number, name, app_protocol) is expected


def test_udp_ports_are_udp_whatever_they_are_called():
    assert of_port(53, "http", "http", transport="UDP") is Protocol.UDP


def test_a_protocol_is_named_in_any_case():
    assert (named("mongo"), named("Http"), named("auto"), named("nonsense")) == (Protocol.MONGO, Protocol.HTTP, None, None)


def test_what_routes_apply_to_is_http_and_what_is_routed_by_name_is_tls():
    assert {each for each in Protocol if each.is_http} == {Protocol.HTTP, Protocol.HTTP2, Protocol.GRPC, Protocol.GRPC_WEB}
    assert {each for each in Protocol if each.is_http2} == {Protocol.HTTP2, Protocol.GRPC, Protocol.GRPC_WEB}
    assert {each for each in Protocol if each.is_tls} == {Protocol.HTTPS, Protocol.TLS}
    assert {each for each in Protocol if each.is_auto} == {Protocol.AUTO}
    assert {each for each in Protocol if each.may_be_grpc} == {Protocol.HTTP2, Protocol.GRPC, Protocol.GRPC_WEB, Protocol.AUTO}
