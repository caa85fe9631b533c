"""The event loop of the daemon: asyncio's own, which hears of all that gRPC has done at once.

gRPC's threads write one byte to a socket for each thing that they have done, and its reader in the loop takes one byte and then deals with all that
is done. So for each byte that is left the loop would go round once more and find nothing: about once for each response and each acknowledgement
of each stream. Here the bytes that are there are taken together (decision 41).

It promises to call a reader no less often than it needs: what was done before its byte was written is seen by the call that takes that byte. No other
reader is touched. Which reader is gRPC's is told by its class; where that has another name one day, the loop is asyncio's and nothing else.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVarTuple, Unpack

if TYPE_CHECKING:
    from _typeshed import HasFileno

_Ts = TypeVarTuple("_Ts")

_COMPLETIONS: Final = "PollerCompletionQueue"
_AT_ONCE: Final = 1 << 16


class Loop(asyncio.SelectorEventLoop):
    """See the module."""

    def add_reader(self, fd: int | HasFileno, callback: Callable[[Unpack[_Ts]], Any], *args: *_Ts) -> None:
        """Call back when there is something to be read."""
        if isinstance(fd, socket.socket) and _is_of_completions(callback):
            super().add_reader(fd, _Together(fd, partial(callback, *args)))
        else:
            super().add_reader(fd, callback, *args)


class _Together:
    """A reader that takes one byte of a socket for each call, called once for all the bytes that are there."""

    def __init__(self, ring: socket.socket, reader: Callable[[], Any]) -> None:
        self._ring = ring
        self._reader = reader

    def __call__(self) -> None:
        waiting = len(self._ring.recv(_AT_ONCE, socket.MSG_PEEK))
        if waiting > 1:
            self._ring.recv(waiting - 1)
        self._reader()


def _is_of_completions(callback: Callable[..., Any]) -> bool:
    method = callback.func if isinstance(callback, partial) else callback
    return type(getattr(method, "__self__", None)).__name__ == _COMPLETIONS
