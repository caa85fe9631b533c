"""The table of checks, a row for each kind that has one, and `check`, which runs the row of an object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lateen.api import kinds
from lateen.api.decode import path_text
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.check.dry_run import dry_run
from lateen.check.extensions.traffic_extension import traffic_extension
from lateen.check.extensions.wasm_plugin import wasm_plugin
from lateen.check.gateway.gateway import gateway as kubernetes_gateway
from lateen.check.gateway.grpc_route import grpc_route
from lateen.check.gateway.http_route import http_route
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
    "KubernetesGateway": kubernetes_gateway,
    "HTTPRoute": http_route,
    "GRPCRoute": grpc_route,
}


def check(of: Resource[Any], places: Places | None = None, parses: Parses | None = None) -> list[Finding]:
    """All that is to be said of one object that decoded.

    With `places` findings carry line and column; with `parses` the values of an EnvoyFilter are held against Envoy's protobufs. An object is refused
    when any finding is an error.
    """
    return [_finding(of, remark, places) for remark in _remarks(of, parses)]


def _remarks(of: Resource[Any], parses: Parses | None) -> Iterator[Remark]:
    row = CHECKS.get(of.ref.kind)
    if row is None:
        return
    if kinds.KINDS[of.ref.kind].group != kinds.GATEWAY_API:
        yield from dry_run(of)
    yield from row(of)
    if parses is not None and of.ref.kind == "EnvoyFilter":
        yield from envoy_filters.values(of, parses)


def _finding(of: Resource[Any], remark: Remark, places: Places | None) -> Finding:
    position = Position() if places is None else places.at(remark.path)
    return Finding(of.ref, path_text(remark.path), remark.severity, remark.code, remark.message, remark.hint, position)
