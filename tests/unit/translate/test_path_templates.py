"""Path templates: what is one, and what it is for Envoy."""

from __future__ import annotations

import pytest

from lateen.translate.path_templates import is_template, path_template


@pytest.mark.rule("AZ-5")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/{*}/b/{**}", "/a/*/b/**"),
        ("/{**}/x", "/**/x"),
        ("/a/{**}/{*}", None),
        ("/a/{**}/{**}", None),
        ("/a/{*}/b*", None),
        ("/a/x{*}", None),
        ("a/{*}", None),
        ("/a{b}/{*}", None),
    ],
)
def test_templates(path: str, expected: str | None) -> None:
    assert is_template(path)
    assert path_template(path) == expected


def test_other_wildcards_make_no_template() -> None:
    assert not is_template("/a/*")
    assert not is_template("/a/{b}")
