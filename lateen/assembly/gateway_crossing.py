"""What a gateway between networks needs: every service that other networks may ask for by its name in the mesh (MC-3)."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import mesh
from lateen.assembly import hosts, leaves
from lateen.assembly.clients import Client, served_from
from lateen.assembly.kinds import Chunk, Entries, Listing
from lateen.flow import Graph, query
from lateen.ir.destination import server_name
from lateen.ir.endpoints import Assignment
from lateen.ir.gateway import Server
from lateen.ir.view import Perspective
from lateen.render import endpoint as rendering
from lateen.translate import gateway_destinations, gateway_streams
from lateen.translate.destinations import destinations
from lateen.values.envoy_resource import EnvoyResource

Servers = tuple[Server, ...]


def listings(what: str, seen: Perspective, servers: Servers, near: Client) -> tuple[Listing, ...]:
    """Of one type (`clusters`, `assignments`, `collected`), the shelves for these servers; none where there is no such server."""
    return (listing.key(what, seen, servers, near),) if servers else ()


def members(seen: Perspective, servers: Servers, near: Client) -> tuple[Listing, ...]:
    """The shelves of endpoints that are told one by one."""
    return (member_listing.key(seen, servers, near),) if servers else ()


@query
def listing(g: Graph, what: str, seen: Perspective, servers: Servers, near: Client) -> tuple[Chunk, ...]:
    """A chunk for each service."""
    return tuple(entries.key(what, narrow, near, namespace, host) for narrow, namespace, host in _entered(g, seen, servers))


@query
def member_listing(g: Graph, seen: Perspective, servers: Servers, near: Client) -> tuple[Chunk, ...]:
    """A chunk for each large assignment."""
    return tuple(chunk for narrow, namespace, host in _entered(g, seen, servers) for chunk in collections(g, narrow, near, namespace, host))


def _entered(g: Graph, seen: Perspective, servers: Servers) -> Iterator[tuple[Perspective, str, str]]:
    found = sorted({pair for server in servers for pair in gateway_streams.members(g, seen, server)})
    return ((gateway_destinations.narrowed(g, seen, host), namespace, host) for namespace, host in found)


@query
def entries(g: Graph, what: str, seen: Perspective, near: Client, namespace: str, host: str) -> Entries:
    """What one service gives."""
    found = [(server_name(host, port, subset), port, subset) for port, subset in destinations(g, seen, namespace, host)]
    if what == "clusters":
        return tuple((name, cluster.key(seen, namespace, host, port, subset)) for name, port, subset in found)
    apart = {*hosts.large(g, seen, namespace, host)} if what == "collected" else set()
    leaf = {True: collected_assignment, False: assignment}
    return tuple((name, leaf[(port, subset) in apart].key(seen, near, namespace, host, port, subset)) for name, port, subset in found)


@query
def collections(g: Graph, seen: Perspective, near: Client, namespace: str, host: str) -> tuple[Chunk, ...]:
    """The chunks of single endpoints of one service."""
    return tuple(collected.key(seen, near, namespace, host, port, subset) for port, subset in hosts.large(g, seen, namespace, host))


@query
def cluster(g: Graph, seen: Perspective, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """The cluster of one port and subset, to which TLS goes on as it is."""
    found = gateway_destinations.passed(g, seen, namespace, host, port, subset)
    return leaves.rendered_cluster(g, found) if found is not None else None


@query
def assignment(g: Graph, seen: Perspective, near: Client, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """The endpoints of that cluster."""
    return rendering.assignment(served(g, seen, near, namespace, host, port, subset))


@query
def collected_assignment(g: Graph, seen: Perspective, near: Client, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """The same, but the endpoints of a large one are `collected` apart."""
    found = served(g, seen, near, namespace, host, port, subset)
    return rendering.assignment(found) if found.size <= rendering.LARGE else rendering.assignment_leds(found, mesh.trust_domain(g))


@query
def collected(g: Graph, seen: Perspective, near: Client, namespace: str, host: str, port: int, subset: str) -> Entries:
    """The endpoints of a large assignment, each with a leaf that holds it as it is."""
    found = served(g, seen, near, namespace, host, port, subset)
    if found.size <= rendering.LARGE:
        return ()
    return tuple((each.name, leaves.member.key(each)) for each in rendering.collection(found, mesh.trust_domain(g)))


def served(g: Graph, seen: Perspective, near: Client, namespace: str, host: str, port: int, subset: str) -> Assignment:
    """The endpoints to which TLS from other networks goes on, looked at as the gateway does."""
    looked, locality = served_from(g, seen, near, namespace, host, port, subset)
    return gateway_destinations.passed_to(g, looked, locality, namespace, host, port, subset)
