"""`trace`: how a cell came to its value: what it read, and who reads it. For explain, for debugging and for tests; it computes nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from lateen.flow.cell import Cell, readers_of
from lateen.flow.graph import Graph
from lateen.flow.query import Key


class Trace(msgspec.Struct, frozen=True):
    """One cell as it stands: its value, what its last run read (in order), and who reads it now (by name)."""

    key: Key[Any]
    value: Any
    reads: tuple[Key[Any], ...]
    readers: tuple[Key[Any], ...]


def trace(g: Graph, key: Key[Any]) -> Trace | None:
    """The cell of `key`; None when nothing ever asked for it."""
    cell = g.find(key)
    if cell is None:
        return None
    readers = sorted((_key(reader) for reader in readers_of(cell)), key=str)
    return Trace(key, cell.value, tuple(_key(read) for read in cell.reads), tuple(readers))


def _key(cell: Cell) -> Key[Any]:
    return Key(cell.node, cell.args)
