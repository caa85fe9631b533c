"""Metadata written straight in bytes."""

from __future__ import annotations

from envoy.config.core.v3.base_pb2 import Metadata
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from lateen.render.metadata import metadata, struct


def test_the_bytes_are_those_of_a_struct() -> None:
    fields = {"b": "text", "a": {"inner": "x"}, "c": ["one", {"two": "2"}], "empty": {}}
    read = Struct.FromString(struct(fields))
    assert json_format.MessageToDict(read) == fields


def test_every_namespace_is_a_struct_of_its_own() -> None:
    read = Metadata.FromString(metadata({"istio": {"workload": "a;b"}, "envoy.transport_socket_match": {"tlsMode": "istio"}}))
    assert json_format.MessageToDict(read)["filterMetadata"] == {
        "istio": {"workload": "a;b"},
        "envoy.transport_socket_match": {"tlsMode": "istio"},
    }


def test_the_order_of_writing_does_not_show() -> None:
    assert struct({"a": "1", "b": "2"}) == struct({"b": "2", "a": "1"})
