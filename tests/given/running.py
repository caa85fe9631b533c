"""Programs that run: a port for one, and the wait for what it will answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def eventually(question: Callable[[], Awaitable[Any]], expected: Any) -> None:
    """Wait until the answer is the expected one; fails with the last other answer after ten seconds."""
    answer = None
    for _ in range(200):
        answer = await question()
        if answer == expected:
            return
        await asyncio.sleep(0.05)
    assert answer == expected
