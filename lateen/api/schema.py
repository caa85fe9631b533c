"""Finds every mistake in a value against the struct that it should become.

`msgspec.convert` stops at the first mistake and is the fast way; `check` walks value and type side by side and is run only when that failed. It
also gives back the value without what is wrong, without nulls (which Kubernetes treats as absent) and, on demand, with snake_case names as
protobuf's JSON allows.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from lateen.api.shape import several
from lateen.api.text import Path
from lateen.values.duration import Duration

SURELY = 0.75
"""How near a word is to be to the name of a field to be taken for it."""

_Sized = inspect.StrType | inspect.VarTupleType | inspect.DictType


class Mistake(NamedTuple):
    """Where and what; `is_unknown_field` tells the one sort that a lenient reader may pass over."""

    path: Path
    message: str
    hint: str = ""
    is_unknown_field: bool = False


class Wrong:
    """Stands for a value that cannot be used."""


WRONG = Wrong()


def hook(type_: type, value: Any) -> Any:
    """The `dec_hook` of `msgspec.convert` for our value types."""
    if type_ is Duration and isinstance(value, str):
        return Duration(value)
    raise TypeError(f"expected {type_.__name__}")


def check(
    value: Any, struct: type[msgspec.Struct], path: Path = (), *, snake_case: bool = False, names_all_unknown: bool = False
) -> tuple[Any, list[Mistake]]:
    """What is left of the value once everything wrong is taken out, and all that is wrong.

    With `snake_case`, protobuf's liberties are taken: its names are accepted too, and text for whole numbers ("either numbers or strings are
    accepted"). With `names_all_unknown`, unknown fields are told even where they are tolerated.
    """
    walk = Walk(snake_case=snake_case, names_all_unknown=names_all_unknown)
    cleaned = walk.struct(value, struct, path)
    return ({} if cleaned is WRONG else cleaned), walk.mistakes


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`Did you mean "x"?`, or nothing when nothing is near."""
    nearest = closest(word, known, cutoff)
    return f'Did you mean "{nearest}"?' if nearest else ""


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word nearest to `word`, whatever the case."""
    by_lower = {name.lower().replace("_", ""): name for name in reversed(list(known))}
    found = difflib.get_close_matches(word.lower().replace("_", ""), list(by_lower), 1, cutoff)
    return by_lower[found[0]] if found else None


@cache
def type_of(struct: type[msgspec.Struct]) -> inspect.StructType:
    """What msgspec says of a struct, worked out once."""
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)
    return found


@cache
def fields_of(struct: type[msgspec.Struct]) -> Mapping[str, inspect.Field]:
    """The fields of a struct by the names that users write."""
    return {field.encode_name: field for field in type_of(struct).fields}


def described(value: Any) -> str:
    """A value as a sentence names it: `the number 5`, `the text "x"`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the word {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the text "{value if len(value) <= 60 else value[:57] + "..."}"'
        case list() | tuple():
            return "a list"
    return "a mapping"


class Walk:
    """The walk of a value and its type; `mistakes` are in the order in which they stand."""

    def __init__(self, *, snake_case: bool = False, names_all_unknown: bool = False) -> None:
        self._snake_case = snake_case
        self._names_all_unknown = names_all_unknown
        self.mistakes: list[Mistake] = []

    def _wrong(self, path: Path, message: str, hint: str = "") -> Wrong:
        self.mistakes.append(Mistake(path, message, hint))
        return WRONG

    def struct(self, value: Any, struct: type[msgspec.Struct], path: Path) -> Any:
        """A mapping that becomes a struct."""
        if not isinstance(value, Mapping):
            return self._wrong(path, f"found {described(value)}, expected a mapping with fields such as {_some(fields_of(struct))}.")
        fields = fields_of(struct)
        found: dict[str, Any] = {}
        for name, item in value.items():
            field = fields.get(name) or (fields.get(_camel(name)) if self._snake_case else None)
            if field is None:
                self._unknown(name, struct, path)
            elif item is not None:
                cleaned = self.value(item, field.type, (*path, name))
                if cleaned is not WRONG:
                    found[field.encode_name] = cleaned
        self._required(value, fields, path)
        is_complete = all(name in found for name, field in fields.items() if field.required)
        return found if self._exclusive(found, struct, path) and is_complete else WRONG

    def _unknown(self, name: str, struct: type[msgspec.Struct], path: Path) -> None:
        if self._names_all_unknown or type_of(struct).forbid_unknown_fields:
            hint = did_you_mean(name, fields_of(struct)) or f"There are {_some(fields_of(struct), 40)}."
            self.mistakes.append(Mistake((*path, name), f'there is no field "{name}" here.', hint, is_unknown_field=True))

    def _required(self, value: Mapping[str, Any], fields: Mapping[str, inspect.Field], path: Path) -> None:
        given = {_camel(name) if self._snake_case else name for name, item in value.items() if item is not None}
        misspelt = {closest(name, fields, SURELY) for name in given if name not in fields}
        for name, field in fields.items():
            if field.required and name not in given and name not in misspelt:
                self.mistakes.append(Mistake(path, f'the field "{name}" is missing.'))

    def _exclusive(self, found: Mapping[str, Any], struct: type[msgspec.Struct], path: Path) -> bool:
        for group in getattr(struct, "one_of", ()):
            names = [field.encode_name for field in fields_of(struct).values() if field.name in group and field.encode_name in found]
            if len(names) > 1:
                self._wrong(path, several(names))
                return False
        return True

    def value(self, value: Any, type_: inspect.Type, path: Path) -> Any:
        """A value of any type that our structs use."""
        match type_:
            case inspect.UnionType():
                return self._union(value, type_, path)
            case inspect.StructType():
                return self.struct(value, type_.cls, path)
            case inspect.VarTupleType():
                return self._bounded(self._list(value, type_.item_type, path), value, type_, path)
            case inspect.DictType():
                return self._bounded(self._dict(value, type_, path), value, type_, path)
            case inspect.EnumType():
                return self._enum(value, type_, path)
            case inspect.CustomType():
                return self._custom(value, type_.cls, path)
            case inspect.StrType():
                return self._text(value, type_, path)
            case inspect.BoolType():
                return value if isinstance(value, bool) else self._wrong(path, f"found {described(value)}, expected true or false.", _unquoted(value))
            case inspect.IntType() | inspect.FloatType():
                return self._number(value, type_, path)
        return value

    def _text(self, value: Any, type_: inspect.StrType, path: Path) -> Any:
        if not isinstance(value, str):
            return self._wrong(path, f"found {described(value)}, expected text.", _quoted(value))
        return self._bounded(value, value, type_, path)

    def _bounded(self, cleaned: Any, value: Any, type_: _Sized, path: Path) -> Any:
        """What has a length: text, a list, a mapping."""
        if cleaned is WRONG:
            return WRONG
        things = "characters" if isinstance(value, str) else "entries" if isinstance(value, dict) else "items"
        if type_.max_length is not None and len(value) > type_.max_length:
            return self._wrong(path, f"found {len(value)} {things}, expected at most {type_.max_length}.")
        if not value and type_.min_length:
            return self._wrong(path, "this is empty, expected something.", "Leave it out if nothing is meant.")
        return cleaned

    def _union(self, value: Any, type_: inspect.UnionType, path: Path) -> Any:
        members = [member for member in type_.types if not isinstance(member, inspect.NoneType)]
        if len(members) == 1:
            return self.value(value, members[0], path)
        whole = next((member for member in members if isinstance(member, inspect.IntType)), None)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._number(value, whole, path) if whole is not None else value
        if isinstance(value, str):
            return value
        return self._wrong(path, f"found {described(value)}, expected a number or text.")

    def _list(self, value: Any, item: inspect.Type, path: Path) -> Any:
        if not isinstance(value, list | tuple):
            return self._wrong(path, f"found {described(value)}, expected a list.", 'Begin each item with "- ".')
        cleaned = [self.value(entry, item, (*path, index)) for index, entry in enumerate(value)]
        return [entry for entry in cleaned if entry is not WRONG]

    def _dict(self, value: Any, type_: inspect.DictType, path: Path) -> Any:
        if not isinstance(value, Mapping):
            return self._wrong(path, f"found {described(value)}, expected a mapping.")
        if isinstance(type_.value_type, inspect.AnyType):
            return value
        # A value that was forgotten would leave a match or a selector wider than was meant. In metadata, null takes an entry away.
        given = {key: item for key, item in value.items() if item is not None or path[:1] != ("metadata",)}
        cleaned = {key: self.value(item, type_.value_type, (*path, key)) for key, item in given.items()}
        return {key: item for key, item in cleaned.items() if item is not WRONG}

    def _enum(self, value: Any, type_: inspect.EnumType, path: Path) -> Any:
        try:
            return type_.cls(value).value
        except ValueError:
            words = [member.value for member in type_.cls]
            return self._wrong(path, f"found {described(value)}, expected {either(words)}.", did_you_mean(str(value), words))

    def _custom(self, value: Any, type_: type, path: Path) -> Any:
        if not isinstance(value, str):
            return self._wrong(path, f'found {described(value)}, expected a duration such as "1.5s".', _with_unit(value))
        try:
            type_(value)
        except ValueError as error:
            return self._wrong(path, str(error))
        return value

    def _number(self, value: Any, type_: inspect.IntType | inspect.FloatType, path: Path) -> Any:
        whole = isinstance(type_, inspect.IntType)
        sort = "a whole number" if whole else "a number"
        if whole and self._snake_case and isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or (whole and isinstance(value, float) and not value.is_integer()):
            return self._wrong(path, f"found {described(value)}, expected {sort}.", _unquoted(value))
        if type_.ge is not None and value < type_.ge:
            return self._wrong(path, f"found {described(value)}, expected at least {type_.ge}.")
        if type_.le is not None and value > type_.le:
            return self._wrong(path, f"found {described(value)}, expected at most {type_.le}.")
        return int(value) if whole else value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _some(names: Iterable[str], most: int = 3) -> str:
    listed = [f'"{name}"' for name in names]
    return ", ".join(listed[:most]) + (" …" if len(listed) > most else "") if listed else "none"


def either(words: Sequence[str]) -> str:
    """The words as a choice: `a, b or c`."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _quoted(value: Any) -> str:
    if isinstance(value, bool):
        return f'Put it in quotes: "{str(value).lower()}".'
    return f'Put it in quotes: "{value}".' if isinstance(value, int | float) else ""


def _unquoted(value: Any) -> str:
    is_quoted = isinstance(value, str) and (value in ("true", "false") or value.lstrip("-").isdecimal())
    return f"Leave out the quotes: {value}." if is_quoted else ""


def _with_unit(value: Any) -> str:
    return f"Give it a unit: {value}s." if isinstance(value, int | float) and not isinstance(value, bool) else ""
