"""One memoised value, and what the engine must remember of it. Only `graph` changes cells."""

from __future__ import annotations

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
    watched leaf keeps its last good value.
    """

    __slots__ = ("args", "error", "node", "readers", "reads", "state", "suspects", "touched", "unreported", "value", "watchers")

    def __init__(self, node: Node[Any], args: tuple[Any, ...], value: object, state: int) -> None:
        self.node = node
        self.args = args
        self.value: Any = value
        self.state = state
        self.error: Exception | None = None
        self.reads: tuple[Cell, ...] = ()
        self.readers: set[Cell] | None = None
        self.suspects: list[Cell] | None = None
        self.watchers = 0
        self.unreported = False
        self.touched = 0
