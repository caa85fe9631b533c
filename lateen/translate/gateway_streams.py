"""Where whole connections go that come in at a gateway: TCP, and TLS that does not end there (VS-6, GW-5, MC-3)."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.indexes import GATEWAY_STREAMS
from lateen.flow import Graph, query
from lateen.ir.chain import MESH_BYTES, MESH_HTTP, Match
from lateen.ir.connections import Connections
from lateen.ir.destination import server_name
from lateen.ir.gateway import Server
from lateen.ir.view import Perspective
from lateen.registry import services
from lateen.translate.connections import tcp_rules, tls_rules
from lateen.translate.destinations import destinations
from lateen.translate.route_matches import Clients
from lateen.translate.virtual_services import by_age, subject
from lateen.translate.visibility import is_visible, perspective, rule_export, service_for
from lateen.values import hosts
from lateen.values.ref import Ref

Pair = tuple[str, str]
"""The namespace that declares a host, and the host."""


@query
def tcp(g: Graph, seen: Perspective, server: Server) -> tuple[Connections, ...]:
    """Where TCP of a server goes: the first rule has it all, wherever the connection was headed; the older VirtualServices first."""
    return tuple(rule for ref in _attached(g, seen, server) for rule in tcp_rules(g, ref, _clients(seen, server)) if rule.to)


@query
def tls(g: Graph, seen: Perspective, server: Server) -> tuple[Connections, ...]:
    """Where TLS that passes through a server goes, by the name that clients ask for."""
    return tuple(rule for ref in _attached(g, seen, server) for rule in tls_rules(g, ref, _clients(seen, server)) if rule.to)


def _clients(seen: Perspective, server: Server) -> Clients:
    return Clients(seen, server.number, server.gateway)


def _attached(g: Graph, seen: Perspective, server: Server) -> Iterator[Ref]:
    """GW-4: "it names the gateway, is exported to it, its ns matches the host's ns part, and its hosts intersect the server hosts"."""
    for ref in by_age(g, inputs.indexed(g, GATEWAY_STREAMS, server.gateway)):
        if is_visible(rule_export(g, ref), ref.namespace, seen.namespace) and _meet(server, ref, subject(g, ref).hosts):
            yield ref


def _meet(server: Server, ref: Ref, spoken: tuple[str, ...]) -> bool:
    mine = [each.host for each in server.hosts if each.namespace in ("", ref.namespace)]
    return any(hosts.matches(host.lower(), each) for host in spoken for each in mine)


@query
def members(g: Graph, seen: Perspective, server: Server) -> tuple[Pair, ...]:
    """The services of the mesh that other networks may reach through a server, sorted."""
    found = ((owner, host) for owner in services.namespaces(g) for host in services.hosts(g, owner))
    return tuple(pair for pair in found if _is_offered(g, seen, server, *pair))


def _is_offered(g: Graph, seen: Perspective, server: Server, owner: str, host: str) -> bool:
    if hosts.is_wildcard(host):
        return False  # Its names cannot be told apart by server name.
    if not any(each.namespace in ("", owner) and hosts.matches(host, each.host) for each in server.hosts):
        return False
    service = service_for(g, perspective(g, seen.namespace, seen.labels, True, host), host)
    return service is not None and service.namespace == owner and not service.external


def mesh(g: Graph, seen: Perspective, server: Server) -> Iterator[tuple[str, Match]]:
    """The destinations that other networks may ask for by name, each with what asks for it."""
    for owner, host in members(g, seen, server):
        narrow = perspective(g, seen.namespace, seen.labels, True, host)
        for port, subset in destinations(g, narrow, owner, host):
            name = server_name(host, port, subset)
            yield name, Match(server_names=(name.lower(),), protocols=(*MESH_BYTES, *MESH_HTTP))
