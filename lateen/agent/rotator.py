"""When to renew a certificate, as a state machine without I/O: what happened goes in by `receive`, what to do comes out.

AG-4: a certificate is renewed when half of its lifetime is left, give or take one percent, so that many workloads do not ask at
once; a failure is tried again after 1, 2, 4 … 60 s; a changed root renews at once. Times are seconds since 1970.
What may not enter: keys, clocks, randomness. Jitter is handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

import msgspec

from lateen.agent import wording
from lateen.agent.lifecycle import Announce
from lateen.kit.backoff import Backoff

RATIO = 0.5
JITTER = 0.01


class Issued(msgspec.Struct, frozen=True):
    """A certificate arrived, good from `not_before` to `not_after`."""

    at: float
    not_before: float
    not_after: float


class IssueRefused(msgspec.Struct, frozen=True):
    """A try ended without a certificate; `reason` is a sentence without its full stop."""

    at: float
    reason: str


class RootChanged(msgspec.Struct, frozen=True):
    """The mesh's roots are others now."""

    at: float


class Renew(msgspec.Struct, frozen=True):
    """Ask for a certificate at this time; replaces an earlier `Renew` not yet carried out."""

    at: float


Event = Issued | IssueRefused | RootChanged
Command = Renew | Announce


class Rotator:
    """The certificate of one workload. `jitter` gives numbers in [-1, 1]; `name` is how the workload is called in sentences."""

    def __init__(self, name: str, jitter: Callable[[], float], ratio: float = RATIO, backoff: Backoff | None = None) -> None:
        self._name = name
        self._jitter = jitter
        self._ratio = ratio
        self._backoff = backoff or Backoff(1.0, ceiling=60.0)
        self._failures = 0
        self._not_after: float | None = None

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Take what happened; the commands to carry out, in order."""
        match event:
            case Issued():
                return self._issued(event)
            case IssueRefused():
                return self._refused(event)
            case RootChanged():
                return (Renew(event.at),)
            case _:
                assert_never(event)

    def _issued(self, event: Issued) -> tuple[Command, ...]:
        recovered, self._failures, self._not_after = self._failures > 0, 0, event.not_after
        lifetime = event.not_after - event.not_before
        ratio = self._ratio + JITTER * self._jitter()
        renew = Renew(max(event.not_after - lifetime * ratio, event.at))
        return (Announce(f"{self._name} has a new certificate."), renew) if recovered else (renew,)

    def _refused(self, event: IssueRefused) -> tuple[Command, ...]:
        self._failures += 1
        pause = self._backoff.delay(self._failures, self._jitter())
        text = f"{self._name} got no certificate: {event.reason}. {self._state(event.at)} Trying again in {wording.duration(pause)}."
        return Announce(text), Renew(event.at + pause)

    def _state(self, at: float) -> str:
        if self._not_after is None:
            return "It has none yet."
        left = self._not_after - at
        return f"Its present one is good for {wording.duration(left)} more." if left > 0 else "Its last one has run out."
