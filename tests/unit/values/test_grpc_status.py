import pytest

from lateen.values.grpc_status import NAMES, number


@pytest.mark.parametrize(("word", "expected"), [("OK", 0), ("UNAVAILABLE", 14), ("unauthenticated", 16), ("CANCELED", 1), ("7", 7), ("NO", None)])
def test_a_status_is_known_by_name_in_any_case_and_by_number(word: str, expected: int | None) -> None:
    assert number(word) == expected


def test_there_are_seventeen() -> None:
    assert (len(NAMES), len(set(NAMES))) == (17, 17)
