"""The few discovery messages that the agent reads or writes itself, on the level of their bytes. Pure.

The agent passes on messages of any size and looks only at their outermost fields, so it needs no protobuf classes; tests hold these
bytes equal to what protobuf writes (https://github.com/envoyproxy/envoy/blob/main/api/envoy/service/discovery/v3/discovery.proto).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lateen.values.envoy_resource import length_delimited

SECRET = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"
HOST = "type.googleapis.com/lateen.dev.v1.Host"
ROOTS = "type.googleapis.com/lateen.dev.v1.Roots"
"""The type of the one resource `ROOTCA`, whose value is PEM: the roots that the mesh trusts now."""
TRUSTED = "ROOTCA"
PROBE = "type.googleapis.com/lateen.dev.v1.Probe"
"""The type of the one resource `probe`, whose value is JSON: how the group that a workload joins has its members asked whether they are well."""
PEER_ROOTS = "type.googleapis.com/lateen.dev.v1.PeerRoots"
"""The type of the one resource `PEERS`, whose value is JSON: roots that are not the mesh's own, and that peers may have all the same."""
OWN = {ROOTS: TRUSTED, PEER_ROOTS: "PEERS", PROBE: "probe"}
"""What agents ask for on their own behalf: types, each with the name of its one resource."""
HEALTH = "type.googleapis.com/istio.v1.HealthInformation"
"""The type of requests by which the agent tells whether its app is well."""
_BY_DOMAIN = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig"


class DeltaRequest(msgspec.Struct, frozen=True):
    """What the agent needs of a DeltaDiscoveryRequest. `is_refusal` when it carries an error."""

    type: str = ""
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    nonce: str = ""
    is_refusal: bool = False


class Request(msgspec.Struct, frozen=True):
    """What the agent needs of a DiscoveryRequest: all names that are wanted."""

    type: str = ""
    names: tuple[str, ...] = ()
    nonce: str = ""
    is_refusal: bool = False


class Resource(msgspec.Struct, frozen=True):
    """A named resource; `value` is what its `Any` holds."""

    name: str
    version: str
    value: bytes


class DeltaResponse(msgspec.Struct, frozen=True):
    """A DeltaDiscoveryResponse."""

    type: str
    nonce: str
    resources: tuple[Resource, ...] = ()
    removed: tuple[str, ...] = ()


class MalformedError(ValueError):
    """The bytes are no protobuf message."""


def fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of each outermost field of a message. Varints come as their own bytes. Raises `MalformedError`."""
    view, place, end = memoryview(raw), 0, len(raw)
    while place < end:
        tag, place = _varint(raw, place)
        if tag & 7 == 2:
            size, place = _varint(raw, place)
            start, place = place, place + size
        else:
            start, place = place, _skipped(raw, place, tag & 7)
        if place > end:
            raise MalformedError(f"field {tag >> 3} ends {place - end} bytes behind the message's end")
        yield tag >> 3, bytes(view[start:place])


def type_of(delta_response: bytes) -> str:
    """The type URL of a DeltaDiscoveryResponse, without reading more than needed."""
    for number, content in fields(delta_response):
        if number == 4:
            return content.decode()
    return ""


def node_of(request: bytes) -> bytes:
    """The node of a request, as a field that may be put before another request; nothing when it has none."""
    return b"".join(length_delimited(1, content) for number, content in fields(request) if number == 1)


def delta_request(raw: bytes) -> DeltaRequest:
    """Read a DeltaDiscoveryRequest."""
    found = _grouped(raw)
    return DeltaRequest(_text(found, 2), _texts(found, 3), _texts(found, 4), _text(found, 6), 7 in found)


def request(raw: bytes) -> Request:
    """Read a DiscoveryRequest."""
    found = _grouped(raw)
    return Request(_text(found, 4), _texts(found, 3), _text(found, 5), 6 in found)


def delta_response(raw: bytes) -> DeltaResponse:
    """Read a DeltaDiscoveryResponse."""
    found = _grouped(raw)
    resources = tuple(_resource(each) for each in found.get(2, []))
    return DeltaResponse(_text(found, 4), _text(found, 5), resources, _texts(found, 6))


def write_delta_request(type_url: str, subscribe: Iterable[str] = (), unsubscribe: Iterable[str] = (), nonce: str = "") -> bytes:
    """A DeltaDiscoveryRequest without a node, as any but the first of a stream may be."""
    parts = [length_delimited(2, type_url.encode())]
    parts += [length_delimited(3, name.encode()) for name in subscribe]
    parts += [length_delimited(4, name.encode()) for name in unsubscribe]
    parts += [length_delimited(6, nonce.encode())] if nonce else []
    return b"".join(parts)


def write_health(reason: str) -> bytes:
    """A DeltaDiscoveryRequest that tells the app is well (no reason), or is not."""
    refusal = length_delimited(7, b"\x08\x0d" + length_delimited(2, reason.encode())) if reason else b""
    return length_delimited(2, HEALTH.encode()) + refusal


def write_delta_response(response: DeltaResponse) -> bytes:
    """A DeltaDiscoveryResponse."""
    parts = [length_delimited(2, _written(response.type, resource)) for resource in response.resources]
    parts += [length_delimited(4, response.type.encode()), length_delimited(5, response.nonce.encode())]
    parts += [length_delimited(6, name.encode()) for name in response.removed]
    return b"".join(parts)


def write_response(type_url: str, nonce: str, version: str, values: Iterable[bytes]) -> bytes:
    """A DiscoveryResponse."""
    parts = [length_delimited(1, version.encode())]
    parts += [length_delimited(2, _any(type_url, value)) for value in values]
    return b"".join([*parts, length_delimited(4, type_url.encode()), length_delimited(5, nonce.encode())])


def key_pair(name: str, chain: bytes, key: bytes) -> bytes:
    """A Secret that holds a certificate chain and its key, both PEM."""
    certificate = length_delimited(1, _source(chain)) + length_delimited(2, _source(key))
    return length_delimited(1, name.encode()) + length_delimited(2, certificate)


def trusted_roots(name: str, roots: bytes) -> bytes:
    """A Secret that holds the roots to trust, PEM."""
    return length_delimited(1, name.encode()) + length_delimited(4, length_delimited(1, _source(roots)))


def trusted_by_domain(name: str, roots: Mapping[str, bytes]) -> bytes:
    """A Secret by which the trust domain in a certificate decides which roots, PEM, it has to lead to; those of other domains are refused."""
    domains = (length_delimited(1, domain.encode()) + length_delimited(2, _source(pem)) for domain, pem in sorted(roots.items()))
    config = b"".join(length_delimited(1, domain) for domain in domains)
    validator = length_delimited(1, b"envoy.tls.cert_validator.spiffe") + length_delimited(2, _any(_BY_DOMAIN, config))
    return length_delimited(1, name.encode()) + length_delimited(4, length_delimited(12, validator))


def _source(content: bytes) -> bytes:
    return length_delimited(2, content)


def _any(type_url: str, value: bytes) -> bytes:
    return length_delimited(1, type_url.encode()) + length_delimited(2, value)


def _written(type_url: str, resource: Resource) -> bytes:
    named = length_delimited(1, resource.version.encode()) + length_delimited(2, _any(type_url, resource.value))
    return named + length_delimited(3, resource.name.encode())


def _resource(raw: bytes) -> Resource:
    found = _grouped(raw)
    body = _grouped(found.get(2, [b""])[-1])
    return Resource(_text(found, 3), _text(found, 1), body.get(2, [b""])[-1])


def _grouped(raw: bytes) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for number, content in fields(raw):
        found.setdefault(number, []).append(content)
    return found


def _text(found: dict[int, list[bytes]], number: int) -> str:
    return found.get(number, [b""])[-1].decode()


def _texts(found: dict[int, list[bytes]], number: int) -> tuple[str, ...]:
    return tuple(each.decode() for each in found.get(number, []))


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while place < len(raw) and shift < 64:
        byte = raw[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7
    raise MalformedError("a number does not end")


def _skipped(raw: bytes, place: int, wire_type: int) -> int:
    match wire_type:
        case 0:
            return _varint(raw, place)[1]
        case 1:
            return place + 8
        case 5:
            return place + 4
        case _:
            raise MalformedError(f"wire type {wire_type} is not used by discovery")
