"""Rules as Envoy's routes."""

from __future__ import annotations

import pytest
from envoy.config.route.v3.route_components_pb2 import Route
from google.protobuf.json_format import MessageToDict

from lateen.ir.match import EVERY_PATH, Header, Manner, Match, Path, PathManner, Text
from lateen.ir.routes import Answer, Forward, HeaderChanges, Redirect, Replacement, Rule, Share, outbound
from lateen.render.route import route
from lateen.values.ref import Ref

REVIEWS = Share(outbound("reviews.default.svc.cluster.local", 80))


def rendered(rule: Rule) -> dict:
    return MessageToDict(Route.FromString(route(rule)), preserving_proto_field_name=True)


@pytest.mark.rule("VS-42")
def test_a_plain_rule_has_no_timeout_at_all():
    action = rendered(Rule(Forward((REVIEWS,))))["route"]

    assert action == {
        "cluster": "outbound|80||reviews.default.svc.cluster.local",
        "timeout": "0s",
        "max_grpc_timeout": "0s",
    }


def test_a_rule_carries_its_name_its_origin_and_its_operation():
    rule = Rule(Forward((REVIEWS,)), name="canary", operation="reviews:80/*", origin=Ref("VirtualService", "default", "reviews"))

    seen = rendered(rule)

    assert seen["name"] == "canary"
    assert seen["decorator"] == {"operation": "reviews:80/*"}
    path = "/apis/networking.istio.io/v1/namespaces/default/virtual-service/reviews"
    assert seen["metadata"] == {"filter_metadata": {"istio": {"config": path}}}


def test_shares_keep_their_weights_and_their_own_header_changes():
    shares = (
        Share("a", 90, request=HeaderChanges(put=(("x-to", "a"),)), authority="a.example"),
        Share("b", 10, response=HeaderChanges(append=(("x-from", "b"),), remove=("server",))),
    )

    assert rendered(Rule(Forward(shares)))["route"]["weighted_clusters"]["clusters"] == [
        {
            "name": "a",
            "weight": 90,
            "host_rewrite_literal": "a.example",
            "request_headers_to_add": [{"header": {"key": "x-to", "value": "a"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
        },
        {
            "name": "b",
            "weight": 10,
            "response_headers_to_add": [{"header": {"key": "x-from", "value": "b"}}],
            "response_headers_to_remove": ["server"],
        },
    ]


def test_a_rule_that_leads_nowhere_answers_500():
    assert rendered(Rule(Forward(())))["direct_response"] == {"status": 500}


def test_an_answer_has_its_body_in_bytes():
    assert rendered(Rule(Answer(503, b"later")))["direct_response"] == {"status": 503, "body": {"inline_bytes": "bGF0ZXI="}}


@pytest.mark.rule("VS-45")
def test_a_redirect_says_only_what_changes():
    assert rendered(Rule(Redirect(308, authority="new.example")))["redirect"] == {
        "host_redirect": "new.example",
        "response_code": "PERMANENT_REDIRECT",
    }
    assert rendered(Rule(Redirect(path="/new", scheme="https", port=8443)))["redirect"] == {
        "path_redirect": "/new",
        "scheme_redirect": "https",
        "port_redirect": 8443,
    }
    assert rendered(Rule(Redirect(rewrite=Replacement(prefix="/new/"))))["redirect"] == {"prefix_rewrite": "/new/"}


@pytest.mark.rule("VS-48")
def test_header_changes_replace_append_and_remove():
    rule = Rule(Forward((REVIEWS,)), request=HeaderChanges((("x-a", "1"),), (("x-b", ""),), ("x-c",)))

    seen = rendered(rule)

    assert seen["request_headers_to_add"] == [
        {"header": {"key": "x-a", "value": "1"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"},
        {"header": {"key": "x-b"}, "keep_empty_value": True},
    ]
    assert seen["request_headers_to_remove"] == ["x-c"]


def test_rules_that_differ_in_their_match_only_share_no_match():
    first = Match(Path(PathManner.EXACT, "/a"))
    second = Match(EVERY_PATH, (Header("x", Text(Manner.EXACT, "1")),))

    assert rendered(Rule(Forward((REVIEWS,)), first))["match"] == {"path": "/a"}
    assert rendered(Rule(Forward((REVIEWS,)), second))["match"] == {
        "prefix": "/",
        "headers": [{"name": "x", "string_match": {"exact": "1"}}],
    }
