"""Assignments."""

from __future__ import annotations

from lateen.ir.endpoints import Assignment, Endpoint, Group
from lateen.ir.view import Locality


def test_the_size_of_an_assignment_is_that_of_all_its_groups() -> None:
    near = Group(Locality("r", "a"), (Endpoint("10.0.0.1", 80), Endpoint("10.0.0.2", 80)), 2)
    far = Group(Locality("r", "b"), (Endpoint("10.0.0.3", 80),), 1, priority=1)
    assert Assignment("x", (near, far)).size == 3
    assert Assignment("x").size == 0
