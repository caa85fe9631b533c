"""The xDS server: ADS over grpc.aio, delta and state of the world. A thin driver; `session` decides what is said.

Messages pass as raw bytes in both directions. The control gives each proxy its stacks when it connects (`Control.connected`), keeps the
shelves up to date, and hands each revision to `publish`, which touches every stream that sees something of it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import grpc
from google.protobuf.message import DecodeError
from grpc.aio import EOF  # type: ignore[attr-defined]

from lateen.xds.budget import Budget
from lateen.xds.events import Report
from lateen.xds.node import NodeError, Proxy, proxy
from lateen.xds.session import Session
from lateen.xds.shelf import Publication, Shelf, Stack
from lateen.xds.sotw import SotwSubscription
from lateen.xds.stream import Ended, Stream
from lateen.xds.subscription import Subscription
from lateen.xds.wire import DELTA, SOTW, Flavour, Requested

SERVICE: Final = "/envoy.service.discovery.v3.AggregatedDiscoveryService/"

METADATA: Final = "metadata"

BUDGET: Final = 32 << 20
"""Bytes of large responses that may be on their way at a time, over all streams."""

OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.http2.bdp_probe", 0),  # Proxies send little: there is no bandwidth to be measured with pings.
    ("grpc.so_reuseport", 0),
)

PATIENCE: Final = 5.0
"""Seconds for which a proxy that is slow to read may keep its share of the budget."""

_SWEEP_SECONDS: Final = 20.0


class Control(Protocol):
    """What the server asks of the one who knows the mesh."""

    def authorize(self, auth_context: Mapping[str, Any], proxy: Proxy) -> str | None:
        """None when the authenticated peer may be this proxy (XD-10), else a sentence that says why not.

        `auth_context` is what TLS has shown, as gRPC says it, and under `METADATA` the metadata of the call.
        """
        ...

    async def connected(self, stream: Stream) -> Mapping[str, Stack]:
        """The stacks of a proxy that has connected, by type URL. Types left out wait for `Stream.rescope`. The proxy's reports may come first."""
        ...

    def disconnected(self, stream: Stream) -> None:
        """A stream has ended. Called once for each `connected` that was begun."""
        ...

    def reported(self, stream: Stream, report: Report) -> None:
        """The proxy acknowledged, refused or asked for something."""
        ...

    def sent(self, stream: Stream, type_url: str, size: int) -> None:
        """A response of so many bytes was handed to the network."""
        ...


