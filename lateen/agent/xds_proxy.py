"""Envoy's discovery stream, passed through the agent to the control plane (AG-2): raw bytes both ways, one upstream stream for each of Envoy's.

While the control plane is away, Envoy's stream is held open and the agent keeps trying, so that Envoy neither waits out its own long
backoff nor sees an error. When an upstream stream breaks that had been up, Envoy's is ended: it comes back at once, saying which
versions it holds, and is sent only what has changed meanwhile. On the same stream travel the agent's own subscriptions, to hosts (`on_demand`),
to the roots that the mesh trusts, to those that peers may have and to the probe of the workload's group: answers of these types are taken out, all
else goes to Envoy untouched.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

import grpc
import grpc.aio

from lateen.agent import discovery
from lateen.agent.on_demand import OnDemand
from lateen.kit.backoff import Backoff

SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
METHOD = f"/{SERVICE}/DeltaAggregatedResources"
_QUEUED = 4096
_CONNECT_TIMEOUT = 5.0

Metadata = tuple[tuple[str, str], ...]
Channels = Callable[[], Awaitable[tuple[grpc.aio.Channel, Metadata]]]
Report = Callable[[str], None]


class XdsProxy:
    """The proxy for one workload. `channels` opens a channel with the certificate of the moment (or waits for one) and says what the call
    shows of who is calling; `report` takes sentences, `told` the values of the agent's own types (`discovery.OWN`), at first and when they change,
    b"" for none."""

    def __init__(
        self,
        channels: Channels,
        on_demand: OnDemand | None,
        report: Report,
        backoff: Backoff | None = None,
        told: Mapping[str, Callable[[bytes], None]] = MappingProxyType({}),
    ) -> None:
        self._channels = channels
        self._on_demand = on_demand
        self._report = report
        self._told = told
        self._backoff = backoff or Backoff(0.2, ceiling=5.0)
        self._health = b""
        self._send: Callable[[bytes], None] | None = None
        self.is_connected = False

    def tell_health(self, reason: str) -> None:
        """The app is well (no reason), or is not: told now, and again whenever the control plane comes back (WE-2)."""
        self._health = discovery.write_health(reason)
        if self._send is not None:
            self._send(self._health)

    def handler(self) -> grpc.GenericRpcHandler[bytes, bytes]:
        """What to add to a gRPC server."""
        return grpc.method_handlers_generic_handler(SERVICE, {"DeltaAggregatedResources": grpc.stream_stream_rpc_method_handler(self._stream)})

    async def _stream(self, from_envoy: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        channel, shown = await self._connected()
        try:
            call = _opened(channel, shown)
            async for response in self._passed(from_envoy, call):
                yield response
        except grpc.aio.AioRpcError as error:
            self._report(f"The control plane ended the discovery stream: {error.details() or error.code().name}.")
            await context.abort(error.code(), error.details() or "")
        finally:
            self.is_connected = False
            await channel.close(None)
        await context.abort(grpc.StatusCode.UNAVAILABLE, "the control plane ended the stream")

    async def _connected(self) -> tuple[grpc.aio.Channel, Metadata]:
        """A channel that is up, however long it takes."""
        tries = 0
        while True:
            channel, shown = await self._channels()
            try:
                async with asyncio.timeout(_CONNECT_TIMEOUT):
                    await channel.channel_ready()
            except TimeoutError:
                tries += 1
                if tries == 1:
                    self._report("The control plane does not answer; trying on. Proxies keep what they have.")
                await channel.close(None)
                await asyncio.sleep(self._backoff.delay(tries))
            except BaseException:
                await channel.close(None)
                raise
            else:
                self.is_connected = True
                return channel, shown

    async def _passed(self, from_envoy: AsyncIterator[bytes], call: Any) -> AsyncIterator[bytes]:
        outbox: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUED)
        writing = asyncio.ensure_future(_write(outbox, call))
        reading = asyncio.ensure_future(self._read(from_envoy, outbox, call))
        try:
            async for response in call:
                kind = discovery.type_of(response)
                if self._on_demand is not None and kind == discovery.HOST:
                    self._on_demand.receive(discovery.delta_response(response))
                elif kind in self._told:
                    self._take(discovery.delta_response(response))
                else:
                    yield response
        finally:
            call.cancel()
            for task in (reading, writing):
                task.cancel()
            await asyncio.gather(reading, writing, return_exceptions=True)

    def _take(self, response: discovery.DeltaResponse) -> None:
        """Obey, and only then acknowledge: what the control plane hears is that it is so."""
        for value in (*(resource.value for resource in response.resources), *(b"" for _ in response.removed)):
            self._told[response.type](value)
        if self._send is not None:
            self._send(discovery.write_delta_request(response.type, nonce=response.nonce))

    async def _read(self, from_envoy: AsyncIterator[bytes], outbox: asyncio.Queue[bytes | None], call: Any) -> None:
        """Envoy's requests. The hosts that its clusters are there for go ahead of the first, under its node: a control plane that has just started
        would otherwise take those clusters away for a moment."""
        who = b""

        def send(raw: bytes) -> None:
            nonlocal who
            try:
                outbox.put_nowait(who + raw)
                who = b""
            except asyncio.QueueFull:
                call.cancel()  # The control plane does not read: a new stream says it all again.

        attached = False
        try:
            async for request in from_envoy:
                if not attached and self._on_demand is not None:
                    who = discovery.node_of(request)
                    self._on_demand.attach(send)
                    who, attached = b"", True
                await outbox.put(request)
                if self._send is not send:
                    self._send = send
                    for type_url in self._told:
                        send(discovery.write_delta_request(type_url, subscribe=(discovery.OWN[type_url],)))
                    if self._health:
                        send(self._health)
            await outbox.put(None)
        finally:
            if self._send is send:
                self._send = None
            if self._on_demand is not None:
                self._on_demand.detach(send)


async def _write(outbox: asyncio.Queue[bytes | None], call: Any) -> None:
    with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
        while (request := await outbox.get()) is not None:
            await call.write(request)
        await call.done_writing()


def _opened(channel: Any, shown: Metadata) -> Any:
    """A call of raw bytes, written to as requests come. (The type stubs know neither.)"""
    return channel.stream_stream(METHOD)(metadata=shown)
