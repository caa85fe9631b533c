"""`Step`: one thing that was looked at on the way of a call, and what came of it; `Decision`: what a proxy's policies say of a call.

Steps are told in the order in which the proxy would look. A step never guesses: where explain cannot know, the outcome is `UNKNOWN`, and whoever
reads it must not treat the rest as certain.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.values.finding import Position
from lateen.values.ref import Ref


class Stage(StrEnum):
    """What part of the way a step belongs to, in the order of the way; the word that is printed before it."""

    NAME = "name"
    LISTENER = "listener"
    HOST = "host"
    RULE = "rule"
    FAULT = "fault"
    ROUTE = "route"
    DESTINATION = "destination"
    POLICY = "policy"
    TLS = "tls"
    ENDPOINT = "endpoint"
    ARRIVAL = "arrival"
    TOKEN = "token"
    AUTHORIZATION = "authorization"
    RESULT = "result"


class Outcome(StrEnum):
    """What came of it."""

    TAKEN = "taken"
    """It holds, and decides."""
    PASSED = "passed"
    """It was looked at and does not hold for this call."""
    REFUSED = "refused"
    """The call ends here, refused."""
    ANSWERED = "answered"
    """The call ends here, with the proxy's own answer."""
    NOTED = "noted"
    """It is so, and decides nothing."""
    UNKNOWN = "unknown"
    """It cannot be told from the configuration; the rest holds only if this goes as the step supposes."""


class Step(msgspec.Struct, frozen=True):
    """One step. `said` is a sentence for people, without the object; `ref` is the object that decided it, None where none did, and `path` the place
    in it (`spec.http[1].route[0]`, empty for all of it). `position` is where that is written, where known.
    """

    stage: Stage
    said: str
    outcome: Outcome = Outcome.TAKEN
    ref: Ref | None = None
    path: str = ""
    position: Position = Position()


class Decision(msgspec.Struct, frozen=True):
    """What becomes of a call at a proxy that has to let it in.

    `by` is the object that decided, None where the absence of any did; `rule` is the rule's place in it (`spec.rules[0]`), or empty. `status` is
    the HTTP status of a refusal, 0 where the connection is closed instead, or the call is allowed. `steps` are all that was looked at.
    """

    allowed: bool
    by: Ref | None = None
    rule: str = ""
    steps: tuple[Step, ...] = ()
    status: int = 0
