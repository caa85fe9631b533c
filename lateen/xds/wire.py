"""The bytes of discovery requests and responses: requests are parsed by protobuf (in C), responses are concatenated by hand.

A response is a head (type and nonce) and then the entries of its resources, each serialised once for all streams. Tests hold what is
put together here equal to what protobuf writes. The two forms of the protocol differ only in `Flavour`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import count
from typing import Final

import msgspec
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DiscoveryRequest

from lateen.values.envoy_resource import EnvoyResource, length_delimited

_nonces = count(1)


class Requested(msgspec.Struct, frozen=True):
    """A request of either form. Delta: `subscribe`, `unsubscribe` and the versions that the client still `holds`. State of the world:
    `subscribe` is all that the client wants, `version` the last that it accepted. `error` is the reason of a refusal, or None."""

    type: str
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    nonce: str = ""
    error: str | None = None
    holds: Mapping[str, str] = {}
    version: str = ""


class Flavour(msgspec.Struct, frozen=True):
    """One form of the protocol: how a resource and a response's head are written, and how a request is read.

    `parse` raises `google.protobuf.message.DecodeError` when the bytes are no request.
    """

    entry: Callable[[EnvoyResource], bytes]
    head: Callable[[str, str], bytes]
    parse: Callable[[bytes], tuple[Requested, Node | None]]


def fresh_nonce() -> str:
    """A nonce that was never given before in this process. A nonce belongs to a message, not to a stream: streams share messages."""
    return format(next(_nonces), "x")


def removed(names: Iterable[str]) -> bytes:
    """The names of resources that are gone, as `DeltaDiscoveryResponse.removed_resources`."""
    return b"".join([length_delimited(6, name.encode()) for name in names])


def _delta_head(type_url: str, nonce: str) -> bytes:
    return length_delimited(4, type_url.encode()) + length_delimited(5, nonce.encode())


def _sotw_head(type_url: str, nonce: str) -> bytes:
    return length_delimited(1, nonce.encode()) + length_delimited(4, type_url.encode()) + length_delimited(5, nonce.encode())


def _delta_entry(resource: EnvoyResource) -> bytes:
    return resource.entry


def _sotw_entry(resource: EnvoyResource) -> bytes:
    return length_delimited(2, resource.body)


def _parse_delta(raw: bytes) -> tuple[Requested, Node | None]:
    if raw[:1] != _TYPE_TAG:
        return _parsed_delta(raw)
    if len(raw) < _LONG:  # It has no node: that would be the first field.
        return _acknowledgement(raw) or _parsed_delta(raw)[0], None
    return _long(raw), None


_TYPE_TAG: Final = b"\x12"
_NONCE_TAG: Final = 0x32
_LONG: Final = 4096


def _acknowledgement(raw: bytes) -> Requested | None:
    """A request of nothing but a type and a nonce, as most are; None for another, or one that is written in another order.

    Where all bytes are ASCII, lengths among them, each length is one byte.
    """
    end = 2 + raw[1] if len(raw) > 1 else 0
    if len(raw) < end + 2 or raw[end] != _NONCE_TAG or len(raw) != end + 2 + raw[end + 1] or not raw.isascii():
        return None
    return Requested(_text(raw[2:end]), nonce=raw[end + 2 :].decode())


@lru_cache(maxsize=64)
def _text(written: bytes) -> str:
    return written.decode()


@lru_cache(maxsize=4)
def _long(raw: bytes) -> Requested:
    """Proxies of one sort that connect at once ask alike for thousands of names."""
    return _parsed_delta(raw)[0]


def _parsed_delta(raw: bytes) -> tuple[Requested, Node | None]:
    message = DeltaDiscoveryRequest.FromString(raw)
    held = message.initial_resource_versions
    requested = Requested(
        type=message.type_url,
        subscribe=tuple(message.resource_names_subscribe),
        unsubscribe=tuple(message.resource_names_unsubscribe),
        nonce=message.response_nonce,
        error=message.error_detail.message if message.HasField("error_detail") else None,
        holds={name: held[name] for name in held},
    )
    return requested, message.node if message.HasField("node") else None


def _parse_sotw(raw: bytes) -> tuple[Requested, Node | None]:
    message = DiscoveryRequest.FromString(raw)
    requested = Requested(
        type=message.type_url,
        subscribe=tuple(message.resource_names),
        nonce=message.response_nonce,
        error=message.error_detail.message if message.HasField("error_detail") else None,
        version=message.version_info,
    )
    return requested, message.node if message.HasField("node") else None


DELTA: Final = Flavour(entry=_delta_entry, head=_delta_head, parse=_parse_delta)
SOTW: Final = Flavour(entry=_sotw_entry, head=_sotw_head, parse=_parse_sotw)
