"""Istio's metrics (TE-1, TE-2) by Envoy's statistics access logger, whose tags are filled in by command operators.

A tag costs bytes in each listener and time in each request, so the tags are raw and few, and whoever serves the metrics makes Istio's
labels of them (`telemetry.istio_labels`): a peer is one tag, `name;namespace;canonical name;canonical revision;cluster` as the endpoints'
metadata has it (CL-9); the service is one too, `host;name;namespace`, in the destination's metadata; the proxy's own workload is no tag at
all, for that is known where the metrics are served. The client's workload comes to the server in a header (`Exchange` in
`http_connection_manager`), its identity from the certificate. An identity is also all that tells mutual TLS from
none: a tag of its own would ask `connection.mtls` by CEL for each metric of each request, which is dearer than the other tags.

TCP: one log when the connection is made, one when it ends. Not in between: the logger adds totals, so periodic reports would count bytes
again.
"""

from __future__ import annotations

from functools import lru_cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter, LogTypeFilter
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.extensions.access_loggers.stats.v3.stats_pb2 import Config

from lateen.ir.chain import Side
from lateen.render.message import packed

PEER_NAMESPACE, PEER_KEY = "lateen", "peer"
"""Where a request's metadata holds the client's workload."""

PREFIX = "istio"
"""What the names of the metrics begin with. Envoy joins it by a dot, which Prometheus shows as `_`. The field is deprecated, but its
successor is in Envoy only so far, and what the protobufs do not know would be lost wherever configuration is written as JSON.
"""

_NAME = "envoy.access_loggers.stats"
Tags = tuple[tuple[str, str], ...]

_SERVICE = ("destination_service", "%CLUSTER_METADATA(istio:service)%")
_DESTINATION = ("destination", "%UPSTREAM_CLUSTER_RAW%")


def _peers(side: Side) -> Tags:
    if side is Side.INBOUND:
        return (
            ("reporter", "destination"),
            ("source_peer", f"%DYNAMIC_METADATA({PEER_NAMESPACE}:{PEER_KEY})%"),
            ("source_principal", "%DOWNSTREAM_PEER_URI_SAN%"),
            ("destination_principal", "%DOWNSTREAM_LOCAL_URI_SAN%"),
            _SERVICE,
            _DESTINATION,
        )
    return (
        ("reporter", "source"),
        ("destination_peer", "%UPSTREAM_METADATA(istio:workload)%"),
        ("source_principal", "%UPSTREAM_LOCAL_URI_SAN%"),
        ("destination_principal", "%UPSTREAM_PEER_URI_SAN%"),
        _SERVICE,
        _DESTINATION,
    )


@lru_cache(maxsize=8)
def request_metrics(side: Side) -> AccessLog:
    """Metrics of requests, one log for each. Not to be changed by the caller."""
    tags = (
        *_peers(side),
        ("response_code", "%RESPONSE_CODE%"),
        ("grpc_response_status", "%GRPC_STATUS_NUMBER%"),
        ("response_flags", "%RESPONSE_FLAGS%"),
    )
    config = Config(stat_prefix=PREFIX)
    _count(config, "requests_total", tags)
    _spread(config, "request_duration_milliseconds", tags, Config.Histogram.Unit.Milliseconds, "%DURATION%")
    _spread(config, "request_bytes", tags, Config.Histogram.Unit.Bytes, "%BYTES_RECEIVED%")
    _spread(config, "response_bytes", tags, Config.Histogram.Unit.Bytes, "%BYTES_SENT%")
    return _logger(config)


@lru_cache(maxsize=8)
def connection_metrics(side: Side) -> tuple[AccessLog, ...]:
    """Metrics of connections: one logger for their beginning, one for their end. Not to be changed by the caller."""
    tags = (*_peers(side), ("response_flags", "%RESPONSE_FLAGS%"))
    opened, closed = Config(stat_prefix=PREFIX), Config(stat_prefix=PREFIX)
    _count(opened, "tcp_connections_opened_total", tags)
    _count(closed, "tcp_connections_closed_total", tags)
    _count(closed, "tcp_sent_bytes_total", tags, "%BYTES_SENT%")
    _count(closed, "tcp_received_bytes_total", tags, "%BYTES_RECEIVED%")
    return (
        when(_logger(opened), AccessLogType.TcpUpstreamConnected),
        when(_logger(closed), AccessLogType.TcpConnectionEnd),
    )


def when(log: AccessLog, moment: AccessLogType) -> AccessLog:
    """The same log, written at this moment only."""
    at = AccessLogFilter(log_type_filter=LogTypeFilter(types=[moment]))
    out = AccessLog()
    out.CopyFrom(log)
    if log.HasField("filter"):
        out.filter.Clear()
        out.filter.and_filter.filters.extend([log.filter, at])
    else:
        out.filter.CopyFrom(at)
    return out


def _count(config: Config, name: str, tags: Tags, value: str = "") -> None:
    counter = config.counters.add(stat=_stat(name, tags), value_format=value)
    if not value:
        counter.value_fixed.value = 1


def _spread(config: Config, name: str, tags: Tags, unit: Config.Histogram.Unit, value: str) -> None:
    config.histograms.add(stat=_stat(name, tags), unit=unit, value_format=value)


def _stat(name: str, tags: Tags) -> Config.Stat:
    return Config.Stat(name=name, tags=[Config.Tag(name=key, value_format=value) for key, value in tags])


def _logger(config: Config) -> AccessLog:
    return AccessLog(name=_NAME, typed_config=packed(config))
