"""YAML and JSON files as the JSON objects in them, read as Kubernetes reads them.

YAML 1.1 would turn `on` into a boolean, `12:30` into 750 and a creation time into a date object. Here only `true` and `false` are booleans,
numbers are JSON's (and `0x1f`, `0o17`, `017`), times stay text, and keys are always text. A key given twice is a mistake. Nothing but plain
values can come out, whatever tags a file has.

Built on libyaml's events and not on PyYAML's loader: files are read in half the time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import msgspec
import yaml

Json: TypeAlias = dict[str, Any]

_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True}
_WORDS |= {"false": False, "False": False, "FALSE": False}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BASED = re.compile(r"([-+]?)0(?:x([0-9a-fA-F]+)|o?([0-7]+))")
_LEAST_INTEGER, _GREATEST_INTEGER = -(2**63), 2**64 - 1
_LONGEST_NUMBER = 300
_MOST_VALUES = 1_000_000  # Nine lines of aliases to aliases can stand for a thousand million values.
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class Mistake(Exception):
    """The text cannot be read; the sentence says what is wrong, `line` and `column` where (from 1, 0 when not known)."""

    def __init__(self, sentence: str, line: int = 0, column: int = 0) -> None:
        super().__init__(sentence)
        self.line = line
        self.column = column


class Document(NamedTuple):
    """One object of a file and the line it starts in (from 1)."""

    line: int
    value: Json


def documents(text: bytes) -> tuple[Document, ...]:
    """The objects in `text`, several documents and the items of a `kind: List` one after the other, empty documents left out.

    Raises `Mistake` when the text is neither JSON nor YAML or holds something that is not an object.
    """
    found: list[Document] = []
    for line, value in _values(text):
        if value is not None:
            found.extend(_flat(line, value))
    return tuple(found)


def _flat(line: int, value: Any) -> Iterator[Document]:
    if not isinstance(value, dict):
        raise Mistake(f"A document must be an object with apiVersion, kind and metadata, and this is {_named(value)}.", line, 1)
    items = value.get("items")
    if isinstance(items, list) and str(value.get("kind", "")).endswith("List"):
        for item in items:
            yield from _flat(line, item)
    else:
        yield Document(line, value)


def _named(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"the value {value!r}"


def _values(text: bytes) -> Iterator[tuple[int, Any]]:
    if text.lstrip()[:1] == b"{":
        try:
            yield 1, msgspec.json.decode(text)
            return
        except msgspec.DecodeError:
            pass  # YAML may start with a brace too, and says better where a mistake is.
    parser = yaml.CSafeLoader(text)
    try:
        yield from _Builder(parser.get_event).documents()
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        sentence = f"This is not YAML: {', '.join(part for part in (failure.problem, failure.context) if part)}."
        raise Mistake(sentence, *((mark.line + 1, mark.column + 1) if mark else ())) from failure
    except (yaml.YAMLError, UnicodeDecodeError) as failure:
        raise Mistake("This is not text in UTF-8.") from failure
    except RecursionError as failure:
        raise Mistake("This is nested too deep.") from failure
    finally:
        parser.dispose()


class _Builder:
    """Turns the events of a parser into plain values."""

    def __init__(self, event: Callable[[], Any]) -> None:
        self._event = event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def documents(self) -> Iterator[tuple[int, Any]]:
        while (event := self._event()).__class__ is not yaml.StreamEndEvent:
            if event.__class__ is yaml.DocumentStartEvent:
                self._anchors = {}
                first = self._event()
                yield first.start_mark.line + 1, self._value(first)

    def _value(self, event: Any) -> Any:
        kind = event.__class__
        if kind is yaml.AliasEvent:
            return self._aliased(event)
        before = self._size
        self._size += 1
        if kind is yaml.ScalarEvent:
            value = _scalar(event.value) if event.implicit[0] else event.value
        else:
            value = self._mapping() if kind is yaml.MappingStartEvent else self._sequence()
        if event.anchor:
            self._anchors[event.anchor] = value, self._size - before
        return value

    def _mapping(self) -> Json:
        mapping: Json = {}
        merged: list[Any] = []
        while (key := self._event()).__class__ is not yaml.MappingEndEvent:
            if key.__class__ is not yaml.ScalarEvent:
                raise _mistake("A key must be text.", key)
            value = self._value(self._event())
            if key.value == "<<" and key.implicit[0]:
                merged += [(key, other) for other in (value if isinstance(value, list) else [value])]
            elif key.value in mapping:
                raise _mistake(f'The key "{key.value}" is given twice.', key)
            else:
                mapping[key.value] = value
        for key, other in merged:
            if not isinstance(other, dict):
                raise _mistake('"<<" merges objects only.', key)
            mapping = other | mapping
        return mapping

    def _sequence(self) -> list[Any]:
        sequence: list[Any] = []
        while (event := self._event()).__class__ is not yaml.SequenceEndEvent:
            sequence.append(self._value(event))
        return sequence

    def _aliased(self, alias: Any) -> Any:
        if alias.anchor not in self._anchors:
            raise _mistake(f"*{alias.anchor} stands for nothing: there is no &{alias.anchor} before it.", alias)
        value, size = self._anchors[alias.anchor]
        self._size += size
        if self._size > _MOST_VALUES:
            raise _mistake(f"With its aliases written out, this has more than {_MOST_VALUES:,} values.", alias)
        return value


def _mistake(sentence: str, event: Any) -> Mistake:
    return Mistake(sentence, event.start_mark.line + 1, event.start_mark.column + 1)


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    number = _number(text)
    # JSON writers have no more integers than these, and no infinity.
    if isinstance(number, int) and not _LEAST_INTEGER <= number <= _GREATEST_INTEGER:
        number = float(number) if len(text) < _LONGEST_NUMBER else text
    return text if number is None or number in (math.inf, -math.inf) else number


def _number(text: str) -> int | float | str | None:
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < _LONGEST_NUMBER else text
    if based := _BASED.fullmatch(text):
        sign, hexadecimal, octal = based.groups()
        return int(sign + (hexadecimal or octal), 16 if hexadecimal else 8)
    return float(text) if _FLOAT.fullmatch(text) else None
