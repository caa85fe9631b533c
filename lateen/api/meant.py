"""`drafts`: what a manifest with mistakes may have been meant to be, so that what is right in it can be judged together with what is wrong.

Each reading has something in the place of every mistake: what was surely meant (a number for one in quotes, the nearest word for a misspelt one), or
one of several stand-ins, of which the first is the zero value, which in protobuf's JSON is the same as nothing. What holds in all readings holds
whatever was meant; what holds in some of them only is a consequence of a mistake that has been told already. Nothing of a reading is ever used as
configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from lateen.api import kinds, schema
from lateen.api.kinds import Kind
from lateen.api.resource import Metadata, Resource
from lateen.api.schema import SURELY, WRONG, Mistake, Walk, closest, fields_of, type_of
from lateen.api.text import Path
from lateen.values.ref import Ref

_NAME = "stand-in.example.com"
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_MOST = 12


class Meaning(NamedTuple):
    """A value without mistakes, and where something stands in for one.

    `renamed` are the paths of fields whose names were misspelt, each with the name as written; `inside` the mistakes found below them.
    """

    value: Any
    stand_ins: frozenset[Path]
    renamed: Mapping[Path, str]
    inside: tuple[Mistake, ...]

    def is_told(self, path: Path) -> bool:
        """Whether what is at the path stands in for a mistake that has been told."""
        return any(path[:length] in self.stand_ins for length in range(len(path) + 1))

    def as_written(self, path: Path) -> Path:
        """The path with the names that the user wrote."""
        return tuple(self.renamed.get(path[: index + 1], step) for index, step in enumerate(path))


class Draft(NamedTuple):
    """A reading of a manifest as an object, and how its spec was understood."""

    resource: Resource[Any]
    meaning: Meaning


def drafts(manifest: Mapping[str, Any], ref: Ref) -> Iterator[Draft]:
    """The readings of a manifest that was refused; none when even its kind is not known. `ref` is what it is called, as far as that can be read."""
    kind = kinds.KINDS.get(ref.kind)
    if kind is None:
        return
    [metadata, *_] = [_converted(each, Metadata) for each in meanings(manifest.get("metadata") or {}, Metadata, ("metadata",))]
    body, path = kind.body(manifest if kind.is_whole_body else _in_place(manifest, kind))
    for meaning in meanings(body or {}, kind.spec, path):
        spec = _converted(meaning, kind.spec)
        if metadata is not None and spec is not None:
            yield Draft(Resource(ref, spec, metadata.labels, metadata.annotations), meaning)


def _in_place(manifest: Mapping[str, Any], kind: Kind) -> Mapping[str, Any]:
    """The manifest with what stands beside its spec, but belongs into it, and with a misspelt spec under its right name."""
    astray = {name: value for name, value in manifest.items() if name not in kinds.ENVELOPE and name not in ("spec", "status")}
    misspelt = next((value for name, value in astray.items() if closest(name, ("spec",))), None)
    spec = manifest.get("spec") or misspelt or {}
    lost = {name: value for name, value in astray.items() if name in fields_of(kind.spec)}
    return {**manifest, "spec": {**lost, **spec} if isinstance(spec, Mapping) else spec}


def _converted(meaning: Meaning, struct: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.convert(meaning.value, struct, dec_hook=schema.hook)
    except msgspec.ValidationError:
        return None


def meanings(value: Any, struct: type[msgspec.Struct], path: Path = ()) -> Iterator[Meaning]:
    """The readings of a value as the struct: one when it has no mistake, else as many as its mistake of most stand-ins has."""
    choice, choices = 0, 1
    while choice < min(choices, _MOST):
        walk = _Guess(choice)
        found = walk.value(value, type_of(struct), path)
        yield Meaning(found, frozenset(walk.stand_ins), walk.renamed, tuple(walk.inside))
        choices = max(choices, walk.choices)
        choice += 1


class _Guess(Walk):
    """A walk that goes on with a stand-in where it meets a mistake."""

    def __init__(self, choice: int) -> None:
        super().__init__()
        self.stand_ins: set[Path] = set()
        self.renamed: dict[Path, str] = {}
        self.inside: list[Mistake] = []
        self.choices = 1
        self._choice = choice

    def value(self, value: Any, type_: inspect.Type, path: Path) -> Any:
        """The value, or a stand-in for it."""
        found = super().value(value, type_, path)
        return self._chosen(self._stand_ins(value, type_), path) if found is WRONG else found

    def _chosen(self, among: list[Any], path: Path) -> Any:
        self.stand_ins.add(path)
        self.choices = max(self.choices, len(among))
        return among[self._choice % len(among)]

    def struct(self, value: Any, struct: type[msgspec.Struct], path: Path) -> Any:
        """A mapping that becomes a struct: misspelt fields by their right names, the missing ones there, one of those that exclude each other."""
        if not isinstance(value, Mapping):
            return WRONG
        given = self._with_required(self._with_one_of(self._renamed(value, struct, path), struct, path), struct, path)
        return super().struct(given, struct, path)

    def _union(self, value: Any, type_: inspect.UnionType, path: Path) -> Any:
        """The member alone, so that where it is a mistake, nothing at all may stand in for it."""
        members = [member for member in type_.types if not isinstance(member, inspect.NoneType)]
        return super().value(value, members[0], path) if len(members) == 1 else super()._union(value, type_, path)

    def _renamed(self, value: Mapping[str, Any], struct: type[msgspec.Struct], path: Path) -> dict[str, Any]:
        known = fields_of(struct)
        given = {name: item for name, item in value.items() if name in known}
        for name, item in value.items() if struct.__struct_config__.forbid_unknown_fields else ():
            near = closest(name, known) if name not in known else None
            if near is None or near in given:
                continue
            if closest(name, (near,), SURELY):
                given[near] = item
                self.renamed[(*path, near)] = name
                below = Walk()
                below.value(item, known[near].type, (*path, near))
                self.inside += below.mistakes
            else:
                given[near] = self._chosen([item, None], (*path, near))
        return given

    def _with_one_of(self, given: dict[str, Any], struct: type[msgspec.Struct], path: Path) -> dict[str, Any]:
        for group in getattr(struct, "one_of", ()):
            names = [field.encode_name for field in fields_of(struct).values() if field.name in group and given.get(field.encode_name) is not None]
            if len(names) > 1:
                kept = self._chosen(names, path)
                self.stand_ins.discard(path)
                self.stand_ins |= {(*path, name) for name in names}
                given = {name: item for name, item in given.items() if name == kept or name not in names}
        return given

    def _with_required(self, given: dict[str, Any], struct: type[msgspec.Struct], path: Path) -> dict[str, Any]:
        missing = [(name, field) for name, field in fields_of(struct).items() if field.required and given.get(name) is None]
        return {**given, **{name: self._chosen(self._stand_ins(None, field.type), (*path, name)) for name, field in missing}}

    def _stand_ins(self, value: Any, type_: inspect.Type) -> list[Any]:
        """What may stand for a value of the type: one thing when it is plain what was meant."""
        match type_:
            case inspect.UnionType():
                return self._of_union(value, type_)
            case inspect.StructType():
                return [_Guess(0).struct({}, type_.cls, ())]
            case inspect.VarTupleType():
                return self._of_list(value, type_)
            case inspect.DictType():
                return [{}]
            case inspect.EnumType():
                words = [member.value for member in type_.cls]
                near = closest(str(value), words) if value is not None else None
                return [near] if near else words
            case inspect.CustomType():
                return [f"{value}s"] if _is_number(value) and value > 0 else ["0s", "1s"]
            case inspect.StrType():
                return [str(value)] if _is_number(value) else ["*" if type_.min_length else "", "*", _NAME]
            case inspect.BoolType():
                word = str(value).lower()
                return [word in _TRUE] if word in _TRUE | _FALSE else [False, True]
            case inspect.IntType() | inspect.FloatType():
                return _numbers(value, type_)
        return [value]

    def _of_union(self, value: Any, type_: inspect.UnionType) -> list[Any]:
        members = [member for member in type_.types if not isinstance(member, inspect.NoneType)]
        options = [option for member in members for option in self._stand_ins(value, member)]
        is_plain = len(options) == 1 and value is not None
        return options if is_plain or len(members) == len(type_.types) else [None, *options]

    def _of_list(self, value: Any, type_: inspect.VarTupleType) -> list[Any]:
        alone = Walk()
        if value is not None and alone.value(value, type_.item_type, ()) is not WRONG and not alone.mistakes:
            return [[value]]  # what should have been a list of one
        return [[], [self._stand_ins(None, type_.item_type)[-1]]]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(value: Any, type_: inspect.IntType | inspect.FloatType) -> list[Any]:
    whole = isinstance(type_, inspect.IntType)
    least, most = type_.ge or 0, type_.le
    if isinstance(value, str):
        try:
            meant = int(value) if whole else float(value)
        except ValueError:
            pass
        else:
            if meant >= least and (most is None or meant <= most):
                return [meant]
    return [least, least + 1]
