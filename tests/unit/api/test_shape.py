import pytest

from lateen.api.networking.virtual_service import StringMatch


def test_two_fields_that_exclude_each_other_cannot_be_given_in_code_either() -> None:
    with pytest.raises(ValueError, match='"exact" and "regex" are given, expected only one of them'):
        StringMatch(exact="a", regex="b")


def test_a_struct_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        StringMatch(exact="a").exact = "b"  # type: ignore[misc]
