"""Chunks of what one service gives: its clusters, their endpoints, its virtual hosts; and the shelves of them: the public ones, what lies above those
for one client, and what a scope of just some hosts has.

What is told of a service, and its form, is one of the words of `WHAT`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lateen.assembly import leaves
from lateen.assembly.clients import ANYBODY, Client, differing, located, routed_from, served_from
from lateen.assembly.kinds import Chunk, Entries, Leaf
from lateen.flow import Graph, query
from lateen.ir.destination import Discovery
from lateen.ir.scope import Import, Scope
from lateen.ir.view import PUBLIC, Perspective
from lateen.registry import endpoints, services
from lateen.render.endpoint import LARGE
from lateen.translate import destinations, shared_addresses
from lateen.translate.domains import is_ruled_at
from lateen.translate.endpoints import is_placed
from lateen.translate.routes import name_of
from lateen.translate.scope import hidden
from lateen.translate.targets import concrete
from lateen.translate.visibility import perspective, public_hosts, service_for

Pair = tuple[str, str]
"""The namespace that declares a host, and the host."""


@query
def clusters(g: Graph, seen: Perspective, of: Client, namespace: str, host: str) -> Entries:
    """The clusters of a service."""
    names = destinations.destinations(g, seen, namespace, host)
    return tuple(
        (f"outbound|{port}|{subset}|{host}", leaves.cluster.key(located(g, seen, of, namespace, host, port, subset), namespace, host, port, subset))
        for port, subset in names
    )


def clusters_for(g: Graph, seen: Perspective, of: Client, namespace: str, host: str) -> Entries:
    """The same for a client, shared by all to whom they are the same."""
    return clusters(g, seen, of if of.locality is not None and is_placed(g, namespace, host) else ANYBODY, namespace, host)


def assigned(g: Graph, seen: Perspective, namespace: str, host: str) -> tuple[tuple[int, str], ...]:
    """The ports and subsets whose endpoints the control plane tells."""
    found = []
    for port, subset in destinations.destinations(g, seen, namespace, host):
        destination = destinations.destination(g, seen, namespace, host, port, subset)
        if destination is not None and destination.discovery is Discovery.ASSIGNED:
            found.append((port, subset))
    return tuple(found)


@query
def assignments(g: Graph, seen: Perspective, of: Client, namespace: str, host: str) -> Entries:
    """The endpoints of a service's clusters, of those that are told of them apart."""
    found = []
    for port, subset in assigned(g, seen, namespace, host):
        looked, near = served_from(g, seen, of, namespace, host, port, subset)
        found.append((f"outbound|{port}|{subset}|{host}", leaves.assignment.key(looked, near, namespace, host, port, subset)))
    return tuple(found)


@query
def collected(g: Graph, seen: Perspective, of: Client, namespace: str, host: str) -> Entries:
    """The same for who takes the endpoints of large ones one by one."""
    apart = {*large(g, seen, namespace, host)}
    return tuple(
        (name, leaves.collected_assignment.key(*leaf.args) if leaf is not None and leaf.args[-2:] in apart else leaf)
        for name, leaf in assignments(g, seen, of, namespace, host)
    )


def large(g: Graph, seen: Perspective, namespace: str, host: str) -> Iterator[tuple[int, str]]:
    """The ports and subsets whose endpoints may be too many to be told together."""
    for port, subset in assigned(g, seen, namespace, host):
        if len(endpoints.endpoints(g, namespace, host, port)) > LARGE:
            yield port, subset


@query
def collections(g: Graph, seen: Perspective, of: Client, namespace: str, host: str) -> tuple[Chunk, ...]:
    """Chunks of single endpoints, one for each assignment that may be large."""
    return tuple(
        leaves.members.key(*served_from(g, seen, of, namespace, host, port, subset), namespace, host, port, subset)
        for port, subset in large(g, seen, namespace, host)
    )


def members(g: Graph, seen: Perspective, of: Client, namespace: str, host: str) -> Entries:
    """The endpoints that are told one by one."""
    return tuple(entry for chunk in collections(g, seen, of, namespace, host) for entry in g.read(chunk.node, chunk.args))


@query
def virtual_hosts(g: Graph, seen: Perspective, own: bool, namespace: str, host: str) -> Entries:
    """The virtual hosts of a service in the tables of its HTTP ports."""
    service = services.service(g, namespace, host)
    if service is None:
        return ()
    ports = table_ports(g, seen, namespace, host)
    return tuple((f"{port}/{name_of(service, port)}", leaves.virtual_host.key(seen, own, namespace, host, port)) for port in ports)


def table_ports(g: Graph, seen: Perspective, namespace: str, host: str) -> tuple[int, ...]:
    """The HTTP ports of a service; an alias has those of the service that it stands for, whatever ports it says (SD-14)."""
    service = services.service(g, namespace, host)
    meant = concrete(g, seen, service) if service is not None else None
    return tuple(port.number for port in meant.ports if port.protocol.is_http or port.protocol.is_auto) if meant is not None else ()


# Public and special


def _clusters(g: Graph, of: Client, owner: str, host: str) -> Entries:
    return clusters_for(g, perspective(g, of.namespace, of.labels, False, host), of, owner, host)


def _assignments(g: Graph, of: Client, owner: str, host: str) -> Entries:
    return assignments(g, perspective(g, of.namespace, of.labels, False, host), of, owner, host)


def _collected(g: Graph, of: Client, owner: str, host: str) -> Entries:
    return collected(g, perspective(g, of.namespace, of.labels, False, host), of, owner, host)


def _members(g: Graph, of: Client, owner: str, host: str) -> Entries:
    return members(g, perspective(g, of.namespace, of.labels, False, host), of, owner, host)


