"""Slashes where a prefix and its replacement meet."""

from __future__ import annotations

import pytest

from tests.given.checks import said


def remarks(prefixes: str, action: str) -> list[str]:
    matches = ", ".join(f"{{uri: {{prefix: {prefix}}}}}" for prefix in prefixes.split())
    return said("networking.istio.io/v1", "VirtualService", f"hosts: [a.b]\nhttp: [{{match: [{matches}], {action}}}]")


TO = "route: [{destination: {host: c.d}}]"


@pytest.mark.rule("VS-46")
def test_a_slash_too_many_or_too_few_is_told() -> None:
    many = 'a request for "/a/a" goes on as "//a", for the prefix "/a" is replaced as it is written. Match "/a/" first, and replace it by "/".'
    assert remarks("/a", f"rewrite: {{uri: /}}, {TO}") == [f"warning IST0133 spec.http[0].rewrite.uri: {many}"]
    few = 'a request for "/a/a" goes on as "/ba", for the prefix "/a/" is replaced as it is written. Match "/a/" first, and replace it by "/b/".'
    assert remarks("/a/", "redirect: {prefixRewrite: /b}") == [f"warning IST0133 spec.http[0].redirect.prefixRewrite: {few}"]


@pytest.mark.rule("VS-46")
@pytest.mark.parametrize(("prefixes", "new"), [("/a", "/b"), ("/a/", "/b/"), ("/a/ /a", "/"), ("/", "/b"), ("/", "/b/")])
def test_what_fits_together_is_not(prefixes: str, new: str) -> None:
    assert remarks(prefixes, f"rewrite: {{uri: {new}}}, {TO}") == []
