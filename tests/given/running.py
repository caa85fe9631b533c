"""Programs that run: a port for one, and the wait for what it will answer."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from itertools import chain
from typing import Any, Final

PORTS: Final = range(22_000, 32_000)
"""Below those that the kernel gives to connections and to who asks for any port, above those on which the agent listens."""
WITHIN: Final = 60.0
"""Seconds after which what should have come has not. Many, for only what fails waits so long."""

_claims: list[socket.socket] = []


def free_port() -> int:
    """A port on which nobody listens, on any address. It is given to nobody else, in whatever process, until this one ends."""
    first = os.getpid() * 101 % len(PORTS)
    for port in chain(PORTS[first:], PORTS[:first]):
        if _claimed(port) and _is_free(port):
            return port
    raise AssertionError("no port is free")


def _claimed(port: int) -> bool:
    """Whether this process may have the port: the first who takes a name for it has it."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0lateen-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("", port))
        except OSError:
            return False
        return True


async def eventually(question: Callable[[], Awaitable[Any]], expected: Any) -> None:
    """Wait until the answer is the expected one; fails with the last other answer when that does not come."""
    until = time.monotonic() + WITHIN
    while (answer := await question()) != expected and time.monotonic() < until:
        await asyncio.sleep(0.02)
    assert answer == expected
