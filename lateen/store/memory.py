"""`MemoryStore`: config that lives as long as the process. For tests, for trying things out, and as the log behind a folder of files.

Nothing here waits, so a write is atomic by itself. The log grows until it is compacted.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence

from lateen.store.pulse import Pulse
from lateen.store.store import Clock, Closed, Compacted, Object, Operation, Revision, Snapshot, utc_now
from lateen.store.transaction import moment, transition
from lateen.values.ref import Ref


class MemoryStore:
    """A `Store` in memory."""

    def __init__(self, *, now: Clock = utc_now) -> None:
        self._now = now
        self._objects: dict[Ref, Object] = {}
        self._log: list[Revision] = []
        self._first = 1
        self._pulse = Pulse()
        self._closed = False

    @property
    def writable(self) -> bool:
        """Always."""
        return True

    async def list(self, kind: str | None = None, namespace: str | None = None) -> Snapshot:
        """See `Store.list`."""
        self._ensure_open()
        chosen = (each for each in self._objects.values() if kind in (None, each.ref.kind) and namespace in (None, each.ref.namespace))
        return Snapshot(self._last, _ordered(chosen))

    async def get(self, ref: Ref) -> Object | None:
        """See `Store.get`."""
        self._ensure_open()
        return self._objects.get(ref)

    async def write(self, operations: Sequence[Operation], *, author: str, reason: str) -> Revision:
        """See `Store.write`."""
        self._ensure_open()
        now = self._now()
        changes = transition(self._objects.get, operations, self._last + 1, now)
        if not changes:
            return Revision(self._last, moment(now), author, reason, ())
        revision = Revision(self._last + 1, moment(now), author, reason, changes)
        for change in changes:
            _set(self._objects, change.ref, change.after)
        self._log.append(revision)
        self._pulse.beat()
        return revision

    async def watch(self, after: int) -> AsyncGenerator[Revision, None]:
        """See `Store.watch`."""
        while not self._closed:
            self._ensure_kept(after)
            beat = self._pulse.next()
            if after == self._last:
                await beat.wait()
                continue
            after += 1
            yield self._log[after - self._first]

    async def history(self, ref: Ref | None = None, *, before: int | None = None, limit: int = 100) -> tuple[Revision, ...]:
        """See `Store.history`."""
        self._ensure_open()
        chosen: list[Revision] = []
        for revision in reversed(self._log):
            if len(chosen) == limit:
                break
            if (before is None or revision.number < before) and (ref is None or _touches(revision, ref)):
                chosen.append(revision)
        return tuple(chosen)

    async def at(self, revision: int) -> Snapshot:
        """See `Store.at`."""
        self._ensure_open()
        self._ensure_kept(revision)
        objects = dict(self._objects)
        for undone in reversed(self._log[revision - self._first + 1 :]):
            for change in undone.changes:
                _set(objects, change.ref, change.before)
        return Snapshot(revision, _ordered(objects.values()))

    async def compact(self, before: int) -> None:
        """See `Store.compact`."""
        self._ensure_open()
        first = min(max(before, self._first), self._last + 1)
        del self._log[: first - self._first]
        self._first = first
        self._pulse.beat()

    async def close(self) -> None:
        """See `Store.close`."""
        self._closed = True
        self._pulse.beat()

    @property
    def _last(self) -> int:
        return self._first + len(self._log) - 1

    def _ensure_open(self) -> None:
        if self._closed:
            raise Closed

    def _ensure_kept(self, revision: int) -> None:
        if not self._first - 1 <= revision <= self._last:
            raise Compacted(revision, kept=(self._first - 1, self._last))


def _set(objects: dict[Ref, Object], ref: Ref, state: Object | None) -> None:
    if state is None:
        del objects[ref]
    else:
        objects[ref] = state


def _touches(revision: Revision, ref: Ref) -> bool:
    return any(change.ref == ref for change in revision.changes)


def _ordered(objects: Iterable[Object]) -> tuple[Object, ...]:
    return tuple(sorted(objects, key=lambda each: each.ref))
