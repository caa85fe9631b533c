"""Chains in Envoy's words."""

from __future__ import annotations

from envoy.config.listener.v3.listener_components_pb2 import FilterChain

from lateen.ir.chain import Bytes, Chain, Match, MeshServer, Requests, Transport
from lateen.render.filter_chain import filter_chain

TO = Bytes((("x", 1),))


def rendered(chain: Chain) -> FilterChain:
    return FilterChain.FromString(filter_chain(chain))


def test_every_part_of_a_match_is_told():
    match = Match(80, ("10.1.2.3/8", "::1"), ("*.x", "y"), Transport.TLS, ("istio",))
    out = rendered(Chain("c", TO, match)).filter_chain_match
    assert out.destination_port.value == 80
    assert [(each.address_prefix, each.prefix_len.value) for each in out.prefix_ranges] == [("10.0.0.0", 8), ("::1", 128)]
    assert (list(out.server_names), out.transport_protocol, list(out.application_protocols)) == (["*.x", "y"], "tls", ["istio"])


def test_a_chain_for_everything_has_no_match_and_no_tls():
    out = rendered(Chain("c", TO))
    assert (out.name, out.HasField("filter_chain_match"), out.HasField("transport_socket")) == ("c", False, False)


def test_what_a_chain_does_is_its_last_filter():
    assert [each.name for each in rendered(Chain("c", TO)).filters] == ["envoy.filters.network.tcp_proxy"]
    out = rendered(Chain("c", Requests("x", table="80"), tls=MeshServer(("td",))))
    assert [each.name for each in out.filters] == ["envoy.filters.network.http_connection_manager"]
    assert out.transport_socket.name == "envoy.transport_sockets.tls"
