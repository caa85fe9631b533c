"""Trust domains: principals of an own one are those of all of them."""

from __future__ import annotations

import pytest

from lateen.translate.trust_domains import principals


@pytest.mark.rule("AZ-13")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("new/ns/a/sa/b", ("new/ns/a/sa/b", "old/ns/a/sa/b")),
        ("old/ns/a/sa/b", ("new/ns/a/sa/b", "old/ns/a/sa/b")),
        ("cluster.local/ns/a/*", ("new/ns/a/*", "old/ns/a/*")),
        ("foreign/ns/a/sa/b", ("foreign/ns/a/sa/b",)),
        ("*/ns/a/sa/b", ("*/ns/a/sa/b",)),
        ("*ld/ns/a/sa/b", ("new/ns/a/sa/b", "*ld/ns/a/sa/b")),
        ("*/sa/b", ("*/sa/b",)),
        ("*", ("*",)),
    ],
)
def test_variants(written: str, expected: tuple[str, ...]) -> None:
    assert principals((written,), ("new", "old")) == expected
