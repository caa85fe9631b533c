"""What a forwarding rule does besides choosing a destination: timeout, retries, rewrites, mirrors, stickiness. As bytes of a RouteAction."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from envoy.config.route.v3.route_components_pb2 import RetryPolicy, RouteAction
from envoy.extensions.retry.host.previous_hosts.v3.previous_hosts_pb2 import PreviousHostsPredicate
from envoy.extensions.retry.priority.previous_priorities.v3.previous_priorities_config_pb2 import PreviousPrioritiesConfig
from envoy.type.v3.percent_pb2 import FractionalPercent

from lateen.ir.routes import Cookie, Forward, HashKey, Mirror, Retry
from lateen.render.message import duration, packed, serialised
from lateen.render.path import regex_substitution

_HOST_SELECTION_ATTEMPTS = 5
"""VS-43: how often another host is looked for before a host that was tried already is taken after all."""
_LOCALITY_UPDATES = 2


def policies(action: Forward) -> bytes:
    """A serialised RouteAction without its destinations. Made once for all actions that differ in nothing else."""
    return _policies(msgspec.structs.replace(action, shares=()))


@lru_cache(maxsize=2048)
def _policies(action: Forward) -> bytes:
    out = RouteAction(
        timeout=duration(action.timeout),
        request_mirror_policies=[_mirror(mirror) for mirror in action.mirrors],
        hash_policy=[_hash_policy(key) for key in action.hash_keys],
    )
    # VS-42: without a timeout, what a gRPC client demands in grpc-timeout is not shortened either. The field is deprecated, but with its successor,
    # max_stream_duration, Envoy forgets `timeout` altogether.
    out.max_grpc_timeout.CopyFrom(duration(action.timeout))
    if action.authority:
        out.host_rewrite_literal = action.authority
    if action.tells_authority:
        out.append_x_forwarded_host = True
    if action.retry is not None:
        out.retry_policy.CopyFrom(_retry(action.retry))
    if action.path and action.path.pattern:
        out.regex_rewrite.CopyFrom(regex_substitution(action.path))
    elif action.path:
        out.prefix_rewrite = action.path.prefix
    return serialised(out)


def _retry(retry: Retry) -> RetryPolicy:
    out = RetryPolicy(
        retry_on=",".join(retry.conditions),
        retriable_status_codes=retry.status_codes,
        host_selection_retry_max_attempts=_HOST_SELECTION_ATTEMPTS,
    )
    out.num_retries.value = retry.attempts
    if retry.try_timeout is not None:
        out.per_try_timeout.CopyFrom(duration(retry.try_timeout))
    if retry.backoff is not None:
        out.retry_back_off.base_interval.CopyFrom(duration(retry.backoff))
    if retry.other_hosts:
        predicate = out.retry_host_predicate.add(name="envoy.retry_host_predicates.previous_hosts")
        predicate.typed_config.CopyFrom(packed(PreviousHostsPredicate()))
    if retry.other_localities:
        out.retry_priority.name = "envoy.retry_priorities.previous_priorities"
        out.retry_priority.typed_config.CopyFrom(packed(PreviousPrioritiesConfig(update_frequency=_LOCALITY_UPDATES)))
    return out


def _mirror(mirror: Mirror) -> RouteAction.RequestMirrorPolicy:
    """VS-49: the copy is not traced, and its Host is left as it is."""
    out = RouteAction.RequestMirrorPolicy(cluster=mirror.destination, disable_shadow_host_suffix_append=True)
    out.trace_sampled.value = False
    out.runtime_fraction.default_value.CopyFrom(FractionalPercent(numerator=mirror.part, denominator=FractionalPercent.MILLION))
    return out


def _hash_policy(key: HashKey) -> RouteAction.HashPolicy:
    if key.header:
        return RouteAction.HashPolicy(header=RouteAction.HashPolicy.Header(header_name=key.header))
    if key.parameter:
        return RouteAction.HashPolicy(query_parameter=RouteAction.HashPolicy.QueryParameter(name=key.parameter))
    if key.cookie is not None:
        return RouteAction.HashPolicy(cookie=_cookie(key.cookie))
    return RouteAction.HashPolicy(connection_properties=RouteAction.HashPolicy.ConnectionProperties(source_ip=key.source_address))


def _cookie(cookie: Cookie) -> RouteAction.HashPolicy.Cookie:
    attributes = [RouteAction.HashPolicy.CookieAttribute(name=name, value=value) for name, value in cookie.attributes]
    out = RouteAction.HashPolicy.Cookie(name=cookie.name, path=cookie.path, attributes=attributes)
    if cookie.lifetime is not None:
        out.ttl.CopyFrom(duration(cookie.lifetime))
    return out
