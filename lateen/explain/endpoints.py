"""Which endpoints of an assignment calls may go to while all is as it is told (`ir.endpoints`), and with what share.

Only what the control plane knows of health counts: an endpoint that the proxy itself has left out for failing is still told here.
"""

from __future__ import annotations

from typing import NamedTuple

from lateen.ir.endpoints import Assignment, Condition, Endpoint, Group
from lateen.ir.routes import MILLION


class Possible(NamedTuple):
    """The endpoints that may be chosen, each with its share of a million; how many stand at lower priorities; and whether some are told that are
    not well, so that the proxy weighs how many are.
    """

    chosen: tuple[tuple[Endpoint, int], ...]
    lower: int = 0
    doubtful: bool = False


def possible(of: Assignment, *, by_locality: bool) -> Possible:
    """What may be chosen of the assignment. `by_locality`: localities have weights of their own."""
    first = min((group.priority for group in of.groups), default=0)
    groups = [group for group in of.groups if group.priority == first and _well(group)]
    lower = sum(len(group.endpoints) for group in of.groups if group.priority != first)
    doubtful = any(each.condition is Condition.UNHEALTHY for group in of.groups for each in group.endpoints)
    return Possible(tuple(_shares(groups, by_locality=by_locality)), lower, doubtful)


def _well(group: Group) -> list[Endpoint]:
    return [each for each in group.endpoints if each.condition is Condition.HEALTHY]


def _shares(groups: list[Group], *, by_locality: bool) -> list[tuple[Endpoint, int]]:
    """Endpoints by their weights among all, or among those of their locality, which itself has a weight."""
    total = sum(each.weight for group in groups for each in _well(group))
    places = sum(group.weight for group in groups)
    found = []
    for group in groups:
        inside = sum(each.weight for each in _well(group)) * places if by_locality else total
        found += [(each, each.weight * (group.weight if by_locality else 1) * MILLION // inside) for each in _well(group)]
    return found
