"""Route tables of sidecars: which there are, and what is in them.

A table holds the virtual hosts of one port. A proxy that takes virtual hosts one by one is told an empty table with the catch-all, which hardly ever
changes, and the virtual hosts as resources; to any other the same virtual hosts are told inside the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from lateen.assembly import hosts, leaves
from lateen.assembly.kinds import Chunk, Entries, Leaf
from lateen.flow import Graph, query
from lateen.ir.routes import VirtualHost
from lateen.ir.scope import Scope
from lateen.ir.view import PUBLIC, Labels, Perspective
from lateen.registry import services
from lateen.render import route_configuration as rendering
from lateen.translate import outbound, routes
from lateen.translate.claims import ANYWHERE, Kind
from lateen.translate.domains import distinct
from lateen.translate.visibility import perspective, public_hosts, service_for, special_hosts
from lateen.values.envoy_resource import EnvoyResource

Seen = tuple[str, str, Perspective]
"""The namespace that declares a host, the host, and how it is looked at."""


@query
def entries(g: Graph, listened: Scope, looked_at: Labels, reach: Scope, labels: Labels, elsewhere: str, apart: bool) -> Entries:
    """The tables that the listeners of `listened` refer to. `apart`: the virtual hosts are resources of their own, so `reach` does not matter."""
    found: dict[str, Leaf] = {}
    for plan in outbound.plans(g, listened, looked_at):
        automatic = [claim for claim in plan.streams if claim.kind is Kind.AUTO]
        own = [] if plan.http or plan.bind == ANYWHERE else [claim for claim in automatic if not claim.networks]
        for claim in own:
            name = f"{claim.host}:{claim.number}"
            found[name] = host_table.key(claim.perspective, claim.namespace, claim.host, claim.number)
        if plan.http or len(own) < len(automatic):
            port = plan.port
            found[str(port)] = empty_table.key(str(port), elsewhere) if apart else port_table.key(reach, labels, port, elsewhere)
    return tuple(found.items())


@query
def listing(g: Graph, listened: Scope, looked_at: Labels, reach: Scope, labels: Labels, elsewhere: str, apart: bool) -> tuple[Chunk, ...]:
    """The shelf of the tables."""
    return (entries.key(listened, looked_at, reach, labels, elsewhere, apart),)


@query
def empty_table(g: Graph, name: str, elsewhere: str) -> EnvoyResource | None:
    """A table whose virtual hosts are told apart, with the catch-all only."""
    return rendering.route_configuration_vhds(name, (leaves.host_bytes(g, routes.catch_all(elsewhere)),))


@query
def host_table(g: Graph, seen: Perspective, namespace: str, host: str, port: int) -> EnvoyResource | None:
    """The table of a listener that one service has to itself."""
    found = routes.virtual_host(g, seen, False, namespace, host, port, True)
    return rendering.route_configuration(f"{host}:{port}", (leaves.host_bytes(g, found),), found.origins) if found is not None else None


@query
def port_table(g: Graph, scope: Scope, labels: Labels, port: int, elsewhere: str) -> EnvoyResource | None:
    """The table of a port with everything in it, the older services first, so that they keep the domains that several have."""
    found = sorted(_of_port(g, scope, labels, port), key=lambda pair: pair[0])
    every = distinct([*(host for _, host in found), *extra_hosts(g, scope, labels, port), routes.catch_all(elsewhere)])
    return rendering.route_configuration(str(port), [leaves.host_bytes(g, each) for each in every])


def _of_port(g: Graph, scope: Scope, labels: Labels, port: int) -> Iterator[tuple[tuple[str, str, str], VirtualHost]]:
    for owner, host, seen in members(g, scope, labels):
        service = services.service(g, owner, host)
        if service is not None and port in hosts.table_ports(g, service):
            found = routes.virtual_host(g, seen, owner == scope.namespace, owner, host, port, False)
            if found is not None:
                yield (service.created, service.name, service.namespace), found


def members(g: Graph, scope: Scope, labels: Labels) -> Iterator[Seen]:
    """The hosts of a scope."""
    if not scope.everything:
        for owner, host in scope.hosts:
            yield owner, host, perspective(g, scope.namespace, labels, False, host)
        return
    special = {*special_hosts(g, scope.namespace), *hosts.labelled_hosts(g)}
    for owner in services.namespaces(g):
        for host in public_hosts(g, owner):
            if host not in special:
                yield owner, host, PUBLIC
    for host in sorted(special):
        seen = perspective(g, scope.namespace, labels, False, host)
        service = service_for(g, seen, host)
        if service is not None:
            yield service.namespace, host, seen


def extra_hosts(g: Graph, scope: Scope, labels: Labels, port: int) -> Iterator[VirtualHost]:
    """Virtual hosts of rules about hosts that are no services (VS-12)."""
    if port != routes.HTTP_PORT or not scope.everything:
        return
    for host in routes.extra_hosts(g, scope.namespace):
        found = routes.extra_virtual_host(g, Perspective(scope.namespace, labels), host)
        if found is not None:
            yield found


@query
def extra_entries(g: Graph, namespace: str, labels: Labels) -> Entries:
    """The same as resources of their own."""
    return tuple((f"80/{host}:80", leaves.extra_virtual_host.key(Perspective(namespace, labels), host)) for host in routes.extra_hosts(g, namespace))


@query
def extra_listing(g: Graph, namespace: str, labels: Labels) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (extra_entries.key(namespace, labels),)
