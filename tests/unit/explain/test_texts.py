"""Texts, headers, parameters, claims, networks and templates are compared as a proxy compares them."""

from __future__ import annotations

import pytest

from lateen.explain.texts import (
    claim_fits,
    claim_value,
    fits,
    header_fits,
    in_network,
    matches_whole,
    parameter_fits,
    path_fits,
    template_fits,
    wording,
)
from lateen.ir.match import Claim, Header, Manner, Parameter, Path, PathManner, Text

A = Text(Manner.EXACT, "a")


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (Text(Manner.EXACT, "ab"), "ab", True),
        (Text(Manner.EXACT, "ab"), "abc", False),
        (Text(Manner.EXACT, "ab"), "AB", False),
        (Text(Manner.EXACT, "ab", ignore_case=True), "AB", True),
        (Text(Manner.EXACT, "é", ignore_case=True), "É", False),
        (Text(Manner.PREFIX, "ab"), "abc", True),
        (Text(Manner.PREFIX, "ab"), "cab", False),
        (Text(Manner.SUFFIX, "ab"), "cab", True),
        (Text(Manner.CONTAINS, "ab"), "cabc", True),
        (Text(Manner.CONTAINS, "ab"), "acb", False),
        (Text(Manner.REGEX, "a+"), "aaa", True),
        (Text(Manner.REGEX, "a+"), "aab", False),
        (Text(Manner.REGEX, "a(?=b)"), "a", False),
    ],
)
def test_a_text_is_compared_in_its_manner(text: Text, value: str, expected: bool) -> None:
    assert fits(text, value) is expected


def test_what_is_no_regular_expression_matches_nothing() -> None:
    assert not matches_whole("(", "(")
    assert matches_whole(".*", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (A, '"a"'),
        (Text(Manner.PREFIX, "a"), 'something that begins with "a"'),
        (Text(Manner.REGEX, "a+"), 'something that fits the pattern "a+"'),
        (Text(Manner.REGEX, ".+"), "anything that is not empty"),
        (Text(Manner.REGEX, ".*"), "anything"),
    ],
)
def test_a_text_in_words(text: Text, words: str) -> None:
    assert wording(text) == words


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        (Header("x"), "", True),
        (Header("x"), None, False),
        (Header("x", inverted=True), None, True),
        (Header("x", inverted=True), "1", False),
        (Header("x", A), "a", True),
        (Header("x", A), None, False),
        (Header("x", A, inverted=True), "b", True),
        (Header("x", A, inverted=True), None, False),
        (Header("x", A, inverted=True, absent_is_empty=True), None, True),
    ],
)
def test_a_missing_header_fails_every_comparison_unless_it_counts_as_empty(header: Header, value: str | None, expected: bool) -> None:
    assert header_fits(header, value) is expected


def test_of_a_repeated_parameter_the_first_counts() -> None:
    assert parameter_fits(Parameter("q", A), (("q", "a"), ("q", "b")))
    assert not parameter_fits(Parameter("q", A), (("q", "b"), ("q", "a")))
    assert parameter_fits(Parameter("q"), (("q", ""),))
    assert not parameter_fits(Parameter("q"), ())


@pytest.mark.rule("VS-21")
@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (Path(), "/any", True),
        (Path(PathManner.PREFIX, "/foo"), "/foobar", True),
        (Path(PathManner.SEGMENTS, "/foo"), "/foobar", False),
        (Path(PathManner.SEGMENTS, "/foo"), "/foo/bar", True),
        (Path(PathManner.SEGMENTS, "/foo/"), "/foo/bar", True),
        (Path(PathManner.SEGMENTS, "/foo/"), "/foo", False),
        (Path(PathManner.EXACT, "/foo"), "/FOO", False),
        (Path(PathManner.EXACT, "/foo", ignore_case=True), "/FOO", True),
        (Path(PathManner.REGEX, "/f.o"), "/fxo", True),
        (Path(PathManner.REGEX, "/f.o"), "/fxoo", False),
    ],
)
def test_a_path_is_compared_in_its_manner(path: Path, value: str, expected: bool) -> None:
    assert path_fits(path, value) is expected


@pytest.mark.rule("AZ-7")
@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"a": {"b": "a"}}, True),
        ({"a": {"b": ["x", "a"]}}, True),
        ({"a": {"b": ["x", 1]}}, False),
        ({"a": {"b": 1}}, False),
        ({"a": "b"}, False),
        ({}, False),
    ],
)
def test_a_claim_is_a_text_or_a_list_of_texts(claims: dict[str, object], expected: bool) -> None:
    assert claim_fits(Claim(("a", "b"), A), claims) is expected
    assert claim_fits(Claim(("a", "b"), A, inverted=True), claims) is not expected


def test_a_claim_that_only_has_to_be_there() -> None:
    assert claim_fits(Claim(("a",)), {"a": 0})
    assert not claim_fits(Claim(("a",)), {"b": 0})
    assert claim_value(("a", "b"), {"a": {"b": 7}}) == 7


@pytest.mark.parametrize(
    ("network", "address", "expected"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.1/32", "10.0.0.2", False),
        ("fd00::/8", "fd12::1", True),
        ("0.0.0.0/0", "fd12::1", False),
        ("10.0.0.0/8", "", False),
    ],
)
def test_an_address_lies_in_a_network_of_its_family(network: str, address: str, expected: bool) -> None:
    assert in_network(network, address) is expected


@pytest.mark.rule("AZ-5")
@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("/a/*/c", "/a/b/c", True),
        ("/a/*/c", "/a//c", False),
        ("/a/*/c", "/a/b/b/c", False),
        ("/a/**", "/a/b/c", True),
        ("/a/**", "/a/", True),
        ("/a/**", "/a", False),
        ("/**/cart", "/x/y/cart", True),
        ("/**/cart", "/x/y/carts", False),
    ],
)
def test_a_star_is_one_segment_and_two_are_many(template: str, path: str, expected: bool) -> None:
    assert template_fits(template, path) is expected
