"""Clocks."""

import asyncio

from lateen.kit.clock import ManualClock, SystemClock


async def test_a_manual_clock_wakes_sleepers_in_the_order_in_which_they_are_due() -> None:
    clock, woken = ManualClock(), []

    async def sleeper(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    async with asyncio.TaskGroup() as group:
        for seconds in (3.0, 1.0, 2.0):
            group.create_task(sleeper(seconds))
        await asyncio.sleep(0)
        await clock.advance(2.5)
        assert woken == [(1.0, 1.0), (2.0, 2.0)]
        await clock.advance(1.0)
    assert woken[-1] == (3.0, 3.0)


async def test_a_cancelled_sleeper_does_not_stop_the_clock() -> None:
    clock = ManualClock(wall=100.0)
    task = asyncio.create_task(clock.sleep(1.0))
    await asyncio.sleep(0)
    task.cancel()
    await clock.advance(2.0)
    assert (clock.now(), clock.wall()) == (2.0, 102.0)


async def test_the_system_clock_returns_at_once_from_a_sleep_that_is_over() -> None:
    await SystemClock().sleep(-1.0)
