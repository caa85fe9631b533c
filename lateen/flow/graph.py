"""The graph of cells: reading, writing, watching, pulling, sweeping.

A write marks the cells that read it dirty and theirs, transitively, maybe. Reading a maybe cell first refreshes what it read, in order, and
it is clean again if none of that changed. A dirty cell runs and records what it reads. An equal result stops the wave.

An input that nobody has read yet is a value and no cell: a mesh has many (each address of each endpoint), and few are ever asked for.

One thread; not re-entrant from another. Within one pull everything is computed on one revision: a batch cannot be committed meanwhile.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from lateen.flow.cell import CLEAN, DIRTY, MAYBE, RUNNING, Cell, CycleError, QueryFailed, add_reader, drop_reader, readers_of
from lateen.flow.query import Key, Node, Source
from lateen.flow.sharing import made_of

T = TypeVar("T")

_BY_DEFAULT, _UNCHANGED = object(), object()
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

    def value(self, key: Key[T]) -> T:
        """What a source cell will be as far as the batch says by now. Unlike reading it, this makes no cell."""
        return cast("T", self._writes[key] if key in self._writes else self._graph.given(key))

    def __enter__(self) -> Batch:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._graph._commit(self._writes)


class Graph:
    """All cells of one world. `revision` counts the batches that changed something; `ran` counts runs per query since `ran.clear()`.

    For this package alone: `cells`, and `reading`, what the query that runs has read so far, in order (None outside of queries).
    """

    def __init__(self) -> None:
        self.revision = 0
        self.ran: Counter[str] = Counter()
        self.cells: defaultdict[Node[Any], dict[tuple[Any, ...], Cell]] = defaultdict(dict)
        self.reading: dict[Cell, None] | None = None
        self._given: defaultdict[Node[Any], dict[tuple[Any, ...], Any]] = defaultdict(dict)  # inputs that are not what they are by default
        self._size = 0
        self._running: list[Cell] = []
        self._stale: OrderedDict[Cell, None] = OrderedDict()  # a plain dict finds its first entry only behind all that were deleted
        self._orphans: dict[Cell, None] = {}
        self._pulling = False

    # Reading

    def read(self, node: Node[Any], args: tuple[Any, ...]) -> Any:
        """The present value of a cell; inside a query it becomes a dependency. Raises QueryFailed when it, or what it reads, raised."""
        cell = self.cells[node].get(args) or self._new(node, args)
        if self.reading is not None:
            self.reading[cell] = None
        else:
            cell.touched = self.revision
        if cell.state:
            self._refresh(cell)
        if cell.error is not None:
            raise cell.error.with_traceback(None)  # Else each reader would lengthen the one traceback.
        return cell.value

    def _new(self, node: Node[Any], args: tuple[Any, ...]) -> Cell:
        if isinstance(node, Source):
            cell = Cell(node, args, self._given_to(node, args), CLEAN, self.revision)
        else:
            cell = Cell(node, args, None, DIRTY, self.revision)
        self.cells[node][args] = cell
        self._size += 1
        if self.reading is None:
            self._orphans[cell] = None
        return cell

    def given(self, key: Key[Any]) -> Any:
        """The present value of an input. No cell comes of it, and no dependency."""
        return self._given_to(key.node, key.args)

    def _given_to(self, node: Any, args: tuple[Any, ...]) -> Any:
        found = self._given[node].get(args, _BY_DEFAULT)
        return node.default(*args) if found is _BY_DEFAULT else found

    def _refresh(self, cell: Cell) -> None:
        if cell.state == MAYBE:
            self._verify(cell)
        if cell.state == DIRTY:
            self._run(cell)
        elif cell.state == RUNNING:
            raise self._cycle(cell)

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
        outer = self.reading
        reads: dict[Cell, None] = {}
        self.reading = reads
        self._running.append(cell)
        node: Any = cell.node
        value, error = cell.value, None
        try:
            value = node.compute(self, *cell.args)
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
            self.reading = outer
        self.ran[node.name] += 1
        self._connect(cell, reads)
        cell.state = CLEAN
        cell.touched = self.revision
        if error is not None or cell.error is not None or not (value is cell.value or value == cell.value):
            self._take(cell, value, error)

    @staticmethod
    def _take(cell: Cell, value: Any, error: Exception | None) -> None:
        """Take a run's result that differs from the last, which makes the readers dirty."""
        cell.value = made_of(cell.value, value)
        cell.error = error
        cell.unreported = True
        for reader in readers_of(cell):
            if reader.state != RUNNING:
                reader.state = DIRTY

    def _connect(self, cell: Cell, reads: dict[Cell, None]) -> None:
        before = cell.reads
        cell.reads = tuple(reads)
        if not before:
            for read in reads:
                if read.readers is None:  # As `add_reader` has it first; here because this is so for most.
                    read.readers = cell
                else:
                    add_reader(read, cell)
        elif before != cell.reads:
            old = set(before)
            for read in reads.keys() - old:
                add_reader(read, cell)
            for read in old.difference(reads):
                read.touched = self.revision
                self._disconnect(read, cell)

    def _disconnect(self, read: Cell, reader: Cell) -> None:
        drop_reader(read, reader)
        if read.readers is None:
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
        changed = [cell for (node, args), value in writes.items() if (cell := self._taken(node, args, value)) is not _UNCHANGED]
        if changed:
            self.revision += 1
        for cell in changed:
            if cell is not None:
                self._write(cell, self._given_to(cell.node, cell.args))

    def _taken(self, node: Any, args: tuple[Any, ...], value: Any) -> Any:
        """Keep the value of an input, and return the cell that it is new to, or None where there is none yet; `_UNCHANGED` if it was so before."""
        given = self._given[node]
        default = node.default(*args)
        before = given.get(args, default)
        if value is before or value == before:
            return _UNCHANGED
        if value == default:
            del given[args]
        else:
            given[args] = value
        return self.cells[node].get(args)

    def _write(self, cell: Cell, value: Any) -> None:
        cell.value = value
        cell.touched = self.revision
        if cell.watchers:
            cell.unreported = True
            self._stale[cell] = None
        self._mark(cell)

    def _mark(self, changed: Cell) -> None:
        """Readers of `changed` become dirty, and theirs, transitively, maybe. A cell that is not clean already has no clean reader."""
        wave = [changed]
        while wave:
            cell = wave.pop()
            for reader in readers_of(cell):
                if reader.suspects is None:
                    reader.suspects = [cell]
                elif len(reader.suspects) < _MANY:
                    reader.suspects.append(cell)
                if reader.state == CLEAN:
                    reader.state = MAYBE
                    wave.append(reader)
                    if reader.watchers:
                        self._stale[reader] = None
        for reader in readers_of(changed):
            reader.state = DIRTY

    # Watching

    def watch(self, key: Key[Any]) -> None:
        """Keep the cell fresh: its present value and every later change come out of `pull`. Watching twice needs unwatching twice."""
        cell = self.cells[key.node].get(key.args) or self._new(key.node, key.args)
        cell.watchers += 1
        self._orphans.pop(cell, None)
        cell.unreported = True
        self._stale[cell] = None

    def unwatch(self, key: Key[Any]) -> None:
        """Undo one `watch`."""
        cell = self.cells[key.node][key.args]
        cell.watchers -= 1
        if not cell.watchers:
            self._stale.pop(cell, None)
            cell.touched = self.revision
            self._orphans[cell] = None

    def reported(self, key: Key[T]) -> Change[T] | None:
        """What `pull` last yielded of a watched cell; None when it is yet to yield something."""
        cell = self.cells[key.node][key.args]
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
        """Forget cells that nobody watches or reads and nobody asked for in the last `idle` revisions; returns how many went.

        Inputs keep their values.
        """
        before = self.revision - idle
        count = 0
        waiting = list(self._orphans)
        while waiting:
            cell = waiting.pop()
            if cell not in self._orphans:
                continue
            if cell.readers or cell.watchers:
                del self._orphans[cell]
            elif cell.touched <= before:
                count += 1
                waiting.extend(self._forget(cell))
        return count

    def _forget(self, cell: Cell) -> list[Cell]:
        """Drop the cell; what only it read goes with it."""
        del self.cells[cell.node][cell.args]
        self._size -= 1
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
        return self.cells[key.node].get(key.args)

    def __len__(self) -> int:
        return self._size
