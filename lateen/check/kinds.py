"""The table of checks, a row for each kind that has one, and `check`, which runs the row of an object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lateen.api import kinds
from lateen.api.decode import path_text
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.check.core.config_map import config_map
from lateen.check.core.endpoint_slice import endpoint_slice
from lateen.check.core.ingress import ingress
from lateen.check.core.secret import secret
from lateen.check.core.service import service
from lateen.check.dry_run import dry_run
from lateen.check.extensions.traffic_extension import traffic_extension
from lateen.check.extensions.wasm_plugin import wasm_plugin
from lateen.check.gateway.backend_tls_policy import backend_tls_policy
from lateen.check.gateway.gateway import gateway as kubernetes_gateway
from lateen.check.gateway.gateway_class import gateway_class
from lateen.check.gateway.grpc_route import grpc_route
from lateen.check.gateway.http_route import http_route
from lateen.check.gateway.listener_set import listener_set
from lateen.check.gateway.reference_grant import reference_grant
from lateen.check.gateway.tcp_route import tcp_route
from lateen.check.gateway.tls_route import tls_route
from lateen.check.labels import annotation_keys, labels
from lateen.check.networking import envoy_filter as envoy_filters
from lateen.check.networking.destination_rule import destination_rule
from lateen.check.networking.envoy_filter import Parses, envoy_filter
from lateen.check.networking.gateway import gateway
from lateen.check.networking.proxy_config import proxy_config
from lateen.check.networking.service_entry import service_entry
from lateen.check.networking.sidecar import sidecar
from lateen.check.networking.virtual_service import virtual_service
from lateen.check.networking.workload_entry import workload_entry
from lateen.check.networking.workload_group import workload_group
from lateen.check.remark import Remark, Remarks
from lateen.check.security.authorization_policy import authorization_policy
from lateen.check.security.peer_authentication import peer_authentication
from lateen.check.security.request_authentication import request_authentication
from lateen.check.telemetry.telemetry import telemetry
from lateen.values.finding import Finding, Position
from lateen.values.ref import Ref

CHECKS: Mapping[str, Callable[[Resource[Any]], Remarks]] = {
    "VirtualService": virtual_service,
    "DestinationRule": destination_rule,
    "Gateway": gateway,
    "ServiceEntry": service_entry,
    "Sidecar": sidecar,
    "WorkloadEntry": workload_entry,
    "WorkloadGroup": workload_group,
    "EnvoyFilter": envoy_filter,
    "ProxyConfig": proxy_config,
    "AuthorizationPolicy": authorization_policy,
    "PeerAuthentication": peer_authentication,
    "RequestAuthentication": request_authentication,
    "Telemetry": telemetry,
    "WasmPlugin": wasm_plugin,
    "TrafficExtension": traffic_extension,
    "Service": service,
    "EndpointSlice": endpoint_slice,
    "Ingress": ingress,
    "ConfigMap": config_map,
    "Secret": secret,
    "GatewayClass": gateway_class,
    "KubernetesGateway": kubernetes_gateway,
    "ListenerSet": listener_set,
    "HTTPRoute": http_route,
    "GRPCRoute": grpc_route,
    "TCPRoute": tcp_route,
    "TLSRoute": tls_route,
    "ReferenceGrant": reference_grant,
    "BackendTLSPolicy": backend_tls_policy,
}


def check(of: Resource[Any], places: Places | None = None, parses: Parses | None = None) -> list[Finding]:
    """All that is to be said of one object that decoded.

    With `places` findings carry line and column; with `parses` the values of an EnvoyFilter are held against Envoy's protobufs. An object is refused
    when any finding is an error.
    """
    return [finding_of(of.ref, remark, places) for remark in remarks(of, parses)]


def remarks(of: Resource[Any], parses: Parses | None = None) -> Iterator[Remark]:
    """The remarks of the object's row, and of what holds for every kind."""
    yield from labels(of.labels, ("metadata", "labels"))
    yield from annotation_keys(of.annotations, ("metadata", "annotations"))
    row = CHECKS.get(of.ref.kind)
    if row is None:
        return
    if kinds.KINDS[of.ref.kind].group.endswith(kinds.ISTIO):
        yield from dry_run(of)
    yield from row(of)
    if parses is not None and of.ref.kind == "EnvoyFilter":
        yield from envoy_filters.values(of, parses)


def finding_of(ref: Ref, remark: Remark, places: Places | None) -> Finding:
    """A remark, once it is known which object it is about and where that stands."""
    position = Position() if places is None else places.at(remark.path)
    return Finding(ref, path_text(remark.path), remark.severity, remark.code, remark.message, remark.hint, position)
