from __future__ import annotations

import pytest
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
    DiscoveryRequest,
    DiscoveryResponse,
    Resource,
)
from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from lateen.values.envoy_resource import envoy_resource
from lateen.xds.shelf import Shelf
from lateen.xds.wire import DELTA, SOTW, Requested, removed

contents = st.dictionaries(st.text(min_size=1, max_size=20), st.binary(max_size=300), max_size=5)


@given(contents, st.lists(st.text(max_size=20), max_size=3))
def test_a_delta_response_says_what_protobuf_would_say(bodies: dict[str, bytes], gone: list[str]) -> None:
    shelf = Shelf("type.x/T")
    resources = {name: envoy_resource("type.x/T", name, Any(type_url="type.x/T", value=value).SerializeToString()) for name, value in bodies.items()}
    shelf.apply(resources)
    chunk = shelf.chunk(DELTA)
    expected = DeltaDiscoveryResponse(type_url="type.x/T", nonce=chunk.nonce, removed_resources=gone)
    for name, value in bodies.items():
        expected.resources.append(Resource(name=name, version=resources[name].version, resource=Any(type_url="type.x/T", value=value)))
    assert DeltaDiscoveryResponse.FromString(chunk.message + removed(gone)) == expected


@given(contents)
def test_a_state_of_the_world_response_says_what_protobuf_would_say(bodies: dict[str, bytes]) -> None:
    shelf = Shelf("type.x/T")
    shelf.apply({name: envoy_resource("type.x/T", name, Any(type_url="type.x/T", value=value).SerializeToString()) for name, value in bodies.items()})
    chunk = shelf.chunk(SOTW)
    expected = DiscoveryResponse(type_url="type.x/T", nonce=chunk.nonce, version_info=chunk.nonce)
    expected.resources.extend(Any(type_url="type.x/T", value=value) for value in bodies.values())
    assert DiscoveryResponse.FromString(chunk.message) == expected


def test_an_entry_is_byte_for_byte_what_protobuf_writes() -> None:
    body = Any(type_url="type.x/T", value=b"x" * 200)
    resource = envoy_resource("type.x/T", "a/b", body.SerializeToString())
    message = DeltaDiscoveryResponse(resources=[Resource(name="a/b", version=resource.version, resource=body)])
    assert DeltaDiscoveryResponse.FromString(resource.entry) == message
    assert len(resource.entry) == message.ByteSize()


@given(st.text(max_size=150), st.text(max_size=150), st.lists(st.text(max_size=9), max_size=2))
def test_an_acknowledgement_is_read_as_protobuf_reads_it(type_url: str, nonce: str, names: list[str]) -> None:
    message = DeltaDiscoveryRequest(type_url=type_url, response_nonce=nonce, resource_names_subscribe=names)
    assert DELTA.parse(message.SerializeToString()) == (Requested(type_url, subscribe=tuple(names), nonce=nonce), None)


def test_a_long_request_is_read_like_a_short_one() -> None:
    names = [f"outbound|80||service-{number}.default.svc.cluster.local" for number in range(1_000)]
    message = DeltaDiscoveryRequest(type_url="type.x/T", resource_names_subscribe=names)
    assert DELTA.parse(message.SerializeToString()) == (Requested("type.x/T", subscribe=tuple(names)), None)


@pytest.mark.parametrize("raw", [b"\x12", b"\x12\x05ab", b"\x12\x01a\x32", b"\x12\x01a\x32\x02\xff\xfe"])
def test_what_breaks_off_or_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        DELTA.parse(raw)


def test_a_delta_request_is_read_whole() -> None:
    message = DeltaDiscoveryRequest(
        node=Node(id="n"),
        type_url="type.x/T",
        resource_names_subscribe=["a", "b"],
        resource_names_unsubscribe=["c"],
        initial_resource_versions={"a": "1"},
        response_nonce="7",
        error_detail=Status(code=13, message="no"),
    )
    requested, node = DELTA.parse(message.SerializeToString())
    assert requested == Requested("type.x/T", ("a", "b"), ("c",), "7", "no", {"a": "1"})
    assert node == Node(id="n")


def test_a_request_without_error_detail_is_no_refusal() -> None:
    requested, node = DELTA.parse(DeltaDiscoveryRequest(type_url="type.x/T", response_nonce="7").SerializeToString())
    assert requested.error is None
    assert node is None


def test_a_refusal_without_a_message_is_a_refusal_all_the_same() -> None:
    requested, _ = DELTA.parse(DeltaDiscoveryRequest(type_url="type.x/T", response_nonce="7", error_detail=Status(code=13)).SerializeToString())
    assert requested.error == ""


def test_a_state_of_the_world_request_is_read_whole() -> None:
    message = DiscoveryRequest(node=Node(id="n"), type_url="type.x/T", resource_names=["a"], version_info="3", response_nonce="7")
    requested, node = SOTW.parse(message.SerializeToString())
    assert requested == Requested("type.x/T", ("a",), nonce="7", version="3")
    assert node == Node(id="n")


def test_bytes_that_are_no_request_are_an_error() -> None:
    with pytest.raises(DecodeError):
        DELTA.parse(b"\xff\xff")
