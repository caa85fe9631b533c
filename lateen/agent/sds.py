"""The SDS service for one workload's Envoy: both forms of the protocol over raw bytes (AG-3). `secrets` decides what is said.

A rotation is a push on the open stream; Envoy uses the new certificate for new connections and leaves the old ones alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import grpc.aio

from lateen.agent import discovery
from lateen.agent.peer_roots import PeerRoots
from lateen.agent.secrets import Certificate, Secrets, Subscription

SERVICE = "envoy.service.secret.v3.SecretDiscoveryService"
_FILES_EVERY = 2.0


class SecretService:
    """Serves `Secrets` to any number of streams and tells them all when they are replaced."""

    def __init__(self, secrets: Secrets, files_every: float = _FILES_EVERY) -> None:
        self.secrets = secrets
        self._files_every = files_every
        self._changed: set[asyncio.Event] = set()
        self._issued = asyncio.Event()

    async def certificate(self) -> Certificate:
        """The workload's certificate, once it has one."""
        while self.secrets.certificate is None:
            await self._issued.wait()
        return self.secrets.certificate

    def replace(self, certificate: Certificate) -> None:
        """Rotate: every open stream is sent what is new to it."""
        self.secrets.replace(certificate)
        self._issued.set()
        self._tell()

    def trust(self, peers: PeerRoots) -> None:
        """From now on peers may have these roots besides the mesh's own."""
        self.secrets.trust(peers)
        self._tell()

    def _tell(self) -> None:
        for changed in self._changed:
            changed.set()

    def handler(self) -> grpc.GenericRpcHandler[bytes, bytes]:
        """What to add to a gRPC server."""
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "DeltaSecrets": grpc.stream_stream_rpc_method_handler(self._delta),
                "StreamSecrets": grpc.stream_stream_rpc_method_handler(self._state_of_the_world),
            },
        )

    async def _delta(self, requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
        subscription = Subscription(self.secrets)

        def take(raw: bytes) -> None:
            asked = discovery.delta_request(raw)
            subscription.want(asked.subscribe)
            subscription.drop(asked.unsubscribe)

        async for message in self._stream(requests, take, subscription, subscription.delta):
            yield message

    async def _state_of_the_world(self, requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
        subscription = Subscription(self.secrets)

        def take(raw: bytes) -> None:
            subscription.want_only(discovery.request(raw).names)

        async for message in self._stream(requests, take, subscription, subscription.state_of_the_world):
            yield message

    async def _stream(
        self, requests: AsyncIterator[bytes], take: Callable[[bytes], None], subscription: Subscription, response: Callable[[], bytes | None]
    ) -> AsyncIterator[bytes]:
        changed = asyncio.Event()
        self._changed.add(changed)
        reading = asyncio.ensure_future(_read(requests, take, changed))
        try:
            while not reading.done():
                await _either(changed, self._files_every if subscription.wants_files else None)
                changed.clear()
                message = response()
                if message is not None:
                    yield message
        finally:
            self._changed.discard(changed)
            reading.cancel()


async def _read(requests: AsyncIterator[bytes], take: Callable[[bytes], None], changed: asyncio.Event) -> None:
    try:
        async for raw in requests:
            take(raw)
            changed.set()
    finally:
        changed.set()


async def _either(changed: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(asyncio.TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()
