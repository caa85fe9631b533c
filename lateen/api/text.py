"""YAML and JSON text to plain values, with the place of each value.

Read as Kubernetes means it, without the traps of YAML 1.1: only `true` and `false` are booleans (not `on`, `yes`), dates stay text, and a key that is
given twice is a mistake. Anchors and merge keys (`<<`) work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.reader import ReaderError

from lateen.values.finding import Position

Path = tuple[str | int, ...]

_PLAIN = "plain"
_STRING = "tag:yaml.org,2002:str"
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf"), float("inf")),
    "-.inf": float("-inf"),
    ".nan": float("nan"),
}
_FLOAT = r"(?P<float>(?:\.[0-9]+|[0-9]+\.?[0-9]*)(?:[eE][-+]?[0-9]+)?)"
_NUMBER = re.compile(rf"[-+]?(?:(?P<hex>0x[0-9a-fA-F]+)|(?P<octal>0o?[0-7]+)|(?P<int>0|[1-9][0-9]*)|{_FLOAT})")
_LEAST_INTEGER, _GREATEST_INTEGER = -(2**63), 2**64 - 1
_LONGEST_NUMBER = 300
"""Characters of a number; what is longer is text."""
_EXPANSION = 10
_TEMPLATE = re.compile(r"\{\{")
_RENDER_FIRST = "Is this a template? Render it first: helm template."
_NUMERIC = frozenset("0123456789+-.")


class Mistake(NamedTuple):
    """Text that is no YAML, or a key given twice."""

    message: str
    position: Position
    hint: str = ""


class _Loader(yaml.CSafeLoader):
    """Composes nodes; a plain scalar is only marked as such here and understood in `_scalar`."""

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _STRING
        return "tag:yaml.org,2002:map" if kind is MappingNode else "tag:yaml.org,2002:seq"


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    digits = text.lstrip("+-")
    sign = -1 if text[0] == "-" else 1
    match found.lastgroup:
        case "hex":
            return _in_json(sign * int(digits, 16), text)
        case "octal":
            return _in_json(sign * int(digits.removeprefix("0o"), 8), text)
        case "int" if len(text) < _LONGEST_NUMBER:
            return _in_json(int(text), text)
    return text if len(text) >= _LONGEST_NUMBER else float(text)


def _in_json(number: int, text: str) -> int | float | str:
    """The number as JSON can have it: writers have no more integers than these."""
    if _LEAST_INTEGER <= number <= _GREATEST_INTEGER:
        return number
    return float(number) if len(text) < _LONGEST_NUMBER else text


def values(text: str, file: str = "") -> Iterator[tuple[Any, list[Mistake]]]:
    """Each document of the text: its value, and what is wrong with it. Where one cannot be read, the next is."""
    rest: str | None = text
    while rest is not None:
        source, rest = rest, None
        loader = _Loader(source)
        try:
            while loader.check_node():
                node = loader.get_node()
                assert node is not None
                mistakes: list[Mistake] = []
                yield _Reader(file, mistakes, _EXPANSION * len(text) + 1000).value(node), mistakes
        except (yaml.YAMLError, UnicodeError) as error:
            yield None, [_unreadable(error, source, file)]
            rest = _behind(error, source)
        except RecursionError:
            yield None, [Mistake("This is not readable: it is nested too deeply.", Position(file))]
        finally:
            loader.dispose()


def _behind(error: Exception, text: str) -> str | None:
    """What begins with the next `---` behind a place that cannot be read, with empty lines for all before, so that places stay where they are."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return None
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    start = next((number for number in range(max(mark.line, first + 1), len(lines)) if lines[number].startswith("---")), None)
    return None if start is None else "\n" * start + "\n".join(lines[start:])


def _unreadable(error: Exception, text: str, file: str) -> Mistake:
    if isinstance(error, ReaderError):
        before = text.encode(errors="replace")[: error.position].decode(errors="replace")
        position = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return Mistake(f"This is not YAML: it has the control character {_character(error.character)}.", position, "Save it as text in UTF-8.")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    around = getattr(error, "context", None)
    return Mistake(f"This is not YAML: {problem}{f' {around}' if around else ''}.", position, _advice(text, position))


def _character(found: object) -> str:
    return f"U+{found:04X}" if isinstance(found, int) else repr(found)


def _advice(text: str, at: Position) -> str:
    """What to do about the slips that are made most."""
    lines = text.split("\n")
    line = lines[at.line - 1] if 0 < at.line <= len(lines) else ""
    if line.startswith(" " * (at.column - 1) + "\t"):
        return "Indent with spaces: YAML has no tabs there."
    return _RENDER_FIRST if _TEMPLATE.search(line) else ""


