"""Timeouts, retries, rewrites, mirrors and stickiness as parts of Envoy's RouteAction."""

from __future__ import annotations

import pytest
from envoy.config.route.v3.route_components_pb2 import RouteAction
from google.protobuf.json_format import MessageToDict

from lateen.ir.routes import Cookie, Forward, HashKey, Mirror, Replacement, Retry, Share
from lateen.render.route_policies import policies

SECOND = 10**9


def rendered(**settings: object) -> dict:
    return MessageToDict(RouteAction.FromString(policies(Forward((Share("a"),), **settings))), preserving_proto_field_name=True)


@pytest.mark.rule("VS-42")
def test_a_timeout_holds_for_grpc_too():
    seen = rendered(timeout=SECOND * 3 // 2)

    assert seen["timeout"] == "1.500s"
    assert seen["max_grpc_timeout"] == "1.500s"
    assert "max_stream_duration" not in seen  # with which Envoy would forget the timeout


@pytest.mark.rule("VS-43")
def test_retries_avoid_hosts_and_localities_that_were_tried():
    retry = Retry(3, ("5xx", "retriable-status-codes"), (429,), SECOND, SECOND // 10, other_localities=True)

    seen = rendered(retry=retry)["retry_policy"]

    assert seen["retry_on"] == "5xx,retriable-status-codes"
    assert (seen["num_retries"], seen["retriable_status_codes"]) == (3, [429])
    assert (seen["per_try_timeout"], seen["retry_back_off"]) == ("1s", {"base_interval": "0.100s"})
    assert [each["name"] for each in seen["retry_host_predicate"]] == ["envoy.retry_host_predicates.previous_hosts"]
    assert seen["retry_priority"]["typed_config"]["update_frequency"] == 2
    assert seen["host_selection_retry_max_attempts"] == "5"


@pytest.mark.rule("VS-43")
def test_retries_of_sticky_requests_may_go_to_the_same_host():
    assert "retry_host_predicate" not in rendered(retry=Retry(2, ("5xx",), other_hosts=False))["retry_policy"]


@pytest.mark.rule("VS-46")
def test_a_path_is_rewritten_by_prefix_or_by_pattern():
    assert rendered(path=Replacement(prefix="/new"))["prefix_rewrite"] == "/new"
    assert rendered(path=Replacement(pattern="^.*$", substitution="/x"))["regex_rewrite"] == {"pattern": {"regex": "^.*$"}, "substitution": "/x"}


@pytest.mark.rule("VS-49")
def test_mirrored_requests_are_not_traced_and_keep_their_host():
    assert rendered(mirrors=(Mirror("b", 125_000),))["request_mirror_policies"] == [
        {
            "cluster": "b",
            "runtime_fraction": {"default_value": {"numerator": 125000, "denominator": "MILLION"}},
            "trace_sampled": False,
            "disable_shadow_host_suffix_append": True,
        }
    ]


@pytest.mark.rule("VS-54")
def test_requests_stick_by_header_cookie_parameter_or_source():
    keys = (
        HashKey(header="x-user"),
        HashKey(cookie=Cookie("session", 3600 * SECOND, "/", (("SameSite", "Strict"),))),
        HashKey(parameter="id"),
        HashKey(source_address=True),
    )

    assert rendered(hash_keys=keys)["hash_policy"] == [
        {"header": {"header_name": "x-user"}},
        {"cookie": {"name": "session", "ttl": "3600s", "path": "/", "attributes": [{"name": "SameSite", "value": "Strict"}]}},
        {"query_parameter": {"name": "id"}},
        {"connection_properties": {"source_ip": True}},
    ]
