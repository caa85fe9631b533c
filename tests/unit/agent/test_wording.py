"""How the agent words things."""

import pytest

from lateen.agent import wording


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "400 ms"), (1.0, "1 s"), (2.14, "2.1 s"), (12.3, "12 s"), (102.4, "102 s"), (600.0, "10 min")])
def test_durations(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")])
def test_ordinals(number: int, text: str) -> None:
    assert wording.ordinal(number) == text


def test_exits() -> None:
    assert wording.exited("reviews-v1", 3, 2.1) == "reviews-v1 exited with code 3 after 2.1 s"
    assert wording.exited("reviews-v1", -9) == "reviews-v1 was ended by SIGKILL"
    assert wording.exited("reviews-v1", -99) == "reviews-v1 was ended by signal 99"
    assert (wording.shell_code(-9), wording.shell_code(3)) == (137, 3)


def test_last_words() -> None:
    assert wording.last_words(()) == ""
    assert wording.last_words(("a", "b")) == " Its last output:\n    a\n    b"
