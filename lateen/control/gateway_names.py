"""Addresses of gateways between networks that are known by name (MC-2: "host-name gateways are resolved"): load balancers of clouds, mostly.

`registry.networks` says which names there are and takes what is found. Names are asked for again every `REFRESH` seconds; what was found last stays
while the resolver fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from lateen.control.attending import Attending
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
        attending = Attending(lambda: networks.names(g), self._keep, self._forget)
        self.changed = attending.changed
        self.run = attending.run

    async def _forget(self, gone: Collection[str]) -> None:
        await self._put({networks.resolved.key(name): () for name in gone})

    async def _keep(self, name: str) -> None:
        while True:
            found = await self._found(name)
            if found and found != networks.resolved(self._g, name):
                await self._put({networks.resolved.key(name): found})
            await self._clock.sleep(REFRESH)

    async def _found(self, name: str) -> tuple[str, ...]:
        try:
            return await self._resolve(name)
        except OSError as error:
            _log.warning(f"The gateway {name} cannot be resolved: {error}. What was found last stays.")
            return ()
