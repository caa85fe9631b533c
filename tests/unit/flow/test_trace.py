"""`trace` tells what a cell read and who reads it."""

from __future__ import annotations

from lateen.flow import Graph, query, source, trace


@source
def number(name: str) -> int:
    return 1


@query
def double(g: Graph, name: str) -> int:
    return 2 * number(g, name)


@query
def both(g: Graph, one: str, other: str) -> int:
    return double(g, one) + number(g, other)


def test_a_trace_names_reads_in_order_and_readers() -> None:
    g = Graph()
    both(g, "a", "b")
    found = trace(g, both.key("a", "b"))
    assert found is not None
    assert found.reads == (double.key("a"), number.key("b"))
    below = trace(g, double.key("a"))
    assert below is not None
    assert below.readers == (both.key("a", "b"),)


def test_what_was_never_asked_for_has_no_trace() -> None:
    assert trace(Graph(), double.key("a")) is None
