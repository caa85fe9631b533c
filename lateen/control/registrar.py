"""Workloads that register themselves, and what agents tell of their health (WE-2, WE-3): `registration` says what is written, the registrar when.

It hears of proxies from the pusher (`pusher.Guests`) and writes to the store. Each entry has one task, which brings what is stored to what is so
*now*: news that come while it writes are not queued but looked at after. An entry that nobody is connected for is marked, and removed `GRACE` seconds
later. Every control plane renews what is its own each `RENEW` seconds, so that entries of one that has died can be told (`DEAD`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import grpc
import msgspec

from lateen.control import registration
from lateen.control.manifests import manifest_of, stored_resource
from lateen.control.registration import Manifest
from lateen.kit.backoff import Backoff
from lateen.kit.clock import Clock, SystemClock
from lateen.kit.logging import logger
from lateen.kit.tasks import until
from lateen.store.store import ABSENT, Conflict, Delete, Object, Operation, Put, PutStatus, Store, StoreError, utc_now
from lateen.values.ref import Ref
from lateen.xds.stream import Stream

GRACE: Final = 10.0
RENEW: Final = 600.0
DEAD: Final = 3 * RENEW
RETURN: Final = 30.0
"""Seconds that proxies have to come back after a start, before what they left behind is looked for."""
AUTHOR: Final = "lateen"

_RETRY: Final = Backoff(1.0, ceiling=60.0)
_log = logger("registrar")


class _Seat:
    """One entry: who is connected for it (None: nobody any more), and what was told of its health. `news` is set when that changes."""

    def __init__(self) -> None:
        self.stream: Stream | None = None
        self.is_told = False
        self.reason: str | None = None
        self.news = asyncio.Event()


class Registrar:
    """Keeps the entries of one control plane, `controller` by name. `run` it in a task; nothing is written otherwise."""

    def __init__(self, store: Store, controller: str, clock: Clock | None = None, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._controller = controller
        self._clock = clock or SystemClock()
        self._now = now
        self._seats: dict[Ref, _Seat] = {}
        self._group: asyncio.TaskGroup | None = None

    # What the pusher tells

    def arrived(self, stream: Stream) -> None:
        """A proxy has connected."""
        ref = registration.subject(stream.proxy)
        if ref is not None:
            seat = self._seat(ref)
            seat.stream = stream
            seat.news.set()

    def left(self, stream: Stream) -> None:
        """It has gone; another stream of the same workload may have taken its place already."""
        seat = self._of(stream)
        if seat is not None:
            seat.stream = None
            seat.news.set()

    def told(self, stream: Stream, reason: str | None) -> None:
        """Its app is well (None), or is not, for this reason."""
        seat = self._of(stream)
        if seat is not None:
            seat.is_told, seat.reason = True, reason
            seat.news.set()

    def _of(self, stream: Stream) -> _Seat | None:
        ref = registration.subject(stream.proxy)
        seat = self._seats.get(ref) if ref is not None else None
        return seat if seat is not None and seat.stream is stream else None

    def _seat(self, ref: Ref) -> _Seat:
        seat = self._seats.get(ref)
        if seat is None:
            seat = self._seats[ref] = _Seat()
            if self._group is not None:
                self._group.create_task(self._keep(ref, seat))
        return seat

    # At work

    async def run(self) -> None:
        """Write until cancelled. Raises `StoreError` when the store cannot be read."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for ref, seat in self._seats.items():
                    seat.news.set()
                    group.create_task(self._keep(ref, seat))
                await self._clock.sleep(RETURN)
                while True:
                    await self._look_after()
                    await self._clock.sleep(RENEW)
        finally:
            self._group = None

    async def _look_after(self) -> None:
        """Renew what is ours, and give a seat to what nobody is connected for: its task marks and removes it."""
        snapshot = await self._store.list("WorkloadEntry")
        renewed: list[Operation] = []
        for stored in snapshot.objects:
            manifest = manifest_of(stored)
            given = registration.marks(manifest)
            if registration.OF_GROUP not in given:
                continue
            seat = self._seats.get(stored.ref)
            if seat is not None and seat.stream is not None:
                if given.get(registration.CONTROLLER) == self._controller:
                    renewed.append(Put(stored.ref, _encoded(registration.present(manifest, self._controller, self._at())), stored.version))
            elif seat is None and self._is_ours_to_remove(manifest):
                self._seat(stored.ref).news.set()
        if renewed:
            with suppress(StoreError):
                await self._store.write(renewed, author=AUTHOR, reason="workloads that are still connected")

    def _is_ours_to_remove(self, manifest: Manifest) -> bool:
        """Of another control plane, only what it has marked and not removed, or has not renewed for so long that it must have died."""
        given, now = registration.marks(manifest), self._now()
        if given.get(registration.CONTROLLER) == self._controller:
            return True
        if registration.DISCONNECTED in given:
            return registration.age(given[registration.DISCONNECTED], now) > GRACE
        return registration.age(given.get(registration.CONNECTED, ""), now) > DEAD

    async def _keep(self, ref: Ref, seat: _Seat) -> None:
        """One entry, until it is removed."""
        failures = 0
        while True:
            await seat.news.wait()
            seat.news.clear()
            try:
                if seat.stream is not None:
                    await self._present(ref, seat, seat.stream)
                elif await self._away(ref, seat):
                    return
                failures = 0
            except Conflict:
                seat.news.set()
            except StoreError as failure:
                _log.error(f"{ref} cannot be kept up to date: {failure}")
                seat.news.set()
                failures += 1
                await self._clock.sleep(_RETRY.delay(failures))

    async def _present(self, ref: Ref, seat: _Seat, stream: Stream) -> None:
        stored = await self._store.get(ref)
        group_ref = registration.joined(stream.proxy)
        if group_ref is not None and not await self._registered(ref, group_ref, stored, stream):
            return
        stored = await self._store.get(ref)
        if seat.is_told and stored is not None:
            status = registration.status(manifest_of(stored), seat.reason, self._at())
            if status is not None:
                await self._store.write([PutStatus(ref, msgspec.json.encode(status), stored.version)], author=AUTHOR, reason="health of a workload")

    async def _registered(self, ref: Ref, group_ref: Ref, stored: Object | None, stream: Stream) -> bool:
        """Whether the entry is there; a proxy that may not join is sent away."""
        found = await self._store.get(group_ref)
        group = stored_resource(found)[0] if found is not None else None
        if (why := registration.refusal(stream.proxy, group_ref, group)) is not None or group is None:
            stream.drop(why or "", grpc.StatusCode.PERMISSION_DENIED)
            return False
        manifest = registration.entry(ref, stream.proxy, group, self._controller, self._at())
        if stored is not None:
            given = registration.marks(manifest_of(stored))
            if registration.DISCONNECTED not in given and given.get(registration.CONTROLLER) == self._controller:
                return True
        expected = stored.version if stored is not None else ABSENT
        await self._store.write([Put(ref, _encoded(manifest), expected)], author=AUTHOR, reason=f"{stream.proxy.name} has joined {group_ref.name}")
        return True

    async def _away(self, ref: Ref, seat: _Seat) -> bool:
        """Mark the entry and remove it after the grace, unless its workload is at another control plane; whether the seat is empty for good."""
        stored = await self._store.get(ref)
        if stored is not None and registration.OF_GROUP in registration.marks(manifest_of(stored)) and self._is_ours_to_remove(manifest_of(stored)):
            if registration.DISCONNECTED not in registration.marks(manifest_of(stored)):
                marked = registration.gone(manifest_of(stored), self._at())
                await self._store.write([Put(ref, _encoded(marked), stored.version)], author=AUTHOR, reason="a workload has disconnected")
            if not await self._is_gone_for_good(seat):
                return False
            stored = await self._store.get(ref)
            if stored is not None and registration.DISCONNECTED in registration.marks(manifest_of(stored)):
                await self._store.write([Delete(ref, stored.version)], author=AUTHOR, reason="a workload has not come back")
        if seat.stream is None:
            del self._seats[ref]
            return True
        return False

    async def _is_gone_for_good(self, seat: _Seat) -> bool:
        """Whether nobody comes back within the grace. Who does is not kept waiting; who leaves again has all of it again."""
        while seat.stream is None:
            seat.news.clear()
            if await until(seat.news, self._grace()):
                return seat.stream is None
        return False

    async def _grace(self) -> bool:
        await self._clock.sleep(GRACE)
        return True

    def _at(self) -> str:
        return registration.timestamp(self._now())


def _encoded(manifest: Manifest) -> bytes:
    return msgspec.json.encode(manifest)
