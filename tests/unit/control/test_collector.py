"""When the collector of garbage sets aside what a graph is made of."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from lateen.control.collector import Collector, relax


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_it_sets_aside_once_per_growth_by_a_quarter() -> None:
    sizes = iter([100, 4_000, 4_900, 5_000, 6_000])
    collector = Collector(lambda: next(sizes))
    assert [collector.look() for _ in range(5)] == [False, True, False, True, False]


def test_what_is_set_aside_is_looked_at_no_more() -> None:
    kept = [[number] for number in range(1_000)]
    Collector(lambda: 10_000).look()
    assert gc.get_freeze_count() >= len(kept)


def test_collections_are_rarer_than_by_default() -> None:
    before = gc.get_threshold()
    relax()
    assert gc.get_threshold()[0] > before[0]
