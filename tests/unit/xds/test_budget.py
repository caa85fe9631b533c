from __future__ import annotations

import asyncio

from lateen.xds.budget import Budget


async def _hold(budget: Budget, size: int, log: list[str], name: str, leave: asyncio.Event) -> None:
    async with budget.of(size):
        log.append(name)
        await leave.wait()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_does_not_fit_waits_its_turn() -> None:
    budget, log, leave, later = Budget(10, 60.0), list[str](), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for name, size, until in (("a", 6, leave), ("b", 6, later), ("c", 1, later)):
            group.create_task(_hold(budget, size, log, name, until))
        await _settle()
        assert log == ["a"]
        leave.set()
        await _settle()
        assert log == ["a", "b", "c"]
        later.set()


async def test_who_asks_for_more_than_there_is_gets_all_of_it() -> None:
    async with Budget(10, 60.0).of(1_000):
        pass


async def test_who_gives_up_waiting_leaves_its_share_to_others() -> None:
    budget, log, leave = Budget(10, 60.0), list[str](), asyncio.Event()
    first = asyncio.create_task(_hold(budget, 10, log, "first", leave))
    await _settle()
    second = asyncio.create_task(_hold(budget, 10, log, "second", leave))
    third = asyncio.create_task(_hold(budget, 10, log, "third", leave))
    await _settle()
    leave.set()
    first_done = asyncio.gather(first)
    second.cancel()
    await asyncio.gather(first_done, second, third, return_exceptions=True)
    assert log == ["first", "third"]


async def test_a_turn_given_to_one_that_ends_in_the_same_step_is_given_back() -> None:
    budget, log, leave = Budget(10, 60.0), list[str](), asyncio.Event()
    leave.set()
    async with budget.of(10):
        second = asyncio.create_task(_hold(budget, 10, log, "second", leave))
        await _settle()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    async with budget.of(10):
        log.append("third")
    assert log == ["third"]


async def test_a_share_is_not_held_for_ever() -> None:
    budget = Budget(10, 0.0)
    async with budget.of(10), budget.of(10), budget.of(10):
        pass
    async with budget.of(10):
        pass
    assert budget._free == 10
