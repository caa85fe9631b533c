"""References of routes: to what they are attached, and where they send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lateen.api.gateway.references import BackendObjectReference, ParentReference
from lateen.api.text import Path
from lateen.check import ports
from lateen.check.gateway import words
from lateen.check.remark import Remarks, wrong

_HEAVIEST = 1_000_000


class Backend(Protocol):
    """A reference to where something is sent."""

    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def port(self) -> int | None: ...


class WeightedBackend(Backend, Protocol):
    """One with a share."""

    @property
    def weight(self) -> int: ...


def parents(given: Sequence[ParentReference], path: Path) -> Remarks:
    """Each names something, and two that name the same thing name different parts of it."""
    yield from words.at_most(32, given, path)
    seen: list[ParentReference] = []
    for index, parent in enumerate(given):
        place: Path = (*path, index)
        yield from words.reference(parent.group, parent.kind, parent.name, place)
        yield from words.namespace(parent.namespace, place)
        if parent.section_name:
            yield from words.section(parent.section_name, (*place, "sectionName"))
        if parent.port is not None:
            yield from ports.number(parent.port, (*place, "port"))
        yield from _distinct(parent, [other for other in seen if _same(parent, other)], place)
        seen.append(parent)


def _same(one: ParentReference, other: ParentReference) -> bool:
    return (one.group, one.kind, one.namespace, one.name) == (other.group, other.kind, other.namespace, other.name)


def _distinct(parent: ParentReference, others: list[ParentReference], path: Path) -> Remarks:
    """ "When resources refer to the same parent, sectionName must be set on all of them or none (and then only one)", port likewise."""
    for other in others:
        whole = not (parent.section_name or parent.port) or not (other.section_name or other.port)
        if whole or (parent.section_name, parent.port) == (other.section_name, other.port):
            yield wrong(path, f'the {parent.kind} "{parent.name}" is named twice.', "Keep one, or give each a sectionName of its own.")
            return


def backends(given: Sequence[WeightedBackend], path: Path) -> Remarks:
    """Weights and ports within bounds; whether a backend exists is told by the route's status (GA-6)."""
    yield from words.at_most(16, given, path)
    for index, each in enumerate(given):
        yield from backend(each, (*path, index))
        if not 0 <= each.weight <= _HEAVIEST:
            yield wrong((*path, index, "weight"), f"found the weight {each.weight}, expected 0 to {_HEAVIEST}.")


def backend(given: Backend | BackendObjectReference, path: Path) -> Remarks:
    """A name, and for a Service a port."""
    yield from words.reference(given.group, given.kind, given.name, path)
    yield from words.namespace(given.namespace, path)
    if given.port is not None:
        yield from ports.number(given.port, (*path, "port"))
    elif not given.group and given.kind == "Service":
        yield wrong(path, 'the field "port" is missing, which a Service needs.', "Write port: 80.")
