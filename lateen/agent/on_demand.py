"""The names that one workload's app has resolved, and what the control plane says that they stand for.

`OnDemand` sits between the DNS proxy, which asks for names, and the xDS proxy, which carries the subscription on the workload's own
stream. What is known stays true while the stream lives, since the control plane sends each change; while it is away, what was known last
is used. Names that stand for nothing are forgotten, the least recently asked first, when there are too many.
What may not enter: sockets and gRPC.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterable

import msgspec

from lateen.agent.discovery import HOST, DeltaResponse, write_delta_request
from lateen.agent.dns import Host

UNKNOWN_KEPT = 1000


class OnDemand:
    """The subscription of one workload to hosts."""

    def __init__(self, unknown_kept: int = UNKNOWN_KEPT) -> None:
        self._known: dict[str, Host] = {}
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._send: Callable[[bytes], None] | None = None
        self._unknown_kept = unknown_kept

    @property
    def is_connected(self) -> bool:
        """Whether a stream to the control plane carries the subscription."""
        return self._send is not None

    def known(self, name: str) -> Host | None:
        """What the name stands for, as far as was told; None when nothing was."""
        return self._known.get(name)

    async def host(self, name: str, seconds: float) -> Host | None:
        """What the name stands for, asking for it when it is new. None when no word came within `seconds`."""
        self._want(name)
        if name not in self._known and self.is_connected:
            waiting = self._waiting.setdefault(name, asyncio.get_running_loop().create_future())
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting), seconds)
        return self._known.get(name)

    def attach(self, send: Callable[[bytes], None]) -> None:
        """A stream is up: subscribe on it to everything that is wanted."""
        self._send = send
        if self._wanted:
            send(write_delta_request(HOST, subscribe=self._wanted))

    def detach(self, send: Callable[[bytes], None]) -> None:
        """That stream is gone; one attached since then stays."""
        if self._send is not send:
            return
        self._send = None
        self._wake(list(self._waiting))

    def receive(self, response: DeltaResponse) -> None:
        """Take the control plane's word, and acknowledge it."""
        for resource in response.resources:
            self._known[resource.name] = msgspec.json.decode(resource.value, type=Host)
        for name in response.removed:
            self._known[name] = Host(None)
        self._wake([*(resource.name for resource in response.resources), *response.removed])
        if self._send is not None:
            self._send(write_delta_request(HOST, nonce=response.nonce))
        self._forget()

    def _want(self, name: str) -> None:
        is_new = name not in self._wanted
        self._wanted[name] = None
        self._wanted.move_to_end(name)
        if is_new and self._send is not None:
            self._send(write_delta_request(HOST, subscribe=(name,)))

    def _wake(self, names: Iterable[str]) -> None:
        for name in names:
            waiting = self._waiting.pop(name, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def _forget(self) -> None:
        unknown = [name for name in self._wanted if name in self._known and self._known[name].host is None]
        excess = unknown[: max(len(unknown) - self._unknown_kept, 0)]
        for name in excess:
            del self._wanted[name]
            self._known.pop(name, None)
        if excess and self._send is not None:
            self._send(write_delta_request(HOST, unsubscribe=excess))
