"""`Store`: where config lives. The protocol every backend keeps, its values, and its errors.

A store keeps manifests (Kubernetes-shaped JSON objects) by `Ref` and knows nothing of what they mean. Every write is one revision with
author, time and reason, whatever the number of objects in it; revisions count up from 1 and are kept until they are compacted.

What every backend promises:
- A `write` is all or nothing, and once it has returned it is there for good (for `memory`: until the process ends).
- `watch` never leaves a revision out and never reorders them; a reader who is too slow costs no memory, it reads on from the log.
- The store keeps four fields of a manifest itself, so that a client may leave them out: `metadata.name` and `metadata.namespace` follow the
  ref; `metadata.creationTimestamp` is the one given at the first write, else the time of that write; `metadata.generation` counts the changes
  outside of `metadata` and `status`. `metadata.resourceVersion` is never in the stored bytes: it is `Object.version`.
- A `Put` without `status` leaves the status there is; a `Put` with one replaces it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

import msgspec

from lateen.values.ref import Ref

Clock: TypeAlias = Callable[[], datetime]
"""Where the time comes from: an aware `datetime`."""

ABSENT = 0
"""As `expected`: the object must not exist. As a found version: it does not."""


class Object(msgspec.Struct, frozen=True):
    """An object as stored: `manifest` is compact JSON, `version` the revision that last wrote it, `created` RFC 3339 in UTC."""

    ref: Ref
    manifest: bytes
    version: int
    created: str


class Put(msgspec.Struct, frozen=True):
    """Make the object be `manifest` (a JSON object). `expected` is the version it must have now, `ABSENT` for none, `None` for any."""

    ref: Ref
    manifest: bytes
    expected: int | None = None


class PutStatus(msgspec.Struct, frozen=True):
    """Make `status` (a JSON value; `null` removes it) the status of an object that exists; nothing else of it changes."""

    ref: Ref
    status: bytes
    expected: int | None = None


class Delete(msgspec.Struct, frozen=True):
    """Make the object be gone. That it is gone already is no mistake, unless a version is `expected`."""

    ref: Ref
    expected: int | None = None


Operation: TypeAlias = Put | PutStatus | Delete


class Change(msgspec.Struct, frozen=True):
    """What a revision did to one object: `before` is `None` for a new one, `after` for one that is gone."""

    ref: Ref
    before: Object | None
    after: Object | None


class Revision(msgspec.Struct, frozen=True):
    """One write: its number, when (RFC 3339, UTC, milliseconds), by whom and why, and its changes in the order of their refs."""

    number: int
    at: str
    author: str
    reason: str
    changes: tuple[Change, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """All objects asked for as they stood at `revision`, in the order of their refs."""

    revision: int
    objects: tuple[Object, ...]


class StoreError(Exception):
    """The store could not do what it was asked; the text is a sentence for the user."""


class Conflict(StoreError):
    """The object is not at the version the writer expected: read it again, decide again, write again."""

    def __init__(self, ref: Ref, *, found: int, expected: int | None) -> None:
        super().__init__(_conflict_sentence(ref, found, expected))
        self.ref = ref
        self.found = found
        self.expected = expected


class Compacted(StoreError):
    """The revision asked for is not in the log: list again and go on from there. `kept` are the first and last that can be asked for."""

    def __init__(self, revision: int, *, kept: tuple[int, int]) -> None:
        super().__init__(
            f"Revision {revision} is not kept: the store has revisions {kept[0]} to {kept[1]}. List the objects again and go on from there."
        )
        self.revision = revision
        self.kept = kept


class Unwritable(StoreError):
    """The store cannot take the write and has not changed; trying again helps only after somebody has mended the cause."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} cannot be written: {why}")
        self.path = path
        self.why = why


class Unreadable(StoreError):
    """What is at `path` cannot be used as a store."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} cannot be read: {why}")
        self.path = path
        self.why = why


class Closed(StoreError):
    """The store was used after `close`."""

    def __init__(self) -> None:
        super().__init__("The store is closed.")


class Store(Protocol):
    """Where config lives. Every method may raise `StoreError`."""

    @property
    def writable(self) -> bool:
        """Whether `write` takes manifests here. Where it does not (a folder of files, a file opened for reading), `write` says why."""

    async def list(self, kind: str | None = None, namespace: str | None = None) -> Snapshot:
        """The objects of a kind and of a namespace (`None`: of all) with the revision at which they are so."""

    async def get(self, ref: Ref) -> Object | None:
        """One object, or `None` when there is none."""

    async def write(self, operations: Sequence[Operation], *, author: str, reason: str) -> Revision:
        """Carry out all operations as one revision, or none of them.

        Versions are expected as they were before the write. When nothing changes no revision is made, and the answer is one without changes
        whose number is the present one. Raises `Conflict` and `Unwritable`.
        """

    def watch(self, after: int) -> AsyncGenerator[Revision, None]:
        """Every revision after that number, in order, then those to come, until the store is closed. Raises `Compacted` where one is missing."""

    async def history(self, ref: Ref | None = None, *, before: int | None = None, limit: int = 100) -> tuple[Revision, ...]:
        """The newest revisions first (that touched `ref`, with all their changes), at most `limit`, those older than `before`."""

    async def at(self, revision: int) -> Snapshot:
        """All objects as they stood at an older revision. Raises `Compacted`."""

    async def compact(self, before: int) -> None:
        """Forget the revisions older than `before`. Objects stay; the state at `before - 1` can still be read and watched from."""

    async def close(self) -> None:
        """Let go of files and end all watches. Closing twice is no mistake."""


def utc_now() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def _conflict_sentence(ref: Ref, found: int, expected: int | None) -> str:
    if expected is None:
        return f"{ref} does not exist, so its status cannot be written."
    if expected == ABSENT:
        return f"{ref} exists already, at version {found}, and was expected not to."
    if found == ABSENT:
        return f"{ref} does not exist and was expected at version {expected}: somebody has deleted it. Read it again before writing."
    return f"{ref} is at version {found} and was expected at version {expected}: somebody has changed it. Read it again before writing."
