"""What a TrafficPolicy means for a destination."""

from __future__ import annotations

import msgspec
import pytest

from lateen.api.mesh_config import DefaultTrafficPolicy
from lateen.api.networking.destination_rule import (
    ConnectionPoolSettings,
    HTTPSettings,
    OutlierDetection,
    TcpKeepalive,
    TCPSettings,
    TrafficPolicy,
)
from lateen.ir.destination import Balancing, Choice, Ejection, Http, Keepalive, Limits, RetryBudget, WarmUp
from lateen.translate import destination_policy
from lateen.values.duration import Duration
from lateen.values.protocol import Protocol

SECOND = 10**9


def policy(json: str) -> TrafficPolicy:
    def hook(kind: type, value: object) -> object:
        return kind(value)

    return msgspec.json.decode(json, type=TrafficPolicy, dec_hook=hook, strict=False)


def limits(json: str, keepalive: TcpKeepalive | None = None) -> Limits:
    return destination_policy.limits(policy(json), 10 * SECOND, keepalive)


@pytest.mark.rule("DR-6")
def test_what_a_rule_does_not_bound_is_not_bounded() -> None:
    assert limits("{}") == Limits(connect_timeout=10 * SECOND)


@pytest.mark.rule("DR-5")
def test_every_bound_of_a_connection_pool_is_kept() -> None:
    keepalive = '{"probes": 3, "time": "60s", "interval": "5s"}'
    tcp = f'{{"maxConnections": 1, "connectTimeout": "500ms", "tcpKeepalive": {keepalive}, "maxConnectionDuration": "1h"}}'
    http = (
        '{"http1MaxPendingRequests": 2, "http2MaxRequests": 3, "maxRetries": 4, "maxRequestsPerConnection": 5, "idleTimeout": "100s", '
        '"maxConcurrentStreams": 6, "http2KeepAlive": {"interval": "30s"}}'
    )
    assert limits(f'{{"connectionPool": {{"tcp": {tcp}, "http": {http}}}}}') == Limits(
        connect_timeout=SECOND // 2,
        connections=1,
        pending_requests=2,
        requests=3,
        retries=4,
        requests_per_connection=5,
        streams=6,
        idle_timeout=100 * SECOND,
        connection_duration=3600 * SECOND,
        keepalive=Keepalive(3, 60 * SECOND, 5 * SECOND),
        ping_interval=30 * SECOND,
        ping_timeout=20 * SECOND,
    )


@pytest.mark.rule("CL-8")
def test_the_meshs_keepalive_holds_where_the_rule_has_none() -> None:
    assert limits("{}", TcpKeepalive(probes=7)).keepalive == Keepalive(7)
    assert limits('{"connectionPool": {"tcp": {"tcpKeepalive": {"probes": 2}}}}', TcpKeepalive(probes=7)).keepalive == Keepalive(2)


@pytest.mark.rule("DR-9")
def test_a_retry_budget_has_its_own_defaults() -> None:
    assert limits('{"retryBudget": {}}').retry_budget == RetryBudget(20.0, 3)
    assert limits('{"retryBudget": {"budgetInterval": "1s"}}').retry_budget == RetryBudget(20.0, 3, 10**9)


@pytest.mark.rule("DR-16")
@pytest.mark.parametrize(
    ("port", "settings", "gateway", "upgraded", "spoken"),
    [
        (Protocol.HTTP, "{}", False, False, Http.HTTP1),
        (Protocol.GRPC, "{}", False, False, Http.HTTP2),
        (Protocol.AUTO, "{}", False, False, Http.CLIENT),
        (Protocol.AUTO, "{}", True, False, Http.HTTP1),
        (Protocol.TCP, "{}", False, True, Http.HTTP1),
        (Protocol.HTTP, "{}", False, True, Http.HTTP2),
        (Protocol.HTTP, '{"h2UpgradePolicy": "DO_NOT_UPGRADE"}', False, True, Http.HTTP1),
        (Protocol.HTTP, '{"h2UpgradePolicy": "UPGRADE"}', False, False, Http.HTTP2),
        (Protocol.AUTO, '{"h2UpgradePolicy": "UPGRADE"}', False, False, Http.HTTP2),
        (Protocol.TCP, '{"h2UpgradePolicy": "UPGRADE"}', False, False, Http.HTTP1),
        (Protocol.HTTP, '{"useClientProtocol": true}', False, False, Http.CLIENT),
        (Protocol.HTTP2, '{"useClientProtocol": true}', True, False, Http.CLIENT),
    ],
)
def test_the_protocol_follows_the_port_unless_told_otherwise(port: Protocol, settings: str, gateway: bool, upgraded: bool, spoken: Http) -> None:
    http = msgspec.json.decode(settings, type=HTTPSettings)
    assert destination_policy.protocol(port, http, gateway=gateway, upgraded=upgraded) is spoken


