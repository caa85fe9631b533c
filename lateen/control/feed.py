"""The feed: store -> graph. It reads a snapshot and then every revision, decodes, and writes to the graph what `Settling` says is due.

An object that does not decode is left out, and its findings are kept. It remembers which graph revision each store revision became, so that one
can ask when a write has arrived at the proxies. Writes that come faster than the graph takes them merge: one change for each object.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec

from lateen.api import inputs
from lateen.api.resource import Resource
from lateen.control.allocator import Addresses, Exhausted, given, status
from lateen.control.collector import filling
from lateen.control.manifests import manifest_of, stored_resource
from lateen.control.settling import Settling
from lateen.kit.logging import logger
from lateen.store.store import Change, Object, PutStatus, Revision, Store, StoreError
from lateen.values.finding import Finding
from lateen.values.ref import Ref

APPLIED: Final = "lateen apply"
"""How the reason of a revision begins that is one whole transaction of a user's."""

ENDPOINT_KINDS: Final = frozenset({"EndpointSlice", "Pod", "WorkloadEntry", "Node", "Secret"})
REMEMBERED: Final = 10_000
AUTHOR: Final = "lateen"

Write = Callable[[Iterable[inputs.Change]], Awaitable[int]]

_log = logger("feed")


class Landing(msgspec.Struct, frozen=True):
    """Store revisions up to `stored` became the graph's revision `graph` at `at` (seconds, monotonic)."""

    stored: int
    graph: int
    at: float


class Feed:
    """Keeps the graph at what the store says. `open` it once, then run `follow` in a task."""

    def __init__(self, store: Store, write: Write, settling: Settling | None = None) -> None:
        self.addresses = Addresses()
        self.findings: dict[Ref, tuple[Finding, ...]] = {}
        self.revision = 0
        self._store = store
        self._write = write
        self._settling = settling or Settling()
        self._known: set[Ref] = set()
        self._pending: dict[Ref, Object | None] = {}
        self._read_up_to = 0
        self._news = asyncio.Event()
        self._landed = asyncio.Event()
        self._landings: deque[Landing] = deque(maxlen=REMEMBERED)

    async def open(self) -> None:
        """Write what the store holds to the graph, as one revision. Raises `StoreError`."""
        self._pending.clear()  # What was read before is older than what is there now.
        self._settling.acted()
        snapshot = await self._store.list()
        gone = self._known - {stored.ref for stored in snapshot.objects}
        with filling():
            read = [self._resource(stored.ref, stored) for stored in snapshot.objects] + [self._resource(ref, None) for ref in gone]
        await self._allot(resource for _, resource in read)
        self._land(snapshot.revision, await self._written(read))

    async def follow(self) -> None:
        """Follow the store until cancelled, or until it is closed. Raises `StoreError` when it cannot be followed."""
        async with asyncio.TaskGroup() as tasks:
            acting = tasks.create_task(self._act())
            await self._read()
            acting.cancel()

    async def landed(self, stored: int) -> Landing:
        """Wait until the store's revision has become part of the graph."""
        while self.revision < stored:
            await self._landed.wait()
        at = bisect_left(self._landings, stored, key=lambda landing: landing.stored)
        return self._landings[min(at, len(self._landings) - 1)]

    def _land(self, stored: int, graph: int) -> None:
        self.revision = stored
        self._landings.append(Landing(stored, graph, time.monotonic()))
        self._landed.set()
        self._landed = asyncio.Event()

    # Reading

    async def _read(self) -> None:
        self._read_up_to = self.revision
        async for revision in self._store.watch(self.revision):
            for change in revision.changes:
                self._pending[change.ref] = change.after
            self._read_up_to = revision.number
            self._settling.wrote(time.monotonic(), complete=is_complete(revision))
            self._news.set()

    async def _act(self) -> None:
        while True:
            due = self._settling.due()
            pause = None if due is None else due - time.monotonic()
            if pause is not None and pause <= 0:
                await self._act_now()
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()
            self._news.clear()

    async def _act_now(self) -> None:
        pending, self._pending = self._pending, {}
        up_to = self._read_up_to
        self._settling.acted()
        changes = [self._resource(ref, stored) for ref, stored in pending.items()]
        self._land(up_to, await self._written(changes))
        await self._allot(resource for _, resource in changes)

    async def _written(self, changes: list[inputs.Change]) -> int:
        """Write the changes; one that the graph cannot take (our bug) is reported, and does not keep the others out."""
        try:
            return await self._write(changes)
        except Exception as bug:
            if len(changes) == 1:
                _log.exception(f"{changes[0][0]} is left out: {bug}")
                return await self._write(())
        return [await self._written([change]) for change in changes][-1]

    def _resource(self, ref: Ref, stored: Object | None) -> inputs.Change:
        self.findings.pop(ref, None)
        if stored is None:
            resource = None
            self._known.discard(ref)
        else:
            self._known.add(ref)
            resource, findings = stored_resource(stored)
            if findings:
                self.findings[ref] = tuple(findings)
        self.addresses.observe(ref, resource)
        return ref, resource

    # Addresses

    async def _allot(self, resources: Iterable[Resource[Any] | None]) -> None:
        """Give addresses to service entries that came in another way than through the door, which allots them itself."""
        operations = [
            operation
            for resource in resources
            if resource is not None and resource.ref.kind == "ServiceEntry" and (operation := await self._allotted(resource))
        ]
        if operations:
            with suppress(StoreError):
                await self._store.write(operations, author=AUTHOR, reason="addresses for service entries")

    async def _allotted(self, entry: Resource[Any]) -> PutStatus | None:
        try:
            wanted = self.addresses.for_entry(entry)
        except Exhausted as full:
            _log.warning(str(full))
            return None
        if wanted == given(entry):
            return None
        stored = await self._store.get(entry.ref)
        if stored is None or stored.version != entry.version:
            return None
        self.addresses.reserve(entry.ref, (address for _, address in wanted))
        return PutStatus(entry.ref, msgspec.json.encode(status(manifest_of(stored), wanted)), stored.version)


def is_complete(revision: Revision) -> bool:
    """Whether a revision is to be acted on at once: it is one transaction of several objects, or of endpoints only."""
    if len(revision.changes) > 1 or revision.reason.startswith(APPLIED):
        return True
    return all(_is_about_endpoints(change) for change in revision.changes)


def _is_about_endpoints(change: Change) -> bool:
    if change.ref.kind in ENDPOINT_KINDS:
        return True
    if change.ref.kind != "ServiceEntry" or change.before is None or change.after is None:
        return False
    return _without_endpoints(change.before) == _without_endpoints(change.after)


def _without_endpoints(entry: Object) -> tuple[Any, ...]:
    manifest = manifest_of(entry)
    metadata = manifest.get("metadata") or {}
    spec = {key: value for key, value in (manifest.get("spec") or {}).items() if key != "endpoints"}
    return spec, metadata.get("labels"), metadata.get("annotations")
