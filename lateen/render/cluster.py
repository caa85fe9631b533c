"""Destinations as Envoy's clusters.

A cluster is the concatenation of what it shares with others (`cluster_policy`), its name and discovery, its security and its metadata; parts of a
message may be concatenated, that is how protobuf merges.
"""

from __future__ import annotations

from functools import lru_cache

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.extensions.clusters.common.dns.v3.dns_pb2 import DnsLookupFamily
from envoy.extensions.clusters.dns.v3.dns_cluster_pb2 import DnsCluster
from envoy.extensions.clusters.dynamic_forward_proxy.v3.cluster_pb2 import ClusterConfig
from envoy.extensions.common.dynamic_forward_proxy.v3.dns_cache_pb2 import DnsCacheConfig

from lateen.ir.destination import Destination, Discovery, ServiceName
from lateen.ir.tls import OriginatedTls
from lateen.render import alpn
from lateen.render.cluster_policy import NO_CHECKS, NameChecks, cluster_policy
from lateen.render.endpoint import assignment_bytes
from lateen.render.message import duration, packed, serialised
from lateen.render.metadata import Words, metadata, struct
from lateen.render.origin import NAMESPACE, origin_path
from lateen.render.transport_socket import raw_socket, transport_socket
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited

TYPE = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
TLS_MATCH = "tlsMode-istio"
PLAIN_MATCH = "tlsMode-disabled"
DNS_FAMILY = DnsLookupFamily.V4_PREFERRED
"""IPv4 first, so that a name with both kinds of address does not fail on a host without IPv6."""

_NAME, _STATISTICS_NAME, _ENDPOINTS, _METADATA = 1, 28, 33, 25
_EDS, _EDS_SERVICE = 3, 2
_SOCKET, _SOCKET_MATCHES = 24, 43
_MATCH_NAME, _MATCH_LABELS, _MATCH_SOCKET = 1, 2, 3
_DNS_FAILURE_REFRESH = 5 * 10**9
_PROVIDED = (Discovery.ORIGINAL, Discovery.FORWARD)


def cluster(destination: Destination) -> EnvoyResource:
    """The cluster of that destination. One whose endpoints are assigned is followed by its ClusterLoadAssignment (XD-3)."""
    name = destination.name
    value = b"".join(
        (
            cluster_policy(destination.policy, provided=destination.discovery in _PROVIDED, checks=_checks(destination)),
            length_delimited(_NAME, name.encode()),
            length_delimited(_STATISTICS_NAME, destination.statistics_name.encode()) if destination.statistics_name else b"",
            _discovery(destination),
            _security(destination),
            length_delimited(_METADATA, _metadata(destination)),
        )
    )
    follows = (name,) if destination.discovery is Discovery.ASSIGNED else ()
    return envoy_resource(TYPE, name, length_delimited(1, TYPE.encode()) + length_delimited(2, value), destination.origins, follows)


@lru_cache(maxsize=1)
def dns_cache() -> DnsCacheConfig:
    """The cache of resolved names, which a cluster of `Discovery.FORWARD` and the filter before it must describe alike. Not to be changed."""
    return DnsCacheConfig(name="dynamic_dns", dns_lookup_family=Cluster.V4_PREFERRED)


def _checks(destination: Destination) -> NameChecks:
    """DR-8: "no `sni` → auto_sni (from Host), no SANs → auto_san_validation"."""
    tls = destination.tls
    if not isinstance(tls, OriginatedTls) or tls.sni:
        return NO_CHECKS
    return NameChecks(sni=True, certificate=tls.verified and not tls.names)


def _discovery(destination: Destination) -> bytes:
    kind = destination.discovery
    if kind is Discovery.ASSIGNED:
        return _eds() + length_delimited(_EDS, length_delimited(_EDS_SERVICE, destination.name.encode()))
    if kind is Discovery.FORWARD:
        return _forward(insecure=not _checks(destination).certificate)
    endpoints = destination.endpoints
    inline = length_delimited(_ENDPOINTS, assignment_bytes(endpoints)) if endpoints is not None else b""
    return _located(kind, destination.policy.resolve_every) + inline


