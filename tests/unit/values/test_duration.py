import pickle

import pytest

from lateen.values.duration import Duration


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("1.5s", 1_500_000_000),
        ("100ms", 100_000_000),
        ("1h30m", 5_400_000_000_000),
        ("1m0.5s", 60_500_000_000),
        (".5s", 500_000_000),
        ("2us", 2_000),
        ("2µs", 2_000),
        ("7ns", 7),
        ("-1s", -1_000_000_000),
        ("+1s", 1_000_000_000),
    ],
)
def test_a_duration_has_the_length_that_go_gives_it(text: str, nanoseconds: int) -> None:
    assert Duration(text).nanoseconds == nanoseconds


@pytest.mark.parametrize("text", ["", "5", "s", "1d", "1 s", "1s ", "1s,", "one second", "-", "1e3s", "5x1s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as"):
        Duration(text)


def test_a_duration_is_its_own_text() -> None:
    assert Duration("1h30m") == "1h30m"
    assert str(Duration("1h30m")) == "1h30m"
    assert Duration("1h30m").seconds == 5400.0
    assert Duration("1.5s").milliseconds == 1500.0


def test_nanoseconds_are_written_as_protobuf_does() -> None:
    assert Duration.of_nanoseconds(1_500_000_000) == "1.5s"
    assert Duration.of_nanoseconds(2_000_000_000) == "2s"
    assert Duration.of_nanoseconds(-1) == "-0.000000001s"


def test_a_duration_can_be_sent_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(Duration("3s")))
    assert (copy, copy.nanoseconds) == ("3s", 3_000_000_000)
