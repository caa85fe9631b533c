"""The words for what a proxy has been told."""

from __future__ import annotations

import pytest
import typer

from lateen.cli.proxy_config import Type, named


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("cluster", Type.CLUSTER),
        ("clusters", Type.CLUSTER),
        ("c", Type.CLUSTER),
        ("ep", Type.ENDPOINT),
        ("endpoints", Type.ENDPOINT),
        ("all", Type.ALL),
    ],
)
def test_istioctls_words_are_understood(word: str, meant: Type) -> None:
    assert named(word) is meant


def test_a_word_that_means_nothing_is_told_what_there_is() -> None:
    with pytest.raises(typer.BadParameter) as refused:
        named("bootstraps")
    assert str(refused.value) == '"bootstraps" is none of cluster, listener, route, endpoint, secret, all.'
