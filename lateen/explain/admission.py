"""What of a request is let in, before policies and routes: names of headers with underscores, escaped slashes, and how its path is normalised (HC-2).

Envoy's order: slashes are unescaped first, or refused, or the client is sent to where there are none; then dots go, then slashes in a row.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from lateen.explain.call import Call
from lateen.explain.evidence import normalised
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.way import Answered
from lateen.ir.chain import HttpOptions

BAD_REQUEST, ELSEWHERE = 400, 307


class Admitted(NamedTuple):
    """The request as it goes on, or the answer to one that does not."""

    call: Call
    answer: Answered | None = None
    steps: tuple[Step, ...] = ()


def admitted(call: Call, options: HttpOptions) -> Admitted:
    """What becomes of the request before anybody looks at where it goes."""
    call = msgspec.structs.replace(call, headers=_kept(call, options))
    if options.underscores == "REJECT_REQUEST" and any("_" in name for name, _ in call.headers):
        return _answered(call, BAD_REQUEST, "a header has an underscore in its name")
    manner = options.escaped_slashes or ("UNESCAPE_AND_FORWARD" if options.normalization == "DECODE_AND_MERGE_SLASHES" else "")
    path = _unescaped(call.path) if manner not in ("", "KEEP_UNCHANGED") else call.path
    if path != call.path and manner == "REJECT_REQUEST":
        return _answered(call, BAD_REQUEST, "the path has escaped slashes")
    changed = msgspec.structs.replace(call, path=_merged(normalised(path, "NONE" if options.normalization == "NONE" else "BASE"), options))
    if path != call.path and manner == "UNESCAPE_AND_REDIRECT":
        return _answered(changed, ELSEWHERE, f"the path has escaped slashes: redirected to {changed.path}", changed.path)
    return Admitted(changed)


def _answered(call: Call, status: int, said: str, location: str = "") -> Admitted:
    return Admitted(call, Answered(status, location), (Step(Stage.RESULT, f"the proxy answers {status}: {said}", Outcome.ANSWERED),))


def _kept(call: Call, options: HttpOptions) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in call.headers if options.underscores != "DROP_HEADER" or "_" not in pair[0])


def _unescaped(path: str) -> str:
    bare, mark, query = path.partition("?")
    return re.sub("%5c", r"\\", re.sub("%2f", "/", bare, flags=re.IGNORECASE), flags=re.IGNORECASE) + mark + query


def _merged(path: str, options: HttpOptions) -> str:
    usual = options.normalization in ("MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES")
    if not (usual if options.merges_slashes is None else options.merges_slashes):
        return path
    bare, mark, query = path.partition("?")
    return re.sub("/+", "/", bare) + mark + query
