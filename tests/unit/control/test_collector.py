"""When the collector of garbage sets aside what a graph is made of."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from lateen.control.collector import Collector, filling, give_back, relax


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


def test_while_much_is_made_nothing_is_collected_and_it_is_set_aside() -> None:
    before = gc.get_freeze_count()
    with filling():
        with filling():
            kept = [[number] for number in range(250_000)]
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() - before >= len(kept)


def test_what_little_was_made_is_looked_at_as_ever() -> None:
    before = gc.get_freeze_count()
    with filling():
        kept = [[number] for number in range(1_000)]
    assert (gc.isenabled(), gc.get_freeze_count(), len(kept)) == (True, before, 1_000)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps what it wants")
def test_free_memory_goes_back_to_the_system_from_below_what_is_held() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    held = [bytes([1]) * 100_000 for _ in range(500)]
    del held[:-1]
    kept = resident()

    give_back()

    assert resident() < kept - 30_000_000
