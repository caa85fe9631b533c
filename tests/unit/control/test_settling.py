"""When writes are acted on."""

from __future__ import annotations

import pytest

from lateen.control.settling import Settling


def test_configuration_waits_for_quiet() -> None:
    settling = Settling(quiet=0.02, patience=0.2)
    settling.wrote(10.0, complete=False)
    settling.wrote(10.01, complete=False)
    assert settling.due() == pytest.approx(10.03)


def test_it_does_not_wait_longer_than_its_patience() -> None:
    settling = Settling(quiet=0.02, patience=0.2)
    for hundredth in range(100):
        settling.wrote(10 + hundredth / 100, complete=False)
    assert settling.due() == pytest.approx(10.2)


def test_what_is_complete_waits_for_nothing_and_takes_the_rest_along() -> None:
    settling = Settling()
    settling.wrote(10.0, complete=False)
    settling.wrote(10.01, complete=True)
    assert settling.due() == pytest.approx(10.01)


def test_what_is_complete_is_not_held_up_by_what_comes_behind_it() -> None:
    settling = Settling()
    settling.wrote(10.0, complete=True)
    settling.wrote(10.001, complete=False)
    assert settling.due() == pytest.approx(10.0)
    settling.acted()
    settling.wrote(11.0, complete=False)
    assert settling.due() == pytest.approx(11.02)


def test_nothing_is_due_without_a_write() -> None:
    settling = Settling()
    assert settling.due() is None
    settling.wrote(1.0, complete=True)
    settling.acted()
    assert settling.due() is None
