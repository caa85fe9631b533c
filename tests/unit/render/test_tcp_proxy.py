"""Forwarding of bytes in Envoy's words."""

from __future__ import annotations

import msgspec
import pytest
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.network.echo.v3.echo_pb2 import Echo
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy

from lateen.ir.chain import UNOBSERVED, Bytes, FileLog, Observation
from lateen.ir.destination import Tunnel
from lateen.render import access_log
from lateen.render.filters import network_filter, network_filters
from lateen.render.tcp_proxy import tcp_proxy

assert access_log


class Guard(msgspec.Struct, frozen=True):
    """Stands for any policy."""


@network_filters.register
def _guard(policy: Guard) -> tuple[Filter, ...]:
    return (network_filter("guard", Echo()),)


def rendered(of: Bytes) -> TcpProxy:
    out = TcpProxy()
    assert Filter.FromString(tcp_proxy(of)[-1]).typed_config.Unpack(out)
    return out


def test_one_destination_is_named_and_several_have_weights():
    assert rendered(Bytes((("a", 1),))).cluster == "a"
    found = rendered(Bytes((("a", 1), ("b", 3)))).weighted_clusters.clusters
    assert [(each.name, each.weight) for each in found] == [("a", 1), ("b", 3)]


def test_statistics_have_the_destinations_name_unless_there_is_another():
    assert (rendered(Bytes((("a", 1),))).stat_prefix, rendered(Bytes((("a", 1),), statistics_name="s")).stat_prefix) == ("a", "s")


@pytest.mark.rule("DR-9")
def test_timeouts_hashing_and_tunnels():
    out = rendered(Bytes((("a", 1),), idle_timeout=10**9, by_source_address=True, tunnel=Tunnel("h:1", by_post=True)))
    assert (out.idle_timeout.seconds, out.hash_policy[0].HasField("source_ip")) == (1, True)
    assert (out.tunneling_config.hostname, out.tunneling_config.use_post) == ("h:1", True)


def test_policies_come_before_anything_is_sent():
    assert [Filter.FromString(each).name for each in tcp_proxy(Bytes((("a", 1),), policy=(Guard(),)))] == ["guard", "envoy.filters.network.tcp_proxy"]


@pytest.mark.rule("SE-3")
def test_hosts_that_are_looked_up_are_looked_up_before():
    names = [Filter.FromString(each).name for each in tcp_proxy(Bytes((("a", 1),), looked_up=443))]
    assert names == ["envoy.filters.network.sni_dynamic_forward_proxy", "envoy.filters.network.tcp_proxy"]


@pytest.mark.rule("TE-9")
def test_a_log_has_one_line_for_each_connection_although_metrics_count_twice():
    out = rendered(Bytes((("a", 1),), observation=Observation((FileLog("/x"),))))
    assert [len(each.filter.log_type_filter.types) for each in out.access_log] == [1, 1, 1]
    assert not rendered(Bytes((("a", 1),), observation=UNOBSERVED)).access_log
