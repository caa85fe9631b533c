"""A row of the tables: a rule, a spec that breaks it, and its good neighbour."""

from __future__ import annotations

from typing import NamedTuple

from lateen.values.finding import Severity


class Row(NamedTuple):
    """A rule: a spec that breaks it and where, and one that does not; both in YAML's flow style, without the outer braces."""

    rule: str
    bad: str
    path: str
    good: str
    severity: Severity = Severity.ERROR


def warned(rule: str, bad: str, path: str, good: str) -> Row:
    return Row(rule, bad, path, good, Severity.WARNING)
