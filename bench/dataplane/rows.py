"""The rows by name, as `python -m bench` takes them: each measures and tells its figures, and how busy the machine was meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final

from bench.dataplane import latency, rotation, scope, startup
from bench.figures import Figure

Row = Callable[[int], Iterator[Figure]]
MINUTES: Final = 1.0
LONG_MINUTES: Final = 5.0


def _awaited(measured: Callable[[], Awaitable[list[Figure]]]) -> Iterator[Figure]:
    async def run() -> list[Figure]:
        return await measured()

    yield from asyncio.run(run())


def _row(name: str, figures: Callable[[], Iterator[Figure]]) -> Row:
    def row(_streams: int) -> Iterator[Figure]:
        if os.geteuid():
            sys.stderr.write(f"{name} needs root, for the network namespaces of its workloads; it is left out.\n")
            return
        before = os.getloadavg()[0]
        yield from figures()
        yield Figure(name, "load of the machine meanwhile (1 minute)", max(before, os.getloadavg()[0]))

    return row


ROWS: Final[dict[str, Row]] = {
    "demand": _row("demand", lambda: _awaited(scope.measured)),
    "up": _row("up", startup.up),
    "idle": _row("idle", partial(startup.idle, MINUTES)),
    "latency": _row("latency", lambda: _awaited(latency.measured)),
    "rotation": _row("rotation", lambda: _awaited(rotation.measured)),
}
LONG: Final[dict[str, Row]] = {"idle": _row("idle", partial(startup.idle, LONG_MINUTES))}
"""What takes longer when everything is to be measured in full."""
