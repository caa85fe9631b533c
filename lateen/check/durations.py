"""Spans of time. Envoy takes milliseconds, so nothing shorter and no fraction of one can be meant."""

from __future__ import annotations

from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong
from lateen.values.duration import Duration

_MILLISECOND = 10**6


def at_least_millisecond(duration: Duration | None, path: Path) -> Remarks:
    """A whole number of milliseconds, one or more; None passes."""
    if duration is None:
        return
    if duration.nanoseconds < _MILLISECOND:
        yield wrong(path, f"found {duration}, expected at least 1ms.")
    elif duration.nanoseconds % _MILLISECOND:
        yield wrong(path, f"found {duration}, expected a whole number of milliseconds.")


def zero_or_more(duration: Duration | None, path: Path) -> Remarks:
    """0, which switches the limit off, or a whole number of milliseconds."""
    if duration is not None and duration.nanoseconds:
        yield from at_least_millisecond(duration, path)
