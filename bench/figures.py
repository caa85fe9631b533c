"""A figure: what was measured, beside what is to be reached; and how a list of them is printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One number of one row. `reach` is the most that it may be; None where nothing was promised. `spread` is the least and the most measured."""

    row: str
    what: str
    value: float
    unit: str = ""
    reach: float | None = None
    spread: tuple[float, float] | None = None

    @property
    def is_reached(self) -> bool:
        """Whether it is as good as promised."""
        return self.reach is None or self.value <= self.reach


def of(row: str, what: str, values: Sequence[float], unit: str, reach: float | None = None) -> Figure:
    """The median of several measurements."""
    spread = (min(values), max(values)) if len(values) > 1 else None
    return Figure(row, what, median(values), unit, reach, spread)


def table(machine: Mapping[str, Any], figures: Iterable[Figure]) -> str:
    """All figures as a Markdown table, under a line about the machine."""
    lines = [", ".join(f"{key} {value}" for key, value in machine.items()), "", "| | measured | least–most | reach | |", "|---|---|---|---|---|"]
    lines += [line(figure) for figure in figures]
    return "\n".join(lines)


def line(figure: Figure) -> str:
    """One row of the table."""
    spread = f"{_number(figure.spread[0])}–{_number(figure.spread[1])}" if figure.spread else ""
    reach = "" if figure.reach is None else f"≤ {_number(figure.reach)}"
    verdict = "" if figure.reach is None else ("yes" if figure.is_reached else "**no**")
    return f"| {figure.row}: {figure.what} | {_number(figure.value)} {figure.unit} | {spread} | {reach} | {verdict} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
