"""What the import patterns of a Sidecar say of a host."""

from __future__ import annotations

import pytest

from lateen.translate.import_patterns import admits_rule_of, is_excluded


@pytest.mark.rule("SC-4")
@pytest.mark.parametrize(
    ("patterns", "owner", "host", "admitted"),
    [
        (("./*",), "here", "a.example", True),
        (("./*",), "there", "a.example", False),
        (("there/a.example",), "there", "*.example", True),
        (("*/*.example",), "there", "a.example", True),
        (("*/*", "~there/*"), "there", "a.example", False),
        (("*/*", "~/a.example"), "there", "a.example", False),
        (("*/*", "~/a.example"), "there", "*.example", True),
        (("*/*", "~./*"), "here", "a.example", False),
        (("~/*",), "here", "a.example", False),
    ],
)
def test_a_rule_is_admitted_for_a_host_that_is_imported_and_not_taken_out(patterns: tuple[str, ...], owner: str, host: str, admitted: bool) -> None:
    assert admits_rule_of(patterns, "here", owner, host) is admitted


@pytest.mark.rule("SC-1")
def test_what_is_taken_out_is_so_whole() -> None:
    assert is_excluded(("*/*", "~*/*.example"), "here", "there", "a.example")
    assert not is_excluded(("*/*", "~*/a.example"), "here", "there", "*.example")
