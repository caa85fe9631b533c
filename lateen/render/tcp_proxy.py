"""Forwarding of whole connections: the policies first, then Envoy's TcpProxy."""

from __future__ import annotations

from functools import lru_cache

from envoy.data.accesslog.v3.accesslog_pb2 import AccessLogType
from envoy.extensions.filters.network.sni_dynamic_forward_proxy.v3.sni_dynamic_forward_proxy_pb2 import FilterConfig
from envoy.extensions.filters.network.tcp_proxy.v3.tcp_proxy_pb2 import TcpProxy
from envoy.type.v3.hash_policy_pb2 import HashPolicy

from lateen.ir.chain import Bytes, Observation, ServerTls, Side
from lateen.ir.destination import Tunnel
from lateen.render.cluster import dns_cache
from lateen.render.filters import access_log, network_filter, network_filters
from lateen.render.message import duration, serialised
from lateen.render.metrics import connection_metrics, when
from lateen.values.envoy_resource import length_delimited

NAME = "envoy.filters.network.tcp_proxy"
TYPE = f"type.googleapis.com/{TcpProxy.DESCRIPTOR.full_name}"

_FILTER_NAME, _FILTER_CONFIG = 1, 4
_STAT_PREFIX, _CLUSTER = 1, 2


def tcp_proxy(of: Bytes, tls: ServerTls | None = None) -> tuple[bytes, ...]:
    """The network filters of a chain that forwards bytes and ends this TLS, each a serialised `Filter`."""
    before = [each for policy in of.policy for each in network_filters(policy)]
    if of.looked_up:
        config = FilterConfig(dns_cache_config=dns_cache(), port_value=of.looked_up)
        before.append(network_filter("envoy.filters.network.sni_dynamic_forward_proxy", config))
    return (*(serialised(each) for each in before), _proxy(of, tls))


def _proxy(of: Bytes, tls: ServerTls | None) -> bytes:
    name = of.statistics_name or of.to[0][0]
    ended = tls if of.side is Side.INBOUND else None
    fixed = _fixed(of.side, of.observation, ended, of.idle_timeout, of.longest, of.by_source_address)
    parts = [length_delimited(_STAT_PREFIX, name.encode()), fixed]
    if len(of.to) == 1:
        parts.append(length_delimited(_CLUSTER, of.to[0][0].encode()))
    else:
        parts.append(_weighted(of.to))
    if of.tunnel is not None:
        parts.append(_tunnel(of.tunnel))
    return length_delimited(_FILTER_NAME, NAME.encode()) + length_delimited(
        _FILTER_CONFIG, length_delimited(1, TYPE.encode()) + length_delimited(2, b"".join(parts))
    )


@lru_cache(maxsize=256)
def _fixed(
    side: Side, observation: Observation, tls: ServerTls | None, idle_timeout: int | None, longest: int | None, by_source_address: bool
) -> bytes:
    out = TcpProxy(access_log=[when(access_log(log), AccessLogType.TcpConnectionEnd) for log in observation.logs])
    if observation.metrics:
        out.access_log.extend(connection_metrics(side, tls))
        out.access_log_options.flush_access_log_on_connected = True
    if idle_timeout is not None:
        out.idle_timeout.CopyFrom(duration(idle_timeout))
    if longest is not None:
        out.max_downstream_connection_duration.CopyFrom(duration(longest))
    if by_source_address:
        out.hash_policy.append(HashPolicy(source_ip=HashPolicy.SourceIp()))
    return serialised(out)


def _weighted(to: tuple[tuple[str, int], ...]) -> bytes:
    clusters = [TcpProxy.WeightedCluster.ClusterWeight(name=name, weight=weight) for name, weight in to]
    return serialised(TcpProxy(weighted_clusters=TcpProxy.WeightedCluster(clusters=clusters)))


def _tunnel(tunnel: Tunnel) -> bytes:
    return serialised(TcpProxy(tunneling_config=TcpProxy.TunnelingConfig(hostname=tunnel.target, use_post=tunnel.by_post)))
