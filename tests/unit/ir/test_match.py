"""Which matches let everything pass."""

from __future__ import annotations

import pytest

from lateen.ir.match import Header, Match, Parameter, Path, PathManner


@pytest.mark.rule("VS-20")
@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Match(), True),
        (Match(Path(PathManner.REGEX, ".*")), True),
        (Match(Path(PathManner.SEGMENTS, "/")), True),
        (Match(Path(PathManner.EXACT, "/")), False),
        (Match(Path(PathManner.PREFIX, "/a")), False),
        (Match(headers=(Header("x"),)), False),
        (Match(parameters=(Parameter("q"),)), False),
    ],
)
def test_a_match_fits_everything_when_nothing_is_tested(match: Match, expected: bool):
    assert match.fits_all is expected
