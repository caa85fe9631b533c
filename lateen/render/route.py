"""A rule as Envoy's Route, in bytes (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto).

Most routes of a mesh differ in nothing but their destination. So each part of the message is serialised once for all rules that have it in common,
and a route is the concatenation of its parts: that is how protobuf merges.
"""

from __future__ import annotations

from functools import lru_cache

from envoy.config.core.v3.base_pb2 import DataSource, HeaderValue, HeaderValueOption
from envoy.config.route.v3.route_components_pb2 import DirectResponseAction, RedirectAction, Route, RouteAction, WeightedCluster

from lateen.ir.match import Match
from lateen.ir.routes import Answer, Cors, Fault, Forward, HeaderChanges, Redirect, Rule, Session, Share
from lateen.render.match import route_match
from lateen.render.message import serialised
from lateen.render.origin import origin_metadata
from lateen.render.path import regex_substitution
from lateen.render.route_filters import filter_settings
from lateen.render.route_policies import policies
from lateen.values.envoy_resource import length_delimited

_MATCH, _ROUTE, _REDIRECT, _METADATA, _DECORATOR, _DIRECT_RESPONSE = 1, 2, 3, 4, 5, 7
_OPERATION = 1
_CLUSTER, _WEIGHTED_CLUSTERS = 1, 3

_REDIRECT_CODES = {
    301: RedirectAction.MOVED_PERMANENTLY,
    302: RedirectAction.FOUND,
    303: RedirectAction.SEE_OTHER,
    307: RedirectAction.TEMPORARY_REDIRECT,
    308: RedirectAction.PERMANENT_REDIRECT,
}
_NO_DESTINATION = Answer(500)


def route(rule: Rule) -> bytes:
    """The serialised `envoy.config.route.v3.Route`."""
    operation = length_delimited(_DECORATOR, length_delimited(_OPERATION, rule.operation.encode())) if rule.operation else b""
    origin = length_delimited(_METADATA, origin_metadata(rule.origin)) if rule.origin is not None else b""
    session = rule.action.session if isinstance(rule.action, Forward) else None
    rest = _rest(rule.name, rule.request, rule.response, rule.fault, rule.cors, session, rule.stat_prefix)
    return _match(rule.match) + _action(rule) + origin + operation + rest


@lru_cache(maxsize=1024)
def _match(match: Match) -> bytes:
    return length_delimited(_MATCH, serialised(route_match(match)))


def _action(rule: Rule) -> bytes:
    action = rule.action
    if isinstance(action, Redirect):
        return length_delimited(_REDIRECT, serialised(_redirect(action)))
    if isinstance(action, Answer):
        return _answer(action)
    if not action.shares:
        return _answer(_NO_DESTINATION)
    joined = _joined() if rule.match.tunnel else b""
    return length_delimited(_ROUTE, _destinations(action) + joined + policies(action))


@lru_cache(maxsize=1)
def _joined() -> bytes:
    """What follows a CONNECT goes to the destination as it comes, without the request itself."""
    upgrade = RouteAction.UpgradeConfig(upgrade_type="CONNECT")
    upgrade.connect_config.SetInParent()
    return serialised(RouteAction(upgrade_configs=[upgrade]))


def _destinations(action: Forward) -> bytes:
    if len(action.shares) == 1:
        return length_delimited(_CLUSTER, action.shares[0].destination.encode())
    clusters = WeightedCluster(clusters=[_share(share) for share in action.shares])
    return length_delimited(_WEIGHTED_CLUSTERS, serialised(clusters))


def _share(share: Share) -> WeightedCluster.ClusterWeight:
    out = WeightedCluster.ClusterWeight(name=share.destination)
    if share.authority:
        out.host_rewrite_literal = share.authority
    out.weight.value = share.weight
    _change_headers(out, share.request, share.response)
    return out


def _change_headers(out: WeightedCluster.ClusterWeight | Route, request: HeaderChanges, response: HeaderChanges) -> None:
    out.request_headers_to_add.extend(_header_options(request))
    out.request_headers_to_remove.extend(request.remove)
    out.response_headers_to_add.extend(_header_options(response))
    out.response_headers_to_remove.extend(response.remove)


def _header_options(changes: HeaderChanges) -> list[HeaderValueOption]:
    """VS-48. An empty value is kept: it is what the user asked for."""
    replacing, adding = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD, HeaderValueOption.APPEND_IF_EXISTS_OR_ADD
    given = [(replacing, pair) for pair in changes.put] + [(adding, pair) for pair in changes.append]
    return [
        HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=manner, keep_empty_value=not value)
        for manner, (name, value) in given
    ]


def _redirect(action: Redirect) -> RedirectAction:
    out = RedirectAction(
        host_redirect=action.authority,
        port_redirect=action.port,
        response_code=_REDIRECT_CODES.get(action.code, RedirectAction.MOVED_PERMANENTLY),
    )
    if action.scheme:
        out.scheme_redirect = action.scheme
    if action.path:
        out.path_redirect = action.path
    elif action.rewrite and action.rewrite.pattern:
        out.regex_rewrite.CopyFrom(regex_substitution(action.rewrite))
    elif action.rewrite:
        out.prefix_rewrite = action.rewrite.prefix
    return out


@lru_cache(maxsize=256)
def _answer(action: Answer) -> bytes:
    out = DirectResponseAction(status=action.status)
    if action.body:
        out.body.CopyFrom(DataSource(inline_bytes=action.body))
    return length_delimited(_DIRECT_RESPONSE, serialised(out))


@lru_cache(maxsize=1024)
def _rest(
    name: str, request: HeaderChanges, response: HeaderChanges, fault: Fault | None, cors: Cors | None, session: Session | None, stat_prefix: str
) -> bytes:
    out = Route(name=name, stat_prefix=stat_prefix, typed_per_filter_config=filter_settings(fault, cors, session))
    _change_headers(out, request, response)
    return serialised(out)
