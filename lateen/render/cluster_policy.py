"""The part of a cluster that most clusters of a mesh have in common: limits, load balancing, outlier detection, HTTP options.

Made once for each distinct policy, as the bytes of a Cluster that has these fields and no others; a cluster is that and its own fields, concatenated.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from envoy.config.cluster.v3.circuit_breaker_pb2 import CircuitBreakers
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.cluster.v3.outlier_detection_pb2 import OutlierDetection
from envoy.config.common.matcher.v3.matcher_pb2 import MatchPredicate
from envoy.config.core.v3.health_check_pb2 import HealthStatus
from envoy.config.core.v3.protocol_pb2 import Http1ProtocolOptions, Http2ProtocolOptions
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from google.protobuf.wrappers_pb2 import UInt32Value

from lateen.ir.destination import Balancing, Choice, Ejection, Http, Limits, Policy, WarmUp
from lateen.render.header_case import preserved_case
from lateen.render.message import duration, packed, serialised
from lateen.values.envoy_resource import length_delimited

UNLIMITED = 2**32 - 1
_BUDGET_INTERVAL = 3
"""`RetryBudget.budget_interval`, which published protobufs do not know yet, but Envoy does."""
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

_RETURNED_TO = (HealthStatus.UNKNOWN, HealthStatus.HEALTHY, HealthStatus.DRAINING, HealthStatus.DEGRADED)
_LEAST_RING = 1024
_TABLE = 65537
_CHOICES = {
    Choice.LEAST_REQUEST: Cluster.LEAST_REQUEST,
    Choice.RANDOM: Cluster.RANDOM,
    Choice.ROUND_ROBIN: Cluster.ROUND_ROBIN,
    Choice.RING_HASH: Cluster.RING_HASH,
    Choice.MAGLEV: Cluster.MAGLEV,
}


class NameChecks(msgspec.Struct, frozen=True, cache_hash=True):
    """What of TLS is decided by each request: the SNI is its Host, and the peer's certificate must be for that name."""

    sni: bool = False
    certificate: bool = False


NO_CHECKS = NameChecks()


@lru_cache(maxsize=4096)
def cluster_policy(policy: Policy, *, provided: bool, checks: NameChecks = NO_CHECKS) -> bytes:
    """The serialised fields. `provided`: the cluster knows its one endpoint itself, so that there is nothing to choose from."""
    out = Cluster(connect_timeout=duration(policy.limits.connect_timeout))
    out.circuit_breakers.thresholds.append(_thresholds(policy.limits))
    if provided:
        out.lb_policy = Cluster.CLUSTER_PROVIDED
    else:
        _balance(out, policy.balancing)
    if policy.ejection is not None:
        out.outlier_detection.CopyFrom(_outlier_detection(policy.ejection))
        out.common_lb_config.healthy_panic_threshold.value = policy.ejection.panic_threshold
    elif policy.unready:
        out.common_lb_config.healthy_panic_threshold.SetInParent()
    if policy.persistent:
        out.common_lb_config.override_host_status.statuses.extend(_RETURNED_TO)
    _connect(out, policy)
    if policy.buffer:
        out.per_connection_buffer_limit_bytes.value = policy.buffer
    options = _http_options(policy, checks)
    if options is not None:
        out.typed_extension_protocol_options[HTTP_OPTIONS].CopyFrom(packed(options))
    return serialised(out)


def _thresholds(limits: Limits) -> CircuitBreakers.Thresholds:
    """DR-6: "every circuit-breaker threshold is max uint32"."""

    def bound(given: int) -> UInt32Value:
        return UInt32Value(value=given if given > 0 else UNLIMITED)

    out = CircuitBreakers.Thresholds(
        max_connections=bound(limits.connections),
        max_pending_requests=bound(limits.pending_requests),
        max_requests=bound(limits.requests),
        max_retries=bound(limits.retries),
    )
    if limits.retry_budget is not None:
        out.retry_budget.budget_percent.value = limits.retry_budget.percent
        out.retry_budget.min_retry_concurrency.value = limits.retry_budget.least
        if limits.retry_budget.interval:
            out.retry_budget.MergeFromString(length_delimited(_BUDGET_INTERVAL, serialised(duration(limits.retry_budget.interval))))
    return out


def _balance(out: Cluster, balancing: Balancing) -> None:
    out.lb_policy = _CHOICES[balancing.choice]
    if balancing.choice is Choice.RING_HASH:
        out.ring_hash_lb_config.minimum_ring_size.value = balancing.table or _LEAST_RING
    elif balancing.choice is Choice.MAGLEV:
        out.maglev_lb_config.table_size.value = balancing.table or _TABLE
    elif balancing.warm_up is not None and balancing.choice is Choice.ROUND_ROBIN:
        out.round_robin_lb_config.slow_start_config.CopyFrom(_slow_start(balancing.warm_up))
    elif balancing.warm_up is not None and balancing.choice is Choice.LEAST_REQUEST:
        out.least_request_lb_config.slow_start_config.CopyFrom(_slow_start(balancing.warm_up))
    if balancing.by_locality:
        out.common_lb_config.locality_weighted_lb_config.SetInParent()
    elif balancing.zones:
        out.common_lb_config.zone_aware_lb_config.min_cluster_size.value = balancing.zones
    elif balancing.zones is not None:  # Envoy does it of itself wherever it knows its peers.
        out.common_lb_config.zone_aware_lb_config.routing_enabled.SetInParent()


