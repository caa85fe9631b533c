"""`DirectoryStore`: a folder of YAML and JSON files as a store, for GitOps and for tests. The files are the truth; the store only reads.

All edits of one burst are one revision, and revisions count from 1 in each process: they are kept in memory. A status can be written, for it
is what the mesh says and not what the user says; it too lasts as long as the process. An object given in two files is taken from the
last in the order of paths, as everywhere else. What is wrong in the files is in `findings`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from lateen.kit.file_watch import changes
from lateen.store.folder import File, Read, doubles, reading
from lateen.store.memory import MemoryStore
from lateen.store.pulse import Pulse
from lateen.store.store import Clock, Closed, Delete, Object, Operation, Put, PutStatus, Revision, Snapshot, Unreadable, Unwritable, utc_now
from lateen.values.finding import Finding
from lateen.values.ref import Ref

Wanted: TypeAlias = Mapping[Ref, bytes]

_AUTHOR = "directory"
_NAMED_FILES = 5
_SECONDS_BETWEEN_TRIES = 1.0


class DirectoryStore:
    """A `Store` that reads a folder. Open it with `DirectoryStore.open`, and run `follow` in a task for as long as it is used."""

    def __init__(self, path: Path, read: Read, *, now: Clock) -> None:
        self._path = path
        self._read = read
        self._log = MemoryStore(now=now)
        self._files: Mapping[Path, File] = {}
        self._wanted: Wanted = {}
        self._findings: tuple[Finding, ...] = ()
        self._findings_changed = Pulse()
        self._turn = asyncio.Lock()
        self._closed = False

    @classmethod
    async def open(cls, path: Path | str, read: Read, *, now: Clock = utc_now) -> DirectoryStore:
        """Read the folder. `read` says what is in the text of a file. Raises `Unreadable`."""
        folder = Path(path).absolute()
        if not folder.is_dir():
            raise Unreadable(str(path), "there is no such folder. Make it, or name another.")
        store = cls(folder, read, now=now)
        await store.refresh()
        return store

    @property
    def writable(self) -> bool:
        """Never: edit the files."""
        return False

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong in the files now, in the order of their paths."""
        return self._findings

    async def watch_findings(self) -> AsyncGenerator[tuple[Finding, ...], None]:
        """What is wrong now, and again whenever that has changed, until the store is closed; a slow reader gets the newest only."""
        told: tuple[Finding, ...] | None = None
        while not self._closed:
            changed = self._findings_changed.next()
            if told == self._findings:
                await changed.wait()
                continue
            told = self._findings
            yield told

    async def refresh(self, touched: Collection[Path] = ()) -> None:
        """Take in what has changed in the folder since it was last read; `touched` files are read even if they look the same."""
        async with self._turn:
            files = await asyncio.to_thread(reading, self._path, self._files, frozenset(touched), self._read)
            edited = [path for path in {*files, *self._files} if files.get(path) is not self._files.get(path)]
            if not edited:
                return
            wanted: Wanted = {ref: manifest for file in files.values() for ref, manifest in file.manifests.items()}
            operations = [each for ref in sorted({*wanted, *self._wanted}) for each in await self._operations(ref, wanted.get(ref))]
            await self._log.write(operations, author=_AUTHOR, reason=self._reason(sorted(edited)))
            self._files, self._wanted = files, wanted
            self._tell((*(finding for file in files.values() for finding in file.findings), *doubles(files.values())))

    async def follow(self) -> None:
        """Take in edits as they are made, until cancelled or closed. A folder that is gone is waited for; its last state stays in force."""
        while not self._closed:
            try:
                await self._follow_until_replaced()
            except Closed:
                return
            except OSError:
                # The folder is gone, or the kernel has no watches left: look from time to time.
                await self.refresh()
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)

    async def list(self, kind: str | None = None, namespace: str | None = None) -> Snapshot:
        """See `Store.list`."""
        return await self._log.list(kind, namespace)

    async def get(self, ref: Ref) -> Object | None:
        """See `Store.get`."""
        return await self._log.get(ref)

    async def write(self, operations: Sequence[Operation], *, author: str, reason: str) -> Revision:
        """See `Store.write`; takes nothing but `PutStatus`, and raises `Unwritable` for everything else."""
        if not all(isinstance(operation, PutStatus) for operation in operations):
            raise Unwritable(str(self._path), "the mesh's config is the files in this folder. Edit them; changes are taken in as they are saved.")
        return await self._log.write(operations, author=author, reason=reason)

    def watch(self, after: int) -> AsyncGenerator[Revision, None]:
        """See `Store.watch`."""
        return self._log.watch(after)

    async def history(self, ref: Ref | None = None, *, before: int | None = None, limit: int = 100) -> tuple[Revision, ...]:
        """See `Store.history`; the author of edits is `directory`, the reason names the files."""
        return await self._log.history(ref, before=before, limit=limit)

    async def at(self, revision: int) -> Snapshot:
        """See `Store.at`."""
        return await self._log.at(revision)

    async def compact(self, before: int) -> None:
        """See `Store.compact`."""
        await self._log.compact(before)

    async def close(self) -> None:
        """See `Store.close`."""
        self._closed = True
        self._findings_changed.beat()
        await self._log.close()

    async def _follow_until_replaced(self) -> None:
        watched = self._path.resolve(strict=True), self._path.stat().st_ino
        async with aclosing(changes([self._path])) as bursts:
            async for burst in bursts:
                if self._closed:
                    return
                await self.refresh(burst)
                # A link to another folder now, or another folder by the same name: the watch is on the old one.
                if watched != (self._path.resolve(strict=True), self._path.stat().st_ino):
                    return

    async def _operations(self, ref: Ref, manifest: bytes | None) -> Sequence[Operation]:
        before = self._wanted.get(ref)
        if manifest == before:
            return ()
        if manifest is None:
            return (Delete(ref),)
        present = await self._log.get(ref)
        return tuple(_replacement(ref, before, manifest, present)) if present else (Put(ref, manifest),)

    def _reason(self, edited: Sequence[Path]) -> str:
        names = [str(path.relative_to(self._path)) for path in edited[:_NAMED_FILES]]
        more = len(edited) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")

    def _tell(self, findings: tuple[Finding, ...]) -> None:
        if findings != self._findings:
            self._findings = findings
            self._findings_changed.beat()


def _replacement(ref: Ref, before: bytes | None, manifest: bytes, present: Object) -> Iterator[Operation]:
    """A file is the whole truth of its object: other than with a plain `Put`, a creation time can be edited, and a status taken away."""
    old, new = _fields(before), _fields(manifest)
    given = (new.get("metadata") or {}).get("creationTimestamp")
    if isinstance(given, str) and given != present.created:
        yield Delete(ref)
    elif "status" in old and "status" not in new:
        yield PutStatus(ref, b"null")
    yield Put(ref, manifest)


def _fields(manifest: bytes | None) -> dict[str, Any]:
    return msgspec.json.decode(manifest, type=dict[str, Any]) if manifest else {}
