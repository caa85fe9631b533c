"""The services of a mesh, merged from all sources: which hosts a namespace declares, and what each of them is."""

from __future__ import annotations

import msgspec

from lateen.api import inputs
from lateen.api.indexes import SERVICE_HOST, clusterset_host
from lateen.flow import Graph, query
from lateen.registry import clusterset, entries, kubernetes
from lateen.registry.namespaces import is_member
from lateen.registry.service import Resolution, Service
from lateen.values.ref import Ref

KINDS = ("Service", "ServiceEntry", *clusterset.KINDS)


@query
def namespaces(g: Graph) -> tuple[str, ...]:
    """The namespaces that declare at least one service, sorted."""
    return tuple(sorted(namespace for namespace in {each for kind in KINDS for each in inputs.namespaces(g, kind)} if is_member(g, namespace)))


@query
def entry_hosts(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The hosts that one ServiceEntry declares."""
    return tuple(service.host for service in entries.declared(g, ref))


@query
def hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts that the namespace declares, sorted."""
    if not is_member(g, namespace):
        return ()
    zone = inputs.domain(g)
    own = {f"{name}.{namespace}.svc.{zone}" for name in inputs.names(g, "Service", namespace)}
    for name in inputs.names(g, "ServiceEntry", namespace):
        own.update(entry_hosts(g, Ref("ServiceEntry", namespace, name)))
    own.update(clusterset_host(name, namespace) for kind in clusterset.KINDS for name in inputs.names(g, kind, namespace))
    return tuple(sorted(own))


@query
def declarations(g: Graph, namespace: str, host: str) -> tuple[Service, ...]:
    """All that the namespace says of the host, the winner first: Kubernetes beats entries, then the oldest (N-6)."""
    if not is_member(g, namespace):
        return ()
    found: list[Service] = []
    for ref in inputs.indexed(g, SERVICE_HOST, host):
        if ref.namespace != namespace:
            continue
        if ref.kind != "ServiceEntry":
            service = kubernetes.service(g, ref) if ref.kind == "Service" else clusterset.service(g, ref)
            found += [service] if service is not None else []
        else:
            found += [service for service in entries.declared(g, ref) if service.host == host]
    return tuple(sorted(found, key=lambda service: (not service.kubernetes, service.created, service.name)))


@query
def service(g: Graph, namespace: str, host: str) -> Service | None:
    """The host as the namespace declares it: the winner, with the ports that only the others have (SE-8)."""
    found = declarations(g, namespace, host)
    if not found:
        return None
    winner, *others = found
    if winner.resolution is Resolution.ALIAS and winner.ports and not declaring(g, winner.external_name):
        winner = msgspec.structs.replace(winner, resolution=Resolution.DNS, external=True)  # SD-14: of no known service, so found by its name.
    extra = {port.number: port for other in reversed(others) for port in other.ports if winner.port(port.number) is None}
    return msgspec.structs.replace(winner, ports=(*winner.ports, *(extra[number] for number in sorted(extra)))) if extra else winner


def declaring(g: Graph, host: str) -> tuple[str, ...]:
    """The namespaces that declare the host, sorted."""
    return tuple(sorted(owner for owner in {ref.namespace for ref in inputs.indexed(g, SERVICE_HOST, host)} if is_member(g, owner)))
