"""Addresses of gateways between networks that are known by name (MC-2: "host-name gateways are resolved"): load balancers of clouds, mostly.

`registry.networks` says which names there are and takes what is found. Names are asked for again every `REFRESH` seconds; what was found last stays
while the resolver fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from lateen.flow import Graph, Key
from lateen.kit.clock import Clock, SystemClock
from lateen.kit.logging import logger
from lateen.registry import networks

REFRESH: Final = 30.0

Put = Callable[[Mapping[Key[Any], Any]], Awaitable[int]]
"""Writes sources of the graph as one revision."""
Resolve = Callable[[str], Awaitable[tuple[str, ...]]]
"""Name to its addresses, sorted. Raises `OSError`."""

_log = logger("gateways")


async def resolve(name: str) -> tuple[str, ...]:
    """The addresses of a name, sorted, by the resolver of this machine. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=1)
    return tuple(sorted({str(each[4][0]) for each in found}))


class GatewayNames:
    """Keeps the sources `registry.networks.resolved` filled. Call `changed` after each revision of the graph, and `run` it in a task."""

    def __init__(self, g: Graph, put: Put, resolve: Resolve = resolve, clock: Clock | None = None) -> None:
        self._g = g
        self._put = put
        self._resolve = resolve
        self._clock = clock or SystemClock()
        self._news = asyncio.Event()
        self._known: tuple[str, ...] = ()

    def changed(self) -> None:
        """The graph has another revision; perhaps there are other names."""
        self._news.set()

    async def run(self) -> None:
        """Resolve what there is until cancelled."""
        self._known = ()
        self._news.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._refresh())

    async def _follow(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            before, self._known = self._known, networks.names(self._g)
            if gone := set(before) - set(self._known):
                await self._put({networks.resolved.key(name): () for name in gone})
            await self._look_up([name for name in self._known if name not in before])

    async def _refresh(self) -> None:
        while True:
            await self._clock.sleep(REFRESH)
            await self._look_up(self._known)

    async def _look_up(self, names: Iterable[str]) -> None:
        asked = tuple(names)
        found = await asyncio.gather(*(self._found(name) for name in asked))
        news = {networks.resolved.key(name): addresses for name, addresses in zip(asked, found, strict=True) if name in self._known}
        differing = {key: addresses for key, addresses in news.items() if addresses and addresses != networks.resolved(self._g, *key.args)}
        if differing:
            await self._put(differing)

    async def _found(self, name: str) -> tuple[str, ...]:
        try:
            return await self._resolve(name)
        except OSError as error:
            _log.warning(f"The gateway {name} cannot be resolved: {error}. What was found last stays.")
            return ()
