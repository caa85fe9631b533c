"""Shares from 0 to 100."""

from __future__ import annotations

from lateen.api.networking.virtual_service import Percent
from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong

_LEAST = 0.0001


def share(percent: Percent | None, path: Path) -> Remarks:
    """0 to 100, and not so little that Envoy, which counts in millionths, would take it for nothing. None passes."""
    if percent is not None:
        yield from number(percent.value, (*path, "value"))


def number(value: float | None, path: Path) -> Remarks:
    """The same where the share is written as a number alone."""
    if value is not None and (not 0 <= value <= 100 or 0 < value < _LEAST):
        yield wrong(path, f"found {value:g} %, expected 0, or {_LEAST} to 100.")


def whole(value: int | None, path: Path) -> Remarks:
    """0 to 100 as a whole number. None passes."""
    if value is not None and not 0 <= value <= 100:
        yield wrong(path, f"found {value} %, expected 0 to 100.")
