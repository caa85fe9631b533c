"""Where in a list a patch puts its value."""

from __future__ import annotations

import pytest
from envoy.config.listener.v3.listener_components_pb2 import FilterChain

from lateen.ir.patch import Operation
from lateen.render.patch_lists import put, take


def chain(*names: str) -> FilterChain:
    out = FilterChain()
    for name in names:
        out.filters.add(name=name)
    return out


def after(operation: Operation, beside: str | None, end: int | None = None, names: tuple[str, ...] = ("a", "b", "c")) -> str:
    held = chain(*names)
    value = chain("x").filters[0]
    fits = None if beside is None else lambda each: each.name == beside
    was_possible = put(held.filters, operation, value, fits, end)
    found = "".join(each.name for each in held.filters)
    assert was_possible is (found != "".join(names))
    return found


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize(
    ("operation", "beside", "expected"),
    [
        (Operation.INSERT_BEFORE, "b", "axbc"),
        (Operation.INSERT_AFTER, "b", "abxc"),
        (Operation.INSERT_FIRST, "b", "xabc"),
        (Operation.REPLACE, "b", "axc"),
        (Operation.ADD, "b", "abcx"),
        (Operation.INSERT_BEFORE, None, "xabc"),
        (Operation.INSERT_AFTER, None, "abcx"),
        (Operation.INSERT_FIRST, None, "xabc"),
        (Operation.ADD, None, "abcx"),
    ],
)
def test_a_value_stands_where_the_operation_says(operation: Operation, beside: str | None, expected: str) -> None:
    assert after(operation, beside) == expected


@pytest.mark.rule("EX-2")
@pytest.mark.parametrize("operation", [Operation.INSERT_BEFORE, Operation.INSERT_AFTER, Operation.INSERT_FIRST, Operation.REPLACE])
def test_beside_what_is_absent_nothing_is_put(operation: Operation) -> None:
    assert after(operation, "absent") == "abc"


def test_only_what_stands_beside_something_can_be_replaced() -> None:
    assert after(Operation.REPLACE, None) == "abc"


def test_what_is_added_stands_before_the_end_of_a_list_that_has_one() -> None:
    assert after(Operation.ADD, None, end=2) == "abxc"
    assert after(Operation.INSERT_AFTER, None, end=2) == "abxc"


def test_all_that_fit_are_taken() -> None:
    held = chain("a", "b", "a")
    assert take(held.filters, lambda each: each.name == "a")
    assert [each.name for each in held.filters] == ["b"]
    assert not take(held.filters, lambda each: each.name == "a")
