"""Worlds to try laws on: manifests of every kind, drawn from the kinds' own structs, so that a field that is added is tried by itself.

`manifests` are such as a user could have meant; `pruned` takes out what the checks refuse, so that most are accepted; `corrupted` breaks one. All is
drawn through one function, `Draw`, so that Hypothesis, which shrinks, and a fuzzer, which follows branches, make the same worlds.
"""

from __future__ import annotations

import base64
import copy
import datetime
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeAlias, TypeVar

import msgspec
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st
from msgspec import inspect

from lateen.api import decode, kinds, mesh_config
from lateen.api.kinds import KINDS, Kind
from lateen.api.mesh_config import MeshConfig
from lateen.api.mesh_networks import MeshNetworks
from lateen.api.resource import Resource
from lateen.check import check
from lateen.check.core.config_map import mesh_settings
from lateen.values.finding import Severity
from tests.property import words

Manifest: TypeAlias = dict[str, Any]
Draw: TypeAlias = Callable[[int], int]
"""A number from 0 to less than the given one; 0 is the plainest choice."""

T = TypeVar("T")

DRAWN = tuple(kind for kind in KINDS.values() if kind.group != kinds.GATEWAY_API)
"""The kinds of the worlds: all but Gateway API's."""

_OFTEN = ("VirtualService", "VirtualService", "DestinationRule", "DestinationRule", "ServiceEntry", "ServiceEntry", "Service", "Gateway", "Sidecar")
WANTED = int(os.environ.get("LATEEN_WORLDS") or 0)
"""How many worlds each law is to be tried with; 0 for as few as do for every day."""

WEIGHED = (*(KINDS[key] for key in _OFTEN), *DRAWN)
DEEPEST = 9
_SIZES = {True: (1, 2, 1, 3, 1, 2, 0), False: (1, 2, 0, 3)}


