"""A call as a value: what follows from what is given."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Protocol, Token, Wire


def test_the_host_header_names_the_port_only_where_it_does_not_go_without_saying() -> None:
    assert Call("reviews", 80).host_header == "reviews"
    assert Call("reviews", 9080).host_header == "reviews:9080"
    assert Call("shop", 443, wire=Wire.TLS).host_header == "shop"
    assert Call("reviews", 9080, authority="other").host_header == "other"


def test_pseudo_headers_are_headers_and_several_of_one_name_are_joined() -> None:
    call = Call("reviews", 80, method="PUT", path="/a?b=1", headers=(("x", "1"), ("x", "2")))
    assert [call.header(name) for name in (":method", ":path", ":authority", "host", "x", "y")] == [
        "PUT",
        "/a?b=1",
        "reviews",
        "reviews",
        "1,2",
        None,
    ]


def test_a_path_has_its_query_apart() -> None:
    call = Call("reviews", 80, path="/a/b?x=1&y=&x=2#end")
    assert call.bare_path == "/a/b"
    assert call.parameters == (("x", "1"), ("y", ""), ("x", "2"))


def test_only_http_has_requests() -> None:
    assert [each.value for each in Protocol if each.is_http] == ["http", "http2", "grpc"]


def test_claims_are_an_object() -> None:
    assert Token('{"sub": "ann"}').payload == {"sub": "ann"}
    with pytest.raises(ValueError, match="JSON object"):
        _ = Token("[1]").payload
