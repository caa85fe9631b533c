"""Consultations as two filters: rules that mark, and an authorizer that is asked about what they marked."""

from __future__ import annotations

import pytest
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import ExtAuthz
from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC
from envoy.extensions.filters.network.ext_authz.v3.ext_authz_pb2 import ExtAuthz as NetworkExtAuthz
from google.protobuf.json_format import MessageToDict

from lateen.ir.match import Manner, Text
from lateen.ir.policy import Authorizer, Consultation, Protocol, Rule, Shown, ShownBody
from lateen.render.ext_authz import of_connections, of_requests

SECOND = 10**9
RULES = (Rule("ns[a]-policy[b]-rule[0]"),)
BY_GRPC = Authorizer(Protocol.GRPC, "outbound|9000||auth", "auth", SECOND)


@pytest.mark.rule("AZ-10")
def test_the_authorizer_is_asked_only_where_a_rule_matched() -> None:
    marking, asking = of_requests(Consultation(BY_GRPC, RULES))
    assert [marking.name, asking.name] == ["envoy.filters.http.rbac", "envoy.filters.http.ext_authz"]
    rbac = RBAC.FromString(marking.typed_config.value)
    assert not rbac.HasField("rules")
    assert list(rbac.shadow_rules.policies) == ["istio-ext-authz-ns[a]-policy[b]-rule[0]"]
    assert rbac.shadow_rules_stat_prefix == "istio_ext_authz_"
    assert MessageToDict(ExtAuthz.FromString(asking.typed_config.value), preserving_proto_field_name=True) == {
        "grpc_service": {"envoy_grpc": {"cluster_name": "outbound|9000||auth", "authority": "auth"}, "timeout": "1s"},
        "transport_api_version": "V3",
        "filter_enabled_metadata": {
            "filter": "envoy.filters.http.rbac",
            "path": [{"key": "istio_ext_authz_shadow_effective_policy_id"}],
            "value": {"string_match": {"prefix": "istio-ext-authz-"}},
        },
    }


@pytest.mark.rule("AZ-10")
def test_several_authorizers_look_at_their_own_marks() -> None:
    marking, asking = of_requests(Consultation(BY_GRPC, RULES, "mine"))
    assert RBAC.FromString(marking.typed_config.value).shadow_rules_stat_prefix == "istio_ext_authz_mine_"
    key = ExtAuthz.FromString(asking.typed_config.value).filter_enabled_metadata.path[0].key
    assert key == "istio_ext_authz_mine_shadow_effective_policy_id"


@pytest.mark.rule("AZ-10")
def test_what_goes_to_and_fro_over_http() -> None:
    names = (Text(Manner.EXACT, "x-a", ignore_case=True),)
    shown = Shown("/p", names, (("b", "1"),), names, names, names)
    asked = Authorizer(Protocol.HTTP, "c", "auth", SECOND, open=True, status=503, rerouted=True, body=ShownBody(9, True), shown=shown)
    _, asking = of_requests(Consultation(asked, RULES))
    found = MessageToDict(ExtAuthz.FromString(asking.typed_config.value), preserving_proto_field_name=True)
    patterns = {"patterns": [{"exact": "x-a", "ignore_case": True}]}
    del found["filter_enabled_metadata"]
    assert found == {
        "transport_api_version": "V3",
        "failure_mode_allow": True,
        "clear_route_cache": True,
        "status_on_error": {"code": "ServiceUnavailable"},
        "with_request_body": {"max_request_bytes": 9, "allow_partial_message": True},
        "allowed_headers": patterns,
        "http_service": {
            "server_uri": {"uri": "http://auth", "cluster": "c", "timeout": "1s"},
            "path_prefix": "/p",
            "authorization_request": {"headers_to_add": [{"key": "b", "value": "1"}]},
            "authorization_response": {
                "allowed_upstream_headers": patterns,
                "allowed_client_headers": patterns,
                "allowed_client_headers_on_success": patterns,
            },
        },
    }


@pytest.mark.rule("AZ-10")
def test_of_connections_only_grpc_is_asked() -> None:
    marking, asking = of_connections(Consultation(BY_GRPC, RULES))
    assert [marking.name, asking.name] == ["envoy.filters.network.rbac", "envoy.filters.network.ext_authz"]
    found = NetworkExtAuthz.FromString(asking.typed_config.value)
    assert found.grpc_service.envoy_grpc.cluster_name == "outbound|9000||auth"
    assert found.filter_enabled_metadata.filter == "envoy.filters.network.rbac"
