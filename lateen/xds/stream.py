"""The driver of one ADS stream over grpc.aio: one task reads, one writes, the session in between decides.

It does only what the session says. The reader hands requests in; the writer takes responses out whenever the client can take them, large
ones within the server's budget. A slow client holds up its own writer and nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import grpc
from google.protobuf.message import DecodeError
from grpc.aio import EOF  # type: ignore[attr-defined]

from lateen.xds.budget import Budget
from lateen.xds.events import Answered, Drop, Event, Report, Rescoped
from lateen.xds.node import Proxy
from lateen.xds.session import Session
from lateen.xds.shelf import Stack
from lateen.xds.wire import Flavour

SMALL: Final = 64 << 10
"""Responses up to this many bytes are written without asking the budget."""


class Ended(Exception):
    """The stream must end, with this status and sentence."""

    def __init__(self, code: grpc.StatusCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Listener(Protocol):
    """Who wants to know what becomes of a stream. Must not wait, and must not raise."""

    def reported(self, stream: Stream, report: Report) -> None:
        """The proxy acknowledged, refused or asked for something."""
        ...

    def sent(self, stream: Stream, type_url: str, size: int) -> None:
        """A response of so many bytes was handed to the network."""
        ...


class Stream:
    """One connected proxy. All methods are to be called on the server's event loop; none of them waits."""

    def __init__(
        self,
        proxy: Proxy,
        session: Session,
        flavour: Flavour,
        context: Any,
        budget: Budget,
        listener: Listener,
        moved: Callable[[Stream, Stack, Stack], None],
    ) -> None:
        self.proxy = proxy
        self.session = session
        self.peer: str = context.peer()
        self._flavour = flavour
        self._context = context
        self._budget = budget
        self._listener = listener
        self._idle: asyncio.Future[None] | None = None
        self._ended: Ended | None = None
        self._moved = moved

    def receive(self, event: Event) -> None:
        """Hand an event to the session, report what comes of it, and let the writer see whether there is something to send."""
        for report in self.session.receive(event):
            if isinstance(report, Drop):
                self.drop(report.reason, grpc.StatusCode.INVALID_ARGUMENT)
            self._listener.reported(self, report)
        self._wake()

    def rescope(self, type_url: str, stack: Stack) -> None:
        """From now on the proxy sees another stack of a type."""
        before = self.session.stacks.get(type_url, ())
        self._moved(self, before, stack)
        self.receive(Rescoped(type_url, stack))

    def answer(self, type_url: str, bodies: Mapping[str, bytes | None]) -> None:
        """Answer an `Asked`: name to serialised `Any`. Goes out when all that was published before has been acknowledged."""
        self.receive(Answered(type_url, bodies))

    def drop(self, reason: str, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        """End the stream; the proxy connects again by itself."""
        self._ended = self._ended or Ended(code, reason)
        self._wake()

    async def run(self, first: Event) -> None:
        """Serve the stream, beginning with its first request, until the client leaves or it is dropped (`Ended`, in a group)."""
        self.receive(first)
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write())
                try:
                    await self._read()
                finally:
                    writer.cancel()
        except* grpc.aio.BaseError:
            pass  # gRPC has no other way to say that the client is gone

    async def _read(self) -> None:
        read, parse = self._context.read, self._flavour.parse
        while (raw := await read()) is not EOF:
            try:
                requested, _ = parse(raw)
            except DecodeError:
                raise Ended(grpc.StatusCode.INVALID_ARGUMENT, "The message is not a discovery request.") from None
            self.receive(requested)

    async def _write(self) -> None:
        session = self.session
        while self._ended is None:
            if not (weight := session.weight()):
                await self._something_to_do()
            elif weight <= SMALL:
                await self._write_next()
            else:
                async with self._budget.of(weight):
                    await self._write_next()
        raise self._ended

    async def _write_next(self) -> None:
        send = self.session.next_send()
        if send is None:
            return
        type_url, body = send.type, send.body()
        del send  # it holds the shared parts, which may change while this one is written
        await self._context.write(body)
        self._listener.sent(self, type_url, len(body))

    async def _something_to_do(self) -> None:
        self._idle = asyncio.get_running_loop().create_future()
        await self._idle

    def _wake(self) -> None:
        if self._idle is not None and (self._ended is not None or self.session.weight()):
            if not self._idle.done():
                self._idle.set_result(None)
            self._idle = None
