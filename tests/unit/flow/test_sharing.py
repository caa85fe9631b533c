"""Results keep the parts that they had."""

from __future__ import annotations

import pytest

from lateen.flow import Graph, query, source
from lateen.flow.sharing import made_of


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "abc"),
        ("abc", ""),
        ("abc", "abxc"),
        ("abc", "ac"),
        ("abc", "xyz"),
        ("aaa", "aa"),
        ("aa", "aaa"),
        ("abab", "ab"),
        ("abc", "abc"),
    ],
)
def test_what_is_made_of_the_former_is_equal_to_what_it_should_be(before: str, after: str) -> None:
    assert made_of(tuple(before), tuple(after)) == tuple(after)


def test_equal_elements_at_either_end_are_the_former_ones() -> None:
    before = tuple([number] for number in range(4))
    after = ([0], [1], [9], [3])

    found = made_of(before, after)

    assert [old is new for old, new in zip(before, found, strict=True)] == [True, True, False, True]


def test_anything_but_two_tuples_is_left_alone() -> None:
    new = (1, 2)
    assert made_of(None, new) is new
    assert made_of([1], new) is new
    assert made_of((1,), "x") == "x"


@source
def numbers() -> tuple[int, ...]:
    return ()


@query
def lists(g: Graph) -> tuple[list[int], ...]:
    return tuple([number] for number in numbers(g))


def test_a_query_that_runs_again_keeps_what_did_not_change() -> None:
    g = Graph()
    with g.batch() as batch:
        batch.set(numbers.key(), (1, 2, 3))
    first = lists(g)
    with g.batch() as batch:
        batch.set(numbers.key(), (1, 2, 4, 3))
    second = lists(g)

    assert second == ([1], [2], [4], [3])
    assert (second[0] is first[0], second[1] is first[1], second[3] is first[2]) == (True, True, True)
