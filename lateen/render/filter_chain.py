"""A chain as Envoy's FilterChain, in bytes."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from envoy.config.core.v3.address_pb2 import CidrRange
from envoy.config.listener.v3.listener_components_pb2 import FilterChainMatch

from lateen.ir.chain import Bytes, Chain, Match, Transport
from lateen.render.downstream_tls import downstream_tls
from lateen.render.http_connection_manager import http_connection_manager
from lateen.render.message import serialised
from lateen.render.tcp_proxy import tcp_proxy
from lateen.values.envoy_resource import length_delimited

_MATCH, _FILTERS, _SOCKET, _NAME = 1, 3, 6, 7
_TRANSPORTS = {Transport.ANY: "", Transport.PLAIN: "raw_buffer", Transport.TLS: "tls"}


def filter_chain(chain: Chain) -> bytes:
    """The serialised `envoy.config.listener.v3.FilterChain`."""
    parts = [length_delimited(_MATCH, match) if (match := filter_chain_match(chain.match)) else b""]
    handler = chain.handler
    filters = tcp_proxy(handler, chain.tls) if isinstance(handler, Bytes) else http_connection_manager(handler, chain.tls)
    parts += [length_delimited(_FILTERS, each) for each in filters]
    if chain.tls is not None:
        parts.append(length_delimited(_SOCKET, downstream_tls(chain.tls)))
    parts.append(length_delimited(_NAME, chain.name.encode()))
    return b"".join(parts)


@lru_cache(maxsize=4096)
def filter_chain_match(match: Match) -> bytes:
    """The serialised match; no bytes where everything matches."""
    out = FilterChainMatch(
        prefix_ranges=[_range(each) for each in match.prefixes],
        server_names=match.server_names,
        transport_protocol=_TRANSPORTS[match.transport],
        application_protocols=match.protocols,
    )
    if match.port:
        out.destination_port.value = match.port
    return serialised(out)


def _range(prefix: str) -> CidrRange:
    network = ip_network(prefix, strict=False)
    out = CidrRange(address_prefix=str(network.network_address))
    out.prefix_len.value = network.prefixlen
    return out
