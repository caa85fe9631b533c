"""Chunks of what one service gives: its clusters, their endpoints, its virtual hosts. And which services differ from the public ones, and for whom."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.assembly import leaves
from lateen.assembly.kinds import Chunk, Entries
from lateen.flow import Graph, query
from lateen.ir.view import PUBLIC, Labels, Locality, Perspective
from lateen.registry import services
from lateen.registry.service import Resolution, Service
from lateen.translate import destinations, endpoints
from lateen.translate.visibility import RULE_KINDS, client_labels, label_keys, perspective, public_hosts, rule_hosts, service_for, special_hosts
from lateen.values.ref import Ref

Pair = tuple[str, str]
"""The namespace that declares a host, and the host."""


@query
def cluster_names(g: Graph, seen: Perspective, namespace: str, host: str) -> tuple[tuple[str, int, str], ...]:
    """The clusters of a service: name, port and subset."""
    service = services.service(g, namespace, host)
    if service is None or service.resolution is Resolution.ALIAS:
        return ()
    subsets = ("", *destinations.subsets(g, seen, namespace, host))
    return tuple((f"outbound|{port.number}|{subset}|{host}", port.number, subset) for port in service.ports for subset in subsets)


@query
def clusters(g: Graph, seen: Perspective, namespace: str, host: str) -> Entries:
    """The clusters of a service."""
    names = cluster_names(g, seen, namespace, host)
    return tuple((name, leaves.cluster.key(seen, namespace, host, port, subset)) for name, port, subset in names)


@query
def assignments(g: Graph, seen: Perspective, locality: Locality | None, namespace: str, host: str) -> Entries:
    """The endpoints of a service's clusters, of those that are told of them apart."""
    if not has_assignments(g, seen, namespace, host):
        return ()
    names = cluster_names(g, seen, namespace, host)
    return tuple(
        (name, leaves.assignment.key(seen, _near(g, seen, locality, namespace, host, port, subset), namespace, host, port, subset))
        for name, port, subset in names
    )


def _near(g: Graph, seen: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str) -> Locality | None:
    return locality if locality is not None and endpoints.needs_locality(g, seen, namespace, host, port, subset) else None


@query
def has_assignments(g: Graph, seen: Perspective, namespace: str, host: str) -> bool:
    """Whether the control plane tells the service's endpoints: not where names are resolved, or the client's own destination is kept."""
    service = services.service(g, namespace, host)
    return service is not None and (service.resolution is Resolution.ENDPOINTS or (seen.gateway and service.headless))


@query
def virtual_hosts(g: Graph, seen: Perspective, own: bool, namespace: str, host: str) -> Entries:
    """The virtual hosts of a service in the tables of its HTTP ports."""
    service = services.service(g, namespace, host)
    if service is None:
        return ()
    return tuple(
        (f"{port}/{host}:{port}", leaves.virtual_host.key(seen, own, namespace, host, port)) for port in table_ports(g, service)
    )


def table_ports(g: Graph, service: Service) -> tuple[int, ...]:
    """The HTTP ports of a service; an alias has those of the service that it stands for."""
    return tuple(port.number for port in service.ports if port.protocol.is_http or port.protocol.is_auto)


# Public and special


@query
def public_chunk(g: Graph, what: str, namespace: str) -> Entries:
    """Of one type (`clusters`, `assignments`, `virtual_hosts`), what everybody sees of the hosts that the namespace declares."""
    return tuple(entry for host in public_hosts(g, namespace) for entry in of_host(g, what, PUBLIC, None, False, namespace, host))


def of_host(g: Graph, what: str, seen: Perspective, locality: Locality | None, own: bool, namespace: str, host: str) -> Entries:
    """What one service gives of a type."""
    if what == "clusters":
        return clusters(g, seen, namespace, host)
    if what == "assignments":
        return assignments(g, seen, locality, namespace, host)
    return virtual_hosts(g, seen, own, namespace, host)


@query
def public_listing(g: Graph, what: str) -> tuple[Chunk, ...]:
    """A chunk for each namespace that declares services."""
    return tuple(public_chunk.key(what, namespace) for namespace in services.namespaces(g))


