"""A `Way` as plain values, the shape of the command's JSON and of the API: objects and steps with the places where they are written.

Parts are percentages here, times are text. Whoever prints (`text`) reads this and nothing else, so that both forms say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lateen.api.decode import path_of
from lateen.api.text import Places
from lateen.explain.call import Call
from lateen.explain.destination import in_time, in_words
from lateen.explain.step import Decision, Step
from lateen.explain.way import Answered, Reached, Sent, Way
from lateen.ir.routes import MILLION
from lateen.values.finding import Position
from lateen.values.ref import Ref

Json = dict[str, Any]
Positions = Callable[[Ref, str], Position]
"""Object and path in it -> where that is written, as far as known."""


def nowhere(_ref: Ref, _path: str) -> Position:
    """The positions of objects that come from no file."""
    return Position()


def in_files(places: Mapping[Ref, Places]) -> Positions:
    """The positions of objects that were read from files."""

    def position(ref: Ref, path: str) -> Position:
        found = places.get(ref)
        return found.at(path_of(path)) if found is not None else Position()

    return position


def telling(way: Way, positions: Positions = nowhere) -> Json:
    """All that is said of a call. `reaches`: some of the calls get to an endpoint that lets them in, or are answered without an error."""
    return {
        "call": _call(way.call),
        "certain": way.certain,
        "reaches": _reaches(way),
        "refused": way.refused,
        "answers": [_answer(each) for each in way.answers if each.part],
        "timeout": in_time(way.timeout) if way.timeout else None,
        "retries": way.retry.attempts if way.retry is not None else 0,
        "steps": [_step(each, positions) for each in way.steps],
        "destinations": [_sent(each, positions) for each in way.sent if each.part],
    }


def _call(call: Call) -> Json:
    asked = {"method": call.method, "path": call.path, "headers": [list(pair) for pair in call.headers]} if call.protocol.is_http else {}
    return {"protocol": call.protocol.value, "host": call.host, "port": call.port, "address": call.address, **asked}


def _reaches(way: Way) -> bool:
    if any(each.part and each.status < 400 and not each.grpc_status for each in way.answers):
        return True
    return any(_is_let_in(endpoint) for each in way.sent if each.part and not each.mirrored for endpoint in each.endpoints)


def _is_let_in(of: Reached) -> bool:
    if of.onward is not None:
        return _reaches(of.onward)
    return of.decision is None or of.decision.allowed


def _answer(of: Answered) -> Json:
    return {"status": of.status, "percent": percent(of.part), "location": of.location, "grpcStatus": of.grpc_status}


def percent(part: int) -> float:
    """A part of a million in percent."""
    return round(part * 100 / MILLION, 4)


def _step(of: Step, positions: Positions) -> Json:
    at = of.position if of.position.file or of.ref is None else positions(of.ref, of.path)
    where = {"ref": str(of.ref) if of.ref is not None else "", "path": of.path, "file": at.file, "line": at.line}
    return {"stage": of.stage.value, "outcome": of.outcome.value, "said": of.said, **where}


def _sent(of: Sent, positions: Positions) -> Json:
    return {
        "name": of.destination,
        "destination": in_words(of.destination),
        "percent": percent(of.part),
        "mirrored": of.mirrored,
        "steps": [_step(each, positions) for each in of.steps],
        "endpoints": [_reached(each, positions) for each in of.endpoints],
    }


def _reached(of: Reached, positions: Positions) -> Json:
    return {
        "address": of.address,
        "port": of.port,
        "percent": percent(of.part),
        "found": of.found.value,
        "security": of.wire.value,
        "workload": str(of.known) if of.known is not None else "",
        "decision": _decision(of.decision, positions) if of.decision is not None else None,
        "onward": telling(of.onward, positions) if of.onward is not None else None,
    }


def _decision(of: Decision, positions: Positions) -> Json:
    return {
        "allowed": of.allowed,
        "by": str(of.by) if of.by is not None else "",
        "rule": of.rule,
        "status": of.status,
        "steps": [_step(each, positions) for each in of.steps],
    }
