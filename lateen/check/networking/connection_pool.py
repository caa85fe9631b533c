"""Bounds on connections and requests (DR-5)."""

from __future__ import annotations

from lateen.api.networking.destination_rule import ConnectionPoolSettings, H2UpgradePolicy, HTTPSettings, TCPSettings
from lateen.api.text import Path
from lateen.check.durations import at_least_millisecond, zero_or_more
from lateen.check.remark import Remarks, wrong


def connection_pool(pool: ConnectionPoolSettings | None, path: Path) -> Remarks:
    """Something must be bound, and by sensible numbers. None passes."""
    if pool is None:
        return
    if pool.tcp is None and pool.http is None:
        yield wrong(path, "the connection pool is empty.", "Give tcp or http.")
    if pool.tcp is not None:
        yield from _tcp(pool.tcp, (*path, "tcp"))
    if pool.http is not None:
        yield from _http(pool.http, (*path, "http"))


def _tcp(tcp: TCPSettings, path: Path) -> Remarks:
    yield from _not_negative(tcp.max_connections, (*path, "maxConnections"))
    yield from at_least_millisecond(tcp.connect_timeout, (*path, "connectTimeout"))
    yield from at_least_millisecond(tcp.max_connection_duration, (*path, "maxConnectionDuration"))
    yield from zero_or_more(tcp.idle_timeout, (*path, "idleTimeout"))
    if tcp.tcp_keepalive is not None:
        yield from at_least_millisecond(tcp.tcp_keepalive.time, (*path, "tcpKeepalive", "time"))
        yield from at_least_millisecond(tcp.tcp_keepalive.interval, (*path, "tcpKeepalive", "interval"))


def _http(http: HTTPSettings, path: Path) -> Remarks:
    for field, value in (
        ("http1MaxPendingRequests", http.http1_max_pending_requests),
        ("http2MaxRequests", http.http2_max_requests),
        ("maxRequestsPerConnection", http.max_requests_per_connection),
        ("maxRetries", http.max_retries),
        ("maxConcurrentStreams", http.max_concurrent_streams),
    ):
        yield from _not_negative(value, (*path, field))
    yield from at_least_millisecond(http.idle_timeout, (*path, "idleTimeout"))
    if http.http2_keep_alive is not None:
        yield from at_least_millisecond(http.http2_keep_alive.interval, (*path, "http2KeepAlive", "interval"))
        yield from at_least_millisecond(http.http2_keep_alive.timeout, (*path, "http2KeepAlive", "timeout"))
    if http.h2_upgrade_policy is H2UpgradePolicy.UPGRADE and http.use_client_protocol:
        yield wrong((*path, "useClientProtocol"), "h2UpgradePolicy: UPGRADE and useClientProtocol: true exclude each other.", "Keep one of them.")


def _not_negative(value: int, path: Path) -> Remarks:
    if value < 0:
        yield wrong(path, f"found {value}, expected 0 (no bound) or more.")
