"""The values of patches as messages of Envoy: which message each target takes, how its JSON is read, and what is wrong with JSON that cannot be.

Messages inside of envelopes (`google.protobuf.Any`) are known by name only once the module that defines them is loaded, so modules are loaded as
names come up. What may not enter: what a patch does.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import ModuleType
from typing import Any, Final, NamedTuple

import msgspec
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_components_pb2 import Filter, FilterChain, ListenerFilter
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import Route, VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.any_pb2 import Any as Envelope
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from lateen.ir.patch import Patch, Target

MESSAGES: Final[Mapping[Target, type[Message]]] = {
    Target.LISTENER: Listener,
    Target.FILTER_CHAIN: FilterChain,
    Target.NETWORK_FILTER: Filter,
    Target.HTTP_FILTER: HttpFilter,
    Target.LISTENER_FILTER: ListenerFilter,
    Target.ROUTE_CONFIGURATION: RouteConfiguration,
    Target.VIRTUAL_HOST: VirtualHost,
    Target.HTTP_ROUTE: Route,
    Target.CLUSTER: Cluster,
    Target.EXTENSION_CONFIG: TypedExtensionConfig,
    Target.BOOTSTRAP: Bootstrap,
}
"""The message that the value of each target is."""

TYPE_KEY = "@type"
TYPED_STRUCTS = ("xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct")
"""Messages that hold the JSON of another one."""
_UNSIGNED = (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64)
_PACKAGES = ("envoy.", "xds.", "udpa.", "google.protobuf", "google.rpc", "google.api")
_FORM = "Envoy's names look like type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua."
_WORDS = {"Duration": 'a duration in seconds, such as "1.5s"', "Struct": "an object", "Timestamp": "a time, such as 2024-01-01T00:00:00Z"}
_AS_ONE = "google.protobuf."
"""Messages whose JSON is not an object of their fields."""

Path = tuple[str | int, ...]


class Fault(NamedTuple):
    """What is wrong with a value: where in it, one sentence, what to do, and whether it cannot be used (else a part of it is not heeded)."""

    path: Path
    message: str
    hint: str = ""
    fatal: bool = True


class Unreadable(ValueError):
    """JSON that is not the message it is meant to be; the sentence says why."""


def value(patch: Patch) -> Message:
    """The value of a patch. What its message does not know is left out. Not to be changed. Raises `Unreadable`."""
    return _value(patch.target, patch.value)


@lru_cache(maxsize=1024)
def _value(target: Target, text: str) -> Message:
    plain = msgspec.json.decode(text or "{}")
    load(plain)
    try:
        return json_format.ParseDict(plain, MESSAGES[target](), ignore_unknown_fields=True)
    except (json_format.ParseError, TypeError, ValueError) as wrong:
        raise Unreadable(_sentence(wrong)) from wrong


def faults(target: str, plain: Mapping[str, Any]) -> list[Fault]:
    """All that is wrong with a value of the target; nothing where the target takes no message that is known here."""
    if target not in Target.__members__:
        return []
    kind = MESSAGES[Target(target)]
    load(plain)
    found = list(_faults(_described(kind), plain, ()))
    if not any(fault.fatal for fault in found):
        try:
            json_format.ParseDict(dict(plain), kind(), ignore_unknown_fields=True)
        except (json_format.ParseError, TypeError, ValueError) as wrong:
            found.append(Fault((), f"found what is no {kind.DESCRIPTOR.full_name}: {_sentence(wrong)}"))
    return found


def _described(kind: type[Message]) -> Descriptor:
    return kind.DESCRIPTOR  # type: ignore[return-value]  # upb's own class, of the same shape


def _sentence(wrong: Exception) -> str:
    return str(wrong).rstrip(".") + "."


# Types by name


def load(plain: Any) -> None:
    """Load what defines the types that the JSON names."""
    if isinstance(plain, Mapping):
        for key, inner in plain.items():
            if key in (TYPE_KEY, "type_url", "typeUrl") and isinstance(inner, str):
                descriptor(inner)
            load(inner)
    elif isinstance(plain, list):
        for inner in plain:
            load(inner)


@lru_cache(maxsize=1024)
def descriptor(type_url: str) -> Descriptor | None:
    """The type of that URL; None when nobody knows it."""
    name = type_url.rpartition("/")[2]
    pool = descriptor_pool.Default()
    for loaded in (False, True):
        if loaded:
            _load_package(name.rpartition(".")[0])
        try:
            return pool.FindMessageTypeByName(name)
        except KeyError:
            continue
    return None


def _load_package(name: str) -> list[ModuleType]:
    """The modules of a package of messages, loaded; none of any other package, for the name is a user's."""
    if not name.startswith(_PACKAGES) or not all(part.isidentifier() for part in name.split(".")):
        return []
    try:
        package = importlib.import_module(name)
    except ImportError:
        return []
    found = [each.name for each in pkgutil.iter_modules(getattr(package, "__path__", ())) if each.name.endswith("_pb2")]
    return [importlib.import_module(f"{name}.{each}") for each in found]


