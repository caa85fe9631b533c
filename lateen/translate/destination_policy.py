"""What a TrafficPolicy means for a destination: limits, load balancing, ejection, protocol. Pure functions."""

from __future__ import annotations

import re

import msgspec

from lateen.api.mesh_config import DefaultTrafficPolicy
from lateen.api.networking.destination_rule import (
    ConnectionPoolSettings,
    ConsistentHashLB,
    H2UpgradePolicy,
    HTTPSettings,
    LoadBalancerSettings,
    OutlierDetection,
    ProxyProtocolVersion,
    SimpleLB,
    TcpKeepalive,
    TCPSettings,
    TrafficPolicy,
)
from lateen.ir import destination as ir
from lateen.ir.destination import Balancing, Choice, Ejection, Http, Limits
from lateen.values.duration import Duration
from lateen.values.protocol import Protocol

_SECOND = 10**9
_PING_TIMEOUT = 20 * _SECOND
"""How long the answer to a ping is waited for where nothing is said, as in gRPC; the proxy has no default of its own."""
_NO_TCP = TCPSettings()
_NO_HTTP = HTTPSettings()
_CHOICES = {SimpleLB.RANDOM: Choice.RANDOM, SimpleLB.ROUND_ROBIN: Choice.ROUND_ROBIN}
_ONE_CODE = re.compile(r"(\d{3})")
_CODE_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_CODE_RANGE = re.compile(r"(\d{3})\s*-\s*(\d{3})")


def over(baseline: DefaultTrafficPolicy | None, policy: TrafficPolicy) -> TrafficPolicy:
    """A policy laid over that of the mesh: one that "sets one of these blocks overrides the baseline for that block; a block [it] leaves unset now
    inherits the mesh baseline" (https://istio.io/latest/news/releases/1.31.x/announcing-1.31/change-notes/).
    """
    if baseline is None:
        return policy
    return msgspec.structs.replace(
        policy,
        connection_pool=policy.connection_pool or baseline.connection_pool,
        outlier_detection=policy.outlier_detection or baseline.outlier_detection,
    )


def limits(policy: TrafficPolicy, connect_timeout: int, keepalive: TcpKeepalive | None) -> Limits:
    """The bounds of a policy (DR-5). `connect_timeout` in nanoseconds and `keepalive` are the mesh's."""
    pool = policy.connection_pool or ConnectionPoolSettings()
    tcp, http = pool.tcp or _NO_TCP, pool.http or _NO_HTTP
    pings = http.http2_keep_alive
    return Limits(
        connect_timeout=_nanoseconds(tcp.connect_timeout) or connect_timeout,
        connections=tcp.max_connections,
        pending_requests=http.http1_max_pending_requests,
        requests=http.http2_max_requests,
        retries=http.max_retries,
        retry_budget=_retry_budget(policy),
        requests_per_connection=http.max_requests_per_connection,
        streams=http.max_concurrent_streams,
        idle_timeout=_nanoseconds(http.idle_timeout),
        connection_duration=_nanoseconds(tcp.max_connection_duration),
        keepalive=_keepalive(tcp.tcp_keepalive or keepalive),
        ping_interval=_nanoseconds(pings.interval) or None if pings is not None else None,
        ping_timeout=_nanoseconds(pings.timeout) or _PING_TIMEOUT if pings is not None else None,
    )


def _nanoseconds(of: Duration | None) -> int | None:
    return of.nanoseconds if of is not None else None


def _retry_budget(policy: TrafficPolicy) -> ir.RetryBudget | None:
    given = policy.retry_budget
    if given is None:
        return None
    default = ir.RetryBudget()
    percent = default.percent if given.percent is None else given.percent
    return ir.RetryBudget(percent, given.min_retry_concurrency or default.least, _nanoseconds(given.budget_interval) or 0)


def _keepalive(given: TcpKeepalive | None) -> ir.Keepalive | None:
    return ir.Keepalive(given.probes, _nanoseconds(given.time) or 0, _nanoseconds(given.interval) or 0) if given is not None else None


