"""Which metrics are counted, and when."""

from __future__ import annotations

import pytest
from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.extensions.access_loggers.stats.v3.stats_pb2 import Config

from lateen.ir.chain import Side
from lateen.render.metrics import connection_metrics, request_metrics, when


def config(log: AccessLog) -> Config:
    return Config.FromString(log.typed_config.value)


@pytest.mark.rule("TE-1")
def test_requests_are_counted_and_measured():
    found = config(request_metrics(Side.OUTBOUND))
    assert [each.stat.name for each in found.counters] == ["requests_total"]
    assert found.stat_prefix == "istio"
    assert [each.stat.name for each in found.histograms] == [
        "request_duration_milliseconds",
        "request_bytes",
        "response_bytes",
    ]


@pytest.mark.rule("TE-2")
def test_each_side_names_the_other():
    tags = {side: [tag.name for tag in config(request_metrics(side)).counters[0].stat.tags] for side in (Side.OUTBOUND, Side.INBOUND)}
    assert "destination_peer" in tags[Side.OUTBOUND] and "source_peer" not in tags[Side.OUTBOUND]
    assert "source_peer" in tags[Side.INBOUND] and "destination_peer" not in tags[Side.INBOUND]


@pytest.mark.rule("TE-1")
def test_connections_are_counted_when_made_and_their_bytes_when_over():
    opened, closed = connection_metrics(Side.INBOUND)
    assert list(opened.filter.log_type_filter.types) == [AccessLogType.TcpUpstreamConnected]
    assert [each.stat.name for each in config(closed).counters] == [
        "tcp_connections_closed_total",
        "tcp_sent_bytes_total",
        "tcp_received_bytes_total",
    ]


def test_a_condition_is_kept_beside_the_moment():
    log = AccessLog(name="x", filter=AccessLogFilter(traceable_filter={}))
    both = when(log, AccessLogType.TcpConnectionEnd).filter.and_filter.filters
    assert [each.WhichOneof("filter_specifier") for each in both] == ["traceable_filter", "log_type_filter"]
    assert log.filter.HasField("traceable_filter")
