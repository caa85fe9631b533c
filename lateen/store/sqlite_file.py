"""`SqliteFile`: the SQL of `SqliteStore`. Plain blocking calls on one connection, made by one thread; no event loop in here.

An object's row carries the revision that made it (`since`) and the one that ended it (`until`, NULL while it stands). So the state at a
revision, the changes of one, and what compaction may drop are each a plain condition on two numbers.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from lateen.store.store import Change, Clock, Compacted, Conflict, Object, Operation, Revision, Snapshot, Unreadable, Unwritable
from lateen.store.transaction import moment, transition
from lateen.values.ref import Ref

Row: TypeAlias = tuple[Any, ...]

_APPLICATION = 0x4C61746E
_FORMAT = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS revisions (
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL, size INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS objects (
  kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
  created TEXT NOT NULL, manifest BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS standing ON objects (kind, namespace, name) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS made ON objects (since);
CREATE INDEX IF NOT EXISTS ended ON objects (until) WHERE until IS NOT NULL;
CREATE TABLE IF NOT EXISTS kept (first INTEGER NOT NULL);
INSERT INTO kept SELECT 1 WHERE NOT EXISTS (SELECT * FROM kept);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_FORMAT};
COMMIT;
"""
_COLUMNS = "kind, namespace, name, manifest, since, created"
_PAGE_REVISIONS = 100
_PAGE_CHANGES = 2_000
_BUSY_SECONDS = 10.0


class Write(msgspec.Struct, frozen=True):
    """One call of `Store.write`."""

    operations: tuple[Operation, ...]
    author: str
    reason: str


class SqliteFile:
    """The file, open. Every method may raise `Unreadable` or `Unwritable`."""

    def __init__(self, path: Path, now: Clock, *, read_only: bool) -> None:
        """Open the file; make it where it is missing, unless it is only to be read."""
        self._path = path
        self._now = now
        self._database = _opened_for_reading(path) if read_only else _opened(path)

    def close(self) -> None:
        """Let go of the file; the write-ahead log is folded into it."""
        self._database.close()

    def commit(self, batch: Sequence[Write]) -> Sequence[Revision | Exception]:
        """Carry out many writes in one transaction; a revision or a refusal for each.

        What a write may be refused for is known before anything of it is written, so a refused one leaves nothing behind.
        """
        answers: list[Revision | Exception] = []
        with _translated(self._path), _transaction(self._database, "IMMEDIATE"):
            for write in batch:
                try:
                    answers.append(self._carried_out(write))
                except (Conflict, ValueError) as refusal:
                    answers.append(refusal)
        return answers

    def _carried_out(self, write: Write) -> Revision:
        now = self._now()
        last = self._last()
        changes = transition(self.present, write.operations, last + 1, now)
        if not changes:
            return Revision(last, moment(now), write.author, write.reason, ())
        revision = Revision(last + 1, moment(now), write.author, write.reason, changes)
        self._append(revision)
        return revision

    def _append(self, revision: Revision) -> None:
        self._database.execute(
            "INSERT INTO revisions (number, at, author, reason, size) VALUES (?, ?, ?, ?, ?)",
            (revision.number, revision.at, revision.author, revision.reason, len(revision.changes)),
        )
        self._database.executemany(
            "UPDATE objects SET until = ? WHERE kind = ? AND namespace = ? AND name = ? AND until IS NULL",
            [(revision.number, *_key(change.ref)) for change in revision.changes if change.before],
        )
        self._database.executemany(
            f"INSERT INTO objects ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            [(*_key(new.ref), new.manifest, new.version, new.created) for new in (change.after for change in revision.changes) if new],
        )

    def list(self, kind: str | None, namespace: str | None) -> Snapshot:
        """The objects that stand, of a kind and of a namespace."""
        wanted = {"kind": kind, "namespace": namespace}
        chosen = {column: value for column, value in wanted.items() if value is not None}
        condition = "".join(f" AND {column} = :{column}" for column in chosen)
        with _translated(self._path), _transaction(self._database, "DEFERRED"):
            rows = self._database.execute(f"SELECT {_COLUMNS} FROM objects WHERE until IS NULL{condition} ORDER BY kind, namespace, name", chosen)
            return Snapshot(self._last(), tuple(map(_object, rows)))

    def present(self, ref: Ref) -> Object | None:
        """One object that stands."""
        with _translated(self._path):
            row = self._database.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE kind = ? AND namespace = ? AND name = ? AND until IS NULL", _key(ref)
            ).fetchone()
        return _object(row) if row else None

    def at(self, revision: int) -> Snapshot:
        """All objects as they stood at a revision."""
        with _translated(self._path), _transaction(self._database, "DEFERRED"):
            self._ensure_kept(revision)
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM objects WHERE since <= :at AND (until IS NULL OR until > :at) ORDER BY kind, namespace, name",
                {"at": revision},
            )
            return Snapshot(revision, tuple(map(_object, rows)))

    def page(self, after: int) -> tuple[Revision, ...]:
        """The next revisions after that number: at most a hundred, and fewer when they are big, but one at least if there is one."""
        with _translated(self._path), _transaction(self._database, "DEFERRED"):
            self._ensure_kept(after)
            page: list[Row] = []
            changes = 0
            for row in self._database.execute("SELECT * FROM revisions WHERE number > ? ORDER BY number LIMIT ?", (after, _PAGE_REVISIONS)):
                changes += row[4]
                if page and changes > _PAGE_CHANGES:
                    break
                page.append(row)
            return self._revisions(page)

    def history(self, ref: Ref | None, before: int | None, limit: int) -> tuple[Revision, ...]:
        """The newest revisions first."""
        conditions = ["number < :before"] if before is not None else []
        if ref is not None:
            same = "FROM objects WHERE kind = :kind AND namespace = :namespace AND name = :name"
            conditions.append(f"number IN (SELECT since {same} UNION SELECT until {same})")
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        values = {"before": before, "limit": limit} | (dict(zip(("kind", "namespace", "name"), _key(ref), strict=True)) if ref else {})
        with _translated(self._path), _transaction(self._database, "DEFERRED"):
            rows = self._database.execute(f"SELECT * FROM revisions {where} ORDER BY number DESC LIMIT :limit", values).fetchall()
            return self._revisions(rows)

    def _revisions(self, rows: Sequence[Row]) -> tuple[Revision, ...]:
        return tuple(Revision(number, at, author, reason, self._changes(number)) for number, at, author, reason, _ in rows)

    def _changes(self, number: int) -> tuple[Change, ...]:
        before = {old.ref: old for old in self._objects("until = ?", number)}
        after = {new.ref: new for new in self._objects("since = ?", number)}
        return tuple(Change(ref, before.get(ref), after.get(ref)) for ref in sorted(before.keys() | after.keys()))

    def _objects(self, condition: str, number: int) -> Iterator[Object]:
        return map(_object, self._database.execute(f"SELECT {_COLUMNS} FROM objects WHERE {condition}", (number,)))

    def compact(self, before: int) -> None:
        """Forget the revisions older than `before`."""
        with _translated(self._path), _transaction(self._database, "IMMEDIATE"):
            first = min(max(before, self._first()), self._last() + 1)
            self._database.execute("UPDATE kept SET first = ?", (first,))
            self._database.execute("DELETE FROM revisions WHERE number < ?", (first,))
            self._database.execute("DELETE FROM objects WHERE until < ?", (first,))

    def _first(self) -> int:
        first: int = self._database.execute("SELECT first FROM kept").fetchone()[0]
        return first

    def _last(self) -> int:
        last: int = self._database.execute("SELECT coalesce((SELECT max(number) FROM revisions), first - 1) FROM kept").fetchone()[0]
        return last

    def _ensure_kept(self, revision: int) -> None:
        oldest, last = self._first() - 1, self._last()
        if not oldest <= revision <= last:
            raise Compacted(revision, kept=(oldest, last))


