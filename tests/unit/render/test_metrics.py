"""Which metrics are counted, and when."""

from __future__ import annotations

import pytest
from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter
from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.extensions.access_loggers.stats.v3.stats_pb2 import Config

from lateen.ir.chain import MeshServer, OwnServer, ServerTls, Side
from lateen.ir.tls import Secret
from lateen.render.metrics import connection_metrics, request_metrics, when
from lateen.values.metric_words import LABEL


def config(log: AccessLog) -> Config:
    return Config.FromString(log.typed_config.value)


@pytest.mark.rule("TE-1")
def test_requests_are_measured_and_counted_by_that():
    found = config(request_metrics(Side.OUTBOUND, None))
    assert found.stat_prefix == "istio"
    assert not found.counters
    assert [(each.stat.name, each.value_format) for each in found.histograms] == [
        ("request_duration_milliseconds", "%DURATION%"),
        ("request_bytes", "%BYTES_RECEIVED%"),
        ("response_bytes", "%BYTES_SENT%"),
    ]


MESH = MeshServer(("cluster.local",))


def label_of(side: Side, tls: ServerTls | None = MESH) -> str:
    (tag,) = config(request_metrics(side, tls)).histograms[0].stat.tags
    assert tag.name == LABEL
    return tag.value_format


@pytest.mark.rule("TE-2")
def test_each_side_names_the_other_in_the_one_label():
    code = "%CLUSTER_METADATA(istio:service)% %RESPONSE_CODE% %GRPC_STATUS_NUMBER% %RESPONSE_FLAGS%"
    assert label_of(Side.OUTBOUND) == f"source %UPSTREAM_PEER_URI_SAN% {code} %UPSTREAM_METADATA(istio:workload)%"
    assert label_of(Side.INBOUND) == f"destination %DOWNSTREAM_PEER_URI_SAN% {code} %DOWNSTREAM_PEER_OTHERNAME_SAN%"
    assert label_of(Side.GATEWAY) == label_of(Side.OUTBOUND)


@pytest.mark.rule("TE-2")
@pytest.mark.parametrize("tls", [None, OwnServer((Secret("own"),), roots=Secret("roots"))])
def test_who_does_not_come_over_the_meshs_tls_is_not_believed_which_workload_it_is(tls: ServerTls | None):
    assert label_of(Side.INBOUND, tls).endswith(" %RESPONSE_FLAGS% ")


@pytest.mark.rule("TE-2")
def test_connections_are_counted_with_the_words_of_requests_that_they_have():
    (tag,) = config(connection_metrics(Side.INBOUND, MESH)[0]).counters[0].stat.tags
    service = "%CLUSTER_METADATA(istio:service)%"
    assert tag.value_format == f"destination %DOWNSTREAM_PEER_URI_SAN% {service} %RESPONSE_FLAGS% %DOWNSTREAM_PEER_OTHERNAME_SAN%"


@pytest.mark.rule("TE-1")
def test_connections_are_counted_when_made_and_their_bytes_when_over():
    opened, closed = connection_metrics(Side.INBOUND, MESH)
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