class Server:
    """Serves proxies until stopped. `virtual` are the types that the control answers by itself (`Asked`, `Stream.answer`), `notices` those by which
    proxies only tell something (`Told`)."""

    def __init__(
        self,
        control: Control,
        *,
        virtual: frozenset[str] = frozenset(),
        notices: frozenset[str] = frozenset(),
        budget: int = BUDGET,
        patience: float = PATIENCE,
    ) -> None:
        self.streams: set[Stream] = set()
        self.revision = 0
        self._control = control
        self._virtual = virtual
        self._notices = notices
        self._budget = Budget(budget, patience)
        self._viewers: dict[Shelf, set[Stream]] = {}
        self._server: grpc.aio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(
        self,
        addresses: Mapping[str, grpc.ServerCredentials | None],
        options: Sequence[tuple[str, int]] = OPTIONS,
        extra_handlers: Sequence[grpc.GenericRpcHandler[Any, Any]] = (),
    ) -> dict[str, int]:
        """Listen on `host:port` or `unix:path`, each with TLS credentials or in plain text. Returns the port bound per address.

        `extra_handlers` are further services on the same ports.

        Raises `RuntimeError` when an address cannot be bound.
        """
        server = grpc.aio.server(options=list(options))
        server.add_generic_rpc_handlers((_Handlers(self), *extra_handlers))
        ports = {
            address: server.add_insecure_port(address) if credentials is None else server.add_secure_port(address, credentials)
            for address, credentials in addresses.items()
        }
        await server.start()
        self._server = server
        self._sweeper = asyncio.create_task(self._sweep())
        return ports

    async def stop(self, grace: float = 0.0) -> None:
        """End all streams, waiting for them at most `grace` seconds."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for stream in self.streams:
            stream.drop("The control plane is shutting down.")
        if self._server is not None:
            await self._server.stop(grace)

    def publish(self, publication: Publication) -> int:
        """Hand a revision to every stream that sees something of it. Returns how many they were."""
        self.revision = max(self.revision, publication.revision)
        touched: set[Stream] = set().union(*[self._viewers.get(shelf, ()) for shelf in publication.shelves])
        for stream in touched:
            stream.receive(publication)
        return len(touched)

    async def _serve(self, context: Any, flavour: Flavour) -> None:
        try:
            await self._converse(context, flavour)
        except* Ended as group:
            ended = group.exceptions[0]
            while isinstance(ended, BaseExceptionGroup):
                ended = ended.exceptions[0]
            assert isinstance(ended, Ended)
            failure = ended
        else:
            return
        await context.abort(failure.code, failure.reason)

    async def _converse(self, context: Any, flavour: Flavour) -> None:
        first = await _first_request(context, flavour)
        if first is None:
            return
        requested, who = first
        if refusal := self._control.authorize(_shown(context), who):
            raise Ended(grpc.StatusCode.PERMISSION_DENIED, refusal)
        form = Subscription if flavour is DELTA else SotwSubscription
        session = Session({}, virtual=self._virtual, notices=self._notices, revision=self.revision, subscription=form)
        stream = Stream(who, session, flavour, context, self._budget, self._control, self._moved)
        try:
            async with asyncio.TaskGroup() as group:
                welcome = group.create_task(self._welcome(stream))
                await stream.run(requested)
                welcome.cancel()
        finally:
            self._forget(stream)

    async def _welcome(self, stream: Stream) -> None:
        """Give the stream its stacks. What it says meanwhile is heard, so that the control knows what it asks for when its turn comes."""
        stacks = await self._control.connected(stream)
        stream.session.revision = max(stream.session.revision, self.revision)
        for type_url, stack in stacks.items():
            stream.rescope(type_url, stack)
        self.streams.add(stream)

    def _moved(self, stream: Stream, before: Stack, after: Stack) -> None:
        for shelf in before:
            if shelf not in after and (viewers := self._viewers.get(shelf)):
                viewers.discard(stream)
                if not viewers:
                    del self._viewers[shelf]
                    shelf.release()
        for shelf in after:
            self._viewers.setdefault(shelf, set()).add(stream)

    def _forget(self, stream: Stream) -> None:
        self.streams.discard(stream)
        for stack in stream.session.stacks.values():
            self._moved(stream, stack, ())
        self._control.disconnected(stream)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            for shelf in self._viewers:
                shelf.sweep()


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    def __init__(self, server: Server) -> None:
        self._methods = {
            SERVICE + "DeltaAggregatedResources": _raw(server, DELTA),
            SERVICE + "StreamAggregatedResources": _raw(server, SOTW),
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return self._methods.get(str(handler_call_details.method))


def _raw(server: Server, flavour: Flavour) -> Any:
    """A bidirectional method whose messages stay bytes."""

    async def serve(_requests: Any, context: Any) -> None:
        await server._serve(context, flavour)

    return grpc.stream_stream_rpc_method_handler(serve)


def _shown(context: Any) -> Mapping[str, Any]:
    return {**context.auth_context(), METADATA: tuple(context.invocation_metadata() or ())}


async def _first_request(context: Any, flavour: Flavour) -> tuple[Requested, Proxy] | None:
    raw = await context.read()
    if raw is EOF:
        return None
    try:
        requested, node = flavour.parse(raw)
        if node is None:
            raise Ended(grpc.StatusCode.INVALID_ARGUMENT, "The first request of a stream must say which node it comes from.")
        return requested, proxy(node)
    except DecodeError:
        raise Ended(grpc.StatusCode.INVALID_ARGUMENT, "The message is not a discovery request.") from None
    except NodeError as error:
        raise Ended(grpc.StatusCode.INVALID_ARGUMENT, str(error)) from None
