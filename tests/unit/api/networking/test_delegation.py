"""A route of a root and one of its delegate."""

from __future__ import annotations

import pytest

from lateen.api.networking.delegation import combination, contradict
from lateen.api.networking.virtual_service import HTTPMatchRequest, HTTPRewrite, HTTPRoute, StringMatch
from lateen.values.duration import Duration


def uri(exact: str | None = None, prefix: str | None = None, regex: str | None = None, **more: object) -> HTTPMatchRequest:
    return HTTPMatchRequest(uri=StringMatch(exact, prefix, regex), **more)


@pytest.mark.rule("VS-53")
@pytest.mark.parametrize(
    ("root", "leaf", "expected"),
    [
        (uri(prefix="/a"), uri(prefix="/a/b"), False),
        (uri(prefix="/a"), uri(exact="/a/b"), False),
        (uri(prefix="/a"), uri(prefix="/b"), True),
        (uri(prefix="/a/b"), uri(prefix="/a"), True),
        (uri(exact="/a"), uri(exact="/a"), False),
        (uri(exact="/a"), uri(prefix="/a"), True),
        (uri(regex="/a.*"), uri(prefix="/a"), True),
        (uri(prefix="/a"), uri(regex="/a.*"), True),
        (uri(prefix="/a"), HTTPMatchRequest(), False),
        (uri(prefix="/a", ignore_uri_case=True), uri(prefix="/a"), True),
        (HTTPMatchRequest(port=80), HTTPMatchRequest(port=81), True),
        (HTTPMatchRequest(port=80), HTTPMatchRequest(), False),
        (HTTPMatchRequest(source_namespace="a"), HTTPMatchRequest(source_namespace="b"), True),
        (HTTPMatchRequest(source_labels={"app": "a"}), HTTPMatchRequest(source_labels={"app": "b"}), True),
        (HTTPMatchRequest(source_labels={"app": "a"}), HTTPMatchRequest(source_labels={"v": "1"}), False),
        (HTTPMatchRequest(gateways=("a",)), HTTPMatchRequest(gateways=("a", "b")), True),
        (HTTPMatchRequest(), HTTPMatchRequest(gateways=("b",)), False),
        (HTTPMatchRequest(headers={"x": StringMatch(exact="1")}), HTTPMatchRequest(headers={"x": StringMatch(exact="2")}), True),
    ],
)
def test_conditions_contradict_each_other_where_no_request_could_be_meant(root: HTTPMatchRequest, leaf: HTTPMatchRequest, expected: bool):
    assert contradict(root, leaf) is expected


@pytest.mark.rule("VS-53")
def test_the_leaf_takes_over_what_it_does_not_say_itself():
    root = HTTPRoute(name="root", match=(uri(prefix="/a", headers={"x": StringMatch(exact="1")}),), timeout=Duration("3s"))
    leaf = HTTPRoute(name="leaf", match=(uri(prefix="/a/b"), uri(prefix="/c")), rewrite=HTTPRewrite(uri="/"))

    assert combination(root, leaf) == HTTPRoute(
        name="root-leaf",
        match=(uri(prefix="/a/b", headers={"x": StringMatch(exact="1")}),),
        rewrite=HTTPRewrite(uri="/"),
        timeout=Duration("3s"),
    )


@pytest.mark.rule("VS-53")
def test_a_route_of_the_leaf_without_compatible_conditions_is_dropped():
    assert combination(HTTPRoute(match=(uri(prefix="/a"),)), HTTPRoute(match=(uri(prefix="/b"),))) is None
