"""The names that one workload's app has resolved, and what the control plane says that they stand for.

`OnDemand` sits between the DNS proxy, which asks for names, and the xDS proxy, which carries the subscription on the workload's own
stream. The control plane may send changes at any time; what is older than its time to live is also asked for again: a host is answered
from what is known meanwhile, but that a name stands for nothing is believed for a second only, for the service may have come by now.
While the control plane is away, what was known last is used, and who asks for
something new waits whether it comes back. Names of nothing are forgotten, the least recently asked first, when too many.
What may not enter: sockets and gRPC.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

import msgspec

from lateen.agent.discovery import HOST, DeltaResponse, write_delta_request
from lateen.agent.dns import Host

UNKNOWN_KEPT = 1000
NOTHING_IS_BELIEVED = 1.0


class OnDemand:
    """The subscription of one workload to hosts."""

    def __init__(
        self,
        unknown_kept: int = UNKNOWN_KEPT,
        now: Callable[[], float] = time.monotonic,
        known: Mapping[str, Host] | None = None,
        on_change: Callable[[Mapping[str, Host]], None] = lambda _: None,
    ) -> None:
        self._now = now
        self._on_change = on_change
        self._known: dict[str, Host] = dict(known or {})
        self._since: dict[str, float] = {}
        self._wanted: OrderedDict[str, None] = OrderedDict.fromkeys(self._known)
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
        self._wanted.setdefault(name, None)
        self._wanted.move_to_end(name)
        known = self._known.get(name)
        if known is not None and (self._send is None or self._is_fresh(name, known)):
            return known
        if known is not None and known.host is not None and self._send is not None:
            self._since[name] = self._now()
            self._send(write_delta_request(HOST, subscribe=(name,)))
            return known
        await self._told(name, seconds)
        return self._known.get(name)

    async def _told(self, name: str, seconds: float) -> None:
        """Wait for word; where no stream is up, for one that comes and asks for all that is wanted."""
        waiting = self._waiting.get(name)
        if waiting is None:
            waiting = self._waiting[name] = asyncio.get_running_loop().create_future()
            if self._send is not None:
                self._send(write_delta_request(HOST, subscribe=(name,)))
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(waiting)
        except TimeoutError:
            self._waiting.pop(name, None)  # An answer that was lost is asked for again, the next time.

    def _is_fresh(self, name: str, known: Host) -> bool:
        age = self._now() - self._since.get(name, 0.0)
        return age < (NOTHING_IS_BELIEVED if known.host is None else known.ttl)

    def attach(self, send: Callable[[bytes], None]) -> None:
        """A stream is up: subscribe on it to everything that is wanted."""
        self._send = send
        if self._wanted:
            send(write_delta_request(HOST, subscribe=self._wanted))

    def detach(self, send: Callable[[bytes], None]) -> None:
        """That stream is gone; one attached since then stays."""
        if self._send is send:
            self._send = None

    def receive(self, response: DeltaResponse) -> None:
        """Take the control plane's word, and acknowledge it."""
        told = {resource.name: msgspec.json.decode(resource.value, type=Host) for resource in response.resources}
        told |= {name: Host(None) for name in response.removed}
        is_news = any(self._known.get(name) != host for name, host in told.items())
        self._known |= told
        if is_news:
            self._on_change(self._known)
        self._since |= dict.fromkeys(told, self._now())
        self._wake(told)
        if self._send is not None:
            self._send(write_delta_request(HOST, nonce=response.nonce))
        self._forget()

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
            self._since.pop(name, None)
        if excess and self._send is not None:
            self._send(write_delta_request(HOST, unsubscribe=excess))