def _key(ref: Ref) -> tuple[str, str, str]:
    return ref.kind, ref.namespace, ref.name


def _object(row: Row) -> Object:
    kind, namespace, name, manifest, since, created = row
    return Object(Ref(kind, namespace, name), manifest, since, created)


def _opened(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as failure:
        raise Unwritable(str(path), f"{failure.strerror or failure}.") from failure
    with _translated(path):
        database = _connected(path, "rw")
        _ensure_ours(database, path)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
    return database


def _opened_for_reading(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise Unreadable(str(path), "there is no such file. Start the control plane that keeps its config in it first.")
    with _translated(path):
        database = _connected(path, "ro")
        _ensure_ours(database, path)
    return database


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _ensure_ours(database: sqlite3.Connection, path: Path) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    format_ = database.execute("PRAGMA user_version").fetchone()[0]
    tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != _APPLICATION:
        raise Unreadable(str(path), "it is an SQLite database of another program. Name another file.")
    if format_ > _FORMAT:
        why = f"it has format {format_}, and this Lateen knows formats up to {_FORMAT}. Use the Lateen that wrote it, or a newer one."
        raise Unreadable(str(path), why)


@contextmanager
def _transaction(database: sqlite3.Connection, mode: str) -> Iterator[None]:
    database.execute(f"BEGIN {mode}")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


_UNREADABLE = {
    sqlite3.SQLITE_NOTADB: "it is not an SQLite database.",
    sqlite3.SQLITE_CORRUPT: "the file is damaged. Restore it from a copy.",
}
_UNWRITABLE = {
    sqlite3.SQLITE_FULL: "the disk is full.",
    sqlite3.SQLITE_READONLY: "the file, or the folder it is in, may not be written by this user.",
    sqlite3.SQLITE_BUSY: f"another process has held it for {_BUSY_SECONDS:.0f} seconds.",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; is it a file, in a folder that this user may write?",
}


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """The one door for SQLite's failures: each becomes a `StoreError` that names the file."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as failure:
        code = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _UNREADABLE:
            raise Unreadable(str(path), _UNREADABLE[code]) from failure
        raise Unwritable(str(path), _UNWRITABLE.get(code, f"SQLite says: {failure}.")) from failure
