"""The few wire bytes of delta discovery that a measuring client must read and write. Nothing is decoded that is not used."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

_PREFIX: Final = "type.googleapis.com/envoy.config."
CDS: Final = f"{_PREFIX}cluster.v3.Cluster"
EDS: Final = f"{_PREFIX}endpoint.v3.ClusterLoadAssignment"
LEDS: Final = f"{_PREFIX}endpoint.v3.LbEndpoint"
LDS: Final = f"{_PREFIX}listener.v3.Listener"
RDS: Final = f"{_PREFIX}route.v3.RouteConfiguration"
VHDS: Final = f"{_PREFIX}route.v3.VirtualHost"
HOST: Final = "type.googleapis.com/lateen.dev.v1.Host"
SHORT: Final = {CDS: "CDS", EDS: "EDS", LEDS: "LEDS", LDS: "LDS", RDS: "RDS", VHDS: "VHDS", HOST: "HOST"}
LONG: Final = {short: url for url, short in SHORT.items()}

_MANAGER: Final = b"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_EDS_KIND: Final = 3
_SHORT_BODY: Final = 4096
_CUTS: Final = 6
_KEPT: Final = 256
_REMEMBERED: Final = 1 << 17


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, payload: bytes | str) -> bytes:
    """A length-delimited field."""
    body = payload.encode() if isinstance(payload, str) else payload
    return varint(number << 3 | 2) + varint(len(body)) + body


def fields(message: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, Any, int]]:
    """The fields of a message, or of its bytes up to `end`: number, value (an int or bytes), and where the next one begins."""
    end = len(message) if end is None else end
    while at < end:
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:
                value: Any
                value, at = _varint(message, at)
            case 2:
                size, at = _varint(message, at)
                value = message[at : at + size]
                at += size
            case 5:
                value, at = None, at + 4
            case _:
                value, at = None, at + 8
        yield tag >> 3, value, at


def _varint(message: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = message[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def inner(message: bytes, *path: int) -> bytes:
    """The bytes at a path of field numbers; empty where there are none."""
    for wanted in path:
        message = next((value for number, value, _ in fields(message) if number == wanted and isinstance(value, bytes)), b"")
    return message


class Part:
    """Some resources of a response: its bytes from `start` to `end`, not copied. One value for all streams that are sent the same."""

    def __init__(self, type_url: str, body: bytes, start: int = 0, end: int | None = None) -> None:
        self.type = type_url
        self.start = start
        self.end = len(body) if end is None else end
        self._body = body
        self._found: dict[bytes, bool] = {}

    def _fields(self) -> Iterator[tuple[int, Any, int]]:
        return fields(self._body, self.start, self.end)

    @cached_property
    def _resources(self) -> list[tuple[str, str, bytes]]:
        """Name, version and content."""
        return [_resource(value) for number, value, _ in self._fields() if number == 2]

    @cached_property
    def versions(self) -> dict[str, str]:
        """Name to version of what it brings."""
        return {name: version for name, version, _ in self._resources}

    @cached_property
    def removed(self) -> list[str]:
        """The names that it takes away."""
        return [value.decode() for number, value, _ in self._fields() if number == 6]

    def has(self, pattern: bytes) -> bool:
        """Whether a pattern is in it."""
        found = self._found.get(pattern)
        if found is None:
            found = self._found[pattern] = self._body.find(pattern, self.start, self.end) >= 0
        return found

    @cached_property
    def assignments(self) -> dict[str, str]:
        """Of clusters: whose endpoints come by discovery, and under which name."""
        return {name: _assignment(name, body) for name, _, body in self._resources}

    @cached_property
    def tables(self) -> dict[str, frozenset[str]]:
        """Of listeners: the route configurations that they name."""
        return {name: frozenset(_tables(body)) for name, _, body in self._resources}

    @cached_property
    def open_tables(self) -> frozenset[str]:
        """Of route configurations: those whose virtual hosts are resources of their own."""
        return frozenset(name for name, _, body in self._resources if any(number == 9 for number, _, _ in fields(body)))

    @cached_property
    def collections(self) -> dict[str, frozenset[str]]:
        """Of assignments: the collections of endpoints that they name."""
        return {name: _collections(body) for name, _, body in self._resources}

    @cached_property
    def filled_tables(self) -> frozenset[str]:
        """Of virtual hosts: the route configurations that they belong to."""
        return frozenset(name.partition("/")[0] for name in (*self.versions, *self.removed))


@lru_cache(maxsize=_REMEMBERED)
def _resource(resource: bytes) -> tuple[str, str, bytes]:
    name = version = ""
    content = b""
    for number, value, _ in fields(resource):
        if number == 1:
            version = value.decode()
        elif number == 2:
            content = inner(value, 2)
        elif number == 3:
            name = value.decode()
    return name, version, content


class Parts:
    """Responses cut in two: the first few resources, which may be one stream's own, and the rest, which other streams have had as well."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int], dict[int, Part]] = OrderedDict()

    def of(self, type_url: str, body: bytes) -> tuple[Part, ...]:
        """The parts of a response without its head."""
        if len(body) < _SHORT_BODY:
            return (self._whole(type_url, body),)
        cuts = [0, *(end for _, (_, _, end) in zip(range(_CUTS), fields(body), strict=False))]
        for cut in cuts:
            known = self._known.get((type_url, len(body) - cut))
            if known and (rest := known.get(zlib.crc32(memoryview(body)[cut:]))):
                return (Part(type_url, body, 0, cut), rest) if cut else (rest,)
        for cut in reversed(cuts[1:]):
            self._keep(Part(type_url, body, cut), zlib.crc32(memoryview(body)[cut:]))
        return (self._whole(type_url, body),)

    def _whole(self, type_url: str, body: bytes) -> Part:
        check = zlib.crc32(body)
        found = self._known.get((type_url, len(body)), {}).get(check)
        return found or self._keep(Part(type_url, body), check)

    def _keep(self, part: Part, check: int) -> Part:
        self._known.setdefault((part.type, part.end - part.start), {})[check] = part
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return part


