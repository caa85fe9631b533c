"""Sockets that `lateen up` holds for its agent, so that they stay open while an agent has died and the next one is being started.

The agent sends each set of sockets over a socket pair, named by their workload; the next agent inherits them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping, Sequence

_LONGEST_NAME = 4096
_MOST = 16


class Holder:
    """The side of `lateen up`. Must be closed."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setblocking(False)
        self._held: dict[str, tuple[int, ...]] = {}

    @property
    def link(self) -> int:
        """The descriptor by which an agent that inherits it sends sockets here."""
        return self._theirs.fileno()

    @property
    def held(self) -> Mapping[str, tuple[int, ...]]:
        """The descriptors that are held, by workload."""
        self._receive()
        return self._held

    @property
    def inherited(self) -> tuple[int, ...]:
        """All descriptors that an agent is to inherit."""
        return (self.link, *(descriptor for each in self.held.values() for descriptor in each))

    def start(self) -> None:
        """Take what the agent sends, from now on."""
        asyncio.get_running_loop().add_reader(self._ours, self._receive)

    def close(self) -> None:
        """Hold nothing any more."""
        asyncio.get_running_loop().remove_reader(self._ours)
        self._ours.close()
        self._theirs.close()
        for key in list(self._held):
            self._drop(key)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                name, descriptors, _, _ = socket.recv_fds(self._ours, _LONGEST_NAME, _MOST)
                if not name:
                    return
                for descriptor in descriptors:
                    os.set_inheritable(descriptor, False)
                self._drop(name.decode())
                self._held[name.decode()] = tuple(descriptors)

    def _drop(self, key: str) -> None:
        for descriptor in self._held.pop(key, ()):
            os.close(descriptor)


class Held:
    """The agent's side: `lateen.agent.HeldSockets`."""

    def __init__(self, link: int, held: Mapping[str, Sequence[int]]) -> None:
        self._link = socket.socket(fileno=link)
        self._held = {key: tuple(socket.socket(fileno=each) for each in descriptors) for key, descriptors in held.items()}
        for each in (self._link, *(one for many in self._held.values() for one in many)):
            each.set_inheritable(False)

    def take(self, key: str) -> tuple[socket.socket, ...]:
        """Those that are held for a workload, to be closed by the caller when it has done with them."""
        return tuple(each.dup() for each in self._held.get(key, ()))

    def hold(self, key: str, sockets: Sequence[socket.socket]) -> None:
        """Hold these from now on, whatever becomes of the caller's."""
        for each in self._held.pop(key, ()):
            each.close()
        self._held[key] = tuple(each.dup() for each in sockets)
        with contextlib.suppress(OSError):  # Whoever held them is gone, and so are we soon.
            socket.send_fds(self._link, [key.encode()], [each.fileno() for each in sockets])
