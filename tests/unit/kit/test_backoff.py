"""Backoff."""

import pytest

from lateen.kit.backoff import Backoff


def test_each_retry_waits_twice_as_long_as_the_one_before() -> None:
    assert [Backoff(0.2).delay(retry) for retry in (1, 2, 3, 4)] == [0.2, 0.4, 0.8, 1.6]


def test_a_delay_never_passes_the_ceiling_however_many_retries_there_were() -> None:
    assert Backoff(0.2, ceiling=5.0).delay(10_000) == 5.0


def test_jitter_scales_by_a_fifth_either_way() -> None:
    assert Backoff(1.0).delay(1, jitter=1.0) == pytest.approx(1.2)
    assert Backoff(1.0).delay(1, jitter=-1.0) == pytest.approx(0.8)
