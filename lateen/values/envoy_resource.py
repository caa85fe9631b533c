"""`EnvoyResource`: one thing that a proxy is told, already in bytes. What `render` makes and `xds` delivers.

A resource is serialised once, as it stands in a delta response, and then only ever copied: the body of a response is a mere concatenation of
entries. What may not enter: protobuf classes, and any knowledge of what the bytes say.
"""

from __future__ import annotations

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


_TINY, _LOW = 512, 16
_HEADS = tuple(tuple(_VARINTS[number << 3 | 2] + _VARINTS[size] for size in range(_TINY)) for number in range(_LOW))
"""Tag and length of what most fields are, for a mesh has millions of them."""


def varint(number: int) -> bytes:
    """`number` (not negative) as protobuf writes it on the wire."""
    return _VARINTS[number] if number < _SHORT else _varint(number)


def length_delimited(number: int, payload: bytes) -> bytes:
    """Field `number` of a message, holding a string, bytes or another message, as protobuf writes it on the wire."""
    size = len(payload)
    if size < _TINY and number < _LOW:
        return _HEADS[number][size] + payload
    return _VARINTS[number << 3 | 2] + (_VARINTS[size] if size < _SHORT else _varint(size)) + payload


class EnvoyResource(msgspec.Struct, frozen=True):
    """One resource of a type URL: its name, its version (a hash of the content), and its `entry`, an element of a delta response with tag and length.

    `origins` are the objects that it was derived from. `follows` names the resources of the next type that a proxy must be sent again
    once this one has changed, even if they did not: a cluster that takes its endpoints by discovery names its ClusterLoadAssignment.
    """

    type: str
    name: str
    version: str
    entry: bytes
    origins: tuple[Ref, ...] = ()
    follows: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        """The resource itself, a serialised `google.protobuf.Any`; cut out of the entry, for nobody needs both for long."""
        begin = _inside(self.entry, _inside(self.entry, 0) + _VERSION_SIZE)
        return self.entry[begin : len(self.entry) - len(_name(self.name))]


_VERSION_SIZE = 18


def _name(name: str) -> bytes:
    return length_delimited(3, name.encode())


def _inside(message: bytes, at: int) -> int:
    """Where the content of the field begins that begins at `at`."""
    at += 1
    while message[at] & 0x80:
        at += 1
    return at + 1


def content_version(body: bytes) -> str:
    """The version of a resource with this body: 16 hexadecimal digits that differ when the content differs."""
    return blake2b(body, digest_size=8).hexdigest()


def envoy_resource(type_url: str, name: str, body: bytes, origins: tuple[Ref, ...] = (), follows: tuple[str, ...] = ()) -> EnvoyResource:
    """A resource with this body, a serialised `google.protobuf.Any`; its version is that of its content."""
    version = content_version(body)
    entry = length_delimited(2, length_delimited(1, version.encode()) + length_delimited(2, body) + _name(name))
    return EnvoyResource(type_url, name, version, entry, origins, follows)
