"""What is told of a call (`telling`), for people: a line for each step, with the object and the place that decided it; at the end what comes of it.

A mark stands before each step: `+` holds and decides, `-` was looked at and does not hold, `x` ends the call, `=` answers it, `?` cannot be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

Json = Mapping[str, Any]

MARKS: Final = {"taken": "+", "passed": "-", "refused": "x", "answered": "=", "noted": " ", "unknown": "?"}
SECURITY: Final = {"plain": "plain text", "mesh": "mutual TLS", "tls": "TLS"}
_STAGE: Final = 13
_WIDEST: Final = 96
_INDENT: Final = "  "


class Line(NamedTuple):
    """A line before it is aligned with the others: what is said, and where that is written."""

    said: str
    place: str = ""


def text(told: Json) -> str:
    """All lines."""
    return "\n".join((*aligned(list(lines(told))), "", *result(told)))


def aligned(found: list[Line]) -> Iterator[str]:
    """The places under each other, as far as lines are not too long."""
    width = max((len(each.said) for each in found if each.place and len(each.said) <= _WIDEST), default=0)
    return (f"{each.said:<{width}}   {each.place}" if each.place else each.said for each in found)


def lines(told: Json, indent: str = "") -> Iterator[Line]:
    """A line for each step, those of destinations and endpoints under their heads."""
    yield from _steps(told["steps"], indent)
    several = len(told["destinations"]) > 1
    for each in told["destinations"]:
        if several:
            yield Line("")
            yield Line(f"{indent}{_part(each)} {'is copied ' if each['mirrored'] else ''}to {each['destination']}:")
        yield from _steps(each["steps"], indent)
        for endpoint in each["endpoints"]:
            yield from _endpoint(endpoint, indent)


def _endpoint(of: Json, indent: str) -> Iterator[Line]:
    said = f"{where(of)}, by {SECURITY[of['security']]}" + (f", {of['percent']:g}%" if of["percent"] != 100 else "")
    yield Line(f"{indent}{'endpoint':<{_STAGE}} {MARKS['taken']} {said}", of["workload"])
    if of["decision"] is not None:
        yield from _steps(of["decision"]["steps"], indent + _INDENT)
    if of["onward"] is not None:
        yield from lines(of["onward"], indent + _INDENT)


def _steps(steps: list[Json], indent: str) -> Iterator[Line]:
    return (Line(f"{indent}{each['stage']:<{_STAGE}} {MARKS[each['outcome']]} {each['said']}", _place(each)) for each in steps)


def _place(step: Json) -> str:
    where = f"({step['file']}:{step['line']})" if step["line"] else f"({step['file']})" if step["file"] else ""
    return " ".join(part for part in (step["ref"], step["path"], where) if part)


def _part(of: Json) -> str:
    return f"{of['percent']:g}%"


def where(of: Json) -> str:
    """An endpoint's address, as far as it is known."""
    if not of["address"]:
        return f"an address outside of the mesh, port {of['port']}"
    address = f"[{of['address']}]" if ":" in of["address"] and "/" not in of["address"] else of["address"]
    return f"{address}:{of['port']}" if of["port"] else str(address)


# What comes of it


def result(told: Json) -> Iterator[str]:
    """What comes of the call, a sentence for each thing that may."""
    if told["refused"]:
        yield "The connection is refused."
    yield from (_answer(each) for each in told["answers"])
    for each in told["destinations"]:
        yield from _destination(each, told)
    if not told["certain"]:
        yield "Not all of it is certain: see the lines with a question mark."


def _answer(of: Json) -> str:
    what = f"gRPC status {of['grpcStatus']}" if of["grpcStatus"] is not None else str(of["status"])
    goes = f", leading to {of['location']}" if of["location"] else ""
    return f"The proxy itself answers {what}{goes}{_share(of)}."


def _share(of: Json) -> str:
    return f" ({of['percent']:g}% of the calls)" if of["percent"] != 100 else ""


def _destination(of: Json, told: Json) -> Iterator[str]:
    if of["mirrored"]:
        yield f"A copy goes to {of['destination']}{_share(of)}."
        return
    if not of["endpoints"]:
        http = told["call"]["protocol"] not in ("tcp", "tls")
        ends = "answered 503" if http else "closed"
        yield f"Nothing takes it at {of['destination']}, so it is {ends}{_share(of)}."
    denied = [each for each in of["endpoints"] if each["decision"] is not None and not each["decision"]["allowed"]]
    open_ = [each for each in of["endpoints"] if each not in denied]
    if open_:
        named = ", ".join(where(each) for each in open_[:5]) + (f" and {len(open_) - 5} more" if len(open_) > 5 else "")
        yield f"It goes to {of['destination']}, at {'one of ' if len(open_) > 1 else ''}{named}{_share(of)}."
    if denied:
        named = ", ".join(where(each) for each in denied[:5])
        yield f"It is denied at {named}{_denial(denied[0]['decision'])}."


def _denial(decision: Json) -> str:
    by = f" by {decision['by']} {decision['rule']}".rstrip() if decision["by"] else ""
    return f" with {decision['status']}{by}" if decision["status"] else f": the connection is closed{by}"