@pytest.mark.rule("DR-2")
@pytest.mark.parametrize(
    ("json", "balancing"),
    [
        ("{}", Balancing()),
        ('{"simple": "LEAST_CONN"}', Balancing(Choice.LEAST_REQUEST)),
        ('{"simple": "RANDOM"}', Balancing(Choice.RANDOM)),
        ('{"simple": "ROUND_ROBIN", "warmup": {"duration": "30s"}}', Balancing(Choice.ROUND_ROBIN, warm_up=WarmUp(30 * SECOND, 10.0, 1.0))),
        ('{"warmupDurationSecs": "5s"}', Balancing(warm_up=WarmUp(5 * SECOND))),
        ('{"consistentHash": {"useSourceIp": true}}', Balancing(Choice.RING_HASH)),
        ('{"consistentHash": {"useSourceIp": true, "minimumRingSize": 7}}', Balancing(Choice.RING_HASH, 7)),
        ('{"consistentHash": {"useSourceIp": true, "ringHash": {"minimumRingSize": 8}}}', Balancing(Choice.RING_HASH, 8)),
        ('{"consistentHash": {"useSourceIp": true, "maglev": {"tableSize": 101}}}', Balancing(Choice.MAGLEV, 101)),
    ],
)
def test_how_an_endpoint_is_chosen(json: str, balancing: Balancing) -> None:
    assert destination_policy.balancing(policy(f'{{"loadBalancer": {json}}}').load_balancer, by_locality=False) == balancing


@pytest.mark.rule("DR-2")
def test_passthrough_is_no_choice_at_all() -> None:
    assert destination_policy.is_passthrough(policy('{"loadBalancer": {"simple": "PASSTHROUGH"}}').load_balancer)
    assert not destination_policy.is_passthrough(None)


@pytest.mark.rule("DR-7")
def test_what_is_not_said_of_outliers_keeps_the_proxys_defaults_but_panic_is_off() -> None:
    assert destination_policy.ejection(OutlierDetection()) == Ejection(panic_threshold=0)
    given = policy('{"outlierDetection": {"consecutive5xxErrors": 0, "consecutiveGatewayErrors": 3, "interval": "1s", "minHealthPercent": 40}}')
    assert destination_policy.ejection(given.outlier_detection) == Ejection(0, 3, interval=SECOND, panic_threshold=40)


@pytest.mark.rule("DR-7")
def test_error_codes_are_single_ones_classes_and_ranges() -> None:
    found = destination_policy.ejection(OutlierDetection(outlier_detection_http_error_codes=("5xx", "429", "401-403", "never")))
    assert found is not None
    assert found.error_codes == ((401, 404), (429, 430), (500, 600))


@pytest.mark.rule("DR-9")
def test_the_proxy_protocol_has_two_versions() -> None:
    assert destination_policy.proxy_protocol(policy("{}")) == 0
    assert destination_policy.proxy_protocol(policy('{"proxyProtocol": {}}')) == 1
    assert destination_policy.proxy_protocol(policy('{"proxyProtocol": {"version": "V2"}}')) == 2


@pytest.mark.rule("MESH-6")
def test_a_block_that_a_rule_leaves_out_is_the_mesh_s_and_one_that_it_gives_is_all_its_own() -> None:
    mesh = DefaultTrafficPolicy(
        connection_pool=ConnectionPoolSettings(tcp=TCPSettings(max_connections=7, connect_timeout=Duration("3s"))),
        outlier_detection=OutlierDetection(consecutive_5xx_errors=2),
    )
    assert destination_policy.over(mesh, TrafficPolicy()) == TrafficPolicy(
        connection_pool=mesh.connection_pool, outlier_detection=mesh.outlier_detection
    )
    said = TrafficPolicy(connection_pool=ConnectionPoolSettings(tcp=TCPSettings(max_connections=9), http=HTTPSettings(max_retries=4)))
    found = destination_policy.over(mesh, said)
    assert (found.connection_pool, found.outlier_detection) == (said.connection_pool, mesh.outlier_detection)
    assert destination_policy.over(None, said) == said
