"""Endpoints of a service's port: from EndpointSlices (SD-11, SD-12), from selected workloads (SE-6) and from inline entries (SE-4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from lateen.api import inputs
from lateen.api.indexes import CLUSTERSET, SLICE
from lateen.flow import Graph, query
from lateen.registry import entries, kubernetes, services, workloads
from lateen.registry.service import Endpoint, Health, Service, ServicePort, Workload, is_port
from lateen.values.hosts import is_address
from lateen.values.ref import Ref

UNIX = "unix://"


@query
def endpoints(g: Graph, namespace: str, host: str, number: int) -> tuple[Endpoint, ...]:
    """Where the port is served, healthy or not, in a fixed order: by address, then port. Terminating endpoints are there only as DRAINING."""
    for service in services.declarations(g, namespace, host):
        port = service.port(number)
        if port is not None:
            return tuple(sorted(_of(g, service, port), key=lambda each: (each.address, each.port)))
    return ()


def _of(g: Graph, service: Service, port: ServicePort) -> Iterator[Endpoint]:
    if service.kubernetes:
        yield from slices(g, service.origin, port.name, service.publish_not_ready, service.is_persistent)
        yield from _from_workloads(workloads.selected(g, "WorkloadEntry", service.namespace, service.selector), port)
    elif service.selector:
        for kind in workloads.KINDS:
            yield from _from_workloads(workloads.selected(g, kind, service.namespace, service.selector), port)
    else:
        yield from _from_workloads(entries.inline(g, service.origin), port)


def _from_workloads(found: tuple[Workload, ...], port: ServicePort) -> Iterator[Endpoint]:
    """WE-1: a workload of another network may be without an address: it is reached through a gateway of its network, if at all."""
    for workload in found:
        for address in workload.addresses[:1] or (("",) if workload.network else ()):
            yield Endpoint(address, workload_port(workload, address, port), workload)


def workload_port(workload: Workload, address: str, port: ServicePort) -> int:
    """SE-4: a Unix socket has no port; else the workload's port of that name, else the target port, else the service's own number."""
    if address.startswith(UNIX):
        return 0
    if isinstance(port.target, str):
        return workload.port(port.target) or workload.port(port.name) or port.number
    return workload.port(port.name) or port.target or port.number


@query
def slices(g: Graph, service: Ref, port_name: str, publish_not_ready: bool, persistent: bool) -> tuple[Endpoint, ...]:
    """The endpoints that a Kubernetes service's EndpointSlices give for the port of that name."""
    found: dict[tuple[str, int], Endpoint] = {}
    for ref in (ref for key in _slice_keys(service) for ref in inputs.indexed(g, SLICE, key)):
        piece = inputs.resource(g, ref)
        number = slice_port(piece, port_name) if piece is not None else None
        if piece is None or number is None or piece.spec.address_type == "FQDN":
            continue
        for each in piece.spec.endpoints or ():
            health = _health(each.conditions, publish_not_ready, persistent)
            if health is None:
                continue
            for address in filter(is_address, each.addresses or ()):
                found[address, number] = Endpoint(address, number, _workload(g, ref, each, address, health))
    return tuple(found.values())


def _slice_keys(owner: Ref) -> Iterator[str]:
    """A service that is exported has its own endpoints and those of other clusters, one that is imported only the latter (MCS)."""
    if owner.kind != "ServiceImport":
        yield f"{owner.namespace}/{owner.name}"
    if owner.kind != "Service":
        yield f"{owner.namespace}/{CLUSTERSET}:{owner.name}"


def slice_port(piece: Any, name: str) -> int | None:
    """The port number that an EndpointSlice gives under the name; a slice with one nameless port serves every name."""
    ports = list(piece.spec.ports)
    for port in ports:
        if (port.name or "") == name and (port.protocol or "TCP") == "TCP":
            return _served(port.port)
    return _served(ports[0].port) if len(ports) == 1 and not ports[0].name else None


def _served(number: int | None) -> int | None:
    """A slice for every port names none, and then it is not told which one is meant."""
    return number if number is not None and is_port(number) else None


def _health(conditions: Any, publish_not_ready: bool, persistent: bool) -> Health | None:
    """SD-12. None leaves the endpoint out."""
    ready = conditions is None or conditions.ready is not False
    if conditions is not None and conditions.terminating:
        return Health.DRAINING if persistent and conditions.serving is not False else None
    return Health.HEALTHY if ready or publish_not_ready else Health.UNHEALTHY


def _workload(g: Graph, ref: Ref, each: Any, address: str, health: Health) -> Workload:
    target = each.target_ref
    pod: Workload | None = None
    if target is not None and target.kind == "Pod":
        pod = kubernetes.workload(g, Ref("Pod", target.namespace or ref.namespace, target.name))
    pod = pod or next((one for one in workloads.at(g, address) if one.origin.kind == "Pod"), None)
    if pod is not None:
        return msgspec.structs.replace(pod, health=health, hostname=each.hostname or "")
    locality = kubernetes.node_locality(g, each.node_name or "")
    node = each.node_name or ""
    return Workload(address, ref.namespace, ref, (address,), locality=locality, node=node, health=health, hostname=each.hostname or "")


@query
def accounts(g: Graph, namespace: str, host: str) -> tuple[tuple[str, str], ...]:
    """The (namespace, service account) pairs of all endpoints of the host, sorted: who may answer for it (CL-5)."""
    service = services.service(g, namespace, host)
    if service is None:
        return ()
    found = (each.workload for port in service.ports for each in endpoints(g, namespace, host, port.number))
    return tuple(sorted({(one.namespace, one.service_account) for one in found if one.service_account}))
