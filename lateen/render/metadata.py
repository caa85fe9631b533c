"""Envoy metadata made of text only, straight in bytes: it is on every cluster and every endpoint, and `Struct` is slow to fill.

Fields of `google.protobuf.Struct` and `envoy.config.core.v3.Metadata` are written in the order of their names, so equal content is equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lateen.values.envoy_resource import length_delimited

Words = str | Mapping[str, "Words"] | Sequence["Words"]
"""What such metadata can hold."""

_KEY, _VALUE = 1, 2
_STRING, _STRUCT, _LIST = 3, 5, 6
_ENTRY = 1


def metadata(namespaces: Mapping[str, Mapping[str, Words]]) -> bytes:
    """A serialised `envoy.config.core.v3.Metadata` with these filter namespaces."""
    return b"".join(_entry(name, struct(namespaces[name])) for name in sorted(namespaces))


def struct(fields: Mapping[str, Words]) -> bytes:
    """A serialised `google.protobuf.Struct`."""
    return b"".join(_entry(name, _value(fields[name])) for name in sorted(fields))


def _entry(name: str, value: bytes) -> bytes:
    return length_delimited(_ENTRY, length_delimited(_KEY, name.encode()) + length_delimited(_VALUE, value))


def _value(of: Words) -> bytes:
    if isinstance(of, str):
        return length_delimited(_STRING, of.encode())
    if isinstance(of, Mapping):
        return length_delimited(_STRUCT, struct(of))
    return length_delimited(_LIST, b"".join(length_delimited(1, _value(each)) for each in of))
