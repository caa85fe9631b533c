"""The pusher: the one writer of the graph. It takes changes in, settles the graph, and tells every stream that sees something of the outcome.

`xds.server` asks it about each proxy that connects (`xds.server.Control`). Whoever changes the graph or the set of Views in use holds `_turn`, so
that each publication is of one revision; while the graph settles, other tasks get their turn every few milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from lateen.api import inputs
from lateen.assembly import naming
from lateen.assembly.views import view
from lateen.control.dependencies import Dependencies, group
from lateen.control.keeper import Keeper
from lateen.control.states import States
from lateen.flow import CycleError, Graph, Key
from lateen.ir.view import View
from lateen.kit.logging import logger
from lateen.values.envoy_resource import length_delimited
from lateen.xds.events import Asked, Report
from lateen.xds.node import Proxy
from lateen.xds.server import Server
from lateen.xds.shelf import Stack
from lateen.xds.stream import Stream

HOST_TYPE = "type.googleapis.com/lateen.dev.v1.Host"
"""Asked by agents for each name that an app resolves; answered once the proxy has acknowledged what the host needs."""

SLICE_SECONDS = 0.005
SWEEP_AFTER = 50
"""Revisions after which a cell that nobody watches or reads is forgotten; the sweep runs as often."""
SWEEP_GROWTH = 20_000
"""Cells, or a quarter of them where that is more, by which the graph may grow before it is swept between two revisions: apps ask for names also
when nothing is written."""

Authorize = Callable[[Mapping[str, Any], Proxy], str | None]

_log = logger("pusher")


class Pusher:
    """Owns the graph `g` and its shelves; `server` serves them."""

    def __init__(self, g: Graph, authorize: Authorize) -> None:
        self.g = g
        self.states = States()
        self.dependencies = Dependencies()
        self.server = Server(self, virtual=frozenset({HOST_TYPE}))
        self._keeper = Keeper(g)
        self._authorize = authorize
        self._views: dict[Stream, View] = {}
        self._turn = asyncio.Lock()
        self._swept = 0
        self._kept = 0
        self._failing: set[Key[Any]] = set()
        self._asking: set[asyncio.Task[None]] = set()

    @property
    def failures(self) -> Mapping[Any, Exception]:
        """Leaves whose query raised: our bugs, with the cells that have them."""
        return self._keeper.failures

    async def write(self, changes: Iterable[inputs.Change]) -> int:
        """Make the changes one revision and push what comes of it. Returns the revision."""
        async with self._turn:
            with self.g.batch() as batch:
                inputs.write(self.g, batch, changes)
            await self._settle()
            return self.g.revision

    async def _settle(self) -> None:
        slice_end = time.monotonic() + SLICE_SECONDS
        for _ in self._keeper.changes():
            if time.monotonic() > slice_end:
                await asyncio.sleep(0)
                slice_end = time.monotonic() + SLICE_SECONDS
        publication, moved = self._keeper.outcome()
        self.server.publish(publication)
        if moved:
            for stream, seen in list(self._views.items()):
                self._rescope(stream, moved.get(seen, {}))
        self._tell_failures()
        self._sweep()

    def _tell_failures(self) -> None:
        """Log each query that fails and did not before; the resources that it is needed for stay as they were."""
        causes = {error.keys[0] if isinstance(error, CycleError) else getattr(error, "key", key): error for key, error in self.failures.items()}
        for key in causes.keys() - self._failing:
            error = causes[key]
            _log.error(f"{key} failed, which is a mistake in Lateen; proxies keep what they had.", exc_info=error.__cause__ or error)
        self._failing = set(causes)

    def _sweep(self) -> None:
        if self.g.revision - self._swept >= SWEEP_AFTER:
            idle = SWEEP_AFTER
        elif len(self.g) - self._kept > max(SWEEP_GROWTH, self._kept // 4):
            idle = 0
        else:
            return
        self._swept = self.g.revision
        self.g.sweep(idle)
        self._kept = len(self.g)

    @staticmethod
    def _rescope(stream: Stream, stacks: Mapping[str, Stack]) -> None:
        for type_url, stack in stacks.items():
            stream.rescope(type_url, stack)

    # What the server asks (xds.server.Control)

    def authorize(self, auth_context: Mapping[str, Any], proxy: Proxy) -> str | None:
        """Whether the authenticated peer may be this proxy (XD-10)."""
        return self._authorize(auth_context, proxy)

    async def connected(self, stream: Stream) -> Mapping[str, Stack]:
        """A proxy has come: keep what it sees."""
        async with self._turn:
            seen = view(stream.proxy, self.dependencies.of(stream.proxy))
            self._keeper.hold(seen)
            self._views[stream] = seen  # From here on `disconnected` lets go of it, also when the proxy leaves before the graph has settled.
            await self._settle()
            self.states.connected(stream)
            return self._keeper.stacks_of(seen)

    def disconnected(self, stream: Stream) -> None:
        """A proxy has gone."""
        seen = self._views.pop(stream, None)
        self.states.disconnected(stream)
        if seen is not None:
            self._keeper.release(seen)

    def reported(self, stream: Stream, report: Report) -> None:
        """A proxy acknowledged, refused, or asked."""
        if isinstance(report, Asked):
            task = asyncio.get_running_loop().create_task(self._answer(stream, report))
            self._asking.add(task)
            task.add_done_callback(self._answered)
        else:
            self.states.reported(stream, report)

    def sent(self, stream: Stream, type_url: str, size: int) -> None:
        """A response of so many bytes was handed to the network."""

    # Scope on demand

    async def _answer(self, stream: Stream, asked: Asked) -> None:
        async with self._turn:
            if stream not in self._views:
                return
            found = {name: self._meant(stream.proxy.namespace, name) for name in asked.names}
            if self.dependencies.add(stream.proxy, [answer.host for answer in found.values() if answer.host]):
                self.dependencies.forget(each.proxy for each in self._views)
                await self._widen(stream.proxy)
            stream.answer(HOST_TYPE, {name: _packed(answer) for name, answer in found.items()})
            self._sweep()

    def _meant(self, namespace: str, name: str) -> naming.Answer:
        """What a name means; where that cannot be found out (our bug), it is left to the resolvers outside, and the other names are answered."""
        try:
            return naming.meant(self.g, namespace, name)
        except Exception as bug:
            _log.exception(f"What {name} means in {namespace} cannot be told: {bug}")
            return naming.NOTHING

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._asking.discard(task)
        if not task.cancelled() and (bug := task.exception()) is not None:
            _log.error(f"A proxy that asked for hosts goes without an answer: {bug}", exc_info=bug)

    async def _widen(self, proxy: Proxy) -> None:
        """Give every stream of the proxy's group the wider View."""
        moving: list[tuple[Stream, View, View]] = []
        widened = group(proxy)
        for stream, before in self._views.items():
            if group(stream.proxy) == widened and (after := view(stream.proxy, self.dependencies.of(stream.proxy))) != before:
                self._keeper.hold(after)
                moving.append((stream, before, after))
        for stream, _, after in moving:
            self._views[stream] = after
        try:
            await self._settle()
            for stream, _, after in moving:
                if stream in self._views:  # It may have left meanwhile.
                    self._rescope(stream, self._keeper.stacks_of(after))
        finally:
            for _, before, _ in moving:
                self._keeper.release(before)


def _packed(answer: naming.Answer) -> bytes:
    """The answer as a serialised `google.protobuf.Any` of JSON; a name that is left to the resolvers outside has no host for the agent."""
    told = answer if answer.answered else naming.NOTHING
    return length_delimited(1, HOST_TYPE.encode()) + length_delimited(2, msgspec.json.encode(told))
