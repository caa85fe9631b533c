"""Columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lateen.api.kinds import KINDS
from lateen.control.api.columns import _COLUMNS, age, columns

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (119, "119s"), (120, "2m"), (3 * 3600 - 1, "179m"), (3 * 3600, "3h"), (47 * 3600, "47h"), (48 * 3600, "2d")]
)
def test_ages_are_said_as_kubectl_says_them(seconds: int, text: str) -> None:
    assert age((NOW - timedelta(seconds=seconds)).isoformat(), NOW) == text


def test_no_time_has_no_age() -> None:
    assert age("", NOW) == "<unknown>"


def test_every_row_of_the_table_is_a_kind_and_reads_an_empty_object() -> None:
    assert set(_COLUMNS) <= set(KINDS)
    for kind in KINDS:
        for column in columns(kind):
            assert isinstance(column.cell({}), str)


def test_values_in_lists_are_joined() -> None:
    [gateways, hosts] = columns("VirtualService")
    manifest = {"spec": {"gateways": ["a", "b"], "hosts": ["x"]}}
    assert (gateways.cell(manifest), hosts.cell(manifest)) == ("a,b", "x")
