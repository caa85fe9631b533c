"""What clusters have in common."""

from __future__ import annotations

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from google.protobuf import json_format

from lateen.ir.destination import Balancing, Choice, Ejection, Http, Keepalive, Limits, Policy, RetryBudget, WarmUp
from lateen.render.cluster_policy import HTTP_OPTIONS, NO_CHECKS, NameChecks, cluster_policy

SECOND = 10**9
MOST = 2**32 - 1


def rendered(policy: Policy, provided: bool = False, checks: NameChecks = NO_CHECKS) -> Cluster:
    return Cluster.FromString(cluster_policy(policy, provided=provided, checks=checks))


def options(policy: Policy, checks: NameChecks = NO_CHECKS) -> HttpProtocolOptions:
    out = HttpProtocolOptions()
    assert rendered(policy, checks=checks).typed_extension_protocol_options[HTTP_OPTIONS].Unpack(out)
    return out


@pytest.mark.rule("DR-6")
def test_nothing_is_bounded_and_connecting_takes_ten_seconds_where_nothing_is_said() -> None:
    found = json_format.MessageToDict(rendered(Policy()))
    bounds = {"maxConnections": MOST, "maxPendingRequests": MOST, "maxRequests": MOST, "maxRetries": MOST}
    assert found == {"connectTimeout": "10s", "lbPolicy": "LEAST_REQUEST", "circuitBreakers": {"thresholds": [bounds]}}


@pytest.mark.rule("LB-2", "SD-12")
def test_a_session_goes_back_to_an_endpoint_that_drains_but_not_to_one_that_fails() -> None:
    common = rendered(Policy(persistent=True)).common_lb_config
    assert json_format.MessageToDict(common) == {"overrideHostStatus": {"statuses": ["UNKNOWN", "HEALTHY", "DRAINING", "DEGRADED"]}}
    assert not rendered(Policy()).HasField("common_lb_config")


@pytest.mark.rule("SD-12")
def test_there_is_no_panic_about_endpoints_that_are_not_ready() -> None:
    common = rendered(Policy(unready=True)).common_lb_config
    assert common.HasField("healthy_panic_threshold")
    assert common.healthy_panic_threshold.value == 0.0


@pytest.mark.rule("DR-5")
def test_limits_become_circuit_breakers() -> None:
    limits = Limits(SECOND, connections=1, pending_requests=2, requests=3, retries=4, retry_budget=RetryBudget(25.0, 5))
    (found,) = rendered(Policy(limits=limits)).circuit_breakers.thresholds
    assert json_format.MessageToDict(found) == {
        "maxConnections": 1,
        "maxPendingRequests": 2,
        "maxRequests": 3,
        "maxRetries": 4,
        "retryBudget": {"budgetPercent": {"value": 25.0}, "minRetryConcurrency": 5},
    }


@pytest.mark.rule("DR-7")
def test_a_detector_is_enforced_in_full_or_with_a_count_of_zero_not_at_all() -> None:
    found = rendered(Policy(ejection=Ejection(server_errors=7, gateway_errors=0))).outlier_detection
    assert (found.consecutive_5xx.value, found.enforcing_consecutive_5xx.value) == (7, 100)
    assert found.HasField("enforcing_consecutive_gateway_failure")
    assert found.enforcing_consecutive_gateway_failure.value == 0
    assert not found.HasField("consecutive_gateway_failure")
    assert not found.HasField("enforcing_consecutive_local_origin_failure")


@pytest.mark.rule("DR-7")
def test_success_rates_eject_nobody_and_panic_is_off_unless_asked_for() -> None:
    found = rendered(Policy(ejection=Ejection()))
    assert found.outlier_detection.HasField("enforcing_success_rate")
    assert found.outlier_detection.enforcing_success_rate.value == 0
    assert found.common_lb_config.HasField("healthy_panic_threshold")
    assert found.common_lb_config.healthy_panic_threshold.value == 0
    assert not rendered(Policy()).HasField("common_lb_config")
    assert rendered(Policy(ejection=Ejection(panic_threshold=30))).common_lb_config.healthy_panic_threshold.value == 30


@pytest.mark.rule("DR-7")
def test_error_codes_decide_what_counts_as_an_error() -> None:
    found = options(Policy(ejection=Ejection(error_codes=((500, 501), (502, 505)))))
    ranges = [
        (rule.http_response_headers_match.headers[0].range_match.start, rule.http_response_headers_match.headers[0].range_match.end)
        for rule in found.outlier_detection.error_matcher.or_match.rules
    ]
    assert ranges == [(500, 501), (502, 505)]
    assert found.explicit_http_config.HasField("http_protocol_options")


