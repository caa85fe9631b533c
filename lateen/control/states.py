"""What is known of each connected proxy: what it has acknowledged, what it refused, and whether it is behind (XD-11).

Refusals are kept per proxy and type and counted per origin, so that a user hears of them on the object that caused them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from lateen.values.ref import Ref
from lateen.xds.events import Acked, Rejected, Report
from lateen.xds.stream import Stream

LOOK_AGAIN = 0.25
"""Seconds after which whoever waits for proxies looks again: one may come to have nothing more to take without a word, as when what it was yet to be
told was taken back."""


class Refusal(msgspec.Struct, frozen=True):
    """What a proxy refused: the resources by name, Envoy's own words, and the objects that they were derived from."""

    names: tuple[str, ...]
    message: str
    refs: tuple[Ref, ...]


class TypeState(msgspec.Struct):
    """One type on one stream: the revision last acknowledged, when, and what is refused at present."""

    acked: int = 0
    at: str = ""
    refusal: Refusal | None = None


class States:
    """The connected streams and their states."""

    def __init__(self) -> None:
        self.streams: dict[Stream, dict[str, TypeState]] = {}
        self._waiting: set[asyncio.Future[None]] = set()

    def connected(self, stream: Stream) -> None:
        """A stream has begun."""
        self.streams[stream] = {}

    def disconnected(self, stream: Stream) -> None:
        """A stream has ended."""
        self.streams.pop(stream, None)
        self._stir()

    def reported(self, stream: Stream, report: Report) -> None:
        """Take an acknowledgement or a refusal."""
        match report:
            case Acked():
                state = self._of(stream, report.type)
                state.acked = report.revision
                state.refusal = None
            case Rejected():
                state = self._of(stream, report.type)
                state.refusal = Refusal(report.names, report.message, report.refs)
            case _:
                self._stir()  # Whoever asks for less may have had nothing else to take yet.
                return
        state.at = now()
        self._stir()

    def _of(self, stream: Stream, type_url: str) -> TypeState:
        states = self.streams.setdefault(stream, {})
        state = states.get(type_url)
        if state is None:
            state = states[type_url] = TypeState()
        return state

    def refusals(self, refs: Iterable[Ref]) -> list[tuple[str, Refusal]]:
        """The refusals that blame one of the objects, each with the proxy's id."""
        wanted = set(refs)
        return [
            (stream.proxy.id, state.refusal)
            for stream, states in self.streams.items()
            for state in states.values()
            if state.refusal is not None and wanted & set(state.refusal.refs)
        ]

    def behind(self, revision: int) -> list[Stream]:
        """The streams that have not yet acknowledged everything up to the revision."""
        return [stream for stream in self.streams if (oldest := stream.session.behind) is not None and oldest <= revision]

    async def arrived(self, revision: int) -> None:
        """Wait until every connected proxy has acknowledged (or refused) everything up to the revision."""
        while self.behind(revision):
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await asyncio.wait((waiting,), timeout=LOOK_AGAIN)
            finally:
                self._waiting.discard(waiting)

    def _stir(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)


def now() -> str:
    """The present time, RFC 3339 in UTC."""
    return _written(time.time_ns() // 1_000_000)


@lru_cache(maxsize=16)
def _written(milliseconds: int) -> str:
    """A time of day in words; kept, because hundreds of proxies acknowledge within the same few milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
