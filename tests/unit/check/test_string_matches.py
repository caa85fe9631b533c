import pytest

from lateen.api.networking.virtual_service import StringMatch
from lateen.check.string_matches import header, text, uri


@pytest.mark.rule("VS-23")
def test_a_star_as_expression_of_a_header_means_present_and_nothing_elsewhere() -> None:
    assert list(header(StringMatch(regex="*"), ())) == []
    assert len(list(text(StringMatch(regex="*"), ()))) == 1


@pytest.mark.rule("VS-21")
def test_an_empty_prefix_is_right_for_a_path_only() -> None:
    assert list(uri(StringMatch(prefix=""), ())) == []
    assert len(list(text(StringMatch(prefix=""), ()))) == 1


def test_what_is_not_given_is_right() -> None:
    assert list(text(None, ())) == []
    assert list(uri(None, ())) == []
    assert list(header(StringMatch(), ())) == []
