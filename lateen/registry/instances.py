"""What a proxy serves: the ports of services whose endpoint it is. Found by its addresses and by its labels, so that no object need describe it."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.indexes import ADDRESS, SLICE, SLICE_ADDRESS
from lateen.flow import Graph, query
from lateen.registry import endpoints, entries, kubernetes, services, workloads
from lateen.registry.service import Instance, Labels, Service, ServicePort, Workload
from lateen.values.ref import Ref


@query
def selectors(g: Graph, namespace: str) -> tuple[tuple[Labels, str], ...]:
    """The selectors of the namespace's services, each with its host."""
    found = ((service.selector, host) for host in services.hosts(g, namespace) for service in services.declarations(g, namespace, host))
    return tuple((selector, host) for selector, host in found if selector)


@query
def _unselecting(g: Graph, namespace: str) -> tuple[Ref, ...]:
    """The Kubernetes services of the namespace whose endpoints somebody lists, for they have no selector."""
    found = (service for host in services.hosts(g, namespace) for service in services.declarations(g, namespace, host))
    return tuple(service.origin for service in found if service.origin.kind == "Service" and not service.selector)


@query
def instances(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels) -> tuple[Instance, ...]:
    """The service ports that a proxy with these addresses and labels serves, the oldest service first (LI-21)."""
    found: dict[tuple[str, int, int], Instance] = {}
    for instance in (*_by_address(g, namespace, addresses), *_by_labels(g, namespace, addresses, labels)):
        found.setdefault((instance.service.host, instance.service_port.number, instance.port), instance)
    return tuple(sorted(found.values(), key=_age))


@query
def datagrams(g: Graph, namespace: str, labels: Labels) -> tuple[Instance, ...]:
    """The UDP ports of services that lead to a proxy with these labels, the oldest service first; without its address."""
    found = (
        Instance(service, port, number, "")
        for service in _selecting(g, namespace, labels)
        for port in service.datagrams
        if (number := _target(g, service, port)) is not None
    )
    return tuple(sorted(found, key=_age))


def _age(instance: Instance) -> tuple[str, str, int]:
    return (instance.service.created, instance.service.name, instance.service_port.number)


def _by_address(g: Graph, namespace: str, addresses: tuple[str, ...]) -> Iterator[Instance]:
    for address in addresses:
        for ref in inputs.indexed(g, ADDRESS, address):
            if ref.kind == "ServiceEntry" and ref.namespace == namespace:
                yield from _inline(g, ref, address)
        for workload in workloads.at(g, address):
            if workload.namespace != namespace or workload.origin.kind == "ServiceEntry":
                continue
            for service in _selecting(g, namespace, workload.labels):
                for port in _served(workload, service):
                    yield Instance(service, port, endpoints.workload_port(workload, address, port), address)
        yield from _by_slices(g, namespace, address)


def _by_slices(g: Graph, namespace: str, address: str) -> Iterator[Instance]:
    """What a service serves at the address whose endpoints are listed, be the workload's labels what they may."""
    listing = set(inputs.indexed(g, SLICE_ADDRESS, address))
    for ref in _unselecting(g, namespace) if listing else ():
        pieces = [piece for piece in inputs.indexed(g, SLICE, f"{ref.namespace}/{ref.name}") if piece in listing]
        service = kubernetes.service(g, ref) if pieces else None
        if service is not None:
            yield from _listed(g, service, pieces, address)


def _listed(g: Graph, service: Service, pieces: list[Ref], address: str) -> Iterator[Instance]:
    for port in service.ports:
        for number in dict.fromkeys(_port_of(g, piece, port.name) for piece in pieces):
            if number is not None:
                yield Instance(service, port, number, address)


@query
def _port_of(g: Graph, ref: Ref, name: str) -> int | None:
    """The port that an EndpointSlice gives under the name; which endpoints come and go in it changes nothing here."""
    piece = inputs.resource(g, ref)
    return endpoints.slice_port(piece, name) if piece is not None else None


def _served(workload: Workload, service: Service) -> Iterator[ServicePort]:
    """The ports that a workload has: a pod serves no port whose target is a name that none of its containers knows."""
    for port in service.ports:
        if workload.origin.kind != "Pod" or not isinstance(port.target, str) or workload.port(port.target):
            yield port


def _inline(g: Graph, ref: Ref, address: str) -> Iterator[Instance]:
    for workload in entries.inline(g, ref):
        if address in workload.addresses:
            for service in entries.declared(g, ref):
                for port in service.ports:
                    yield Instance(service, port, endpoints.workload_port(workload, address, port), address)


def _by_labels(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels) -> Iterator[Instance]:
    address = addresses[0] if addresses else ""
    for service in _selecting(g, namespace, labels):
        for port in service.ports:
            number = _target(g, service, port)
            if number is not None:
                yield Instance(service, port, number, address)


def _selecting(g: Graph, namespace: str, labels: Labels) -> Iterator[Service]:
    own = set(labels)
    for selector, host in selectors(g, namespace):
        if set(selector) <= own:
            for service in services.declarations(g, namespace, host):
                if service.selector == selector:
                    yield service


def _target(g: Graph, service: Service, port: ServicePort) -> int | None:
    """The workload's port; a target by name is what the service's EndpointSlices, if there are any, make of it: None where they know none."""
    if isinstance(port.target, int):
        return port.target or port.number
    slices = inputs.indexed(g, SLICE, f"{service.namespace}/{service.name}")
    for ref in slices:
        number = _port_of(g, ref, port.name)
        if number is not None:
            return number
    return None if slices else port.number
