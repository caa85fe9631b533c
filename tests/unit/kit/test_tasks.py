"""Owned concurrency."""

import asyncio

import pytest

from lateen.kit.backoff import Backoff
from lateen.kit.clock import ManualClock
from lateen.kit.tasks import Latest, keep_going, until


async def test_keep_going_reports_each_failure_with_the_pause_that_follows() -> None:
    clock, reports, runs = ManualClock(), [], 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        raise OSError(f"try {runs}")

    task = asyncio.create_task(keep_going(work, lambda error, pause: reports.append((str(error), pause)), Backoff(1.0), clock))
    await asyncio.sleep(0)
    await clock.advance(3.5)
    task.cancel()
    assert reports == [("try 1", 1.0), ("try 2", 2.0), ("try 3", 4.0)]


async def test_until_gives_none_and_cancels_the_work_when_stopped_first() -> None:
    stop, cancelled = asyncio.Event(), []

    async def work() -> int:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return 1

    running = asyncio.create_task(until(stop, work()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stop.set()
    assert await running is None
    assert cancelled == [True]


async def test_until_gives_the_result_or_the_failure_of_work_that_ends_first() -> None:
    async def fine() -> int:
        return 7

    async def broken() -> int:
        raise OSError("no")

    assert await until(asyncio.Event(), fine()) == 7
    with pytest.raises(OSError, match="no"):
        await until(asyncio.Event(), broken())


async def test_latest_keeps_only_the_newest_value() -> None:
    latest: Latest[int] = Latest()
    for value in (1, 2, 3):
        latest.put(value)
    assert await latest.take() == 3
