"""Python's collector of cyclic garbage, in a process whose millions of objects live as long as the mesh.

A full collection of a large graph takes hundreds of milliseconds, during which no proxy is told anything, and finds next to nothing: cells that are
forgotten let go of each other. So what has become part of the graph is set aside (`gc.freeze`), and collections look only at what came since.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

_THRESHOLDS: Final = (20_000, 20, 50)
"""Allocations before a collection of the youngest, and collections of each generation before one of the next."""

_GROWTH: Final = 1.25
_LEAST: Final = 2_000
_SECONDS: Final = 1.0


def relax() -> None:
    """Let collections be rare, from before the graph is filled: with Python's own thresholds they take most of the time of filling it."""
    gc.set_threshold(*_THRESHOLDS)


class Collector:
    """Sets aside what a graph is made of, as often as `size`, its number of cells, has grown by a quarter."""

    def __init__(self, size: Callable[[], int]) -> None:
        self._size = size
        self._set_aside = 0

    def look(self) -> bool:
        """Set aside what there is, if the graph has grown enough since the last time; tells whether it did."""
        size = self._size()
        if size < max(self._set_aside * _GROWTH, _LEAST):
            return False
        self._set_aside = size
        gc.collect(1)
        gc.freeze()
        return True

    async def run(self) -> None:
        """Look every second, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_SECONDS)
