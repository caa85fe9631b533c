"""Lengths of time."""

from __future__ import annotations

import pytest

from lateen.cli.token import seconds
from lateen.cli.trouble import Trouble


@pytest.mark.parametrize(("text", "length"), [("90s", 90), ("30m", 1800), ("1h", 3600), ("7d", 604800), ("1.5h", 5400)])
def test_a_length_has_a_unit(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["90", "soon", "-1h", ""])
def test_what_is_no_length_is_used_wrongly(text: str) -> None:
    with pytest.raises(Trouble, match="expected for instance 90s"):
        seconds(text)
