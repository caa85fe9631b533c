"""`EnvoyResource`: one thing that a proxy is told, already in bytes. What `render` makes and `xds` delivers.

A resource is serialised once and then only ever copied: `entry` is its place in a delta response, so that a response body is a mere
concatenation of entries. What may not enter: protobuf classes, and any knowledge of what the bytes say.
"""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b

import msgspec

from lateen.values.ref import Ref


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_SHORT = 1 << 14
_VARINTS = tuple(_varint(number) for number in range(_SHORT))
"""Ready-made, for nearly every length is a short one."""


def varint(number: int) -> bytes:
    """`number` (not negative) as protobuf writes it on the wire."""
    return _VARINTS[number] if number < _SHORT else _varint(number)


def length_delimited(number: int, payload: bytes) -> bytes:
    """Field `number` of a message, holding a string, bytes or another message, as protobuf writes it on the wire."""
    size = len(payload)
    return _VARINTS[number << 3 | 2] + (_VARINTS[size] if size < _SHORT else _varint(size)) + payload


class EnvoyResource(msgspec.Struct, frozen=True, dict=True):
    """One resource of a type URL: its name, its version (a hash of the content), and its body, a serialised `google.protobuf.Any`.

    `origins` are the objects that it was derived from. `follows` names the resources of the next type that a proxy must be sent again
    once this one has changed, even if they did not: a cluster that takes its endpoints by discovery names its ClusterLoadAssignment.
    """

    type: str
    name: str
    version: str
    body: bytes
    origins: tuple[Ref, ...] = ()
    follows: tuple[str, ...] = ()

    @cached_property
    def entry(self) -> bytes:
        """The resource as an element of `DeltaDiscoveryResponse.resources`, with tag and length."""
        name = length_delimited(3, self.name.encode())
        version = length_delimited(1, self.version.encode())
        return length_delimited(2, version + length_delimited(2, self.body) + name)


def content_version(body: bytes) -> str:
    """The version of a resource with this body: 16 hexadecimal digits that differ when the content differs."""
    return blake2b(body, digest_size=8).hexdigest()


def envoy_resource(type_url: str, name: str, body: bytes, origins: tuple[Ref, ...] = (), follows: tuple[str, ...] = ()) -> EnvoyResource:
    """A resource whose version is that of its content."""
    return EnvoyResource(type_url, name, content_version(body), body, origins, follows)