@pytest.mark.rule("DR-3")
def test_hashing_needs_a_table() -> None:
    ring = rendered(Policy(balancing=Balancing(Choice.RING_HASH)))
    assert (ring.lb_policy, ring.ring_hash_lb_config.minimum_ring_size.value) == (Cluster.RING_HASH, 1024)
    maglev = rendered(Policy(balancing=Balancing(Choice.MAGLEV, 101)))
    assert (maglev.lb_policy, maglev.maglev_lb_config.table_size.value) == (Cluster.MAGLEV, 101)


@pytest.mark.rule("DR-2")
def test_warming_up_is_a_slow_start_of_the_two_choices_that_can() -> None:
    warm = WarmUp(30 * SECOND, 20.0, 2.0)
    found = rendered(Policy(balancing=Balancing(Choice.ROUND_ROBIN, warm_up=warm))).round_robin_lb_config.slow_start_config
    assert (found.slow_start_window.seconds, found.min_weight_percent.value, found.aggression.default_value) == (30, 20.0, 2.0)
    assert rendered(Policy(balancing=Balancing(warm_up=warm))).least_request_lb_config.HasField("slow_start_config")


def test_where_there_is_nothing_to_choose_from_the_cluster_chooses() -> None:
    found = rendered(Policy(balancing=Balancing(Choice.RING_HASH)), provided=True)
    assert found.lb_policy == Cluster.CLUSTER_PROVIDED
    assert not found.HasField("ring_hash_lb_config")


@pytest.mark.rule("DR-16")
def test_http1_without_bounds_says_nothing_and_the_others_say_what_they_speak() -> None:
    assert HTTP_OPTIONS not in rendered(Policy()).typed_extension_protocol_options
    assert options(Policy(Http.HTTP2)).explicit_http_config.HasField("http2_protocol_options")
    assert options(Policy(Http.CLIENT)).HasField("use_downstream_protocol_config")


@pytest.mark.rule("CL-8")
def test_bounds_on_connections_become_http_options() -> None:
    limits = Limits(
        requests_per_connection=5,
        idle_timeout=100 * SECOND,
        connection_duration=60 * SECOND,
        streams=9,
        ping_interval=30 * SECOND,
        ping_timeout=SECOND,
    )
    assert json_format.MessageToDict(options(Policy(Http.HTTP2, limits=limits))) == {
        "commonHttpProtocolOptions": {"idleTimeout": "100s", "maxConnectionDuration": "60s", "maxRequestsPerConnection": 5},
        "explicitHttpConfig": {"http2ProtocolOptions": {"maxConcurrentStreams": 9, "connectionKeepalive": {"interval": "30s", "timeout": "1s"}}},
    }


@pytest.mark.rule("DR-8")
def test_names_of_requests_decide_the_sni_and_the_certificate_asked_for() -> None:
    found = options(Policy(), NameChecks(sni=True, certificate=True)).upstream_http_protocol_options
    assert (found.auto_sni, found.auto_san_validation) == (True, True)


@pytest.mark.rule("CL-2")
def test_connections_leave_from_the_address_given() -> None:
    found = rendered(Policy(source_address="127.0.0.6")).upstream_bind_config.source_address
    assert (found.address, found.port_value) == ("127.0.0.6", 0)


@pytest.mark.rule("SE-4")
def test_the_port_that_the_client_dialled_may_be_replaced() -> None:
    assert rendered(Policy(original_port=443), provided=True).original_dst_lb_config.upstream_port_override.value == 443


@pytest.mark.rule("CL-8")
def test_keepalive_probes_are_in_whole_seconds() -> None:
    found = rendered(Policy(limits=Limits(keepalive=Keepalive(9, 60 * SECOND, SECOND // 2)))).upstream_connection_options.tcp_keepalive
    assert (found.keepalive_probes.value, found.keepalive_time.value, found.keepalive_interval.value) == (9, 60, 1)


@pytest.mark.rule("DR-4")
@pytest.mark.parametrize(
    ("balancing", "said"),
    [
        (Balancing(), {}),
        (Balancing(zones=0), {"zoneAwareLbConfig": {"routingEnabled": {}}}),
        (Balancing(zones=3), {"zoneAwareLbConfig": {"minClusterSize": "3"}}),
        (Balancing(zones=3, by_locality=True), {"localityWeightedLbConfig": {}}),
    ],
)
def test_zones_are_kept_to_or_not_where_a_proxy_knows_its_peers(balancing: Balancing, said: dict[str, object]) -> None:
    assert json_format.MessageToDict(rendered(Policy(balancing=balancing)).common_lb_config) == said
