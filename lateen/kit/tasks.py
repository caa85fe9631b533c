"""Owned concurrency on top of `asyncio.TaskGroup`: work that may fail without taking its siblings along, and values that come faster than they go.

`TaskGroup` itself is right whenever one failure should end all. Here is what it lacks: `keep_going` for long-lived loops of
which each failure is reported and retried, `until` to run something until an event, and `Latest`, the queue that merges.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from lateen.kit.backoff import Backoff
from lateen.kit.clock import Clock, SystemClock

T = TypeVar("T")


async def keep_going(
    work: Callable[[], Awaitable[None]],
    report: Callable[[Exception, float], None],
    backoff: Backoff | None = None,
    clock: Clock | None = None,
) -> None:
    """Run `work` again whenever it returns or raises, until cancelled.

    After a failure `report(error, seconds)` is told how long the pause before the next try is. A run that lasted longer than
    the longest pause counts as recovery and starts the backoff anew. A plain return is followed by a new run at once.
    """
    backoff, clock = backoff or Backoff(), clock or SystemClock()
    failures = 0
    while True:
        began = clock.now()
        try:
            await work()
            failures = 0
            await asyncio.sleep(0)
        except Exception as error:
            failures = 1 if clock.now() - began > backoff.ceiling else failures + 1
            pause = backoff.delay(failures)
            report(error, pause)
            await clock.sleep(pause)


async def until(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Run `work` until it ends or `stop` is set, whichever is first; its result, or None when it was stopped. Cancels cleanly."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for each in (task, stopped):
            if not each.done():
                each.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await each


class Latest(Generic[T]):
    """A place for one value: `put` replaces what was not taken yet, `take` waits for a value. Never grows; its reader never lags."""

    def __init__(self) -> None:
        self._values: list[T] = []
        self._filled = asyncio.Event()

    def put(self, value: T) -> None:
        """Set the value, replacing an older one that nobody took."""
        self._values[:] = [value]
        self._filled.set()

    async def take(self) -> T:
        """The newest value, once there is one."""
        await self._filled.wait()
        self._filled.clear()
        return self._values.pop()
