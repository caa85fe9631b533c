"""Consultations as Envoy's external authorization
(https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/filters/http/ext_authz/v3/ext_authz.proto).

Two filters: rules that enforce nothing leave behind which of them matched, and the authorizer is asked only where one did.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from envoy.config.core.v3.base_pb2 import HeaderValue
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.core.v3.grpc_service_pb2 import GrpcService
from envoy.config.core.v3.http_uri_pb2 import HttpUri
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import (
    AuthorizationRequest,
    AuthorizationResponse,
    BufferSettings,
    ExtAuthz,
    HttpService,
)
from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC as HttpRbac
from envoy.extensions.filters.network.ext_authz.v3.ext_authz_pb2 import ExtAuthz as NetworkExtAuthz
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC as NetworkRbac
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.string_pb2 import ListStringMatcher, StringMatcher
from envoy.type.matcher.v3.value_pb2 import ValueMatcher
from envoy.type.v3.http_status_pb2 import StatusCode

from lateen.ir.match import Text
from lateen.ir.policy import Action, Authorizer, Consultation, Protocol
from lateen.render import rbac
from lateen.render.filters import http_filter, http_filters, network_filter, network_filters
from lateen.render.match import string_matcher
from lateen.render.message import duration

HTTP = "envoy.filters.http.ext_authz"
NETWORK = "envoy.filters.network.ext_authz"
RULE_PREFIX = "istio-ext-authz-"


@http_filters.register
@lru_cache(maxsize=256)
def of_requests(policy: Consultation) -> tuple[HttpFilter, ...]:
    """The HTTP filters."""
    prefix = _prefix(policy)
    shadow = HttpRbac(shadow_rules=rbac.rules(Action.DENY, policy.rules, RULE_PREFIX), shadow_rules_stat_prefix=prefix)
    return http_filter(rbac.HTTP, shadow), http_filter(HTTP, _ext_authz(policy.authorizer, prefix))


@network_filters.register
@lru_cache(maxsize=256)
def of_connections(policy: Consultation) -> tuple[Filter, ...]:
    """The network filters."""
    prefix = _prefix(policy)
    shadow = NetworkRbac(
        stat_prefix=rbac.STATISTICS, shadow_rules=rbac.rules(Action.DENY, policy.rules, RULE_PREFIX), shadow_rules_stat_prefix=prefix
    )
    asked = NetworkExtAuthz(
        stat_prefix=rbac.STATISTICS,
        grpc_service=_grpc(policy.authorizer),
        failure_mode_allow=policy.authorizer.open,
        transport_api_version=ApiVersion.V3,
        filter_enabled_metadata=_matched(rbac.NETWORK, prefix),
    )
    return network_filter(rbac.NETWORK, shadow), network_filter(NETWORK, asked)


def _prefix(policy: Consultation) -> str:
    return f"istio_ext_authz_{policy.mark}_" if policy.mark else "istio_ext_authz_"


def _matched(filter_name: str, prefix: str) -> MetadataMatcher:
    """Some rule matched: its name is there."""
    key = MetadataMatcher.PathSegment(key=f"{prefix}shadow_effective_policy_id")
    return MetadataMatcher(filter=filter_name, path=[key], value=ValueMatcher(string_match=StringMatcher(prefix=RULE_PREFIX)))


def _ext_authz(of: Authorizer, prefix: str) -> ExtAuthz:
    out = ExtAuthz(
        transport_api_version=ApiVersion.V3,
        failure_mode_allow=of.open,
        clear_route_cache=of.rerouted,
        filter_enabled_metadata=_matched(rbac.HTTP, prefix),
    )
    if of.status in StatusCode.values() and of.status:
        out.status_on_error.code = of.status
    if of.body is not None:
        body = BufferSettings(max_request_bytes=of.body.most, allow_partial_message=of.body.partial, pack_as_bytes=of.body.as_bytes)
        out.with_request_body.CopyFrom(body)
    if of.protocol is Protocol.GRPC:
        out.grpc_service.CopyFrom(_grpc(of))
        return out
    out.http_service.CopyFrom(_http_service(of))
    if of.shown.headers:
        out.allowed_headers.CopyFrom(_names(of.shown.headers))
    return out


def _grpc(of: Authorizer) -> GrpcService:
    return GrpcService(envoy_grpc=GrpcService.EnvoyGrpc(cluster_name=of.destination, authority=of.host), timeout=duration(of.timeout))


def _http_service(of: Authorizer) -> HttpService:
    shown = of.shown
    out = HttpService(
        server_uri=HttpUri(uri=f"http://{of.host}", cluster=of.destination, timeout=duration(of.timeout)),
        path_prefix=shown.prefix,
        authorization_response=AuthorizationResponse(
            allowed_upstream_headers=_names(shown.kept),
            allowed_client_headers=_names(shown.returned),
            allowed_client_headers_on_success=_names(shown.returned_allowed),
        ),
    )
    if shown.added:
        added = [HeaderValue(key=name, value=value) for name, value in shown.added]
        out.authorization_request.CopyFrom(AuthorizationRequest(headers_to_add=added))
    return out


def _names(texts: Iterable[Text]) -> ListStringMatcher | None:
    """None where there are no names: an empty list is not the same as none everywhere."""
    patterns = [string_matcher(each) for each in texts]
    return ListStringMatcher(patterns=patterns) if patterns else None
