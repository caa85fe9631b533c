import pytest

from lateen.api.networking.virtual_service import Percent
from lateen.check.percentages import share, whole


@pytest.mark.parametrize("value", [0.0, 0.0001, 33.3, 100.0])
def test_a_share_is_zero_or_what_envoy_can_count(value: float) -> None:
    assert list(share(Percent(value=value), ())) == []


@pytest.mark.parametrize("value", [-0.1, 0.00009, 100.1])
def test_other_shares_are_refused(value: float) -> None:
    assert len(list(share(Percent(value=value), ()))) == 1


def test_a_whole_percentage_has_bounds() -> None:
    assert [remark.message for remark in whole(101, ())] == ["found 101 %, expected 0 to 100."]
    assert list(whole(None, ())) == []