@lru_cache(maxsize=_REMEMBERED)
def _assignment(name: str, cluster: bytes) -> str:
    kind, service = 0, ""
    for number, value, _ in fields(cluster):
        if number == 2:
            kind = value
        elif number == 3:
            service = inner(value, 2).decode()
    return (service or name) if kind == _EDS_KIND else ""


@lru_cache(maxsize=_REMEMBERED)
def _collections(assignment: bytes) -> frozenset[str]:
    named = [inner(locality, 8, 2) for number, locality, _ in fields(assignment) if number == 2]
    return frozenset([name.decode() for name in named if name])


def _tables(listener: bytes) -> Iterator[str]:
    for number, chain, _ in fields(listener):
        if number not in (3, 25):
            continue
        for part, network_filter, _ in fields(chain):
            if part == 3 and inner(network_filter, 4, 1) == _MANAGER and (name := inner(network_filter, 4, 2, 3, 2)):
                yield name.decode()


def head(raw: bytes) -> tuple[str, str, int]:
    """Type, nonce, and where the rest begins, of a response that has those first; position 0 when it does not."""
    type_url = nonce = ""
    start = 0
    for number, value, end in fields(raw):
        if number == 4:
            type_url = value.decode()
        elif number == 5:
            nonce = value.decode()
        else:
            break
        start = end
    return type_url, nonce, start if type_url and nonce else 0


def scattered(raw: bytes) -> tuple[str, str]:
    """Type and nonce wherever they are."""
    return inner(raw, 4).decode(), inner(raw, 5).decode()


def request(
    type_url: str,
    *,
    node: bytes = b"",
    nonce: str = "",
    subscribe: Iterable[str] = (),
    unsubscribe: Iterable[str] = (),
    versions: Mapping[str, str] | None = None,
) -> bytes:
    """A DeltaDiscoveryRequest."""
    parts = [field(1, node) if node else b"", _type_field(type_url)]
    parts += [_subscribed(name) for name in subscribe]
    parts += [field(4, name) for name in unsubscribe]
    parts += [_held(name, version) for name, version in (versions or {}).items()]
    if nonce:
        parts.append(field(6, nonce))
    return b"".join(parts)


@lru_cache
def _type_field(type_url: str) -> bytes:
    return field(2, type_url)


@lru_cache(maxsize=1 << 16)
def _subscribed(name: str) -> bytes:
    return field(3, name)


@lru_cache(maxsize=1 << 16)
def _held(name: str, version: str) -> bytes:
    return field(5, field(1, name) + field(2, version))


def node(identity: str, cluster: str, metadata: Mapping[str, Any]) -> bytes:
    """A Node with Istio's metadata."""
    return field(1, identity) + field(2, cluster) + field(3, _struct(metadata)) + field(6, "envoy")


def _struct(values: Mapping[str, Any]) -> bytes:
    return b"".join([field(1, field(1, key) + field(2, _value(value))) for key, value in values.items()])


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x20" + varint(int(value))
    if isinstance(value, str):
        return field(3, value)
    return field(5, _struct(value))
