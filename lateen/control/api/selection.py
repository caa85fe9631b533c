"""Which objects of a list are meant: label selectors and field selectors as kubectl writes them
(https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from lateen.api.label_selector import LabelSelector, LabelSelectorRequirement
from lateen.control.api.failure import Failure

Manifest: TypeAlias = Mapping[str, Any]
Selects: TypeAlias = Callable[[Manifest], bool]

_SET = re.compile(r"\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*")
_EQUALITY = re.compile(r"\s*([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)\s*")
_PRESENCE = re.compile(r"\s*(!?)\s*([^\s=!()]+)\s*")
_COMMA_OUTSIDE = re.compile(r",(?![^(]*\))")


def labels(text: str) -> Selects:
    """Whether a manifest's labels fulfil a selector such as `app=web,tier in (front, back),!canary`. Raises `Failure` (400)."""
    if not text.strip():
        return lambda _manifest: True
    selector = LabelSelector(match_expressions=tuple(_requirement(part) for part in _COMMA_OUTSIDE.split(text)))
    return lambda manifest: selector.selects((manifest.get("metadata") or {}).get("labels") or {})


def _requirement(text: str) -> LabelSelectorRequirement:
    if found := _SET.fullmatch(text):
        key, word, values = found.groups()
        return LabelSelectorRequirement(key, "In" if word == "in" else "NotIn", tuple(value.strip() for value in values.split(",")))
    if found := _EQUALITY.fullmatch(text):
        key, operator, value = found.groups()
        return LabelSelectorRequirement(key, "NotIn" if operator == "!=" else "In", (value,))
    if found := _PRESENCE.fullmatch(text):
        negated, key = found.groups()
        return LabelSelectorRequirement(key, "DoesNotExist" if negated else "Exists")
    raise Failure(400, f'"{text}" is not a label selector, expected for instance app=web, app!=web, app in (a, b), app, or !app.')


def fields(text: str) -> Selects:
    """Whether a manifest fulfils a field selector such as `metadata.name=web,type!=Opaque`. Raises `Failure` (400)."""
    wanted = [_field(part) for part in text.split(",") if part.strip()]
    return lambda manifest: all((_value(manifest, path) == value) == equal for path, value, equal in wanted)


def _field(text: str) -> tuple[tuple[str, ...], str, bool]:
    found = _EQUALITY.fullmatch(text)
    if not found:
        raise Failure(400, f'"{text}" is not a field selector, expected for instance metadata.name=web.')
    path, operator, value = found.groups()
    return tuple(path.split(".")), value, operator != "!="


def _value(manifest: Manifest, path: tuple[str, ...]) -> str:
    value: Any = manifest
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
