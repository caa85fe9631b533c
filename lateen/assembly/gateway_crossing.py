"""What a gateway between networks needs: every service that other networks may ask for by its name in the mesh (MC-3)."""

from __future__ import annotations

from lateen.assembly import leaves
from lateen.assembly.clients import Client, served_from
from lateen.assembly.kinds import Chunk, Entries, Listing
from lateen.flow import Graph, query
from lateen.ir.destination import server_name
from lateen.ir.gateway import Server
from lateen.ir.view import Perspective
from lateen.render import endpoint as rendering
from lateen.translate import gateway_destinations, gateway_streams
from lateen.translate.destinations import destinations
from lateen.values.envoy_resource import EnvoyResource

Servers = tuple[Server, ...]


def listings(what: str, seen: Perspective, servers: Servers, near: Client) -> tuple[Listing, ...]:
    """Of one type (`clusters`, `assignments`), the shelves for these servers; none where there is no such server."""
    return (listing.key(what, seen, servers, near),) if servers else ()


@query
def listing(g: Graph, what: str, seen: Perspective, servers: Servers, near: Client) -> tuple[Chunk, ...]:
    """A chunk for each service."""
    found = sorted({pair for server in servers for pair in gateway_streams.members(g, seen, server)})
    return tuple(entries.key(what, gateway_destinations.narrowed(g, seen, host), near, namespace, host) for namespace, host in found)


@query
def entries(g: Graph, what: str, seen: Perspective, near: Client, namespace: str, host: str) -> Entries:
    """What one service gives."""
    found = [(server_name(host, port, subset), port, subset) for port, subset in destinations(g, seen, namespace, host)]
    if what == "clusters":
        return tuple((name, cluster.key(seen, namespace, host, port, subset)) for name, port, subset in found)
    return tuple((name, assignment.key(seen, near, namespace, host, port, subset)) for name, port, subset in found)


@query
def cluster(g: Graph, seen: Perspective, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """The cluster of one port and subset, to which TLS goes on as it is."""
    found = gateway_destinations.passed(g, seen, namespace, host, port, subset)
    return leaves.rendered_cluster(g, found) if found is not None else None


@query
def assignment(g: Graph, seen: Perspective, near: Client, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """The endpoints of that cluster."""
    looked, locality = served_from(g, seen, near, namespace, host, port, subset)
    return rendering.assignment(gateway_destinations.passed_to(g, looked, locality, namespace, host, port, subset))
