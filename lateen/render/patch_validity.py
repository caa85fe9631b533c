"""Whether Envoy could take a patched resource, as far as that can be told without Envoy: the rules that its messages state for their fields, and how
filters, chains and domains must stand to each other (EX-3).

The first are written into the messages themselves (https://github.com/bufbuild/protoc-gen-validate). What is not told here, Envoy still refuses.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from google.protobuf.any_pb2 import Any as Envelope
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from validate import validate_pb2 as stated

from lateen.render.patch_values import unpacked

_MANAGER = f"type.googleapis.com/{HttpConnectionManager.DESCRIPTOR.full_name}"
_ROUTER = f"type.googleapis.com/{Router.DESCRIPTOR.full_name}"
_ENDS = (_MANAGER, f"type.googleapis.com/{TcpProxy.DESCRIPTOR.full_name}")
_TOLD_APART = "told apart"
_NUMBERS = ("float", "double", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64")
_BOUNDS: Final[tuple[tuple[str, Callable[[Any, Any], bool], str], ...]] = (
    ("gt", operator.gt, "more than"),
    ("gte", operator.ge, "at least"),
    ("lt", operator.lt, "less than"),
    ("lte", operator.le, "at most"),
)


def faults(resource: Message, changed: list[Message], taken: tuple[str, ...] = ()) -> list[str]:
    """What is wrong with the resource, sentences; of the rules of fields only those of `changed`, which are parts of it.

    `taken` are domains of virtual hosts that the table is told of apart.
    """
    found = [fault for message in changed for fault in of_fields(message, "")]
    return list(dict.fromkeys([*found, *_standing(resource, taken)]))


# How things stand to each other


def _standing(resource: Message, taken: tuple[str, ...]) -> Iterator[str]:
    if isinstance(resource, Listener):
        yield from _of_listener(resource)
    elif isinstance(resource, RouteConfiguration):
        yield from _of_table(resource, taken)
    elif isinstance(resource, Cluster) and resource.type == Cluster.EDS and not resource.HasField("eds_cluster_config"):
        yield "a cluster of type EDS has no eds_cluster_config."


def _of_listener(listener: Listener) -> Iterator[str]:
    seen: set[bytes] = set()
    for chain in listener.filter_chains:
        match = chain.filter_chain_match.SerializeToString(deterministic=True)
        if match in seen:
            yield f'the filter chain "{chain.name}" has the same filter_chain_match as another.'
        seen.add(match)
    if not listener.filter_chains and not listener.HasField("default_filter_chain") and not listener.HasField("api_listener"):
        yield "no filter chain is left."
    for chain in (*listener.filter_chains, listener.default_filter_chain):
        yield from _of_chain(chain)


def _of_chain(chain: FilterChain) -> Iterator[str]:
    for index, each in enumerate(chain.filters):
        if each.typed_config.type_url in _ENDS and index + 1 < len(chain.filters):
            yield f'the filter "{chain.filters[index + 1].name}" stands behind "{each.name}", which must be the last of its chain.'
        if each.typed_config.type_url == _MANAGER:
            yield from _of_manager(HttpConnectionManager.FromString(each.typed_config.value))


def _of_manager(manager: HttpConnectionManager) -> Iterator[str]:
    filters = manager.http_filters
    if not filters:
        yield "no HTTP filter is left, expected the router as the last."
    for index, each in enumerate(filters):
        if each.typed_config.type_url == _ROUTER and index + 1 < len(filters):
            yield f'the HTTP filter "{filters[index + 1].name}" stands behind the router "{each.name}", which must be the last.'
    if filters and filters[-1].WhichOneof("config_type") == "typed_config" and filters[-1].typed_config.type_url != _ROUTER:
        yield f'the last HTTP filter is "{filters[-1].name}", expected the router.'
    if manager.HasField("route_config"):
        yield from _of_table(manager.route_config)


def _of_table(table: RouteConfiguration, taken: tuple[str, ...] = ()) -> Iterator[str]:
    owner = dict.fromkeys(taken, _TOLD_APART)
    for host in table.virtual_hosts:
        for domain in host.domains:
            other = owner.setdefault(domain.lower(), host.name)
            if other != host.name:
                yield f'the virtual hosts "{other}" and "{host.name}" both have the domain "{domain}".'


# What messages state for their fields


def of_fields(message: Message, path: str) -> Iterator[str]:
    """What breaks the rules that the message states for its fields, and the messages in it for theirs."""
    kind: Any = message.DESCRIPTOR
    for rule in _ruled(kind):
        yield from _of_field(message, rule, f"{path}{rule.name}")
    for oneof in _demanded(kind):
        if message.WhichOneof(oneof) is None:
            yield f"{path or kind.name}: nothing is given of {oneof}."
    for field, said in message.ListFields():
        yield from _inside(field, said, f"{path}{field.name}")


def _inside(field: FieldDescriptor, said: Any, path: str) -> Iterator[str]:
    kind = field.message_type
    if kind is None or not _asks(kind):
        return
    if kind.GetOptions().map_entry:
        if kind.fields_by_name["value"].message_type is not None:
            for key in said:
                yield from _of_part(said[key], f"{path}[{key}]")
    elif field.is_repeated:
        for index, each in enumerate(said):
            yield from _of_part(each, f"{path}[{index}]")
    else:
        yield from _of_part(said, path)


def _of_part(part: Message, path: str) -> Iterator[str]:
    found = unpacked(part) if isinstance(part, Envelope) else part
    if found is not None:
        yield from of_fields(found, f"{path}.")


@lru_cache(maxsize=4096)
def _asks(kind: Descriptor) -> bool:
    """Whether a message of the type, or one that may be in it, has rules; of an envelope nobody knows what is in it."""
    seen, waiting = {kind.full_name}, [kind]
    while waiting:
        each = waiting.pop()
        if each.full_name == Envelope.DESCRIPTOR.full_name or _ruled(each) or _demanded(each):
            return True
        inside = [field.message_type for field in each.fields if field.message_type is not None and field.message_type.full_name not in seen]
        seen.update(found.full_name for found in inside)
        waiting += inside
    return False


@lru_cache(maxsize=4096)
def _ruled(kind: Descriptor) -> tuple[FieldDescriptor, ...]:
    return tuple(field for field in kind.fields if field.GetOptions().HasExtension(stated.rules))


@lru_cache(maxsize=4096)
def _demanded(kind: Descriptor) -> tuple[str, ...]:
    return tuple(oneof.name for oneof in kind.oneofs if oneof.GetOptions().Extensions[stated.required])


def _of_field(message: Message, field: FieldDescriptor, path: str) -> Iterator[str]:
    rules: Any = field.GetOptions().Extensions[stated.rules]
    said: Any = getattr(message, field.name)
    if field.is_repeated:
        if field.message_type is None or not field.message_type.GetOptions().map_entry:
            yield from _of_list(rules.repeated, said, path)
        return
    if field.message_type is not None:
        is_there = message.HasField(field.name)
        if not is_there and field.containing_oneof is None and (rules.message.required or rules.duration.required or rules.any.required):
            yield f"{path} is missing."
        if is_there and rules.HasField("duration"):
            yield from _of_duration(rules.duration, said, path)
        elif is_there and field.message_type.full_name.endswith("Value") and "value" in field.message_type.fields_by_name:
            yield from _of_value(rules, said.value, path)
    elif field.has_presence and not message.HasField(field.name):
        return
    else:
        yield from _of_value(rules, said, path)
        if rules.enum.defined_only and field.enum_type is not None and said not in field.enum_type.values_by_number:
            yield f"{path} is {said}, which stands for nothing."


def _of_list(rules: Any, said: Any, path: str) -> Iterator[str]:
    if len(said) < rules.min_items:
        yield f"{path} has {len(said)} items, expected at least {rules.min_items}."
    if rules.HasField("max_items") and len(said) > rules.max_items:
        yield f"{path} has {len(said)} items, expected at most {rules.max_items}."
    for index, each in enumerate(said):
        if not isinstance(each, Message):
            yield from _of_value(rules.items, each, f"{path}[{index}]")


def _of_value(rules: Any, said: Any, path: str) -> Iterator[str]:
    kind = rules.WhichOneof("type")
    if kind in ("string", "bytes"):
        size = len(said if kind == "bytes" else said.encode())
        least = max(rules.string.min_len, rules.string.min_bytes) if kind == "string" else rules.bytes.min_len
        if size < least and not (not size and getattr(rules, kind).ignore_empty):
            yield f"{path} is empty." if not size else f"{path} has {size} bytes, expected at least {least}."
    elif kind in _NUMBERS:
        yield from _of_number(getattr(rules, kind), said, path)


def _of_number(rules: Any, said: Any, path: str) -> Iterator[str]:
    if rules.HasField("ignore_empty") and rules.ignore_empty and not said:
        return
    for word, is_kept, sentence in _BOUNDS:
        if rules.HasField(word) and not is_kept(said, getattr(rules, word)):
            yield f"{path} is {said:g}, expected {sentence} {getattr(rules, word):g}."


def _of_duration(rules: Any, said: Any, path: str) -> Iterator[str]:
    for word, is_kept, sentence in _BOUNDS:
        if rules.HasField(word):
            bound = getattr(rules, word)
            if not is_kept((said.seconds, said.nanos), (bound.seconds, bound.nanos)):
                yield f"{path} is {said.ToJsonString()}, expected {sentence} {bound.ToJsonString()}."
