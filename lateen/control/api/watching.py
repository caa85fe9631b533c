"""`?watch=true`: changes as a stream of JSON lines (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).

A client names the revision after which it wants every change; without one it is first told what there is. Nothing is left out: a reader who is
slow reads on from the store's log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lateen.control.api import tables
from lateen.control.api.failure import Failure, of_store
from lateen.control.api.paths import Target
from lateen.control.api.presentation import shown
from lateen.control.api.selection import Selects
from lateen.control.manifests import Manifest
from lateen.control.plane import ControlPlane
from lateen.store.store import Change, Object, Revision, StoreError

LONGEST: Final = 3600.0
_INITIAL_END: Final = "k8s.io/initial-events-end"


class _Watch:
    """What one client watches, and how it wants to see it."""

    def __init__(self, request: Request, plane: ControlPlane, target: Target, selects: Selects) -> None:
        query = request.query_params
        self._plane = plane
        self._target = target
        self._selects = selects
        self._as_table = tables.is_wanted(request.headers.get("accept", ""))
        self._include = query.get("includeObject", "Metadata")
        self._from = query.get("resourceVersion", "")
        self._bookmarks = query.get("allowWatchBookmarks", "") == "true"
        self._initial = query.get("sendInitialEvents", "") == "true"
        self.seconds = _seconds(query.get("timeoutSeconds", ""))

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """The stream, until it has lasted as long as the client asked for, the client leaves, or the control plane stops."""
        clock = asyncio.get_running_loop().time
        end = clock() + self.seconds
        queue: asyncio.Queue[bytes] = asyncio.Queue(1)
        # The store's log is read by a task of its own: a client who leaves cancels this generator at any point, and must not break that one.
        reading = asyncio.create_task(self._read(queue))
        self._plane.watches.add(reading)
        reading.add_done_callback(self._plane.watches.discard)
        line = asyncio.ensure_future(queue.get())
        try:
            while True:
                await asyncio.wait({line, reading}, timeout=max(end - clock(), 0), return_when=asyncio.FIRST_COMPLETED)
                if not line.done():
                    return
                yield line.result()
                queue.task_done()
                line = asyncio.ensure_future(queue.get())
        finally:
            reading.cancel()
            line.cancel()

    async def _read(self, queue: asyncio.Queue[bytes]) -> None:
        try:
            async with aclosing(self._endless()) as stream:
                async for line in stream:
                    await queue.put(line)
        except StoreError as error:
            await queue.put(_line("ERROR", of_store(error, self._target.kind).body()))
        await queue.join()

    async def _endless(self) -> AsyncGenerator[bytes, None]:
        after = int(self._from) if self._from.isdecimal() else 0
        if after == 0 or self._initial:
            snapshot = await self._plane.store.list(self._target.kind.key, self._target.namespace or None)
            after = snapshot.revision
            for stored in snapshot.objects:
                if self._selects(manifest := shown(stored, self._target.api_version)):
                    yield self._event("ADDED", manifest)
            if self._initial and self._bookmarks:
                yield self._bookmark(after)
        async with aclosing(self._plane.store.watch(after)) as revisions:
            async for revision in revisions:
                for line in self._of(revision):
                    yield line

    def _of(self, revision: Revision) -> Iterator[bytes]:
        for change in revision.changes:
            if change.ref.kind == self._target.kind.key and self._target.namespace in ("", change.ref.namespace):
                yield from self._changed(change, revision.number)

    def _changed(self, change: Change, number: int) -> Iterator[bytes]:
        """An object that begins to be selected is added for this client, one that ceases to be is deleted."""
        before, after = self._seen(change.before), self._seen(change.after)
        if after is not None:
            yield self._event("MODIFIED" if before is not None else "ADDED", after)
        elif before is not None:
            metadata = before["metadata"] | {"resourceVersion": str(number)}
            yield self._event("DELETED", before | {"metadata": metadata})

    def _seen(self, stored: Object | None) -> Manifest | None:
        if stored is None:
            return None
        manifest = shown(stored, self._target.api_version)
        return manifest if self._selects(manifest) else None

    def _event(self, type_: str, manifest: Manifest) -> bytes:
        if not self._as_table:
            return _line(type_, manifest)
        version = manifest["metadata"]["resourceVersion"]
        return _line(type_, tables.table(self._target.kind.key, [manifest], version, self._plane.now(), self._include))

    def _bookmark(self, revision: int) -> bytes:
        metadata = {"resourceVersion": str(revision), "annotations": {_INITIAL_END: "true"}}
        return _line("BOOKMARK", {"kind": self._target.kind.kind, "apiVersion": self._target.api_version, "metadata": metadata})


async def response(request: Request, plane: ControlPlane, target: Target, selects: Selects) -> Response:
    """The stream as an answer."""
    watch = _Watch(request, plane, target, selects)
    return StreamingResponse(watch.lines(), media_type="application/json;stream=watch")


def _seconds(text: str) -> float:
    if text and not text.isdecimal():
        raise Failure(400, f'timeoutSeconds is "{text}", expected a number.')
    return min(float(text), LONGEST) if text and int(text) else LONGEST


def _line(type_: str, value: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": type_, "object": value}) + b"\n"
