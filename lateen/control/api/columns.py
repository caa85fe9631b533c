"""The columns in which each kind is listed, as Istio's and Kubernetes' own tables have them. A table; cells are read from manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

Manifest: TypeAlias = Mapping[str, Any]
Cell: TypeAlias = Callable[[Manifest], str]


class Column(NamedTuple):
    """A column; `wide` ones are shown with `-o wide` only."""

    name: str
    cell: Cell
    wide: bool = False
    description: str = ""


def columns(kind: str) -> tuple[Column, ...]:
    """The columns of a kind between name and age."""
    return _COLUMNS.get(kind, ())


def age(created: str, now: datetime) -> str:
    """How long ago, as kubectl says it: `45s`, `12m`, `3h`, `5d`."""
    try:
        seconds = int((now - datetime.fromisoformat(created)).total_seconds())
    except (ValueError, TypeError):
        return "<unknown>"
    for unit, length, least in (("d", 86400, 2), ("h", 3600, 3), ("m", 60, 2)):
        if seconds >= length * least:
            return f"{seconds // length}{unit}"
    return f"{max(seconds, 0)}s"


def _at(path: str) -> Cell:
    """The value at a path; lists are joined by commas."""
    steps = path.split(".")

    def cell(manifest: Manifest) -> str:
        values: list[Any] = [manifest]
        for step in steps:
            found = [value.get(step) for value in values if isinstance(value, Mapping)]
            values = [each for value in found if value is not None for each in (value if isinstance(value, list) else [value])]
        return ",".join(str(value) for value in values)

    return cell


def _entries(path: str) -> Cell:
    """How many entries the mapping at a path has."""
    first, _, second = path.partition(".")

    def cell(manifest: Manifest) -> str:
        value = manifest.get(first) or {}
        return str(len((value.get(second) or {}) if second else value))

    return cell


def _service_ports(manifest: Manifest) -> str:
    ports = (manifest.get("spec") or {}).get("ports") or []
    return ",".join(f"{port.get('port')}/{port.get('protocol', 'TCP')}" for port in ports) or "<none>"


def _cluster_ip(manifest: Manifest) -> str:
    return (manifest.get("spec") or {}).get("clusterIP") or "<none>"


def _endpoint_addresses(manifest: Manifest) -> str:
    found = [address for endpoint in manifest.get("endpoints") or [] for address in endpoint.get("addresses") or []]
    return ",".join(found[:3]) + (f" + {len(found) - 3} more" if len(found) > 3 else "") or "<unset>"


def _pairs(path: str) -> Cell:
    steps = path.split(".")

    def cell(manifest: Manifest) -> str:
        value: Any = manifest
        for step in steps:
            value = (value or {}).get(step)
        return ",".join(f"{key}={each}" for key, each in sorted((value or {}).items())) or "<none>"

    return cell


_HOST = Column("Host", _at("spec.host"))
_HOSTS = Column("Hosts", _at("spec.hosts"))
_SELECTOR = Column("Selector", _pairs("spec.selector.matchLabels"), wide=True)

_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "VirtualService": (Column("Gateways", _at("spec.gateways")), _HOSTS),
    "DestinationRule": (_HOST, Column("Subsets", _at("spec.subsets.name"), wide=True)),
    "Gateway": (Column("Servers", _at("spec.servers.hosts")), Column("Selector", _pairs("spec.selector"), wide=True)),
    "ServiceEntry": (
        _HOSTS,
        Column("Location", _at("spec.location")),
        Column("Resolution", _at("spec.resolution")),
        Column("Addresses", _at("status.addresses.value"), wide=True),
    ),
    "WorkloadEntry": (Column("Address", _at("spec.address")), Column("Labels", _pairs("spec.labels"), wide=True)),
    "Sidecar": (Column("Selector", _pairs("spec.workloadSelector.labels")),),
    "AuthorizationPolicy": (Column("Action", _at("spec.action")), _SELECTOR),
    "PeerAuthentication": (Column("Mode", _at("spec.mtls.mode")), _SELECTOR),
    "RequestAuthentication": (Column("Issuers", _at("spec.jwtRules.issuer")), _SELECTOR),
    "KubernetesGateway": (Column("Class", _at("spec.gatewayClassName")), Column("Address", _at("status.addresses.value"))),
    "GatewayClass": (Column("Controller", _at("spec.controllerName")),),
    "HTTPRoute": (Column("Hostnames", _at("spec.hostnames")), Column("Parents", _at("spec.parentRefs.name"), wide=True)),
    "GRPCRoute": (Column("Hostnames", _at("spec.hostnames")), Column("Parents", _at("spec.parentRefs.name"), wide=True)),
    "Service": (
        Column("Type", lambda manifest: (manifest.get("spec") or {}).get("type") or "ClusterIP"),
        Column("Cluster-IP", _cluster_ip),
        Column("Port(s)", _service_ports),
        Column("Selector", _pairs("spec.selector"), wide=True),
    ),
    "Pod": (Column("Status", _at("status.phase")), Column("IP", _at("status.podIP")), Column("Node", _at("spec.nodeName"), wide=True)),
    "EndpointSlice": (
        Column("AddressType", _at("addressType")),
        Column("Ports", _at("ports.port")),
        Column("Endpoints", _endpoint_addresses),
    ),
    "Secret": (Column("Type", lambda manifest: manifest.get("type") or "Opaque"), Column("Data", _entries("data"))),
    "ConfigMap": (Column("Data", _entries("data")),),
    "Namespace": (Column("Status", lambda manifest: ((manifest.get("status") or {}).get("phase")) or "Active"),),
    "Ingress": (Column("Class", _at("spec.ingressClassName")), Column("Hosts", _at("spec.rules.host"))),
}
