"""`StringMatch`: what may be matched against (VS-22, VS-23)."""

from __future__ import annotations

from lateen.api.networking.virtual_service import StringMatch
from lateen.api.text import Path
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, wrong

ANYTHING = "*"
"""As the regular expression of a header it means "present" (VS-23), although RE2 would refuse it."""


def text(match: StringMatch | None, path: Path) -> Remarks:
    """A method, scheme, authority or query parameter: an empty prefix or expression is refused."""
    if match is None:
        return
    if match.prefix == "":
        yield wrong((*path, "prefix"), "the prefix is empty, which Envoy refuses.", "Leave the match out to match any text.")
    elif match.regex is not None:
        yield from regex(match.regex, (*path, "regex"))


def header(match: StringMatch, path: Path) -> Remarks:
    """The value of a header; `regex: "*"` means that it is present."""
    if match.regex != ANYTHING:
        yield from text(match, path)


def uri(match: StringMatch | None, path: Path) -> Remarks:
    """A path, whose empty prefix matches all paths."""
    if match is not None and match.regex is not None:
        yield from regex(match.regex, (*path, "regex"))
