"""Istio's metrics (TE-1, TE-2) by Envoy's statistics access logger, whose tag is filled in by command operators.

There is one tag, of words in a fixed order (`values.metric_words`), for each tag of each metric is made anew in each request; whoever serves the
metrics makes Istio's labels of it (`telemetry.istio_labels`). A peer is one word, `name;namespace;canonical name;canonical revision;cluster` as the
endpoints' metadata has it (CL-9); the service is one too, in the destination's metadata; the proxy's own workload and identity are none at all, for
they are known where the metrics are served. The client's identity and workload are in its certificate, and the workload is believed over the mesh's
mutual TLS only. That identity is also all that tells mutual TLS from none. `istio_requests_total` is not counted: it is how many durations were
measured.

TCP: one log when the connection is made, one when it ends. Not in between: the logger adds totals, so periodic reports would count bytes
again.
"""

from __future__ import annotations

from functools import lru_cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter, LogTypeFilter
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.extensions.access_loggers.stats.v3.stats_pb2 import Config

from lateen.ir.chain import MeshServer, ServerTls, Side
from lateen.render.message import packed
from lateen.values.metric_words import CONNECTION, LABEL, REQUEST, label

PREFIX = "istio"
"""What the names of the metrics begin with. Envoy joins it by a dot, which Prometheus shows as `_`. The field is deprecated, but its
successor is in Envoy only so far, and what the protobufs do not know would be lost wherever configuration is written as JSON.
"""

_NAME = "envoy.access_loggers.stats"

_ANY = {
    "service": "%CLUSTER_METADATA(istio:service)%",
    "response_code": "%RESPONSE_CODE%",
    "grpc_response_status": "%GRPC_STATUS_NUMBER%",
    "response_flags": "%RESPONSE_FLAGS%",
}
_INBOUND = {
    "reporter": "destination",
    "principal": "%DOWNSTREAM_PEER_URI_SAN%",
    **_ANY,
}
_CLIENT = {"peer": "%DOWNSTREAM_PEER_OTHERNAME_SAN%"}
"""Envoy parses a certificate without such a name anew in each request."""
_OUTBOUND = {
    "reporter": "source",
    "principal": "%UPSTREAM_PEER_URI_SAN%",
    "peer": "%UPSTREAM_METADATA(istio:workload)%",
    **_ANY,
}


def request_metrics(side: Side, tls: ServerTls | None) -> AccessLog:
    """Metrics of requests of a chain that ends this TLS, one log for each. Not to be changed by the caller."""
    return _request_metrics(_words(REQUEST, side, tls))


def connection_metrics(side: Side, tls: ServerTls | None) -> tuple[AccessLog, ...]:
    """Metrics of connections of a chain that ends this TLS: one logger for their beginning, one for their end. Not to be changed by the caller."""
    return _connection_metrics(_words(CONNECTION, side, tls))


@lru_cache(maxsize=8)
def _request_metrics(words: str) -> AccessLog:
    config = Config(stat_prefix=PREFIX)
    _spread(config, "request_duration_milliseconds", words, Config.Histogram.Unit.Milliseconds, "%DURATION%")
    _spread(config, "request_bytes", words, Config.Histogram.Unit.Bytes, "%BYTES_RECEIVED%")
    _spread(config, "response_bytes", words, Config.Histogram.Unit.Bytes, "%BYTES_SENT%")
    return _logger(config)


@lru_cache(maxsize=8)
def _connection_metrics(words: str) -> tuple[AccessLog, ...]:
    opened, closed = Config(stat_prefix=PREFIX), Config(stat_prefix=PREFIX)
    _count(opened, "tcp_connections_opened_total", words)
    _count(closed, "tcp_connections_closed_total", words)
    _count(closed, "tcp_sent_bytes_total", words, "%BYTES_SENT%")
    _count(closed, "tcp_received_bytes_total", words, "%BYTES_RECEIVED%")
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


def _words(order: tuple[str, ...], side: Side, tls: ServerTls | None) -> str:
    if side is not Side.INBOUND:
        return label(order, _OUTBOUND)
    return label(order, _INBOUND | _CLIENT if isinstance(tls, MeshServer) else _INBOUND)


def _count(config: Config, name: str, words: str, value: str = "") -> None:
    counter = config.counters.add(stat=_stat(name, words), value_format=value)
    if not value:
        counter.value_fixed.value = 1


def _spread(config: Config, name: str, words: str, unit: Config.Histogram.Unit, value: str) -> None:
    config.histograms.add(stat=_stat(name, words), unit=unit, value_format=value)


def _stat(name: str, words: str) -> Config.Stat:
    return Config.Stat(name=name, tags=[Config.Tag(name=LABEL, value_format=words)])


def _logger(config: Config) -> AccessLog:
    return AccessLog(name=_NAME, typed_config=packed(config))
