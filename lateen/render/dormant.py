"""HTTP filters that stand in their place of the list (HC-1) and take part only where a rule has settings for them, or a virtual host.

Each filter that takes part costs every request, also where it has nothing to do. Envoy decides who takes part when it has found the route, once: so
where a policy or a patch may have the route chosen anew, all of them take part. At gateways nobody declares what is spoken, so gRPC is expected.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from envoy.extensions.filters.http.cors.v3.cors_pb2 import Cors
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from envoy.extensions.filters.http.grpc_stats.v3.config_pb2 import FilterConfig as GrpcStats
from envoy.extensions.filters.http.grpc_web.v3.grpc_web_pb2 import GrpcWeb
from envoy.extensions.filters.http.stateful_session.v3.stateful_session_pb2 import StatefulSession
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpFilter

from lateen.ir.chain import Requests, Side
from lateen.ir.policy import Consultation
from lateen.ir.token import Tokens
from lateen.render.filters import http_filter
from lateen.render.route_filters import CORS, FAULT, GRPC_STATS, GRPC_WEB, SESSION

DORMANT = frozenset({GRPC_WEB, GRPC_STATS, FAULT, CORS, SESSION})


def for_grpc(of: Requests) -> list[HttpFilter]:
    """The filters that translate gRPC-Web and count what gRPC answers."""
    counting = GrpcStats(emit_filter_state=True)
    counting.stats_for_all_methods.value = False
    found = [http_filter(GRPC_WEB, GrpcWeb()), http_filter(GRPC_STATS, counting)]
    return found if of.side is Side.GATEWAY else _waiting(found, of)


def by_rule(of: Requests) -> list[HttpFilter]:
    """The filters for what rules may ask for: faults, cross-origin requests and, of callers, sessions that persist."""
    found = [http_filter(FAULT, HTTPFault()), http_filter(CORS, Cors())]
    if of.side is not Side.INBOUND:
        found.append(http_filter(SESSION, StatefulSession()))
    return _waiting(found, of)


def wake(filters: Iterable[HttpFilter]) -> None:
    """Let all of them take part in every request."""
    for each in filters:
        if each.name in DORMANT:
            each.disabled = False


def _waiting(filters: list[HttpFilter], of: Requests) -> list[HttpFilter]:
    waits = not any(_reroutes(policy) for policy in of.policy)
    for each in filters:
        each.disabled = waits
    return filters


def _reroutes(policy: msgspec.Struct) -> bool:
    if isinstance(policy, Tokens):
        return policy.rerouted
    return isinstance(policy, Consultation) and policy.authorizer.rerouted
