"""Matches as Envoy's RouteMatch."""

from __future__ import annotations

import pytest
from google.protobuf.json_format import MessageToDict

from lateen.ir.match import Claim, Header, Manner, Match, Parameter, Path, PathManner, Text
from lateen.render.match import route_match


def rendered(match: Match) -> dict:
    return MessageToDict(route_match(match), preserving_proto_field_name=True)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (Path(), {"prefix": "/"}),
        (Path(PathManner.REGEX, ".*"), {"prefix": "/"}),
        (Path(PathManner.EXACT, "/"), {"path": "/"}),
        (Path(PathManner.PREFIX, "/foo", ignore_case=True), {"prefix": "/foo", "case_sensitive": False}),
        (Path(PathManner.SEGMENTS, "/foo"), {"path_separated_prefix": "/foo"}),
        (Path(PathManner.SEGMENTS, "/foo/"), {"prefix": "/foo/"}),
        (Path(PathManner.REGEX, "/a/.+", ignore_case=True), {"safe_regex": {"regex": "/a/.+"}}),
    ],
)
def test_paths_are_compared_as_told(path: Path, expected: dict):
    assert rendered(Match(path)) == expected


@pytest.mark.rule("VS-23")
def test_a_header_that_must_not_be_so_may_be_missing():
    absent = Header("end-user", Text(Manner.EXACT, "jason"), inverted=True, absent_is_empty=True)

    assert rendered(Match(headers=(absent, Header("x"), Header("y", inverted=True))))["headers"] == [
        {"name": "end-user", "string_match": {"exact": "jason"}, "invert_match": True, "treat_missing_header_as_empty": True},
        {"name": "x", "present_match": True},
        {"name": "y", "present_match": True, "invert_match": True},
    ]


@pytest.mark.rule("VS-24")
def test_a_parameter_without_text_only_has_to_be_there():
    assert rendered(Match(parameters=(Parameter("debug"), Parameter("v", Text(Manner.PREFIX, "1")))))["query_parameters"] == [
        {"name": "debug", "present_match": True},
        {"name": "v", "string_match": {"prefix": "1"}},
    ]


@pytest.mark.rule("VS-27")
def test_a_claim_is_looked_for_in_the_token_and_may_be_one_of_a_list():
    claim = Claim(("realm", "groups"), Text(Manner.EXACT, "admins"), inverted=True)
    exact = {"string_match": {"exact": "admins"}}

    assert rendered(Match(claims=(claim,)))["dynamic_metadata"] == [
        {
            "filter": "envoy.filters.http.jwt_authn",
            "path": [{"key": "payload"}, {"key": "realm"}, {"key": "groups"}],
            "value": {"or_match": {"value_matchers": [exact, {"list_match": {"one_of": exact}}]}},
            "invert": True,
        }
    ]
