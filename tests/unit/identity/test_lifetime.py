"""When certificates are renewed."""

from datetime import UTC, datetime, timedelta

import pytest

from lateen.identity.lifetime import renew_at

START = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.rule("AG-4")
def test_a_certificate_is_renewed_at_half_its_life():
    assert renew_at(START, START + DAY) == START + timedelta(hours=12)


def test_jitter_moves_the_moment_by_its_share_of_the_life():
    assert renew_at(START, START + 100 * DAY, 0.5, -0.01) == START + 49 * DAY


def test_the_moment_stays_within_the_life():
    assert renew_at(START, START + DAY, 0.9, 0.5) == START + DAY
    assert renew_at(START, START + DAY, 0.1, -0.5) == START
