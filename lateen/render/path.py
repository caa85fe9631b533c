"""Rewriting of paths, for requests that are sent on and for redirects alike."""

from __future__ import annotations

from envoy.type.matcher.v3.regex_pb2 import RegexMatchAndSubstitute, RegexMatcher

from lateen.ir.routes import Replacement


def regex_substitution(replacement: Replacement) -> RegexMatchAndSubstitute:
    """The replacement of a pattern; of one without a pattern there is none to be made."""
    return RegexMatchAndSubstitute(pattern=RegexMatcher(regex=replacement.pattern), substitution=replacement.substitution)
