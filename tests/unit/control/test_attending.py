"""Tasks that come and go with what is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

import pytest

from lateen.control.attending import Attending


class World:
    """Things that are wanted, who attends to them, and what was forgotten."""

    def __init__(self) -> None:
        self.wanted: set[str] = set()
        self.attended: list[str] = []
        self.present: set[str] = set()
        self.forgotten: list[str] = []
        self.attending = Attending(lambda: self.wanted, self.attend, self.forget)

    async def attend(self, thing: str) -> None:
        self.attended.append(thing)
        self.present.add(thing)
        try:
            if thing == "broken":
                raise RuntimeError(thing)
            await asyncio.Event().wait()
        finally:
            self.present.remove(thing)

    async def forget(self, gone: Collection[str]) -> None:
        self.forgotten += sorted(gone)

    async def want(self, *things: str) -> None:
        self.wanted = set(things)
        self.attending.changed()
        for _ in range(10):
            await asyncio.sleep(0)


async def test_each_thing_has_one_task_for_as_long_as_it_is_wanted() -> None:
    of = World()
    running = asyncio.create_task(of.attending.run())
    await of.want("a", "b")
    await of.want("b", "c")
    assert of.attended[2:] == ["c"]
    assert of.present == {"b", "c"}
    assert of.forgotten == ["a"]
    await of.want("a", "b", "c")
    assert of.present == {"a", "b", "c"}
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert of.present == set()


async def test_a_task_that_breaks_is_not_hidden() -> None:
    of = World()
    of.wanted = {"broken"}
    with pytest.raises(ExceptionGroup) as caught:
        await of.attending.run()
    assert [str(each) for each in caught.value.exceptions] == ["broken"]
