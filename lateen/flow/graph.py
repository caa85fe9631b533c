"""The graph of cells: reading, writing, watching, pulling, sweeping.

A write marks the cells that read it dirty and theirs, transitively, maybe. Reading a maybe cell first refreshes what it read, in order, and
it is clean again if none of that changed. A dirty cell runs and records what it reads. An equal result stops the wave.

One thread; not re-entrant from another. Within one pull everything is computed on one revision: a batch cannot be committed meanwhile.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from lateen.flow.cell import CLEAN, DIRTY, MAYBE, RUNNING, Cell, CycleError, QueryFailed
from lateen.flow.query import Key, Node, Query, Source

T = TypeVar("T")

_MANY = 8
"""From this many suspects on all reads are verified in order, so there is no use in remembering more."""


class Change(NamedTuple, Generic[T]):
    """A watched leaf that changed. With `error` set, `value` is the last good one (None if there never was one)."""

    key: Key[T]
    value: T | None
    error: Exception | None


class Batch:
    """Writes collected in a `with` block, applied together at its end as one revision; nothing is applied when the block raises."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._writes: dict[Key[Any], Any] = {}

    def set(self, key: Key[T], value: T) -> None:
        """Give the source cell `key` a value; its default removes it."""
        if not isinstance(key.node, Source):
            raise TypeError(f"{key} is computed, and cannot be written")
        self._writes[key] = value

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._graph._commit(self._writes)