@query
def differing(g: Graph, what: str, namespace: str, labels: Labels, locality: Locality | None) -> tuple[tuple[Pair, bool], ...]:
    """The hosts of which a proxy of this namespace must be told something else than everybody, each with whether it is shown at all."""
    found = set(special_hosts(g, namespace)) | set(labelled_hosts(g))
    if what == "virtual_hosts":
        found.update(services.hosts(g, namespace))
    if what == "assignments" and locality is not None:
        found.update(near_hosts(g))
    pairs: list[tuple[Pair, bool]] = []
    for host in sorted(found):
        common = service_for(g, PUBLIC, host)
        service = service_for(g, perspective(g, namespace, labels, False, host), host)
        if service is not None:
            pairs.append(((service.namespace, host), True))
        if common is not None and (service is None or service.namespace != common.namespace):
            pairs.append(((common.namespace, host), False))
    return tuple(pairs)


@query
def special_entries(g: Graph, what: str, namespace: str, labels: Labels, locality: Locality | None) -> Entries:
    """What lies above the public shelf for a proxy of this namespace: its own versions of things, and names that it must not see."""
    shown: dict[str, object] = {}
    hidden: list[str] = []
    for (owner, host), is_shown in differing(g, what, namespace, labels, locality):
        seen = perspective(g, namespace, labels, False, host)
        if is_shown:
            shown.update(of_host(g, what, seen, locality, owner == namespace, owner, host))
        hidden += [name for name, _ in of_host(g, what, PUBLIC, None, False, owner, host)] if not is_shown or seen != PUBLIC else []
    return tuple(shown.items()) + tuple((name, None) for name in dict.fromkeys(hidden) if name not in shown)  # type: ignore[return-value]


@query
def special_listing(g: Graph, what: str, namespace: str, labels: Labels, locality: Locality | None) -> tuple[Chunk, ...]:
    """The shelf above the public one."""
    return (special_entries.key(what, namespace, labels, locality),)


@query
def labelled_hosts(g: Graph) -> tuple[str, ...]:
    """The hosts about which some rule looks at the labels of clients, sorted."""
    return tuple(sorted({host for kind in RULE_KINDS for namespace in inputs.namespaces(g, kind) for host in _labelled(g, kind, namespace)}))


@query
def _labelled(g: Graph, kind: str, namespace: str) -> tuple[str, ...]:
    refs = (Ref(kind, namespace, name) for name in inputs.names(g, kind, namespace))
    return tuple(host for ref in refs if client_labels(g, ref) for host in rule_hosts(g, ref))


@query
def client_label_keys(g: Graph) -> tuple[str, ...]:
    """All label keys of clients that any rule looks at, sorted: of a proxy's labels no others matter."""
    return tuple(sorted({key for host in labelled_hosts(g) for key in label_keys(g, host)}))


@query
def near_hosts(g: Graph) -> tuple[str, ...]:
    """The hosts whose endpoints are ranked by where the client is, sorted."""
    return tuple(sorted({host for namespace in inputs.namespaces(g, "DestinationRule") for host in _near_hosts(g, namespace)}))


@query
def _near_hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    found: list[str] = []
    for name in inputs.names(g, "DestinationRule", namespace):
        for host in rule_hosts(g, Ref("DestinationRule", namespace, name)):
            found += [host for service in _publicly(g, host) if any(_ranked(g, service, entry) for entry in cluster_names(g, PUBLIC, service.namespace, host))]
    return tuple(found)


def _publicly(g: Graph, host: str) -> Iterator[Service]:
    service = service_for(g, PUBLIC, host)
    if service is not None:
        yield service


def _ranked(g: Graph, service: Service, entry: tuple[str, int, str]) -> bool:
    return endpoints.needs_locality(g, PUBLIC, service.namespace, service.host, entry[1], entry[2])


# An explicit scope


@query
def scoped_entries(g: Graph, what: str, namespace: str, labels: Labels, locality: Locality | None, pairs: tuple[Pair, ...]) -> Entries:
    """Of one type, what a proxy of the namespace sees of just these hosts."""
    return tuple(
        entry
        for owner, host in pairs
        for entry in of_host(g, what, perspective(g, namespace, labels, False, host), locality, owner == namespace, owner, host)
    )


@query
def scoped_listing(g: Graph, what: str, namespace: str, labels: Labels, locality: Locality | None, pairs: tuple[Pair, ...]) -> tuple[Chunk, ...]:
    """A shelf of just these hosts."""
    return (scoped_entries.key(what, namespace, labels, locality, pairs),)