def protocol(port: Protocol, http: HTTPSettings | None, *, gateway: bool, upgraded: bool) -> Http:
    """Which HTTP the destination is spoken to in (DR-16). `upgraded`: the mesh speaks HTTP/2 where it may.

    A port whose protocol is found out is spoken to as the client speaks, except from gateways, which cannot know that the other end takes HTTP/2.
    """
    given = http or _NO_HTTP
    if given.use_client_protocol:
        return Http.CLIENT
    if port.is_http2 or (given.h2_upgrade_policy is H2UpgradePolicy.UPGRADE and (port.is_http or port.is_auto)):
        return Http.HTTP2
    if upgraded and given.h2_upgrade_policy is H2UpgradePolicy.DEFAULT and port.is_http:
        return Http.HTTP2
    return Http.CLIENT if port.is_auto and not gateway else Http.HTTP1


def balancing(given: LoadBalancerSettings | None, *, by_locality: bool, zones: int | None = None) -> Balancing:
    """How an endpoint is chosen (DR-2, DR-3)."""
    choice, table, warm_up = Choice.LEAST_REQUEST, 0, None
    if given is not None and given.consistent_hash is not None:
        choice, table = _hash_table(given.consistent_hash)
    elif given is not None:
        choice = _CHOICES.get(given.simple, choice) if given.simple is not None else choice
        warm_up = _warm_up(given)
    return Balancing(choice, table, warm_up, by_locality, zones)


def is_passthrough(given: LoadBalancerSettings | None) -> bool:
    """Whether calls go wherever the client was headed (DR-2)."""
    return given is not None and given.simple is SimpleLB.PASSTHROUGH


def _hash_table(given: ConsistentHashLB) -> tuple[Choice, int]:
    if given.maglev is not None:
        return Choice.MAGLEV, given.maglev.table_size
    if given.ring_hash is not None:
        return Choice.RING_HASH, given.ring_hash.minimum_ring_size
    return Choice.RING_HASH, given.minimum_ring_size or 0


def _warm_up(given: LoadBalancerSettings) -> ir.WarmUp | None:
    if given.warmup is not None:
        minimum, aggression = given.warmup.minimum_percent, given.warmup.aggression
        return ir.WarmUp(given.warmup.duration.nanoseconds, 10.0 if minimum is None else minimum, 1.0 if aggression is None else aggression)
    return ir.WarmUp(given.warmup_duration_secs.nanoseconds) if given.warmup_duration_secs is not None else None


def ejection(given: OutlierDetection | None) -> Ejection | None:
    """When endpoints are left out (DR-7)."""
    if given is None:
        return None
    gateway = given.consecutive_gateway_errors
    return Ejection(
        server_errors=given.consecutive_5xx_errors,
        gateway_errors=gateway if gateway is not None else given.consecutive_errors or None,
        local_errors=given.consecutive_local_origin_failures,
        split_local=given.split_external_local_origin_errors,
        interval=_nanoseconds(given.interval) or None,
        duration=_nanoseconds(given.base_ejection_time) or None,
        maximum_percent=given.max_ejection_percent or None,
        panic_threshold=given.min_health_percent,
        error_codes=_status_ranges(given.outlier_detection_http_error_codes),
    )


def _status_ranges(written: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Codes as written (`503`, `5xx`, `500-504`) as half-open ranges, sorted; what is none of these counts for nothing."""
    found: set[tuple[int, int]] = set()
    for word in written:
        if one := _ONE_CODE.fullmatch(word.strip()):
            found.add((int(one[1]), int(one[1]) + 1))
        elif kind := _CODE_CLASS.fullmatch(word.strip()):
            found.add((int(kind[1]) * 100, int(kind[1]) * 100 + 100))
        elif both := _CODE_RANGE.fullmatch(word.strip()):
            found.add((int(both[1]), int(both[2]) + 1))
    return tuple(sorted(found))


def proxy_protocol(policy: TrafficPolicy) -> int:
    """The version of the PROXY protocol that connections begin with, 0 for none (DR-9)."""
    if policy.proxy_protocol is None:
        return 0
    return 2 if policy.proxy_protocol.version is ProxyProtocolVersion.V2 else 1
