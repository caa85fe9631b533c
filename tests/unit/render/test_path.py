"""Rewriting of paths."""

from __future__ import annotations

import pytest

from lateen.ir.routes import Replacement
from lateen.render.path import regex_substitution


@pytest.mark.rule("VS-46")
def test_a_pattern_is_replaced_as_written():
    seen = regex_substitution(Replacement(pattern="^/a/(.*)", substitution="/\\1"))

    assert (seen.pattern.regex, seen.substitution) == ("^/a/(.*)", "/\\1")
