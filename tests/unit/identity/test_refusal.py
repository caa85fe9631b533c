"""Refusals as values."""

from __future__ import annotations

from lateen.identity.refusal import Refusal


def test_a_refusal_is_its_sentence():
    assert str(Refusal("the token ended at 12:00; ask for a new one.")) == "the token ended at 12:00; ask for a new one."
