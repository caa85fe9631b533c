"""The pusher: the one writer of the graph. It takes changes in, settles the graph, and tells every stream that sees something of the outcome.

`xds.server` asks it about each proxy that connects (`xds.server.Control`). Whoever changes the graph or the set of Views in use holds `_turn`, so
that each publication is of one revision; while the graph settles, other tasks get their turn every few milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from lateen.api import inputs
from lateen.assembly import naming, patches
from lateen.assembly.stacks import stacks
from lateen.assembly.views import view
from lateen.control.collector import filling, give_back
from lateen.control.dependencies import Dependencies, Group, group
from lateen.control.keeper import Keeper
from lateen.control.states import States
from lateen.flow import CycleError, Graph, Key
from lateen.ir.view import View
from lateen.kit.logging import logger
from lateen.render.patch import Refused
from lateen.values.envoy_resource import envoy_resource, length_delimited
from lateen.xds.events import Asked, Report, Told
from lateen.xds.node import Proxy
from lateen.xds.server import Server
from lateen.xds.shelf import Shelf, Stack, published
from lateen.xds.stream import Stream

HOST_TYPE = "type.googleapis.com/lateen.dev.v1.Host"
"""Asked by agents for each name that an app resolves; answered once the proxy has acknowledged what the host needs."""
ROOTS_TYPE = "type.googleapis.com/lateen.dev.v1.Roots"
"""Asked by agents once: the roots that the mesh trusts, as PEM. Told again when they change, so that none waits for its next certificate (CA-4)."""
ROOTS = "ROOTCA"
HEALTH_TYPE = "type.googleapis.com/istio.v1.HealthInformation"
"""Told by agents that ask their app whether it is well: with a reason when it is not (WE-2)."""

SLICE_SECONDS = 0.005
SWEEP_AFTER = 50
"""Revisions after which a cell that nobody watches or reads is forgotten; the sweep runs as often."""
SWEEP_GROWTH = 20_000
"""Cells, or a quarter of them where that is more, by which the graph may grow before it is swept between two revisions: apps ask for names also
when nothing is written."""
SWEEP_LARGE = 2_000
"""From so many cells that went at once, and a twentieth of the graph, on, their memory is given back to the system."""

Authorize = Callable[[Mapping[str, Any], Proxy], str | None]

_log = logger("pusher")


class Guests(Protocol):
    """Who wants to know which proxies are here. Must not wait, and must not raise."""

    def arrived(self, stream: Stream) -> None:
        """A proxy has connected."""
        ...

    def left(self, stream: Stream) -> None:
        """It has gone."""
        ...

    def told(self, stream: Stream, reason: str | None) -> None:
        """Its app is well (None), or is not, for this reason."""
        ...


class Pusher:
    """Owns the graph `g` and its shelves; `server` serves them."""

    def __init__(self, g: Graph, authorize: Authorize) -> None:
        self.g = g
        self.states = States()
        self.dependencies = Dependencies()
        self.server = Server(self, virtual=frozenset({HOST_TYPE}), notices=frozenset({HEALTH_TYPE}))
        self._keeper = Keeper(g)
        self._trusted = Shelf(ROOTS_TYPE)
        self._authorize = authorize
        self._views: dict[Stream, View] = {}
        self._groups: dict[Group, dict[Stream, None]] = {}
        self._turn = asyncio.Lock()
        self._swept = 0
        self._kept = 0
        self._failing: set[Key[Any]] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self._asked: dict[Stream, dict[str, None]] = {}
        self._told_early: dict[Stream, str | None] = {}
        self.written: list[Callable[[], None]] = []
        """Told after each revision."""
        self.guests: Guests | None = None

    @property
    def failures(self) -> Mapping[Any, Exception]:
        """Leaves whose query raised: our bugs, with the cells that have them."""
        return self._keeper.failures

    def left_out(self) -> list[tuple[str, Refused]]:
        """Patches that had to be left out of what connected proxies are told (EX-3), each with the id of such a proxy."""
        return [(stream.proxy.id, each) for stream, seen in self._views.items() for each in patches.refused(self.g, stacks(self.g, seen))]

    async def write(self, changes: Iterable[inputs.Change]) -> int:
        """Make the changes one revision and push what comes of it. Returns the revision."""
        async with self._turn:
            with filling(), self.g.batch() as batch:
                inputs.write(self.g, batch, changes)
            await self._settle()
        for told in self.written:
            told()
        return self.g.revision

    async def put(self, values: Mapping[Key[Any], Any]) -> int:
        """Make these values of sources, which no object of the store gives, one revision, and push what comes of it. Returns the revision."""
        async with self._turn:
            with self.g.batch() as batch:
                for key, value in values.items():
                    batch.set(key, value)
            await self._settle()
        return self.g.revision

    def trust(self, roots: str) -> None:
        """From now on the mesh trusts these roots (PEM, which may have remarks), and no others."""
        body = length_delimited(1, ROOTS_TYPE.encode()) + length_delimited(2, roots.encode())
        self.server.publish(published(self.g.revision, {self._trusted: {ROOTS: envoy_resource(ROOTS_TYPE, ROOTS, body)}}))

    def behind_on_roots(self) -> tuple[str, ...]:
        """The ids of connected proxies whose agent has been told the present roots and has not said yet that it trusts them."""
        found = ((stream.proxy.id, stream.session.states.get(ROOTS_TYPE, "SYNCED")) for stream in self.server.streams)
        return tuple(sorted(name for name, state in found if state != "SYNCED"))

    async def _settle(self) -> None:
        with filling():
            await self._pull()
        publication, moved = self._keeper.outcome()
        self.server.publish(publication)
        if moved:
            for stream, seen in list(self._views.items()):
                self._rescope(stream, moved.get(seen, {}))
        self._tell_failures()
        self._sweep()

    async def _pull(self) -> None:
        slice_end = time.monotonic() + SLICE_SECONDS
        for _ in self._keeper.changes():
            if time.monotonic() > slice_end:
                await asyncio.sleep(0)
                slice_end = time.monotonic() + SLICE_SECONDS

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
        forgotten = self.g.sweep(idle)
        self._kept = len(self.g)
        if forgotten > max(SWEEP_LARGE, self._kept // 20):
            give_back()

    @staticmethod
    def _rescope(stream: Stream, stacks: Mapping[str, Stack]) -> None:
        for type_url, stack in stacks.items():
            stream.rescope(type_url, stack)

    # What the server asks (xds.server.Control)

    def authorize(self, auth_context: Mapping[str, Any], proxy: Proxy) -> str | None:
        """Whether the authenticated peer may be this proxy (XD-10)."""
        return self._authorize(auth_context, proxy)

    async def connected(self, stream: Stream) -> Mapping[str, Stack]:
        """A proxy has come: keep what it sees, and what it has asked for while it waited for its turn."""
        async with self._turn:
            found, is_news = self._learned(stream)
            seen = view(stream.proxy, self.dependencies.of(stream.proxy))
            self._keeper.hold(seen)
            self._views[stream] = seen  # From here on `disconnected` lets go of it, also when the proxy leaves before the graph has settled.
            self._groups.setdefault(group(stream.proxy), {})[stream] = None
            await (self._widen(stream.proxy) if is_news else self._settle())
            self._arrived(stream)
            if found:
                asyncio.get_running_loop().call_soon(self._tell_hosts, stream, found)  # Behind its stacks.
            return {**self._keeper.stacks_of(seen), ROOTS_TYPE: (self._trusted,)}

    def _arrived(self, stream: Stream) -> None:
        self.states.connected(stream)
        if self.guests is not None:
            self.guests.arrived(stream)
            if stream in self._told_early:
                self.guests.told(stream, self._told_early.pop(stream))

    def disconnected(self, stream: Stream) -> None:
        """A proxy has gone."""
        self._asked.pop(stream, None)
        self._told_early.pop(stream, None)
        seen = self._views.pop(stream, None)
        self.states.disconnected(stream)
        if self.guests is not None:
            self.guests.left(stream)
        if seen is not None:
            self._keeper.release(seen)
            self._leave(stream)

    def _leave(self, stream: Stream) -> None:
        key = group(stream.proxy)
        members = self._groups[key]
        del members[stream]
        if not members:
            del self._groups[key]

    def reported(self, stream: Stream, report: Report) -> None:
        """A proxy acknowledged, refused, or asked."""
        if isinstance(report, Asked):
            self._hear(stream, report.names)
        elif isinstance(report, Told):
            if stream not in self.states.streams:
                self._told_early[stream] = report.error
            elif self.guests is not None:
                self.guests.told(stream, report.error)
        else:
            self.states.reported(stream, report)

    def sent(self, stream: Stream, type_url: str, size: int) -> None:
        """A response of so many bytes was handed to the network."""

    # Scope on demand

    def _hear(self, stream: Stream, names: Iterable[str]) -> None:
        """What a proxy asks for until its turn comes is answered together; while it connects, with its first stacks."""
        is_waiting = stream in self._asked
        self._asked.setdefault(stream, {}).update(dict.fromkeys(names))
        if stream in self._views and not is_waiting:
            task = asyncio.get_running_loop().create_task(self._answer(stream))
            self._asking.add(task)
            task.add_done_callback(self._answered)

    async def _answer(self, stream: Stream) -> None:
        async with self._turn:
            if stream not in self._views:
                return
            found, is_news = self._learned(stream)
            if is_news:
                await self._widen(stream.proxy)
            self._tell_hosts(stream, found)
            self._sweep()

    def _learned(self, stream: Stream) -> tuple[dict[str, naming.Answer], bool]:
        """What the names mean that a proxy asks for, and whether its group did not know of them all."""
        asked, proxy = self._asked.pop(stream, {}), stream.proxy
        found = {name: self._meant(proxy.namespace, name) for name in asked}
        is_news = bool(found) and self.dependencies.add(proxy, [answer.host for answer in found.values() if answer.host])
        if is_news:
            self.dependencies.forget(each.proxy for each in (*self._views, stream))
        return found, is_news

    @staticmethod
    def _tell_hosts(stream: Stream, found: Mapping[str, naming.Answer]) -> None:
        stream.answer(HOST_TYPE, {name: _packed(answer) for name, answer in found.items()})

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
        for stream in self._groups.get(group(proxy), ()):
            before, after = self._views[stream], view(stream.proxy, self.dependencies.of(stream.proxy))
            if after != before:
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
