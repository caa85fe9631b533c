"""The control plane of the stage: a real `Pusher` on an event loop of its own, in a thread of the tests' process, and the certificates of its Envoys.

`settle` is what keeps the stage honest: when it returns, every Envoy that is connected has taken everything of the present revision. Acknowledgements
alone do not say that, for an Envoy may be about to ask for more (the endpoints of a cluster that it just heard of). So each is sent one cluster
once more: what it says on its stream before it acknowledges that one, it says in order. If it said anything else, there is another round.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import grpc.aio

from lateen.agent import local_grpc
from lateen.agent.sds import SecretService
from lateen.agent.secrets import Certificate, Secrets
from lateen.api import inputs
from lateen.control.pusher import Pusher
from lateen.flow import Graph
from lateen.identity import ca, csr
from lateen.identity.lifetime import DEFAULT_TTL
from lateen.values.spiffe import Identity
from lateen.xds.events import Report
from lateen.xds.order import CDS
from lateen.xds.stream import Stream
from lateen.xds.wire import Requested

T = TypeVar("T")
WITHIN = 60.0
"""Seconds after which something that should have come has not."""
_PROBE = "BlackHoleCluster"
_ROUNDS = 50


class Refused(AssertionError):
    """An Envoy refused what it was told, or a query of the control plane failed. Says what and why."""


class _Watched(Pusher):
    """A pusher that counts what each stream says."""

    def __init__(self) -> None:
        super().__init__(Graph(), lambda _context, _proxy: None)
        self.said: dict[Stream, int] = {}

    def reported(self, stream: Stream, report: Report) -> None:
        self.said[stream] = self.said.get(stream, 0) + 1
        super().reported(stream, report)

    def disconnected(self, stream: Stream) -> None:
        self.said.pop(stream, None)
        super().disconnected(stream)


class Control:
    """Runs from construction to `close`. Its methods are called from the tests' thread and return when the thing is done."""

    def __init__(self, folder: Path) -> None:
        self.xds = folder / "xds.sock"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._authority = ca.new_intermediate(ca.new_root("cluster.local", _now()), _now())
        self.pusher = self.run(self._started())

    async def _started(self) -> _Watched:
        pusher = _Watched()
        await pusher.server.start({f"unix:{self.xds}": None})
        return pusher

    def close(self) -> None:
        self.run(self.pusher.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def run(self, work: Coroutine[Any, Any, T], within: float = WITHIN) -> T:
        """The result of a coroutine, run on the loop. Raises `TimeoutError`."""
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, within), self._loop).result(within + 5)

    def ask(self, question: Callable[[Graph], T]) -> T:
        """What the graph says, read on the loop."""

        async def read() -> T:
            return question(self.pusher.g)

        return self.run(read())

    def write(self, changes: Iterable[inputs.Change]) -> None:
        """Make the changes one revision."""
        self.run(self.pusher.write(changes))

    # certificates

    def certificate(self, identity: str, name: str = "", called: str = "") -> Certificate:
        """A certificate of the mesh for `NAMESPACE/SERVICE ACCOUNT` of `cluster.local`, with its key and the mesh's roots; `called` in metrics."""
        namespace, _, account = identity.partition("/")
        key = csr.new_key()
        who = Identity(name or "cluster.local", namespace, account)
        chain = ca.issue(self._authority, who, key.public_key(), DEFAULT_TTL, _now(), workload=called)
        return Certificate(chain="".join(chain[:-1]).encode(), key=csr.key_pem(key).encode(), roots=chain[-1].encode())

    def serve_secrets(self, path: Path, identity: str, called: str) -> grpc.aio.Server:
        """Serve one Envoy's secrets on a socket, until `stop`."""
        service = SecretService(Secrets(self.certificate(identity, called=called)))
        return self.run(local_grpc.serve(path, [service.handler()]))

    def stop(self, server: grpc.aio.Server) -> None:
        self.run(server.stop(0))

    # what has arrived

    def is_connected(self, node: str) -> bool:
        """Whether the Envoy with this node id has a stream."""
        return any(stream.proxy.id == node for stream in list(self.pusher.states.streams))

    def failures(self) -> list[str]:
        """Which queries of the control plane fail: mistakes in Lateen."""
        return [f"{key} failed: {error!r} {error.__cause__!r}" for key, error in self.pusher.failures.items()]

    def refusals(self) -> list[str]:
        """What Envoys refuse at present."""
        states = list(self.pusher.states.streams.items())
        found = [(stream.proxy.id, of.refusal) for stream, types in states for of in types.values() if of.refusal]
        return [f"{node} refused {', '.join(refusal.names)}: {refusal.message}" for node, refusal in found]

    def settle(self) -> None:
        """Return when every connected Envoy's main thread has applied the present revision."""
        self.run(self._settle())

    async def _settle(self) -> None:
        pusher = self.pusher
        await pusher.states.arrived(pusher.g.revision)
        for _ in range(_ROUNDS):
            streams = [stream for stream in pusher.states.streams if stream.session.subscription(CDS)]
            before = {stream: pusher.said.get(stream, 0) for stream in streams}
            for stream in streams:
                stream.receive(Requested(type=CDS, subscribe=(_PROBE,)))
            await pusher.states.arrived(pusher.g.revision)
            # Of the probe itself two things are heard: that it is asked for, and that it is acknowledged.
            if all(pusher.said.get(stream, 0) == count + 2 for stream, count in before.items() if stream in pusher.states.streams):
                return
        raise AssertionError("\n".join(["The Envoys do not come to rest.", *self.failures(), *self.refusals()]))

    @staticmethod
    def now() -> datetime:
        """The present time."""
        return _now()


def _now() -> datetime:
    return datetime.now(UTC)
