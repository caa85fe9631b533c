"""One memoised value, and what the engine must remember of it. Only `graph` changes cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lateen.flow.query import Key, Node

CLEAN, MAYBE, DIRTY, RUNNING = range(4)


class CycleError(Exception):
    """Queries read each other in a circle; `keys` is the circle, beginning and ending with the same one."""

    def __init__(self, keys: tuple[Key[Any], ...]) -> None:
        super().__init__("a query reads itself: " + " -> ".join(str(key) for key in keys))
        self.keys = keys


class QueryFailed(Exception):
    """A query raised; `key` is the one that did, and the cause is what it raised. Every query that reads it fails likewise."""

    def __init__(self, key: Key[Any]) -> None:
        super().__init__(f"{key} failed")
        self.key = key


class Cell:
    """A query or source with its arguments, its last value, and its edges.

    `reads` is what the last run read, in order; `suspects` are those of them that may have changed since. `value` outlives an error, so that a
    watched leaf keeps its last good value. `readers` is the cell that reads this one, a tuple where there are a few, or a set where there are many:
    most have one or two, and as many sets would be a fifth of a large mesh's memory.
    """

    __slots__ = ("args", "error", "node", "readers", "reads", "state", "suspects", "touched", "unreported", "value", "watchers")

    def __init__(self, node: Node[Any], args: tuple[Any, ...], value: object, state: int, touched: int) -> None:
        self.node = node
        self.args = args
        self.value: Any = value
        self.state = state
        self.error: Exception | None = None
        self.reads: tuple[Cell, ...] = ()
        self.readers: Cell | tuple[Cell, ...] | set[Cell] | None = None
        self.suspects: list[Cell] | None = None
        self.watchers = 0
        self.unreported = False
        self.touched = touched


_FEW = 12
"""Readers up to which they are a tuple; a set is one again when it has come down to half of that."""


def readers_of(cell: Cell) -> Iterable[Cell]:
    """The cells that read this one."""
    readers = cell.readers
    if readers is None:
        return ()
    return (readers,) if isinstance(readers, Cell) else readers


def add_reader(cell: Cell, reader: Cell) -> None:
    """`reader` reads the cell."""
    readers = cell.readers
    if readers is None:
        cell.readers = reader
    elif isinstance(readers, set):
        readers.add(reader)
    elif isinstance(readers, Cell):
        cell.readers = (readers, reader) if readers is not reader else reader
    elif reader not in readers:
        cell.readers = (*readers, reader) if len(readers) < _FEW else {*readers, reader}


def drop_reader(cell: Cell, reader: Cell) -> None:
    """`reader` reads the cell no more."""
    readers = cell.readers
    if readers is reader:
        cell.readers = None
    elif isinstance(readers, set):
        readers.discard(reader)
        if len(readers) <= _FEW // 2:
            cell.readers = tuple(readers)
    elif isinstance(readers, tuple):
        left = tuple([each for each in readers if each is not reader])
        cell.readers = left if len(left) > 1 else left[0]
