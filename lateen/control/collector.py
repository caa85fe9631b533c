"""Python's collector of cyclic garbage, in a process whose millions of objects live as long as the mesh.

A full collection of a large graph takes hundreds of milliseconds, during which no proxy is told anything, and finds next to nothing: cells that are
forgotten let go of each other. So what has become part of the graph is set aside (`gc.freeze`), and collections look only at what came since. While
much is made that stays (`filling`) there are none at all: they would take a fifth of the time.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_THRESHOLDS: Final = (20_000, 20, 50)
"""Allocations before a collection of the youngest, and collections of each generation before one of the next."""

_MUCH: Final = 200_000
"""Objects that are set aside without a look when a block of `filling` has left as many: collecting them would be a pause of tens of milliseconds."""

_GROWTH: Final = 1.25
_LEAST: Final = 2_000
_SECONDS: Final = 1.0


def relax() -> None:
    """Let collections be rare, from before the graph is filled: with Python's own thresholds they take most of the time of filling it."""
    gc.set_threshold(*_THRESHOLDS)


@contextmanager
def filling() -> Iterator[None]:
    """A block that makes what stays. Blocks may lie in each other, and other tasks may run meanwhile."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > _MUCH:
            gc.freeze()
        if was_enabled:
            gc.enable()


def give_back() -> None:
    """Hand memory that is free back to the system, which the C library would keep; takes milliseconds. Does nothing where it cannot be asked to."""
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


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
        gc.collect(0)  # The youngest only: whatever is looked at here is traversed whole, and the little that is missed is missed once.
        gc.freeze()
        return True

    async def run(self) -> None:
        """Look every second, until cancelled."""
        while True:
            if gc.isenabled():
                self.look()
            await asyncio.sleep(_SECONDS)
