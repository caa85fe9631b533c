"""Messages as bytes."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from lateen.render.message import duration, packed, serialised


def test_equal_content_is_equal_bytes_whatever_the_order_it_was_written_in():
    first, second = Struct(), Struct()
    first.update({"a": 1, "b": 2})
    second.update({"b": 2, "a": 1})

    assert serialised(first) == serialised(second)


def test_nanoseconds_are_split_into_seconds_and_the_rest():
    assert duration(1_500_000_000) == Duration(seconds=1, nanos=500_000_000)


def test_an_envelope_names_what_is_inside():
    assert packed(duration(0)).type_url == "type.googleapis.com/google.protobuf.Duration"