def unpacked(envelope: Envelope) -> Message | None:
    """What is in the envelope; None when nobody knows the type, or it is not what it says."""
    found = descriptor(envelope.type_url)
    if found is None:
        return None
    message = message_factory.GetMessageClass(found)()
    try:
        message.ParseFromString(envelope.value)
    except DecodeError:
        return None
    return message


# What is wrong


def _faults(kind: Descriptor, plain: Any, path: Path) -> Iterator[Fault]:
    if kind.full_name == Envelope.DESCRIPTOR.full_name:
        yield from _of_envelope(plain, path)
    elif kind.full_name.startswith(_AS_ONE):
        yield from _of_scalar(kind, plain, path)
    elif not isinstance(plain, Mapping):
        yield Fault(path, f"found {_shown(plain)}, expected an object, a {kind.name}.")
    else:
        for key, inner in plain.items():
            field = _field(kind, key)
            if field is None:
                yield _unknown(kind, key, path)
            elif inner is not None:
                yield from _of_field(field, inner, (*path, key))


def _field(kind: Descriptor, key: str) -> FieldDescriptor | None:
    return kind.fields_by_name.get(key) or kind.fields_by_camelcase_name.get(key)


def _unknown(kind: Descriptor, key: str, path: Path) -> Fault:
    near = difflib.get_close_matches(key, kind.fields_by_name, 1)
    hint = f'Did you mean "{near[0]}"?' if near else f"{kind.name} has {', '.join(sorted(kind.fields_by_name)) or 'no fields'}."
    return Fault((*path, key), f"{kind.full_name} has no such field; it is not heeded.", hint, fatal=False)


def _of_field(field: FieldDescriptor, plain: Any, path: Path) -> Iterator[Fault]:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        yield from _of_map(kind.fields_by_name["value"], plain, path)
    elif not field.is_repeated:
        yield from _of_one(field, plain, path)
    elif not isinstance(plain, list):
        yield Fault(path, f"found {_shown(plain)}, expected a list.")
    else:
        for index, inner in enumerate(plain):
            yield from _of_one(field, inner, (*path, index))


def _of_map(values: FieldDescriptor, plain: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(plain, Mapping):
        yield Fault(path, f"found {_shown(plain)}, expected an object.")
        return
    for key, inner in plain.items():
        yield from _of_one(values, inner, (*path, key))


def _of_one(field: FieldDescriptor, plain: Any, path: Path) -> Iterator[Fault]:
    if field.message_type is not None:
        yield from _faults(field.message_type, plain, path)
        return
    assert field.containing_type is not None
    holder = message_factory.GetMessageClass(field.containing_type)()
    try:
        json_format.ParseDict({field.name: [plain] if field.is_repeated else plain}, holder)
    except (json_format.ParseError, TypeError, ValueError):
        yield Fault(path, f"found {_shown(plain)}, expected {_expected(field)}.")


def _expected(field: FieldDescriptor) -> str:
    if field.enum_type is not None:
        return f"one of {', '.join(each.name for each in field.enum_type.values)}"
    words = {
        FieldDescriptor.CPPTYPE_STRING: "text",
        FieldDescriptor.CPPTYPE_BOOL: "true or false",
        FieldDescriptor.CPPTYPE_DOUBLE: "a number",
        FieldDescriptor.CPPTYPE_FLOAT: "a number",
    }
    return words.get(field.cpp_type, "a whole number that is not negative" if field.cpp_type in _UNSIGNED else "a whole number")


def _of_scalar(kind: Descriptor, plain: Any, path: Path) -> Iterator[Fault]:
    try:
        json_format.ParseDict(plain, message_factory.GetMessageClass(kind)())
    except (json_format.ParseError, TypeError, ValueError, AttributeError):
        inner = kind.fields_by_name.get("value") if kind.name.endswith("Value") else None
        expected = _expected(inner) if inner is not None else _WORDS.get(kind.name, f"a {kind.name}")
        yield Fault(path, f"found {_shown(plain)}, expected {expected}.")


def _of_envelope(plain: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(plain, Mapping) or not isinstance(plain.get(TYPE_KEY), str):
        hint = f'Write "{TYPE_KEY}": type.googleapis.com/ and the name of a message.'
        yield Fault(path, f'found {_shown(plain)}, expected an object with "{TYPE_KEY}".', hint)
        return
    kind = descriptor(plain[TYPE_KEY])
    if kind is None:
        yield Fault((*path, TYPE_KEY), f'found "{plain[TYPE_KEY]}", which is no message of Envoy that is known here.', _near(plain[TYPE_KEY]))
    elif kind.full_name.startswith(_AS_ONE):
        if "value" in plain:
            yield from _of_scalar(kind, plain["value"], (*path, "value"))
    else:
        yield from _faults(kind, {key: inner for key, inner in plain.items() if key != TYPE_KEY}, path)


def _near(type_url: str) -> str:
    """The messages of the package that is named, or the form."""
    modules = _load_package(type_url.rpartition("/")[2].rpartition(".")[0])
    names = sorted({each for module in modules for each in module.DESCRIPTOR.message_types_by_name})
    return f"That package has {', '.join(names)}." if names else _FORM


def _shown(plain: Any) -> str:
    text = msgspec.json.encode(plain).decode()
    return text if len(text) <= 60 else f"{text[:57]}..."
