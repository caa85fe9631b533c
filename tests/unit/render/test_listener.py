"""Listeners in Envoy's words."""

from __future__ import annotations

import msgspec
import pytest
from envoy.config.core.v3.address_pb2 import SocketAddress
from envoy.config.core.v3.base_pb2 import TrafficDirection
from envoy.config.listener.v3.listener_pb2 import Listener as Message
from google.protobuf.any_pb2 import Any

from lateen.ir.chain import Bytes, Chain, FileLog, Listener, Match, Side
from lateen.render.listener import TYPE, listener

PASS = Chain("pass", Bytes((("PassthroughCluster", 1),)))
PLAIN = Listener("0.0.0.0_80", ("0.0.0.0",), 80, Side.OUTBOUND, otherwise=PASS)


def rendered(of: Listener) -> Message:
    out = Message()
    assert Any.FromString(listener(of).body).Unpack(out)
    return out


def filters(message: Message) -> list[str]:
    return [each.name.rpartition(".")[2] for each in message.listener_filters]


@pytest.mark.rule("LI-9")
def test_a_listener_of_captured_traffic_is_not_bound():
    found = rendered(PLAIN)
    assert (found.name, found.address.socket_address.address, found.address.socket_address.port_value) == ("0.0.0.0_80", "0.0.0.0", 80)
    assert (found.bind_to_port.value, found.HasField("bind_to_port"), found.traffic_direction) == (False, True, TrafficDirection.OUTBOUND)
    assert (found.default_filter_chain.name, len(found.filter_chains)) == ("pass", 0)
    assert listener(PLAIN).type == TYPE


@pytest.mark.rule("LI-9")
def test_connections_that_no_chain_takes_are_logged():
    (plain, conditional) = rendered(msgspec.structs.replace(PLAIN, logs=(FileLog("/a"), FileLog("/b", condition="true")))).access_log
    assert list(plain.filter.response_flag_filter.flags) == ["NR"]
    assert [each.WhichOneof("filter_specifier") for each in conditional.filter.and_filter.filters] == ["response_flag_filter", "extension_filter"]


@pytest.mark.rule("LI-1")
def test_captured_traffic_goes_on_by_its_original_destination():
    out = rendered(msgspec.structs.replace(PLAIN, capture=True))
    assert (out.use_original_dst.value, out.HasField("bind_to_port"), filters(out)) == (True, False, [])


@pytest.mark.rule("LI-20")
def test_inbound_traffic_stays_but_knows_its_original_destination():
    out = rendered(msgspec.structs.replace(PLAIN, capture=True, side=Side.INBOUND))
    assert (out.use_original_dst.value, filters(out)) == (False, ["original_dst"])


@pytest.mark.rule("LI-6")
def test_inspectors_leave_ports_alone_where_the_server_may_speak_first():
    out = rendered(msgspec.structs.replace(PLAIN, inspect_tls=True, uninspected=(3306,), sniff=True, unsniffed=(80, 3306), patience=5 * 10**9))
    assert filters(out) == ["tls_inspector", "http_inspector"]
    one, two = (each.filter_disabled for each in out.listener_filters)
    assert (one.destination_port_range.start, one.destination_port_range.end) == (3306, 3307)
    assert [rule.destination_port_range.start for rule in two.or_match.rules] == [80, 3306]
    assert (out.listener_filters_timeout.seconds, out.continue_on_listener_filters_timeout) == (5, True)


@pytest.mark.rule("GW-10")
def test_quic_comes_over_udp_at_every_address():
    found = rendered(msgspec.structs.replace(PLAIN, addresses=("0.0.0.0", "::"), quic=True, bound=True))
    addresses = [found.address.socket_address, *(each.address.socket_address for each in found.additional_addresses)]
    assert [(each.address, each.port_value) for each in addresses] == [("0.0.0.0", 80), ("::", 80)]
    assert {each.protocol for each in addresses} == {SocketAddress.UDP}
    assert found.udp_listener_config.HasField("quic_options")
    assert not rendered(PLAIN).HasField("udp_listener_config")


@pytest.mark.rule("GW-10")
def test_the_proxy_protocol_is_read_before_anything_else():
    assert filters(rendered(msgspec.structs.replace(PLAIN, proxied=True, inspect_tls=True))) == ["proxy_protocol", "tls_inspector"]


def test_waiting_for_as_long_as_it_takes_is_said_and_not_left_to_envoys_default():
    assert rendered(PLAIN).HasField("listener_filters_timeout")


def test_further_addresses_and_sockets():
    both = rendered(msgspec.structs.replace(PLAIN, addresses=("0.0.0.0", "::"), chains=(Chain("x", PASS.handler, Match(port=1)),)))
    assert [each.address.socket_address.address for each in both.additional_addresses] == ["::"]
    assert both.filter_chains[0].filter_chain_match.destination_port.value == 1
    assert rendered(msgspec.structs.replace(PLAIN, addresses=("unix:///run/x",), bound=True)).address.pipe.path == "/run/x"


def test_equal_listeners_are_equal_bytes():
    assert listener(PLAIN).body == listener(msgspec.structs.replace(PLAIN)).body
