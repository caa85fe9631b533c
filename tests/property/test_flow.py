"""Incremental equals from scratch: the law that the engine must hold, over random programs and random edits."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lateen.flow import Graph, QueryFailed, query, source

LEVELS = 6
SEQUENCES = int(os.environ.get("LATEEN_FLOW_SEQUENCES", "50000"))
SHARDS = 4


@source
def number(n: int) -> int:
    return 0


@source
def shape(n: int) -> int:
    """What the query of this level does; edited like any other input, so that what a query reads changes too."""
    return 0


@query
def value(g: Graph, level: int) -> int:
    how = shape(g, level)
    if level == 0:
        return number(g, how % 4)
    below = [value(g, (level - 1 - how) % level), number(g, (how >> 2) % 4)]
    match how % 5:
        case 0:
            return sum(below) % 3
        case 1:
            return value(g, (below[0] + how) % level) if below[1] % 2 else below[0]
        case 2:
            return min(below[0], 1)
        case 3 if below[1] % 4 == 3:
            raise ValueError("a query that fails")
        case _:
            return sum(value(g, n) for n in range(level) if (how >> n) & 1)


def outcome(g: Graph, level: int) -> int | str:
    try:
        return value(g, level)
    except QueryFailed as failure:
        return str(failure.key)


def from_scratch(written: dict[tuple[int, int], int]) -> list[int | str]:
    g = Graph()
    with g.batch() as batch:
        for (kind, n), what in written.items():
            batch.set((shape if kind else number).key(n), what)
    return [outcome(g, level) for level in range(LEVELS)]


def play(edits: bytes) -> None:
    """Three bytes an edit: what to do, where, and the value."""
    g = Graph()
    written: dict[tuple[int, int], int] = {}
    heard: dict[int, int | str] = {}
    watched: set[int] = set()
    for action, where, what in zip(edits[::3], edits[1::3], edits[2::3], strict=False):
        kind, n = action & 1, where % LEVELS
        written[kind, n] = what
        with g.batch() as batch:
            batch.set((shape if kind else number).key(n), what)
        level = (where >> 4) % LEVELS
        if action & 2 and level not in watched:
            watched.add(level)
            g.watch(value.key(level))
        elif action & 4 and level in watched:
            watched.discard(level)
            heard.pop(level, None)
            g.unwatch(value.key(level))
        if action & 8:
            outcome(g, level)
        if action & 16:
            g.sweep(idle=action >> 6)
        if action & 32:
            for change in g.pull():
                heard[change.key.args[0]] = str(change.error.key) if isinstance(change.error, QueryFailed) else change.value
            expected = from_scratch(written)
            assert {level: expected[level] for level in watched} == heard
    assert [outcome(g, level) for level in range(LEVELS)] == from_scratch(written)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_incremental_equals_from_scratch(shard: int) -> None:
    @settings(max_examples=SEQUENCES // SHARDS, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.binary(min_size=6, max_size=60))
    def law(edits: bytes) -> None:
        play(edits)

    law()
