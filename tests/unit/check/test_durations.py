from lateen.check.durations import at_least_millisecond, zero_or_more
from lateen.values.duration import Duration


def test_nothing_is_shorter_than_a_millisecond() -> None:
    assert [remark.message for remark in at_least_millisecond(Duration("999us"), ())] == ["found 999us, expected at least 1ms."]
    assert [remark.message for remark in at_least_millisecond(Duration("-1s"), ())] == ["found -1s, expected at least 1ms."]
    assert list(at_least_millisecond(Duration("1ms"), ())) == []


def test_zero_switches_off_where_that_is_meant() -> None:
    assert list(zero_or_more(Duration("0s"), ())) == []
    assert [remark.message for remark in zero_or_more(Duration("1us"), ())] == ["found 1us, expected at least 1ms."]


def test_what_is_not_given_is_right() -> None:
    assert list(at_least_millisecond(None, ())) == []
