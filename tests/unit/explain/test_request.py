"""What a rule does with a request: where it goes, with what part, how long, how often; or what the proxy answers itself."""

from __future__ import annotations

import pytest

from lateen.explain.step import Outcome
from lateen.explain.way import Answered
from tests.given.calls import SUBSETS, reached, routes, shop, told, way
from tests.given.objects import mesh

ROUTE = "route: [{destination: {host: reviews, subset: v1}}]"


@pytest.mark.rule("VS-40")
def test_weights_divide_the_calls() -> None:
    weights = "route: [{destination: {host: reviews, subset: v1}, weight: 3}, {destination: {host: reviews, subset: v2}, weight: 1}]"
    assert reached(way(shop(SUBSETS, routes(f"[{{{weights}}}]")))) == {"10.1.0.1:8080": 750_000, "10.1.0.2:8080": 250_000}


@pytest.mark.rule("VS-43")
def test_retries_are_told_with_what_how_often_and_where_they_are_written() -> None:
    found = way(shop(SUBSETS, routes(f'[{{{ROUTE}, timeout: 3s, retries: {{attempts: 4, perTryTimeout: 2s, retryOn: "5xx,503"}}}}]')))
    retries = "at most 4 more tries on 5xx, retriable-status-codes (503), each for 2s at most, at another endpoint"
    assert [each for each in told(found, Outcome.NOTED) if each.startswith("route")] == [
        "route: an answer is waited for 3s at most (VirtualService default/routes spec.http[0].timeout)",
        f"route: {retries} (VirtualService default/routes spec.http[0].retries)",
    ]
    assert (found.timeout, found.retry.attempts if found.retry else 0) == (3 * 10**9, 4)


def test_retries_that_the_mesh_asks_for_are_written_in_its_config() -> None:
    found = way(shop(mesh("defaultHttpRetryPolicy: {attempts: 1, retryOn: reset}")))
    assert "route: at most 1 more try on reset, at another endpoint (ConfigMap istio-system/istio data.mesh.defaultHttpRetryPolicy)" in told(found)


@pytest.mark.rule("VS-51")
def test_a_fault_answers_a_part_of_the_calls_and_holds_back_another() -> None:
    fault = "fault: {abort: {percentage: {value: 25}, httpStatus: 418}, delay: {percentage: {value: 50}, fixedDelay: 2s}}"
    found = way(shop(SUBSETS, routes(f"[{{{fault}, {ROUTE}}}]")))
    assert found.answers == (Answered(418, part=250_000),)
    assert found.delays == ((500_000, 2 * 10**9),)
    assert reached(found) == {"10.1.0.1:8080": 750_000}
    assert told(found, Outcome.ANSWERED) == ["fault: 25% of the requests fail with 418 (VirtualService default/routes spec.http[0].fault.abort)"]


def test_a_fault_for_all_leaves_nothing_to_be_sent() -> None:
    found = way(shop(SUBSETS, routes(f"[{{fault: {{abort: {{percentage: {{value: 100}}, httpStatus: 503}}}}, {ROUTE}}}]")))
    assert (found.answers, found.sent) == ((Answered(503),), ())


@pytest.mark.rule("VS-45")
def test_a_redirect_is_an_answer_that_says_where_to() -> None:
    found = way(shop(routes("[{redirect: {uri: /new, redirectCode: 302}}]")), "/old?q")
    assert found.answers == (Answered(302, "http://reviews/new?q"),)
    assert told(found, Outcome.ANSWERED) == [
        "result: redirected with 302 to http://reviews/new?q (VirtualService default/routes spec.http[0].redirect)"
    ]


def test_a_direct_response_is_an_answer() -> None:
    assert way(shop(routes("[{directResponse: {status: 418}}]"))).answers == (Answered(418),)


def test_a_request_that_no_rule_fits_is_not_found() -> None:
    found = way(shop(SUBSETS, routes(f"[{{match: [{{uri: {{exact: /a}}}}], {ROUTE}}}]")))
    assert found.answers == (Answered(404),)


@pytest.mark.rule("VS-46")
def test_path_and_host_are_told_as_they_go_on() -> None:
    g = shop(SUBSETS, routes(f"[{{match: [{{uri: {{prefix: /a}}}}], rewrite: {{uri: /b, authority: other.example}}, {ROUTE}}}]"))
    found = way(g, "/a/x?q")
    call = found.sent[0].endpoints[0].call
    assert call is not None
    assert (call.path, call.host_header) == ("/b/x?q", "other.example")
    assert [each for each in told(found) if "becomes" in each] == [
        "route: the path becomes /b/x?q (VirtualService default/routes spec.http[0].rewrite)",
        "route: the Host becomes other.example (VirtualService default/routes spec.http[0].rewrite)",
    ]


@pytest.mark.rule("VS-49")
def test_a_mirror_gets_copies_and_counts_for_nothing() -> None:
    g = shop(SUBSETS, routes(f"[{{{ROUTE}, mirrors: [{{destination: {{host: reviews, subset: v2}}, percentage: {{value: 10}}}}]}}]"))
    found = way(g)
    assert [(each.destination.split("|")[2], each.part, each.mirrored) for each in found.sent] == [("v1", 1_000_000, False), ("v2", 100_000, True)]
    assert reached(found) == {"10.1.0.1:8080": 1_000_000}


@pytest.mark.rule("VS-50")
def test_a_browsers_question_in_advance_is_answered_for_origins_that_may() -> None:
    cors = "corsPolicy: {allowOrigins: [{exact: https://a.example}]}"
    asked = (("origin", "https://a.example"), ("access-control-request-method", "GET"))
    g = shop(SUBSETS, routes(f"[{{{cors}, {ROUTE}}}]"))
    assert way(g, method="OPTIONS", headers=asked).answers == (Answered(200),)
    assert way(g, method="OPTIONS", headers=(("origin", "https://b.example"), asked[1])).answers == ()


def test_a_redirect_comes_before_the_question_in_advance() -> None:
    asked = (("origin", "https://a.example"), ("access-control-request-method", "GET"))
    g = shop(routes("[{corsPolicy: {allowOrigins: [{exact: https://a.example}]}, redirect: {uri: /x}}]"))
    assert way(g, method="OPTIONS", headers=asked).answers == (Answered(301, "http://reviews/x"),)


def test_a_path_is_normalised_before_anything_is_matched() -> None:
    g = shop(SUBSETS, routes(f"[{{match: [{{uri: {{exact: /a}}}}], {ROUTE}}}]"))
    assert reached(way(g, "/b/../a")) == {"10.1.0.1:8080": 1_000_000}