@lru_cache(maxsize=1)
def _eds() -> bytes:
    out = Cluster(type=Cluster.EDS)
    out.eds_cluster_config.eds_config.ads.SetInParent()
    out.eds_cluster_config.eds_config.resource_api_version = ApiVersion.V3
    out.eds_cluster_config.eds_config.initial_fetch_timeout.SetInParent()
    return serialised(out)


@lru_cache(maxsize=2)
def _forward(*, insecure: bool) -> bytes:
    """`insecure` where the requests' names do not decide which certificate is asked for."""
    config = ClusterConfig(dns_cache_config=dns_cache(), allow_insecure_cluster_options=insecure)
    return serialised(Cluster(cluster_type=Cluster.CustomClusterType(name="envoy.clusters.dynamic_forward_proxy", typed_config=packed(config))))


@lru_cache(maxsize=64)
def _located(kind: Discovery, resolve_every: int) -> bytes:
    if kind is Discovery.ORIGINAL:
        return serialised(Cluster(type=Cluster.ORIGINAL_DST))
    if kind is Discovery.FIXED:
        return serialised(Cluster(type=Cluster.STATIC))
    config = DnsCluster(
        dns_lookup_family=DNS_FAMILY,
        respect_dns_ttl=True,
        dns_refresh_rate=duration(resolve_every),
        dns_failure_refresh_rate=DnsCluster.RefreshRate(
            base_interval=duration(_DNS_FAILURE_REFRESH), max_interval=duration(max(resolve_every, _DNS_FAILURE_REFRESH))
        ),
        all_addresses_in_single_endpoint=kind is Discovery.DNS_FIRST,
    )
    return serialised(Cluster(cluster_type=Cluster.CustomClusterType(name="envoy.cluster.dns", typed_config=packed(config))))


def _security(destination: Destination) -> bytes:
    """CL-3: transport sockets by what each endpoint says of itself, or one for all."""
    policy = destination.policy
    socket = transport_socket(destination.tls, policy.protocol, policy.proxy_protocol)
    if not destination.tls_by_endpoint:
        return length_delimited(_SOCKET, serialised(socket)) if socket is not None else b""
    plain = transport_socket(None, policy.protocol, policy.proxy_protocol) or raw_socket()
    secured = _match(TLS_MATCH, {"tlsMode": "istio"}, socket or raw_socket())
    return secured + (_plain_match() if not policy.proxy_protocol else _match(PLAIN_MATCH, {}, plain))


@lru_cache(maxsize=1)
def _plain_match() -> bytes:
    return _match(PLAIN_MATCH, {}, raw_socket())


def _match(name: str, labels: dict[str, str], socket: TransportSocket) -> bytes:
    return length_delimited(
        _SOCKET_MATCHES,
        length_delimited(_MATCH_NAME, name.encode())
        + length_delimited(_MATCH_LABELS, struct(labels))
        + length_delimited(_MATCH_SOCKET, serialised(socket)),
    )


def _metadata(destination: Destination) -> bytes:
    """CL-9: "cluster metadata `istio: {services:[{host,name,namespace}], config: <DR path>, subset}`"; and `service`, the first of them in a word
    or else the cluster's own name, for metrics: what is no string would be written as JSON for each request.
    """
    words: dict[str, Words] = {"service": destination.name}
    if destination.rule is not None:
        words["config"] = origin_path(destination.rule)
    if destination.services:
        words["services"] = [{"host": each.host, "name": each.name, "namespace": each.namespace} for each in destination.services]
        words["service"] = service_word(destination.services[0])
    if destination.subset:
        words["subset"] = destination.subset
    words |= alpn.words(destination.tls, destination.policy.protocol)
    return metadata({NAMESPACE: words})


def service_word(service: ServiceName) -> str:
    """`host;name;namespace`, as metrics carry it."""
    return f"{service.host};{service.name};{service.namespace}"
