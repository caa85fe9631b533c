"""`Way`: what becomes of a call at the proxy that it leaves by, as values: answered by the proxy itself, refused, or sent, and to which endpoints.

Several may be possible at once: a fault hits a part of the calls, weights divide them, one of several endpoints is chosen. A way names all that is
possible with its part, so that whoever made the call must find its outcome there; where something cannot be known, a step says so (`certain`).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from lateen.explain.call import Call, Wire
from lateen.explain.step import Decision, Outcome, Step
from lateen.ir.routes import MILLION, HeaderChanges, Retry
from lateen.values.ref import Ref


class Answered(msgspec.Struct, frozen=True):
    """The proxy itself answers `part` (of a million) of the calls. `location` is where a redirect leads; `grpc_status` is set where that is told."""

    status: int
    location: str = ""
    part: int = MILLION
    grpc_status: int | None = None


class Found(StrEnum):
    """How the address of an endpoint is known."""

    GIVEN = "given"
    """It is told."""
    RESOLVED = "resolved"
    """It is a name, which the proxy resolves."""
    DIALLED = "dialled"
    """It is where the client was headed."""


class Reached(msgspec.Struct, frozen=True):
    """An endpoint that may get the call. `address` is an IP, or a name if the proxy resolves it (`found`), empty where not even that is known;
    `part` is its share, of a million, of the calls sent to the destination. `call` is the call as it arrives there, None where nothing is known of
    who answers; `decision` what its own proxy says of that, None where it has none, or nobody asked. `known` is the workload's object.
    """

    address: str
    port: int
    part: int = MILLION
    wire: Wire = Wire.PLAIN
    found: Found = Found.GIVEN
    known: Ref | None = None
    call: Call | None = None
    decision: Decision | None = None
    onward: Way | None = None
    """Where it goes from there, if that is a gateway."""


class Sent(msgspec.Struct, frozen=True):
    """`part` (of a million) of the calls go to one destination. With no endpoint at all, they fail: with 503, or the connection is closed."""

    destination: str
    part: int
    endpoints: tuple[Reached, ...] = ()
    steps: tuple[Step, ...] = ()
    mirrored: bool = False
    """It gets copies, whose answers nobody waits for."""


class Way(msgspec.Struct, frozen=True):
    """What becomes of a call. `refused`: the connection is closed, or never comes about. `timeout` (nanoseconds) 0 is none."""

    call: Call
    steps: tuple[Step, ...] = ()
    answers: tuple[Answered, ...] = ()
    sent: tuple[Sent, ...] = ()
    refused: bool = False
    delays: tuple[tuple[int, int], ...] = ()
    """Parts of a million with how long they are held back, in nanoseconds."""
    timeout: int = 0
    retry: Retry | None = None
    decision: Decision | None = None
    """What the policies of a gateway say, where it has any; its steps are among the others."""
    request: HeaderChanges = HeaderChanges()
    response: HeaderChanges = HeaderChanges()

    @property
    def every_step(self) -> Iterator[Step]:
        """All steps, those of the servers' proxies included, in the order in which they are told."""
        yield from self.steps
        for each in self.sent:
            yield from each.steps
            for endpoint in each.endpoints:
                yield from endpoint.decision.steps if endpoint.decision is not None else ()
                yield from endpoint.onward.every_step if endpoint.onward is not None else ()

    @property
    def certain(self) -> bool:
        """Whether all that decides is known."""
        return all(step.outcome is not Outcome.UNKNOWN for step in self.every_step)
