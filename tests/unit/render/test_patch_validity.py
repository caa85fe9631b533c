"""What is told of a resource that Envoy could not take, without Envoy."""

from __future__ import annotations

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.local_ratelimit.v3.local_rate_limit_pb2 import LocalRateLimit
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from google.protobuf.message import Message

from lateen.render.message import packed
from lateen.render.patch_validity import faults, of_fields

ROUTER = HttpFilter(name="router", typed_config=packed(Router()))


def listener(*filters: HttpFilter) -> Listener:
    manager = HttpConnectionManager(stat_prefix="it", http_filters=filters)
    manager.rds.route_config_name = "80"
    manager.rds.config_source.ads.SetInParent()
    out = Listener(name="it")
    out.filter_chains.add(name="chain").filters.add(name="manager", typed_config=packed(manager))
    return out


def told(message: Message) -> list[str]:
    return list(of_fields(message, ""))


@pytest.mark.rule("EX-3")
def test_messages_state_rules_for_their_fields() -> None:
    assert told(Cluster()) == ["name is empty."]
    assert told(VirtualHost(name="a")) == ["domains has 0 items, expected at least 1."]
    assert told(Cluster(name="a", connect_timeout={"seconds": 0})) == ["connect_timeout is 0s, expected more than 0s."]
    assert told(Cluster(name="a", lb_policy=99)) == ["lb_policy is 99, which stands for nothing."]
    assert told(HttpConnectionManager(stat_prefix="a")) == ["HttpConnectionManager: nothing is given of route_specifier."]


@pytest.mark.rule("EX-3")
def test_rules_hold_for_what_is_inside_also_of_envelopes() -> None:
    cluster = Cluster(name="a")
    cluster.health_checks.add(timeout={"seconds": 1}, interval={"seconds": 1})
    assert told(cluster)[:2] == ["health_checks[0].unhealthy_threshold is missing.", "health_checks[0].healthy_threshold is missing."]
    host = VirtualHost(name="a", domains=["a"])
    host.typed_per_filter_config["local"].CopyFrom(packed(LocalRateLimit()))
    assert told(host) == ["typed_per_filter_config[local].stat_prefix is empty."]


def test_numbers_are_held_to_their_bounds() -> None:
    manager = HttpConnectionManager(stat_prefix="a", max_request_headers_kb={"value": 9000})
    manager.rds.route_config_name = "80"
    manager.rds.config_source.ads.SetInParent()
    assert told(manager) == ["max_request_headers_kb is 9000, expected at most 8192."]


@pytest.mark.rule("EX-3")
def test_the_router_is_the_last_http_filter() -> None:
    assert faults(listener(HttpFilter(name="a"), ROUTER), []) == []
    assert faults(listener(ROUTER, HttpFilter(name="a")), []) == ['the HTTP filter "a" stands behind the router "router", which must be the last.']
    assert faults(listener(), []) == ["no HTTP filter is left, expected the router as the last."]
    lua = HttpFilter(name="b", typed_config=packed(TcpProxy()))
    assert faults(listener(lua), []) == ['the last HTTP filter is "b", expected the router.']


@pytest.mark.rule("EX-3")
def test_what_ends_a_chain_is_its_last_filter() -> None:
    chain = FilterChain(name="chain")
    chain.filters.add(name="tcp", typed_config=packed(TcpProxy()))
    chain.filters.add(name="late")
    assert faults(Listener(filter_chains=[chain]), []) == ['the filter "late" stands behind "tcp", which must be the last of its chain.']


@pytest.mark.rule("EX-3")
def test_chains_differ_in_what_they_match_and_there_is_one() -> None:
    assert faults(Listener(), []) == ["no filter chain is left."]
    both = Listener(filter_chains=[FilterChain(name="a"), FilterChain(name="b")])
    assert faults(both, []) == ['the filter chain "b" has the same filter_chain_match as another.']


@pytest.mark.rule("EX-3")
def test_a_domain_belongs_to_one_virtual_host() -> None:
    table = RouteConfiguration(virtual_hosts=[VirtualHost(name="a", domains=["X"]), VirtualHost(name="b", domains=["x"])])
    assert faults(table, []) == ['the virtual hosts "a" and "b" both have the domain "x".']


def test_a_cluster_that_is_told_its_endpoints_says_by_whom() -> None:
    assert faults(Cluster(name="a", type=Cluster.EDS), []) == ["a cluster of type EDS has no eds_cluster_config."]
    assert faults(Cluster(name="a", type=Cluster.STATIC), []) == []