def _virtual_hosts(g: Graph, of: Client, owner: str, host: str) -> Entries:
    return virtual_hosts(g, routed_from(g, of, host), owner == of.namespace, owner, host)


WHAT: dict[str, Callable[[Graph, Client, str, str], Entries]] = {
    "clusters": _clusters,
    "assignments": _assignments,
    "collected": _collected,
    "members": _members,
    "virtual_hosts": _virtual_hosts,
}
"""What a client is told of one host of an owner, by the word for it: `collected` are assignments without the endpoints of large ones, `members` those
endpoints.
"""

_PUBLIC: dict[str, Callable[[Graph, str, str], Entries]] = {
    "clusters": lambda g, owner, host: clusters(g, PUBLIC, ANYBODY, owner, host),
    "assignments": lambda g, owner, host: assignments(g, PUBLIC, ANYBODY, owner, host),
    "collected": lambda g, owner, host: collected(g, PUBLIC, ANYBODY, owner, host),
    "members": lambda g, owner, host: members(g, PUBLIC, ANYBODY, owner, host),
    "virtual_hosts": lambda g, owner, host: virtual_hosts(g, PUBLIC, False, owner, host),
}


@query
def public_chunk(g: Graph, what: str, namespace: str) -> Entries:
    """What everybody sees of the hosts that the namespace declares."""
    public = _PUBLIC[what]
    return tuple(entry for host in public_hosts(g, namespace) for entry in public(g, namespace, host))


@query
def public_listing(g: Graph, what: str) -> tuple[Chunk, ...]:
    """A chunk for each namespace that declares services."""
    return tuple(public_chunk.key(what, namespace) for namespace in services.namespaces(g))


@query
def public_collections(g: Graph, namespace: str) -> tuple[Chunk, ...]:
    """The chunks of single endpoints of the namespace's hosts."""
    return tuple(chunk for host in public_hosts(g, namespace) for chunk in collections(g, PUBLIC, ANYBODY, namespace, host))


@query
def public_members(g: Graph) -> tuple[Chunk, ...]:
    """The shelf of single endpoints that everybody sees: a chunk for each large assignment, so that a change in one is no change in another."""
    return tuple(chunk for namespace in services.namespaces(g) for chunk in public_collections(g, namespace))


@query
def special_entries(g: Graph, what: str, of: Client) -> Entries:
    """What lies above the public shelf for this client: its own versions of things, and names that it must not see."""
    shown: dict[str, Leaf | None] = {}
    public: dict[str, Leaf | None] = {}
    for (owner, host), is_shown in differing(g, what, of):
        if is_shown:
            shown.update(WHAT[what](g, of, owner, host))
        common = service_for(g, PUBLIC, host)
        if common is not None and common.namespace == owner:
            public.update(_PUBLIC[what](g, owner, host))
    gone = {name: None for name in public if name not in shown}
    return tuple((name, leaf) for name, leaf in {**shown, **gone}.items() if leaf is None or public.get(name) != leaf)


@query
def special_listing(g: Graph, what: str, of: Client) -> tuple[Chunk, ...]:
    """The shelf above the public one."""
    return (special_entries.key(what, of),)


# A scope of its own


@query
def scoped_entries(g: Graph, what: str, of: Client, pairs: tuple[Pair, ...]) -> Entries:
    """What the client sees of just these hosts."""
    return tuple(entry for owner, host in pairs for entry in WHAT[what](g, of, owner, host))


@query
def scoped_listing(g: Graph, what: str, of: Client, pairs: tuple[Pair, ...]) -> tuple[Chunk, ...]:
    """A shelf of just these hosts."""
    return (scoped_entries.key(what, of, pairs),)


@query
def imported_virtual_hosts(g: Graph, of: Client, scope: Scope) -> Entries:
    """The virtual hosts of what the client calls, each in the table of the import that has it."""
    named = {each.table for each in scope.imports if each.is_a_place}
    return tuple(
        (name, leaf)
        for each in scope.imports
        for name, leaf in _of_import(g, of, each)
        if (name.partition("/")[0] == each.table if each.is_a_place else name.partition("/")[0] not in named)
    )


def _of_import(g: Graph, of: Client, each: Import) -> Iterator[tuple[str, Leaf | None]]:
    for owner, host in each.hosts:
        seen = routed_from(g, of, host, hidden(g, of.namespace, each, host))
        for name, leaf in virtual_hosts(g, seen, owner == of.namespace, owner, host):
            port = int(name.partition("/")[0])
            kept = own_addresses(g, seen, each, owner, host, port)
            yield name, leaf if kept is None else leaves.virtual_host_at.key(seen, owner == of.namespace, owner, host, port, kept)


def own_addresses(g: Graph, seen: Perspective, of: Import, owner: str, host: str, port: int) -> tuple[str, ...] | None:
    """The addresses that the host has in the table of a port, among what the import admits; None where it shares none with anybody."""
    service = services.service(g, owner, host)
    if service is None or not any(shared_addresses.is_shared(g, address) for address in shared_addresses.places(service, port)):
        return None
    first = [address for address, first in _shares(g, of.hosts, port) if first == host]
    return tuple(address for address in first if not is_ruled_at(g, seen, service, port, address))


@query
def _shares(g: Graph, pairs: tuple[Pair, ...], port: int) -> tuple[tuple[str, str], ...]:
    found = (services.service(g, owner, host) for owner, host in pairs)
    return shared_addresses.shared_out((each for each in found if each is not None), port)


@query
def imported_listing(g: Graph, of: Client, scope: Scope) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (imported_virtual_hosts.key(of, scope),)
