"""The rule that a request fits, and for each that it does not, why, and where that is written."""

from __future__ import annotations

import pytest

from lateen.explain.step import Outcome
from tests.given.calls import SUBSETS, routes, shop, told, way

BY_USER = "{match: [{uri: {prefix: /x}}, {headers: {x-user: {exact: ann}}}], route: [{destination: {host: reviews, subset: v2}}]}"
REST = "{route: [{destination: {host: reviews, subset: v1}}]}"


def rules(lines: list[str]) -> list[str]:
    return [each for each in lines if each.startswith("rule")]


def test_each_match_that_does_not_hold_is_told_with_its_place_until_one_does() -> None:
    g = shop(SUBSETS, routes(f"[{BY_USER}, {REST}]"))
    assert rules(told(way(g))) == [
        'rule: wants a path that begins with "/x", this is / (VirtualService default/routes spec.http[0].match[0])',
        'rule: wants header x-user to be "ann", which is missing (VirtualService default/routes spec.http[0].match[1])',
        "rule: takes any request (VirtualService default/routes spec.http[1])",
    ]


@pytest.mark.rule("VS-25")
@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("port: 81", "is for port 81, this is port 80"),
        ("gateways: [edge]", "is for edge, this is mesh"),
        ("sourceNamespace: other", "is for clients in namespace other, this one is in default"),
        ("sourceLabels: {app: other}", "is for clients labelled app=other, this one has app=web"),
        ("sourceLabels: {team: a}", "is for clients labelled team=a, this one has no such label"),
    ],
)
def test_what_is_said_to_other_clients_is_told_too(condition: str, why: str) -> None:
    g = shop(
        SUBSETS,
        routes(f"[{{match: [{{{condition}}}], route: [{{destination: {{host: reviews, subset: v2}}}}]}}, {REST}]", more=", gateways: [mesh, edge]"),
    )
    assert rules(told(way(g), Outcome.PASSED)) == [f"rule: {why} (VirtualService default/routes spec.http[0].match[0])"]


@pytest.mark.rule("VS-53")
def test_what_a_delegate_says_is_written_at_the_delegate() -> None:
    delegate = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: leaf, namespace: default}
spec: {http: [{name: only, route: [{destination: {host: reviews, subset: v1}}]}]}
"""
    g = shop(SUBSETS, delegate, routes("[{match: [{uri: {prefix: /a}}], delegate: {name: leaf}}]"))
    assert rules(told(way(g, "/a"))) == ['rule: "only" fits: the path begins with "/a" (VirtualService default/leaf spec.http[0])']


def test_where_nobody_says_anything_requests_go_where_they_are_headed() -> None:
    assert rules(told(way(shop()))) == ["rule: no rule says anything, so requests go where they are headed"]


@pytest.mark.rule("VS-10")
def test_rules_about_the_host_that_have_no_part_are_told_with_why() -> None:
    older = routes(f"[{REST}]").replace("name: routes", "name: older, creationTimestamp: '2020-01-01T00:00:00Z'")
    hidden = routes(f"[{REST}]", "other", "[reviews.default.svc.cluster.local]", ", exportTo: ['.']")
    g = shop(SUBSETS, older, routes(f"[{REST}]"), hidden)
    assert rules(told(way(g), Outcome.PASSED)) == [
        "rule: does not count beside VirtualService default/older (VirtualService default/routes)",
        "rule: is not shown to namespace default (VirtualService other/routes spec.exportTo)",
    ]
