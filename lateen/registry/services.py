"""The services of a mesh, merged from all sources: which hosts a namespace declares, and what each of them is."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs
from lateen.api.indexes import SERVICE_HOST, clusterset_host
from lateen.flow import Graph, query
from lateen.registry import clusterset, entries, kubernetes
from lateen.registry.namespaces import is_member
from lateen.registry.service import Resolution, Service
from lateen.values.hosts import is_subset
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
def _suffixes_of(g: Graph, namespace: str) -> tuple[str, ...]:
    return tuple(sorted({host.partition(".")[2] for host in hosts(g, namespace)}))


@query
def _suffixes(g: Graph) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each namespace what its hosts end with, behind their first label; another service changes that seldom."""
    return tuple((namespace, _suffixes_of(g, namespace)) for namespace in namespaces(g))


def covered(g: Graph, wildcard: str) -> Iterator[str]:
    """The declared hosts that a wildcard stands for, whoever sees them. Namespaces that have none like them are not looked at."""
    end = wildcard.partition(".")[2]
    for namespace, suffixes in _suffixes(g):
        if any(is_subset(f"*.{suffix}", f"*.{end}") for suffix in suffixes) or not end:
            yield from (host for host in hosts(g, namespace) if is_subset(host, wildcard))


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
    if winner.resolution is Resolution.ALIAS and winner.ports and _is_unknown(g, winner.external_name):
        winner = msgspec.structs.replace(winner, resolution=Resolution.DNS, external=True)  # SD-14: of no known service, so found by its name.
    further = tuple(_with_further_ports(winner, others))
    extra = sorted((port for other in further for port in other.ports), key=lambda port: port.number)
    return msgspec.structs.replace(winner, ports=(*winner.ports, *extra), further=further) if extra else winner


def _is_unknown(g: Graph, name: str) -> bool:
    """Whether the name, and what it may stand for, ends in one that nobody declares; names that lead in a circle end nowhere."""
    passed: set[str] = set()
    while name not in passed:
        passed.add(name)
        found = [each for owner in declaring(g, name) for each in declarations(g, owner, name)[:1]]
        if not found:
            return True
        if any(each.resolution is not Resolution.ALIAS for each in found):
            return False
        name = found[0].external_name
    return False


def _with_further_ports(winner: Service, others: list[Service]) -> Iterator[Service]:
    """The others as far as they have ports that none before them has."""
    taken = {port.number for port in winner.ports}
    for other in others:
        ports = tuple(port for port in other.ports if port.number not in taken)
        taken.update(port.number for port in ports)
        if ports:
            yield msgspec.structs.replace(other, ports=ports)


def declaring(g: Graph, host: str) -> tuple[str, ...]:
    """The namespaces that declare the host, sorted."""
    return tuple(sorted(owner for owner in {ref.namespace for ref in inputs.indexed(g, SERVICE_HOST, host)} if is_member(g, owner)))
