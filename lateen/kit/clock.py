"""Time as something handed in, so that what depends on it can be tested without waiting.

`Clock` is the protocol; `SystemClock` the real one; `ManualClock` moves only when told, and wakes whoever sleeps.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """A source of time. `now` is monotonic seconds; `wall` is seconds since 1970, for what others must read (certificates)."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def wall(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`; at once when not positive."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Sleep for real."""
        await asyncio.sleep(max(seconds, 0.0))


_TURNS = 10
"""Turns of the loop that whoever was woken has before the clock moves on: it may wait for several things at once, in tasks."""


class ManualClock:
    """A clock that stands still until `advance`. Monotonic time starts at 0, wall time at `wall`."""

    def __init__(self, wall: float = 1_000_000_000.0) -> None:
        self._now = 0.0
        self._wall = wall
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Seconds advanced so far."""
        return self._now

    def wall(self) -> float:
        """The starting wall time plus what was advanced."""
        return self._wall + self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move forward, waking sleepers in the order in which they are due, and let each run before the next."""
        end = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            self._now = due
            if not woken.done():
                woken.set_result(None)
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        self._now = end