def _slow_start(warm_up: WarmUp) -> Cluster.SlowStartConfig:
    out = Cluster.SlowStartConfig(slow_start_window=duration(warm_up.duration))
    out.aggression.default_value = warm_up.aggression
    out.aggression.runtime_key = "upstream.slow_start.aggression"
    out.min_weight_percent.value = warm_up.minimum
    return out


def _outlier_detection(ejection: Ejection) -> OutlierDetection:
    """DR-7: "success-rate enforcement is set to 0; consecutive5xxErrors given → enforcing 100, or 0 turns that detector off"."""
    out = OutlierDetection(split_external_local_origin_errors=ejection.split_local)
    out.enforcing_success_rate.value = 0
    detectors = (
        (ejection.server_errors, out.consecutive_5xx, out.enforcing_consecutive_5xx),
        (ejection.gateway_errors, out.consecutive_gateway_failure, out.enforcing_consecutive_gateway_failure),
        (ejection.local_errors, out.consecutive_local_origin_failure, out.enforcing_consecutive_local_origin_failure),
    )
    for count, threshold, enforcing in detectors:
        if count is not None:
            enforcing.value = 100 if count else 0
            if count:
                threshold.value = count
    if ejection.split_local:
        out.enforcing_local_origin_success_rate.value = 0
    if ejection.interval is not None:
        out.interval.CopyFrom(duration(ejection.interval))
    if ejection.duration is not None:
        out.base_ejection_time.CopyFrom(duration(ejection.duration))
    if ejection.maximum_percent is not None:
        out.max_ejection_percent.value = ejection.maximum_percent
    return out


def _connect(out: Cluster, policy: Policy) -> None:
    keepalive = policy.limits.keepalive
    if keepalive is not None:
        probes = out.upstream_connection_options.tcp_keepalive
        probes.SetInParent()
        if keepalive.probes:
            probes.keepalive_probes.value = keepalive.probes
        if keepalive.time:
            probes.keepalive_time.value = _whole_seconds(keepalive.time)
        if keepalive.interval:
            probes.keepalive_interval.value = _whole_seconds(keepalive.interval)
    if policy.source_address:
        out.upstream_bind_config.source_address.address = policy.source_address
        out.upstream_bind_config.source_address.port_value = 0
    if policy.original_port:
        out.original_dst_lb_config.upstream_port_override.value = policy.original_port


def _whole_seconds(nanoseconds: int) -> int:
    return max(1, nanoseconds // 10**9)


def _http_options(policy: Policy, checks: NameChecks) -> HttpProtocolOptions | None:
    """None where everything is as Envoy has it anyway: HTTP/1.1 without bounds."""
    out = HttpProtocolOptions()
    limits = policy.limits
    common = out.common_http_protocol_options
    if limits.idle_timeout is not None:
        common.idle_timeout.CopyFrom(duration(limits.idle_timeout))
    if limits.connection_duration is not None:
        common.max_connection_duration.CopyFrom(duration(limits.connection_duration))
    if limits.requests_per_connection > 0:
        common.max_requests_per_connection.value = limits.requests_per_connection
    if checks.sni or checks.certificate:
        out.upstream_http_protocol_options.auto_sni = checks.sni
        out.upstream_http_protocol_options.auto_san_validation = checks.certificate
    if policy.ejection is not None and policy.ejection.error_codes:
        out.outlier_detection.error_matcher.CopyFrom(_errors(policy.ejection.error_codes))
    if policy.protocol is Http.HTTP1 and not policy.preserve_case and not out.ByteSize():
        return None
    _speak(out, policy)
    return out


def _speak(out: HttpProtocolOptions, policy: Policy) -> None:
    if policy.protocol is Http.HTTP1:
        out.explicit_http_config.http_protocol_options.CopyFrom(_http1(policy))
    elif policy.protocol is Http.HTTP2:
        out.explicit_http_config.http2_protocol_options.CopyFrom(_http2(policy.limits))
    else:
        out.use_downstream_protocol_config.http_protocol_options.CopyFrom(_http1(policy))
        out.use_downstream_protocol_config.http2_protocol_options.CopyFrom(_http2(policy.limits))


def _http1(policy: Policy) -> Http1ProtocolOptions:
    out = Http1ProtocolOptions()
    if policy.preserve_case:
        out.header_key_format.CopyFrom(preserved_case())
    return out


def _http2(limits: Limits) -> Http2ProtocolOptions:
    out = Http2ProtocolOptions()
    if limits.streams > 0:
        out.max_concurrent_streams.value = limits.streams
    if limits.ping_interval is not None:
        out.connection_keepalive.interval.CopyFrom(duration(limits.ping_interval))
    if limits.ping_timeout is not None:
        out.connection_keepalive.timeout.CopyFrom(duration(limits.ping_timeout))
    return out


def _errors(ranges: tuple[tuple[int, int], ...]) -> MatchPredicate:
    found = [_status(first, end) for first, end in ranges]
    return found[0] if len(found) == 1 else MatchPredicate(or_match=MatchPredicate.MatchSet(rules=found))


def _status(first: int, end: int) -> MatchPredicate:
    out = MatchPredicate()
    header = out.http_response_headers_match.headers.add(name=":status")
    header.range_match.start = first
    header.range_match.end = end
    return out
