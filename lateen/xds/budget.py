"""A bound on the bytes of large responses that are being written, over all streams. Small ones pass freely.

Without it, five hundred proxies that connect at once would each hold a copy of the whole mesh in the send buffers. A proxy that reads
slowly may hold its share only so long, or a few that do not read at all would keep everyone else from connecting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """At most `limit` bytes at a time, first come first served; who asks for more than `limit` gets all of it, alone.

    A share is given to others after `patience` seconds even if its holder is not done.
    """

    def __init__(self, limit: int, patience: float) -> None:
        self._limit = limit
        self._patience = patience
        self._free = limit
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def of(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes of the budget."""
        held = [min(size, self._limit)]
        await self._take(held[0])
        lapse = asyncio.get_running_loop().call_later(self._patience, self._release, held)
        try:
            yield
        finally:
            lapse.cancel()
            self._release(held)

    def _release(self, held: list[int]) -> None:
        if held:
            self._give_back(held.pop())

    async def _take(self, share: int) -> None:
        if not self._waiting and share <= self._free:
            self._free -= share
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((share, turn))
        try:
            await turn
        except asyncio.CancelledError:
            # The turn may have been given in the same step in which the stream ended.
            if turn.done() and not turn.cancelled():
                self._give_back(share)
            raise

    def _give_back(self, share: int) -> None:
        self._free += share
        while self._waiting:
            wanted, turn = self._waiting[0]
            if not turn.done():
                if wanted > self._free:
                    return
                self._free -= wanted
                turn.set_result(None)
            self._waiting.popleft()