class Graph:
    """All cells of one world. `revision` counts the batches that changed something; `ran` counts runs per query since `ran.clear()`."""

    def __init__(self) -> None:
        self.revision = 0
        self.ran: Counter[str] = Counter()
        self._cells: dict[Node[Any], dict[tuple[Any, ...], Cell]] = {}
        self._reading: dict[Cell, None] | None = None
        self._running: list[Cell] = []
        self._stale: OrderedDict[Cell, None] = OrderedDict()  # a plain dict finds its first entry only behind all that were deleted
        self._orphans: dict[Cell, None] = {}
        self._pulling = False

    # Reading

    def read(self, node: Node[Any], args: tuple[Any, ...]) -> Any:
        """The present value of a cell; inside a query it becomes a dependency. Raises QueryFailed when it, or what it reads, raised."""
        by_args = self._cells.get(node)
        cell = by_args.get(args) if by_args is not None else None
        if cell is None:
            cell = self._new(node, args)
        if self._reading is not None:
            self._reading[cell] = None
        else:
            cell.touched = self.revision
        if cell.state:
            self._refresh(cell)
        if cell.error is not None:
            raise cell.error.with_traceback(None)  # Else each reader would lengthen the one traceback.
        return cell.value

    def _new(self, node: Node[Any], args: tuple[Any, ...]) -> Cell:
        cell = Cell(node, args, node.default(*args), CLEAN) if isinstance(node, Source) else Cell(node, args, None, DIRTY)
        self._cells.setdefault(node, {})[args] = cell
        cell.touched = self.revision
        if self._reading is None:
            self._orphans[cell] = None
        return cell

    def _refresh(self, cell: Cell) -> None:
        if cell.state == RUNNING:
            raise self._cycle(cell)
        if cell.state == MAYBE:
            self._verify(cell)
        if cell.state == DIRTY:
            self._run(cell)

    def _verify(self, cell: Cell) -> None:
        """Refresh what the cell read until something turns out changed, which makes the cell dirty; if nothing did, it is clean.

        A few suspects are visited alone, so that one change under a large index costs a few visits, but in the order of the reads, because a
        change of an earlier one may mean that a later one would not be read at all.
        """
        suspects: Sequence[Cell] = cell.suspects or ()
        if len(suspects) > 1:
            suspects = sorted(suspects, key=cell.reads.index) if len(suspects) < _MANY else cell.reads
        for read in suspects:
            if read.state:
                self._refresh(read)
            if cell.state == DIRTY:
                return
        cell.state = CLEAN
        cell.suspects = None

    def _run(self, cell: Cell) -> None:
        cell.state = RUNNING
        cell.suspects = None
        outer, self._reading = self._reading, {}
        self._running.append(cell)
        value, error = cell.value, None
        try:
            value = cast("Query[Any, Any]", cell.node).compute(self, *cell.args)
        except (QueryFailed, CycleError) as failure:
            error = failure
        except Exception as cause:
            error = QueryFailed(Key(cell.node, cell.args))
            error.__cause__ = cause
        except BaseException:
            cell.state = DIRTY
            raise
        finally:
            self._running.pop()
            reads, self._reading = self._reading, outer
        self.ran[cell.node.name] += 1
        self._connect(cell, tuple(reads))
        cell.state = CLEAN
        cell.touched = self.revision
        self._settle(cell, value, error)

    def _settle(self, cell: Cell, value: Any, error: Exception | None) -> None:
        """Take a run's result; one that differs from the last makes the readers dirty."""
        if error is None and cell.error is None and (value is cell.value or value == cell.value):
            return
        cell.value = value
        cell.error = error
        cell.unreported = True
        for reader in cell.readers or ():
            if reader.state != RUNNING:
                reader.state = DIRTY

    def _connect(self, cell: Cell, reads: tuple[Cell, ...]) -> None:
        before = cell.reads
        if reads == before:
            return
        cell.reads = reads
        if not before:
            for read in reads:
                self._add_reader(read, cell)
            return
        old, new = set(before), set(reads)
        for read in new - old:
            self._add_reader(read, cell)
        for read in old - new:
            read.touched = self.revision
            self._disconnect(read, cell)

    @staticmethod
    def _add_reader(read: Cell, reader: Cell) -> None:
        if read.readers is None:
            read.readers = {reader}
        else:
            read.readers.add(reader)

    def _disconnect(self, read: Cell, reader: Cell) -> None:
        if read.readers is not None:
            read.readers.discard(reader)
            if not read.readers:
                read.readers = None
                self._orphans[read] = None

    def _cycle(self, cell: Cell) -> CycleError:
        circle = [*self._running[self._running.index(cell) :], cell]
        return CycleError(tuple(Key(each.node, each.args) for each in circle))

    # Writing

    def batch(self) -> Batch:
        """A `with` block whose writes become one revision."""
        return Batch(self)

    def _commit(self, writes: dict[Key[Any], Any]) -> None:
        if self._pulling or self._running:
            raise RuntimeError("a batch was committed while the former revision is still being pulled")
        changed = [cell for key, value in writes.items() if (cell := self._written(key, value)) is not None]
        if changed:
            self.revision += 1
        for cell in changed:
            cell.touched = self.revision
            self._mark(cell)

    def _written(self, key: Key[Any], value: Any) -> Cell | None:
        """The cell of `key` with its new value, or None when it had it already."""
        cell = self._cells.get(key.node, {}).get(key.args) or self._new(key.node, key.args)
        if value is cell.value or value == cell.value:
            return None
        cell.value = value
        if cell.watchers:
            cell.unreported = True
            self._stale[cell] = None
        return cell

    def _mark(self, changed: Cell) -> None:
        """Readers of `changed` become dirty, and theirs, transitively, maybe. A cell that is not clean already has no clean reader."""
        wave = [changed]
        while wave:
            cell = wave.pop()
            for reader in cell.readers or ():
                if reader.suspects is None:
                    reader.suspects = [cell]
                elif len(reader.suspects) < _MANY:
                    reader.suspects.append(cell)
                if reader.state == CLEAN:
                    reader.state = MAYBE
                    wave.append(reader)
                    if reader.watchers:
                        self._stale[reader] = None
        for reader in changed.readers or ():
            reader.state = DIRTY

    # Watching

    def watch(self, key: Key[Any]) -> None:
        """Keep the cell fresh: its present value and every later change come out of `pull`. Watching twice needs unwatching twice."""
        cell = self._cells.get(key.node, {}).get(key.args) or self._new(key.node, key.args)
        cell.watchers += 1
        self._orphans.pop(cell, None)
        cell.unreported = True
        self._stale[cell] = None

    def unwatch(self, key: Key[Any]) -> None:
        """Undo one `watch`."""
        cell = self._cells[key.node][key.args]
        cell.watchers -= 1
        if not cell.watchers:
            self._stale.pop(cell, None)
            cell.touched = self.revision
            self._orphans[cell] = None

    def reported(self, key: Key[T]) -> Change[T] | None:
        """What `pull` last yielded of a watched cell; None when it is yet to yield something."""
        cell = self._cells[key.node][key.args]
        return None if cell.unreported else Change(key, cell.value, cell.error)

    def pull(self) -> Iterator[Change[Any]]:
        """Refresh the stale watched cells one by one, and yield those that changed. The caller may do other work between two of them."""
        if self._pulling:
            raise RuntimeError("a pull is already going on")
        self._pulling = True
        try:
            while self._stale:
                cell, _ = self._stale.popitem(last=False)
                if cell.state:
                    self._refresh(cell)
                if cell.unreported:
                    cell.unreported = False
                    yield Change(Key(cell.node, cell.args), cell.value, cell.error)
        finally:
            self._pulling = False

    # Sweeping

    def sweep(self, idle: int) -> int:
        """Forget computed cells that nobody watches or reads and nobody asked for in the last `idle` revisions; returns how many went."""
        before = self.revision - idle
        count = 0
        waiting = list(self._orphans)
        while waiting:
            cell = waiting.pop()
            if cell not in self._orphans:
                continue
            if cell.readers or cell.watchers:
                del self._orphans[cell]
            elif cell.touched <= before and self._is_forgettable(cell):
                count += 1
                waiting.extend(self._forget(cell))
        return count

    @staticmethod
    def _is_forgettable(cell: Cell) -> bool:
        return not isinstance(cell.node, Source) or cell.value == cell.node.default(*cell.args)

    def _forget(self, cell: Cell) -> list[Cell]:
        """Drop the cell; what only it read goes with it."""
        del self._cells[cell.node][cell.args]
        del self._orphans[cell]
        lonely = []
        for read in cell.reads:
            self._disconnect(read, cell)
            if read.readers is None:
                lonely.append(read)
        return lonely

    # Looking

    def find(self, key: Key[Any]) -> Cell | None:
        """The cell as it is, without refreshing it; None when it was never asked for. For `trace` and tests."""
        return self._cells.get(key.node, {}).get(key.args)

    def __len__(self) -> int:
        return sum(len(cells) for cells in self._cells.values())
