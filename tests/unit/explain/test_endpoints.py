"""The endpoints that may be chosen, with their shares."""

from __future__ import annotations

from lateen.explain.endpoints import possible
from lateen.ir.endpoints import Assignment, Condition, Endpoint, Group
from lateen.ir.view import Locality

A, B, C = (Endpoint(f"10.0.0.{number}", 80) for number in (1, 2, 3))
HERE, THERE = Locality("here"), Locality("there")


def shares(*groups: Group, by_locality: bool = False) -> dict[str, int]:
    return {each.address: part for each, part in possible(Assignment("a", groups), by_locality=by_locality).chosen}


def test_endpoints_have_shares_by_their_weights_wherever_they_are() -> None:
    heavy = Endpoint("10.0.0.9", 80, weight=2)
    assert shares(Group(HERE, (A, B), 2), Group(THERE, (heavy,), 2)) == {"10.0.0.1": 250_000, "10.0.0.2": 250_000, "10.0.0.9": 500_000}


def test_localities_with_weights_of_their_own_share_first() -> None:
    assert shares(Group(HERE, (A, B), 80), Group(THERE, (C,), 20), by_locality=True) == {
        "10.0.0.1": 400_000,
        "10.0.0.2": 400_000,
        "10.0.0.3": 200_000,
    }


def test_lower_priorities_wait_until_those_above_are_not_well() -> None:
    found = possible(Assignment("a", (Group(HERE, (A,), 1), Group(THERE, (B, C), 2, priority=1))), by_locality=False)
    assert ([each.address for each, _ in found.chosen], found.lower, found.doubtful) == (["10.0.0.1"], 2, False)


def test_endpoints_that_are_not_well_get_nothing_and_make_the_choice_doubtful() -> None:
    ill, leaving = Endpoint("10.0.0.8", 80, condition=Condition.UNHEALTHY), Endpoint("10.0.0.7", 80, condition=Condition.DRAINING)
    found = possible(Assignment("a", (Group(HERE, (A, ill, leaving), 3),)), by_locality=False)
    assert ([each.address for each, _ in found.chosen], found.doubtful) == (["10.0.0.1"], True)


def test_without_endpoints_there_is_nothing_to_choose() -> None:
    assert shares() == {}
