"""What a program is told that is its own proxy: gRPC's part of Envoy's words (XD-14), after https://github.com/grpc/grpc/blob/master/doc/grpc_xds_features.md.

A target `xds:///host:port` is a listener of that name, whose routes are a table, whose clusters have assigned endpoints. Everything that gRPC
would refuse, and everything that only a proxy between two programs can do, is left out. Identities are proven with the certificates that the
program's own bootstrap names `default`.
"""

from __future__ import annotations

import msgspec
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.core.v3.config_source_pb2 import ApiVersion, ConfigSource
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost as VirtualHostMessage
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext
from google.protobuf.message import Message

from lateen.ir.destination import Choice, Destination, Discovery
from lateen.ir.routes import VirtualHost
from lateen.ir.tls import MESH_CERTIFICATE, MeshTls
from lateen.render.message import duration, packed, serialised
from lateen.render.route_filters import FAULT
from lateen.render.transport_socket import name_matchers
from lateen.render.virtual_host import virtual_host
from lateen.values.envoy_resource import EnvoyResource, envoy_resource
from lateen.values.ref import Ref

ROUTER = "envoy.filters.http.router"


def listener(target: str, table: str) -> EnvoyResource:
    """What `xds:///target` stands for: requests that go by the table."""
    manager = HttpConnectionManager()
    manager.rds.route_config_name = table
    manager.rds.config_source.CopyFrom(_ads())
    for name, settings in ((FAULT, HTTPFault()), (ROUTER, Router())):
        manager.http_filters.append(HttpFilter(name=name, typed_config=packed(settings)))
    out = Listener(name=target)
    out.api_listener.api_listener.CopyFrom(packed(manager))
    return _resource(out, target, ())


def route_configuration(table: str, host: VirtualHost) -> EnvoyResource:
    """The table of one host."""
    rules = tuple(msgspec.structs.replace(rule, cors=None) for rule in host.rules)
    inside = VirtualHostMessage.FromString(virtual_host(msgspec.structs.replace(host, rules=rules, grpc=False)))
    for route in inside.routes:
        if route.route.HasField("timeout") and route.route.timeout.ToNanoseconds():
            route.route.max_stream_duration.max_stream_duration.CopyFrom(route.route.timeout)
    return _resource(RouteConfiguration(name=table, virtual_hosts=[inside]), table, host.origins)


def cluster(of: Destination) -> EnvoyResource | None:
    """The destination; None for those that gRPC has no word for, which are all but those with assigned endpoints."""
    if of.discovery is not Discovery.ASSIGNED:
        return None
    ringed = of.policy.balancing.choice in (Choice.RING_HASH, Choice.MAGLEV)
    out = Cluster(name=of.name, type=Cluster.EDS, lb_policy=Cluster.RING_HASH if ringed else Cluster.ROUND_ROBIN)
    out.connect_timeout.CopyFrom(duration(of.policy.limits.connect_timeout))
    out.eds_cluster_config.service_name = of.name
    out.eds_cluster_config.eds_config.CopyFrom(_ads())
    if of.policy.limits.requests:
        out.circuit_breakers.thresholds.add().max_requests.value = of.policy.limits.requests
    if isinstance(of.tls, MeshTls) and not of.tls_by_endpoint:
        out.transport_socket.CopyFrom(TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(_tls(of.tls))))
    return _resource(out, of.name, of.origins)


def _tls(of: MeshTls) -> UpstreamTlsContext:
    out = UpstreamTlsContext(sni=of.sni)
    common = out.common_tls_context
    common.tls_certificate_provider_instance.instance_name = MESH_CERTIFICATE
    common.tls_certificate_provider_instance.certificate_name = MESH_CERTIFICATE
    checks = common.combined_validation_context.default_validation_context
    checks.ca_certificate_provider_instance.instance_name = MESH_CERTIFICATE
    checks.ca_certificate_provider_instance.certificate_name = "ROOTCA"
    checks.match_subject_alt_names.extend(each.matcher for each in name_matchers(of.names))
    return out


def _ads() -> ConfigSource:
    out = ConfigSource(resource_api_version=ApiVersion.V3)
    out.ads.SetInParent()
    return out


def _resource(message: Message, name: str, origins: tuple[Ref, ...]) -> EnvoyResource:
    envelope = packed(message)
    return envoy_resource(envelope.type_url, name, serialised(envelope), origins)
