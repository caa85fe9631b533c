"""The stacks of a program that is its own proxy (XD-14): for each host that it may call a listener by each name, a table, clusters and endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import mesh
from lateen.assembly import clients, hosts, tables
from lateen.assembly.clients import Client
from lateen.assembly.kinds import CDS, EDS, LDS, RDS, Chunk, Entries, Leaf, Stacks
from lateen.flow import Graph, query
from lateen.ir.routes import outbound
from lateen.ir.scope import Scope
from lateen.ir.view import Perspective, View
from lateen.registry import services
from lateen.render import proxyless as rendering
from lateen.translate import destinations, routes
from lateen.translate.domains import short_names
from lateen.translate.scope import scope
from lateen.translate.visibility import perspective
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.protocol import Protocol


def stacks(g: Graph, view: View) -> Stacks:
    """The stacks of a proxyless program's View."""
    reach = scope(g, view.namespace, view.labels, view.dependencies)
    who = clients.client(g, view)
    near = clients.near_client(g, view)
    told = {CDS: ("clusters", who), EDS: ("assignments", near), LDS: ("listeners", who), RDS: ("tables", who)}
    return tuple((type_url, (listing.key(what, reach, of),)) for type_url, (what, of) in told.items())


@query
def listing(g: Graph, what: str, reach: Scope, of: Client) -> tuple[Chunk, ...]:
    """Of one type (`clusters`, `assignments`, `listeners`, `tables`), the shelf of a scope."""
    return (entries.key(what, reach, of),)


@query
def entries(g: Graph, what: str, reach: Scope, of: Client) -> Entries:
    """What is on the shelf."""
    pairs = reach.hosts if not reach.everything else tuple((owner, host) for owner, host, _ in tables.everything(g, of))
    return tuple(entry for owner, host in pairs for entry in of_host(g, what, of, owner, host))


@query
def of_host(g: Graph, what: str, of: Client, owner: str, host: str) -> Entries:
    """What one host gives to it."""
    seen = perspective(g, of.namespace, of.labels, False, host)
    if what == "assignments":
        return hosts.assignments(g, seen, of, owner, host)
    if what == "clusters":
        return tuple((outbound(host, *where), cluster.key(seen, owner, host, *where)) for where in destinations.destinations(g, seen, owner, host))
    return tuple(_entry_points(g, what, of, owner, host))


def _entry_points(g: Graph, what: str, of: Client, owner: str, host: str) -> Iterator[tuple[str, Leaf]]:
    service = services.service(g, owner, host)
    seen = clients.routed_from(g, of, host)
    for port in service.ports if service is not None else ():
        if service is None or port.protocol is Protocol.UDP:
            continue
        name = outbound(host, port.number)
        if what == "tables":
            yield name, table.key(seen, owner, host, port.number)
            continue
        for spelling in (host, *short_names(service, mesh.domain(g), own=owner == of.namespace)):
            yield f"{spelling}:{port.number}", listener.key(f"{spelling}:{port.number}", name)


@query
def listener(g: Graph, target: str, name: str) -> EnvoyResource | None:
    """A target that programs may name."""
    return rendering.listener(target, name)


@query
def table(g: Graph, seen: Perspective, namespace: str, host: str, port: int) -> EnvoyResource | None:
    """Where the requests to a port of a host go."""
    found = routes.virtual_host(g, seen, False, namespace, host, port, True)
    return rendering.route_configuration(outbound(host, port), found) if found is not None else None


@query
def cluster(g: Graph, seen: Perspective, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """One port and subset of a service."""
    found = destinations.destination(g, seen, namespace, host, port, subset)
    return rendering.cluster(found) if found is not None else None
