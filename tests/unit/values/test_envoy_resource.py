from __future__ import annotations

import pytest

from lateen.values.envoy_resource import envoy_resource, length_delimited, varint


@pytest.mark.parametrize(("number", "written"), [(0, "00"), (127, "7f"), (128, "8001"), (300, "ac02"), (2**21, "80808001")])
def test_a_varint_has_seven_bits_to_a_byte_lowest_first(number: int, written: str) -> None:
    assert varint(number).hex() == written


def test_a_field_is_its_tag_its_length_and_its_content() -> None:
    assert length_delimited(2, b"testing") == b"\x12\x07testing"


def test_equal_content_has_an_equal_version_and_other_content_another() -> None:
    one, same, other = (envoy_resource("t", "n", body) for body in (b"1", b"1", b"2"))
    assert one == same
    assert one.version == same.version != other.version


def test_a_resource_is_kept_as_it_stands_in_a_response() -> None:
    resource = envoy_resource("t", "n", b"body")
    assert resource.entry == b"\x12" + bytes([len(resource.entry) - 2]) + b"\x0a\x10" + resource.version.encode() + b"\x12\x04body\x1a\x01n"


@pytest.mark.parametrize("size", [0, 1, 90, 127, 128, 1 << 14, 1 << 21])
@pytest.mark.parametrize("name", ["", "n", "ü" * 100])
def test_its_body_is_cut_out_of_that(size: int, name: str) -> None:
    assert envoy_resource("t", name, b"b" * size).body == b"b" * size
