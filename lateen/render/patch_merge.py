"""How the value of a patch is merged into a message: as protobuf merges, with the exceptions that patches need (EX-2).

"Scalars overwrite, lists APPEND, a typed Any is merged when the types agree." What stands for one value, such as a duration or a wrapped number, is
overwritten whole, so that `1s` over `1.5s` is one second and `false` over `true` is false.
"""

from __future__ import annotations

from typing import Any, Final

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from google.protobuf import json_format
from google.protobuf.any_pb2 import Any as Envelope
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from lateen.render.message import packed
from lateen.render.patch_values import TYPED_STRUCTS, descriptor, unpacked

_WHOLE: Final = frozenset(
    f"google.protobuf.{name}"
    for name in (
        *("Duration", "Timestamp", "BoolValue", "BytesValue", "DoubleValue", "FloatValue"),
        *("Int32Value", "Int64Value", "StringValue", "UInt32Value", "UInt64Value"),
    )
)
_ENVELOPE: Final = Envelope.DESCRIPTOR.full_name


def merge(into: Message, value: Message, *, replaces_lists: bool = False) -> None:
    """Merge the value into the message, which is changed. `replaces_lists` holds for all lists but those inside of envelopes."""
    if isinstance(into, Cluster) and isinstance(value, Cluster) and value.HasField("transport_socket") and into.transport_socket_matches:
        value = _into_matches(into, value)
    _merge(into, value, replaces_lists)


def _merge(into: Message, value: Message, replaces_lists: bool) -> None:
    for field, said in value.ListFields():
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _entries(getattr(into, field.name), field, said)
        elif field.is_repeated:
            held = getattr(into, field.name)
            if replaces_lists:
                del held[:]
            held.extend(said)
        elif field.message_type is None:
            setattr(into, field.name, said)
        else:
            _one(getattr(into, field.name), said, replaces_lists)


def _entries(held: Any, field: FieldDescriptor, said: Any) -> None:
    of = field.message_type.fields_by_name["value"].message_type if field.message_type is not None else None
    for key in said:
        if of is None:
            held[key] = said[key]
        elif of.full_name == _ENVELOPE:
            envelope(held[key], said[key])
        else:
            held[key].CopyFrom(said[key])


def _one(into: Message, said: Message, replaces_lists: bool) -> None:
    name = said.DESCRIPTOR.full_name
    if name in _WHOLE:
        into.CopyFrom(said)
    elif isinstance(into, Envelope) and isinstance(said, Envelope):
        envelope(into, said)
    else:
        into.SetInParent()
        _merge(into, said, replaces_lists)


def envelope(into: Envelope, said: Envelope) -> None:
    """Merge what is in an envelope when both hold the same type; else the one takes the place of the other."""
    said = opened(said)
    held = unpacked(into) if into.type_url and _name(into) == _name(said) else None
    value = unpacked(said) if held is not None else None
    if held is None or value is None:
        into.CopyFrom(said)
        return
    _merge(held, value, False)
    into.CopyFrom(packed(held))


def _name(of: Envelope) -> str:
    return of.type_url.rpartition("/")[2]


def opened(of: Envelope) -> Envelope:
    """What a TypedStruct stands for, where that is known; anything else as it is."""
    if _name(of) not in TYPED_STRUCTS:
        return of
    struct: Any = unpacked(of)
    kind = descriptor(struct.type_url) if struct is not None else None
    if kind is None:
        return of
    message = unpacked(Envelope(type_url=struct.type_url))
    if message is None:
        return of
    try:
        return packed(json_format.ParseDict(json_format.MessageToDict(struct.value), message))
    except (json_format.ParseError, TypeError, ValueError):
        return of


def _into_matches(into: Cluster, value: Cluster) -> Cluster:
    """A socket is merged into those of its type that are chosen by what an endpoint says, for Envoy takes no one socket beside them."""
    for each in into.transport_socket_matches:
        if _name(each.transport_socket.typed_config) == _name(value.transport_socket.typed_config):
            envelope(each.transport_socket.typed_config, value.transport_socket.typed_config)
    rest = Cluster()
    rest.CopyFrom(value)
    rest.ClearField("transport_socket")
    return rest
