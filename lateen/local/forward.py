"""Ports of this machine that lead to gateways: a plain relay of TCP, from a socket that is bound already to an address that is told later."""

from __future__ import annotations

import asyncio
import contextlib
import socket

_BLOCK = 1 << 16
_WAITING = 100
"""So many connections may wait to be taken."""


class Forwarder:
    """Relays connections on a bound socket to `target`; while there is none they are closed at once."""

    def __init__(self, bound: socket.socket) -> None:
        self._bound = bound
        self._server: asyncio.Server | None = None
        self.target: tuple[str, int] | None = None

    @property
    def port(self) -> int:
        """The port that it has."""
        number: int = self._bound.getsockname()[1]
        return number

    async def start(self) -> None:
        """Begin to take connections."""
        self._server = await asyncio.start_server(self._relay, sock=self._bound)

    def close(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()
        else:
            self._bound.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError), contextlib.closing(writer):
            if self.target is not None:
                far_reader, far_writer = await asyncio.open_connection(*self.target)
                with contextlib.closing(far_writer):
                    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(_BLOCK):
        writer.write(block)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


def bound(port: int) -> socket.socket:
    """A socket that listens at a port of 127.0.0.1, or at any that is free for 0. Raises OSError when it is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen(_WAITING)  # Before that, another program may do the same with success.
    except OSError:
        made.close()
        raise
    return made


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has at this moment."""
    with bound(0) as probe:
        number: int = probe.getsockname()[1]
        return number
