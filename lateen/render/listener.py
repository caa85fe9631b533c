"""A listener as Envoy's Listener (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/listener/v3/listener.proto)."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import msgspec
from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter, AndFilter, ResponseFlagFilter
from envoy.config.core.v3.address_pb2 import Address, SocketAddress
from envoy.config.core.v3.base_pb2 import TrafficDirection
from envoy.config.listener.v3.listener_components_pb2 import ListenerFilter, ListenerFilterChainMatchPredicate
from envoy.config.listener.v3.listener_pb2 import AdditionalAddress
from envoy.config.listener.v3.listener_pb2 import Listener as Message
from envoy.extensions.filters.listener.http_inspector.v3.http_inspector_pb2 import HttpInspector
from envoy.extensions.filters.listener.original_dst.v3.original_dst_pb2 import OriginalDst
from envoy.extensions.filters.listener.original_src.v3.original_src_pb2 import OriginalSrc
from envoy.extensions.filters.listener.proxy_protocol.v3.proxy_protocol_pb2 import ProxyProtocol
from envoy.extensions.filters.listener.tls_inspector.v3.tls_inspector_pb2 import TlsInspector

from lateen.ir.chain import Listener, Side
from lateen.render import access_log, ext_authz, filters, jwt, rbac
from lateen.render.filter_chain import filter_chain
from lateen.render.message import duration, packed, serialised
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited

TYPE = f"type.googleapis.com/{Message.DESCRIPTOR.full_name}"
UNIX = "unix://"
RENDERERS = (access_log, ext_authz, jwt, rbac)
"""The modules that render what chains carry opaquely, registered with `filters` by being imported."""

_NAME, _ADDRESS, _CHAINS, _OTHERWISE, _MORE_ADDRESSES = 1, 2, 3, 25, 33
_DIRECTIONS = {Side.OUTBOUND: TrafficDirection.OUTBOUND, Side.INBOUND: TrafficDirection.INBOUND, Side.GATEWAY: TrafficDirection.OUTBOUND}
_MARK = 1337

_Config: TypeAlias = OriginalDst | OriginalSrc | ProxyProtocol | TlsInspector | HttpInspector


def listener(of: Listener) -> EnvoyResource:
    """The resource of type `envoy.config.listener.v3.Listener`."""
    first, *others = of.addresses
    parts = [length_delimited(_NAME, of.name.encode()), length_delimited(_ADDRESS, _address(first, of))]
    parts += [length_delimited(_CHAINS, filter_chain(each)) for each in of.chains]
    parts.append(_fixed(msgspec.structs.replace(of, name="", addresses=(), port=0, chains=(), otherwise=None, origins=())))
    if of.otherwise is not None:
        parts.append(length_delimited(_OTHERWISE, filter_chain(of.otherwise)))
    parts += [length_delimited(_MORE_ADDRESSES, _additional(each, of)) for each in others]
    body = length_delimited(1, TYPE.encode()) + length_delimited(2, b"".join(parts))
    return envoy_resource(TYPE, of.name, body, of.origins)


def _address(address: str, of: Listener) -> bytes:
    out = Address()
    if address.startswith(UNIX):
        out.pipe.path = address.removeprefix(UNIX)
    else:
        out.socket_address.address = address
        out.socket_address.port_value = of.port
        out.socket_address.protocol = SocketAddress.UDP if of.quic else SocketAddress.TCP
    return serialised(out)


def _additional(address: str, of: Listener) -> bytes:
    return serialised(AdditionalAddress(address=Address.FromString(_address(address, of))))


@lru_cache(maxsize=1024)
def _fixed(of: Listener) -> bytes:
    out = Message(traffic_direction=_DIRECTIONS[of.side], continue_on_listener_filters_timeout=True)
    out.listener_filters_timeout.CopyFrom(duration(of.patience))
    if of.side is not Side.GATEWAY:
        out.drain_type = Message.MODIFY_ONLY  # What fails its health checks is still called by its own app.
    out.access_log.extend(_of_refused(log) for log in of.logs)
    if of.buffer:
        out.per_connection_buffer_limit_bytes.value = of.buffer
    if of.quic:
        out.udp_listener_config.quic_options.SetInParent()
    if not of.bound and not of.capture:
        out.bind_to_port.value = False
    if of.capture and of.side is Side.OUTBOUND:
        out.use_original_dst.value = True
    elif of.capture:
        out.listener_filters.append(_inspector("envoy.filters.listener.original_dst", OriginalDst()))
    if of.transparent:
        out.transparent.value = True
        out.listener_filters.append(_inspector("envoy.filters.listener.original_src", OriginalSrc(mark=_MARK)))
    if of.proxied:
        out.listener_filters.append(_inspector("envoy.filters.listener.proxy_protocol", ProxyProtocol()))
    if of.inspect_tls:
        out.listener_filters.append(_inspector("envoy.filters.listener.tls_inspector", TlsInspector(), of.uninspected))
    if of.sniff:
        out.listener_filters.append(_inspector("envoy.filters.listener.http_inspector", HttpInspector(), of.unsniffed))
    return serialised(out)


def _of_refused(log: object) -> AccessLog:
    """The log of connections that no chain took; others are logged by their chains."""
    out = AccessLog()
    out.CopyFrom(filters.access_log(log))
    unrouted = AccessLogFilter(response_flag_filter=ResponseFlagFilter(flags=["NR"]))
    if out.HasField("filter"):
        unrouted = AccessLogFilter(and_filter=AndFilter(filters=[unrouted, out.filter]))
    out.filter.CopyFrom(unrouted)
    return out


def _inspector(name: str, config: _Config, except_ports: tuple[int, ...] = ()) -> ListenerFilter:
    out = ListenerFilter(name=name, typed_config=packed(config))
    ports = [_port(number) for number in except_ports]
    if len(ports) == 1:
        out.filter_disabled.CopyFrom(ports[0])
    elif ports:
        out.filter_disabled.or_match.rules.extend(ports)
    return out


def _port(number: int) -> ListenerFilterChainMatchPredicate:
    out = ListenerFilterChainMatchPredicate()
    out.destination_port_range.start = number
    out.destination_port_range.end = number + 1
    return out