class _Reader:
    """Makes plain values of nodes, and notes keys that are given twice."""

    def __init__(self, file: str, mistakes: list[Mistake], limit: int) -> None:
        self._file = file
        self._mistakes = mistakes
        self._left = limit
        self._open: set[int] = set()

    def value(self, node: Node) -> Any:
        """The value of a node. Raises `yaml.MarkedYAMLError` when anchors make too much of little text."""
        self._left -= 1
        if self._left < 0:
            raise yaml.MarkedYAMLError(problem="its anchors stand for far more than is written", problem_mark=node.start_mark)
        if type(node) is ScalarNode:
            return self._scalar(node)
        if id(node) in self._open:
            self._mistakes.append(Mistake("This anchor contains itself.", position_of(node, self._file)))
            return None
        self._open.add(id(node))
        try:
            return self._mapping(node) if isinstance(node, MappingNode) else [self.value(item) for item in node.value]
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag == _PLAIN:
            return _scalar(node.value)
        if node.tag == _STRING:
            return node.value
        return _scalar(node.value) if node.tag.startswith("tag:yaml.org,2002:") else node.value

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.value == "<<" and key_node.tag == _PLAIN:
                self._merge(value_node, merged)
                continue
            key = self._key(key_node)
            if key in found:
                self._mistakes.append(Mistake(f'the key "{key}" is given twice.', position_of(key_node, self._file), "Keep one of them."))
            found[key] = self.value(value_node)
        return {**merged, **found} if merged else found

    def _key(self, node: Node) -> str:
        if type(node) is ScalarNode:
            return str(node.value)
        is_template = isinstance(node, MappingNode) and node.flow_style
        message = "a key is a list or a mapping, expected text."
        self._mistakes.append(Mistake(message, position_of(node, self._file), _RENDER_FIRST if is_template else ""))
        return ""

    def _merge(self, node: Node, into: dict[str, Any]) -> None:
        for part in reversed(node.value if type(node) is SequenceNode else [node]):
            value = self.value(part)
            if isinstance(value, dict):
                into.update(value)
            else:
                self._mistakes.append(Mistake('"<<" takes a mapping.', position_of(part, self._file)))


def position_of(node: Node, file: str) -> Position:
    """Where a node begins."""
    return Position(file, node.start_mark.line + 1, node.start_mark.column + 1)


class Nodes:
    """The nodes of a text, one tree for each document; made when somebody first asks, for they are many times larger than the text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._roots: list[Node | None] | None = None

    def root(self, index: int) -> Node | None:
        """The root of the document of that number; None when it cannot be read."""
        if self._roots is None:
            self._roots = list(_roots(self._text))
        return self._roots[index] if index < len(self._roots) else None


def _roots(text: str) -> Iterator[Node | None]:
    rest: str | None = text
    while rest is not None:
        source, rest = rest, None
        loader = _Loader(source)
        try:
            while loader.check_node():
                yield loader.get_node()
        except (yaml.YAMLError, UnicodeError) as error:
            yield None
            rest = _behind(error, source)
        except RecursionError:
            return
        finally:
            loader.dispose()


class Places:
    """Where the values of one document stand."""

    def __init__(self, file: str, nodes: Nodes | None = None, index: int = 0, prefix: Path = ()) -> None:
        self._file = file
        self._nodes = nodes
        self._index = index
        self._prefix = prefix

    def at(self, path: Path) -> Position:
        """Where the key or the list item at `path` stands; where its nearest parent stands when there is none."""
        node = self._nodes.root(self._index) if self._nodes else None
        if node is None:
            return Position(self._file)
        position = position_of(node, self._file)
        for step in (*self._prefix, *path):
            found = _child(node, step)
            if found is None:
                break
            node, position = found[0], position_of(found[1], self._file)
        return position

    def under(self, prefix: Path) -> Places:
        """The places of a part of the document."""
        return Places(self._file, self._nodes, self._index, (*self._prefix, *prefix))


def _child(node: Node, step: str | int) -> tuple[Node, Node] | None:
    """The value at a step, and the node that shows where it is."""
    if type(node) is MappingNode:
        return next(((value, key) for key, value in node.value if key.value == step), None)
    if type(node) is SequenceNode and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


class _GivenTwice(Exception):
    """A key of JSON that is given twice, which most readers pass over."""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _GivenTwice
    return found


_JSON = json.JSONDecoder(object_pairs_hook=_distinct)


def json_values(text: str) -> list[tuple[Any, Nodes]] | None:
    """The values of JSON text, one or several behind each other; None when it is none, or has a key twice: a reader of YAML says where then."""
    found: list[tuple[Any, Nodes]] = []
    at, end = len(text) - len(text.lstrip()), len(text.rstrip())
    try:
        while at < end:
            _, behind = _JSON.raw_decode(text, at)
            lines_before = text.count("\n", 0, at)
            found.append((msgspec.json.decode(text[at:behind].encode()), Nodes("\n" * lines_before + text[at:behind])))
            at = behind + len(text[behind:]) - len(text[behind:].lstrip())
    except (_GivenTwice, ValueError, RecursionError):
        return None
    return found
