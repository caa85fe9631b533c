"""One task for each thing out of the graph that somebody must go and see about, again and again: an address with keys, a name with addresses.

`Attending` starts and cancels the tasks as what is wanted comes and goes; what a task does, and how often, is its caller's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from typing import Any, Generic, TypeVar

Wanted = TypeVar("Wanted")


class Attending(Generic[Wanted]):
    """`wanted` says what there is to attend to (hashable), `attend` is run for each until it is not wanted, and `forget` is told what no longer is.
    Call `changed` after each revision of the graph, and `run` it in a task."""

    def __init__(
        self,
        wanted: Callable[[], Collection[Wanted]],
        attend: Callable[[Wanted], Coroutine[Any, Any, None]],
        forget: Callable[[Collection[Wanted]], Awaitable[None]],
    ) -> None:
        self._wanted = wanted
        self._attend = attend
        self._forget = forget
        self._news = asyncio.Event()
        self._tasks: dict[Wanted, asyncio.Task[None]] = {}

    def changed(self) -> None:
        """The graph has another revision; perhaps other things are wanted."""
        self._news.set()

    async def run(self) -> None:
        """Attend to what is wanted until cancelled."""
        self._news.set()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._news.wait()
                    self._news.clear()
                    await self._adjust(group)
        finally:
            self._tasks.clear()

    async def _adjust(self, group: asyncio.TaskGroup) -> None:
        wanted = self._wanted()
        gone = self._tasks.keys() - set(wanted)
        for each in gone:
            self._tasks.pop(each).cancel()
        for each in wanted:
            if each not in self._tasks:
                self._tasks[each] = group.create_task(self._attend(each))
        if gone:
            await self._forget(gone)