class Drawing:
    """Values of types, one choice after the other."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw

    def one(self, of: Sequence[T]) -> T:
        """One of them."""
        return of[self._draw(len(of))]

    def seldom(self, times: int) -> bool:
        """Once in so many times."""
        return self._draw(times) == times - 1

    def word(self, of: Sequence[T]) -> T:
        """One of them, the first ones more often."""
        return of[min(self._draw(len(of)), self._draw(len(of)))]

    def struct(self, cls: type[msgspec.Struct], depth: int = 0) -> dict[str, Any]:
        """The JSON of a struct: what it needs, and a few of its other fields."""
        fields = _fields(cls)
        chosen = dict.fromkeys(name for name, field in fields.items() if field.required)
        chosen.update(dict.fromkeys(name for name in self.word(words.STRUCTS.get(cls.__name__, ((),))) if name in fields))
        needed = frozenset(chosen)
        others = [name for name in fields if name not in chosen]
        wanted = self.word((0, 1, 2, 3, 5)) if depth < DEEPEST else 0
        for _ in range(min(wanted, len(others))):
            chosen[others.pop(self._draw(len(others)))] = None
        for group in getattr(cls, "one_of", ()):
            for name in [name for name in chosen if name in group][1:]:
                del chosen[name]
        owner = cls.__name__
        return {fields[name].encode_name: self.value(fields[name].type, (owner, name), depth + 1, _SIZES[name in needed]) for name in chosen}

    def value(self, type_: inspect.Type, field: tuple[str, str], depth: int, sizes: Sequence[int]) -> Any:
        """The JSON of a value of the type, for a field of a struct; a list has one of the sizes."""
        match type_:
            case inspect.UnionType():
                return self.value(self.one([each for each in type_.types if not isinstance(each, inspect.NoneType)]), field, depth, sizes)
            case inspect.StructType():
                return self.struct(type_.cls, depth)
            case inspect.VarTupleType():
                return [self.value(type_.item_type, field, depth, _SIZES[False]) for _ in range(self.word(sizes))]
            case inspect.DictType():
                return self.mapping(type_, field, depth)
            case inspect.EnumType():
                return self.one([member.value for member in type_.cls])
            case inspect.CustomType():
                return self.word(words.DURATIONS)
            case inspect.BoolType():
                return self._draw(2) == 1
            case inspect.IntType():
                return self.word(_row(words.NUMBERS, field) or words.ANY_NUMBER)
            case inspect.FloatType():
                return self.word(words.ANY_FLOAT)
            case inspect.StrType():
                return self.word(_row(words.TEXTS, field) or words.ANY_TEXT)
        return self.one(({}, {"name": "a", "typed_config": {}}, "a", 1, None, ["a"]))

    def mapping(self, type_: inspect.DictType, field: tuple[str, str], depth: int) -> dict[str, Any]:
        """The JSON of a mapping."""
        if field[1] in words.LABELLED and isinstance(type_.value_type, inspect.StrType):
            return self.labels()
        keys = _row(words.KEYS, field) or words.ANY_TEXT
        if isinstance(type_.value_type, inspect.StrType) and (texts := words.VALUES.get(field[1])):
            return {self.word(keys): self.word(texts) for _ in range(self.word((1, 2, 0)))}
        return {self.word(keys): self.value(type_.value_type, field, depth, _SIZES[False]) for _ in range(self.word((1, 2, 0)))}

    def labels(self) -> dict[str, str]:
        """A few labels."""
        return dict(self.word(words.LABELS) for _ in range(self.word((1, 2, 0, 3))))

    def manifest(self, kind: Kind) -> Manifest:
        """An object of a kind."""
        namespace, name = self.word(words.PLACES.get(kind.key, words.ANYWHERE))
        metadata: dict[str, Any] = {"name": name, **({"namespace": namespace} if kind.namespaced else {})}
        if self.seldom(2):
            metadata["labels"] = self.labels()
        if self.seldom(4):
            metadata["annotations"] = dict([self.one(words.ANNOTATIONS)])
        if self.seldom(3):
            metadata["creationTimestamp"] = self.word(words.TIMES)
        if kind.key == "EndpointSlice":
            metadata["labels"] = {**metadata.get("labels", {}), "kubernetes.io/service-name": name.rpartition("-")[0]}
        body = self._body(kind, name)
        return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, **body}

    def _body(self, kind: Kind, name: str) -> dict[str, Any]:
        if kind.key == "Secret":
            return {"data": secret(name)} if not self.seldom(8) else self.struct(kind.spec)
        if kind.key == "ConfigMap":
            told = {"mesh": json.dumps(self.struct(MeshConfig))}
            return {"data": told if self.seldom(2) else told | {"meshNetworks": json.dumps(self.struct(MeshNetworks))}}
        if kind.key == "IngressClass":
            return {"spec": {"controller": "istio.io/ingress-controller"}}
        body = self.struct(kind.spec)
        if kind.is_whole_body:
            return body
        return {"spec": body, **({"status": self.struct(kind.status)} if kind.status is not None and self.seldom(3) else {})}

    def corrupted(self, manifest: Manifest) -> Manifest:
        """The same with something in it that does not belong there."""
        broken = copy.deepcopy(manifest)
        for _ in range(self.word((1, 2, 3))):
            holder, key = self.one(list(_places(broken)))
            holder[key] = copy.deepcopy(self.one(_ODD)) if not self.seldom(4) else copy.deepcopy(self.one([one[at] for one, at in _places(manifest)]))
        return broken


_ODD: tuple[Any, ...] = (
    *(
        None,
        "",
        [],
        {},
        0,
        -1,
        2**70,
        1e400,
        float("nan"),
        True,
        "\x00",
        "é\u202e\ud83d\ude00",
        "*",
        ".",
        "/",
        "%",
        "a" * 9000,
        [None],
        [[]],
        {"": None},
    ),
    *({"x": {"x": {"x": {}}}}, ["a", 1, None], "999999999999h", "::", "10.0.0.0/-1", "unix://", "1.5", "0x10", "null", "@request.auth.claims."),
)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every mapping and list with each of its keys."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


@cache
def _fields(cls: type[msgspec.Struct]) -> Mapping[str, inspect.Field]:
    found = inspect.type_info(cls)
    assert isinstance(found, inspect.StructType)
    return {field.name: field for field in found.fields}


def _row(table: Mapping[str, tuple[T, ...]], field: tuple[str, str]) -> tuple[T, ...]:
    return table.get(".".join(field)) or table.get(field[1], ())


@cache
def secret(name: str) -> dict[str, str]:
    """The contents of a secret of `words.CERTIFICATES`, in base64."""
    certificate, key = _pair()
    other, _ = _pair.__wrapped__()
    found = {
        "ca-only": {"cacert": certificate},
        "chain": {"cert": certificate + other, "key": key, "cacert": certificate},
        "broken": {"tls.crt": b"nonsense", "tls.key": key},
        "empty": {},
        "mixed": {"tls.crt": other, "tls.key": key, "ca.crt": b""},
    }.get(name, {"tls.crt": certificate, "tls.key": key, "ca.crt": certificate})
    return {item: base64.b64encode(text).decode() for item, text in found.items()}


@cache
def _pair() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a.example")])
    began = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    until = began + datetime.timedelta(days=36500)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, began, until).sign(key, hashes.SHA256())
    plain = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM), plain


def pruned(manifest: Manifest) -> Resource[Any] | None:
    """What is left of a manifest when all that is refused is taken out of it; None when nothing can be left."""
    left = copy.deepcopy(manifest)
    if left["kind"] == "ConfigMap" and isinstance(left.get("data"), dict) and mesh_config.KEY in left["data"]:
        left["data"][mesh_config.KEY] = _pruned_settings(left["data"][mesh_config.KEY])
    for _ in range(12):
        resource, findings = decode.decode(left)
        if resource is not None:
            findings = [*findings, *check(resource)]
        refused = {finding.path for finding in findings if finding.severity is Severity.ERROR}
        if not refused:
            return resource
        deepest = max(path.count(".") for path in refused)
        for path in sorted((path for path in refused if path.count(".") == deepest), reverse=True):
            _cut(left, path)
    return None


def _pruned_settings(text: str) -> str:
    left = yaml.safe_load(text)
    for _ in range(12):
        settings, findings = mesh_config.decode(json.dumps(left))
        refused = [finding.path for finding in findings] + [decode.path_text(remark.path) for remark in mesh_settings(settings)]
        if not refused:
            break
        for path in sorted(refused, reverse=True):
            _cut(left, path)
    return json.dumps(left)


def _cut(value: Any, path: str) -> None:
    """Take out what is at a path, or what holds it when it is not there."""
    steps = [int(step.rstrip("]")) if step.endswith("]") and step[:-1].isdecimal() else step for step in _steps(path)]
    found = [(value, steps[0])] if steps else []
    for step in steps[1:]:
        holder, key = found[-1]
        if not _has(holder, key):
            break
        found.append((holder[key], step))
    for holder, key in reversed(found):
        if _has(holder, key):
            del holder[key]
            return


def _steps(path: str) -> list[str]:
    return [step for step in path.replace('["', ".").replace('"]', "").replace("[", ".").replace("]", "]").split(".") if step]


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else isinstance(holder, list) and isinstance(key, int) and key < len(holder)


@lru_cache(512)
def _below(number: int) -> st.SearchStrategy[int]:
    return st.integers(0, number - 1)


@st.composite
def manifests(draw: st.DrawFn, of: Sequence[Kind] = WEIGHED) -> Manifest:
    """An object of one of the kinds."""
    drawing = Drawing(lambda number: draw(_below(number)))
    return drawing.manifest(drawing.one(of))


@st.composite
def broken(draw: st.DrawFn, of: Sequence[Kind] = WEIGHED) -> Manifest:
    """One with something in it that does not belong there."""
    drawing = Drawing(lambda number: draw(_below(number)))
    return drawing.corrupted(drawing.manifest(drawing.one(of)))


@st.composite
def worlds(draw: st.DrawFn, most: int = 14) -> list[Manifest]:
    """Some objects."""
    drawing = Drawing(lambda number: draw(_below(number)))
    return [drawing.manifest(drawing.one(WEIGHED)) for _ in range(1 + draw(_below(most)))]


def accepted(of: Iterable[Manifest]) -> list[Resource[Any]]:
    """The objects that are left of a world when all that is refused is taken out of it; of those with one name the last."""
    return list({found.ref: found for manifest in of if (found := pruned(manifest)) is not None}.values())
