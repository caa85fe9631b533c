"""`Pulse`: tells any number of waiters that something has happened, and holds nothing for any of them.

Take `next()` before you look, then look, then wait: what happens in between is not missed.
"""

from __future__ import annotations

import asyncio


class Pulse:
    """One heart, many listeners; a beat wakes all that wait for it."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def next(self) -> asyncio.Event:
        """The event that the next beat will set."""
        return self._next

    def beat(self) -> None:
        """Wake everybody who waits."""
        self._next.set()
        self._next = asyncio.Event()
