"""`SqliteStore`: config in one file, without a server. The default.

A write that has returned survives `kill -9` and power loss at any moment: the file is in WAL mode with `synchronous=FULL`, and a write is
one transaction. All work is done by one thread of its own, so the event loop never waits for the disk; writes that arrive while it is busy
are committed together, each still a revision of its own.

Several processes may open the same file. Each sees the writes of the others, those who watch within `poll` seconds. The file is readable by
its owner only, for secrets may be in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from lateen.store.pulse import Pulse
from lateen.store.sqlite_file import SqliteFile, Write
from lateen.store.store import Clock, Closed, Object, Operation, Revision, Snapshot, Unwritable, utc_now
from lateen.values.ref import Ref

T = TypeVar("T")
_Waiting: TypeAlias = tuple[Write, asyncio.Future[Revision]]


class SqliteStore:
    """A `Store` in one SQLite file. Open it with `SqliteStore.open`."""

    def __init__(self, path: Path, thread: ThreadPoolExecutor, file: SqliteFile, *, writable: bool, poll: float) -> None:
        self._path = path
        self._thread = thread
        self._file = file
        self._writable = writable
        self._poll = poll
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._pulse = Pulse()
        self._closed = False

    @classmethod
    async def open(cls, path: Path | str, *, now: Clock = utc_now, read_only: bool = False, poll: float = 0.25) -> SqliteStore:
        """Open the file, or make it. `poll`: seconds after which a watch looks for writes of other processes.

        Raises `Unreadable` (no such file to read, or not one of ours) and `Unwritable` (the folder or the file refuses).
        """
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        try:
            file = await asyncio.get_running_loop().run_in_executor(thread, lambda: SqliteFile(Path(path), now, read_only=read_only))
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(Path(path), thread, file, writable=not read_only, poll=poll)

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._writable

    async def list(self, kind: str | None = None, namespace: str | None = None) -> Snapshot:
        """See `Store.list`."""
        return await self._run(self._file.list, kind, namespace)

    async def get(self, ref: Ref) -> Object | None:
        """See `Store.get`."""
        return await self._run(self._file.present, ref)

    async def write(self, operations: Sequence[Operation], *, author: str, reason: str) -> Revision:
        """See `Store.write`. Whoever finds the thread free commits for all who wait."""
        self._ensure_writable()
        answer: asyncio.Future[Revision] = asyncio.get_running_loop().create_future()
        self._waiting.append((Write(tuple(operations), author, reason), answer))
        try:
            async with self._turn:
                if not answer.done():
                    await self._commit_all_waiting()
            return await answer
        except asyncio.CancelledError:
            answer.cancel()
            raise

    async def watch(self, after: int) -> AsyncGenerator[Revision, None]:
        """See `Store.watch`. Holds one page of the log at a time."""
        while not self._closed:
            beat = self._pulse.next()
            page = await self._run(self._file.page, after)
            for revision in page:
                yield revision
                after = revision.number
            if not page:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll):
                        await beat.wait()

    async def history(self, ref: Ref | None = None, *, before: int | None = None, limit: int = 100) -> tuple[Revision, ...]:
        """See `Store.history`."""
        return await self._run(self._file.history, ref, before, limit)

    async def at(self, revision: int) -> Snapshot:
        """See `Store.at`."""
        return await self._run(self._file.at, revision)

    async def compact(self, before: int) -> None:
        """See `Store.compact`."""
        self._ensure_writable()
        await self._run(self._file.compact, before)
        self._pulse.beat()

    async def close(self) -> None:
        """See `Store.close`. Writes under way are finished first."""
        if self._closed:
            return
        self._closed = True
        self._pulse.beat()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._file.close)
        self._thread.shutdown(wait=False)

    def _ensure_open(self) -> None:
        if self._closed:
            raise Closed

    def _ensure_writable(self) -> None:
        self._ensure_open()
        if not self._writable:
            raise Unwritable(str(self._path), "it was opened for reading only. Ask the process that serves it.")

    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        self._ensure_open()
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    async def _commit_all_waiting(self) -> None:
        self._ensure_open()
        batch = [(write, answer) for write, answer in self._waiting if not answer.cancelled()]
        self._waiting = []
        writes = [write for write, _ in batch]
        outcome = asyncio.get_running_loop().run_in_executor(self._thread, self._file.commit, writes)
        outcome.add_done_callback(lambda done: self._answer(batch, done))
        # `wait` leaves the work running when this writer is cancelled; the others still get their answers.
        await asyncio.wait([outcome])

    def _answer(self, batch: Sequence[_Waiting], done: asyncio.Future[Sequence[Revision | Exception]]) -> None:
        failure = done.exception()
        results: Sequence[Revision | BaseException] = done.result() if failure is None else [failure] * len(batch)
        for (_, answer), result in zip(batch, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, BaseException):
                answer.set_exception(result)
            else:
                answer.set_result(result)
        self._pulse.beat()
