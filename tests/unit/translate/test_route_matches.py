"""Conditions of HTTP routes as matches."""

from __future__ import annotations

import pytest

from lateen.api.networking.virtual_service import HTTPMatchRequest, StringMatch
from lateen.ir.match import EVERYTHING, Claim, Header, Manner, Match, Parameter, Path, PathManner, Text
from lateen.ir.view import Perspective
from lateen.translate.route_matches import Clients, claim_path, concerns, match_of, text_of

SIDECAR = Clients(Perspective("shop", (("app", "a"),)), 80)
EDGE = Clients(Perspective("edge", (), True), 80, "edge/public")
EXACT = StringMatch(exact="x")


@pytest.mark.rule("VS-25")
@pytest.mark.rule("VS-26")
@pytest.mark.parametrize(
    ("match", "at_sidecar", "at_gateway"),
    [
        (HTTPMatchRequest(), True, True),
        (HTTPMatchRequest(port=80), True, True),
        (HTTPMatchRequest(port=81), False, False),
        (HTTPMatchRequest(source_labels={"app": "a"}), True, False),
        (HTTPMatchRequest(source_labels={"app": "b"}), False, False),
        (HTTPMatchRequest(source_namespace="shop"), True, False),
        (HTTPMatchRequest(gateways=("mesh",)), True, False),
        (HTTPMatchRequest(gateways=("edge/public",)), False, True),
        (HTTPMatchRequest(gateways=("edge/public", "mesh"), source_namespace="shop"), True, True),
    ],
)
def test_a_match_concerns_clients_by_port_gateway_and_source(match: HTTPMatchRequest, at_sidecar: bool, at_gateway: bool):
    assert concerns(match, SIDECAR, "rules", "cluster.local") is at_sidecar
    assert concerns(match, EDGE, "rules", "cluster.local") is at_gateway


@pytest.mark.rule("VS-23")
def test_headers_are_tested_in_lower_case_and_in_a_fixed_order():
    request = HTTPMatchRequest(
        headers={"X-B": StringMatch(regex="*"), "X-A": EXACT},
        without_headers={"X-D": EXACT, "X-C": StringMatch()},
        method=EXACT,
        authority=StringMatch(prefix="x"),
        scheme=StringMatch(regex="https?"),
    )

    assert match_of(request).headers == (
        Header("x-a", Text(Manner.EXACT, "x")),
        Header("x-b"),
        Header("x-c", None, inverted=True),
        Header("x-d", Text(Manner.EXACT, "x"), inverted=True, absent_is_empty=True),
        Header(":method", Text(Manner.EXACT, "x")),
        Header(":authority", Text(Manner.PREFIX, "x")),
        Header(":scheme", Text(Manner.REGEX, "https?")),
    )


@pytest.mark.rule("VS-24")
@pytest.mark.rule("VS-28")
def test_paths_and_parameters_are_tested_as_written():
    request = HTTPMatchRequest(uri=StringMatch(exact="/A"), ignore_uri_case=True, query_params={"v": StringMatch(), "u": EXACT})

    assert match_of(request) == Match(Path(PathManner.EXACT, "/A", True), (), (Parameter("u", Text(Manner.EXACT, "x")), Parameter("v")))
    assert match_of(HTTPMatchRequest(uri=StringMatch(regex="/a.*"))).path == Path(PathManner.REGEX, "/a.*")
    assert match_of(HTTPMatchRequest(uri=StringMatch(regex="*"))) == EVERYTHING


@pytest.mark.rule("VS-23")
def test_a_regular_expression_that_takes_any_text_still_wants_a_text():
    assert text_of(StringMatch(regex=".*")) == Text(Manner.REGEX, ".*")
    assert text_of(StringMatch(regex="*")) is None


@pytest.mark.rule("VS-27")
def test_headers_that_name_claims_test_the_token_and_not_the_headers():
    request = HTTPMatchRequest(
        headers={"@request.auth.claims.realm.groups": EXACT},
        without_headers={"@request.auth.claims[https://a.example/b][c]": StringMatch()},
    )

    assert match_of(request) == Match(
        claims=(Claim(("realm", "groups"), Text(Manner.EXACT, "x")), Claim(("https://a.example/b", "c"), None, inverted=True))
    )


@pytest.mark.parametrize("name", ["@request.auth.claims", "@request.auth.claimsx", "@request.auth.claims.", "@request.auth.claims[a]b"])
def test_a_malformed_claim_leads_nowhere(name: str):
    assert claim_path(name) == ()
