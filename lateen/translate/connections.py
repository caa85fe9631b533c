"""What VirtualServices say of connections that are not HTTP (VS-6, VS-52).

All conditions of a match are decided here except server name and network, which remain for the listener: a match that cannot hold for the clients is
left out, with all its conditions, gateways or not (VS-25).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from lateen.api import inputs
from lateen.api.gateway_names import gateway_names
from lateen.api.networking.virtual_service import L4MatchAttributes, RouteDestination, TLSMatchAttributes
from lateen.flow import Graph, query
from lateen.ir.connections import Connections
from lateen.ir.view import Perspective
from lateen.translate.route_matches import Clients
from lateen.translate.targets import target
from lateen.translate.virtual_services import below, seen_by_age, specification
from lateen.values import hosts
from lateen.values.ref import Ref

Rules = tuple[Connections, ...]


@query
def tls_rules(g: Graph, ref: Ref, clients: Clients) -> Rules:
    """What the VirtualService says of TLS connections of these clients, in its order: one rule for each match."""
    spec = specification(g, ref)
    if spec is None:
        return ()
    domain = inputs.domain(g)
    return tuple(
        Connections(_parts(g, ref, clients, route.route), _names(match.sni_hosts), _networks(match.destination_subnets), ref)
        for route in spec.tls
        for match in route.match
        if concerns(match, clients, ref.namespace, domain)
    )


@query
def tcp_rules(g: Graph, ref: Ref, clients: Clients) -> Rules:
    """What the VirtualService says of TCP connections of these clients: one rule for each route, nothing behind one for all networks."""
    return tuple(_tcp_rules(g, ref, clients))


def _tcp_rules(g: Graph, ref: Ref, clients: Clients) -> Iterator[Connections]:
    spec = specification(g, ref)
    domain = inputs.domain(g)
    for route in spec.tcp if spec is not None else ():
        fitting = [match for match in route.match if concerns(match, clients, ref.namespace, domain)]
        if route.match and not fitting:
            continue
        anywhere = not route.match or any(not match.destination_subnets for match in fitting)
        networks = () if anywhere else _networks(network for match in fitting for network in match.destination_subnets)
        yield Connections(_parts(g, ref, clients, route.route), (), networks, ref)
        if anywhere:
            return


def _names(written: Iterable[str]) -> tuple[str, ...]:
    """The same name twice, in whatever letters, would be two chains for one connection, which Envoy refuses; so would be the same network."""
    return tuple(dict.fromkeys(name.lower() for name in written))


def _networks(written: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(ip_network(each, strict=False)) for each in written if hosts.is_address(each) or hosts.is_network(each)))


@query
def mesh_tls(g: Graph, perspective: Perspective, host: str, port: int) -> Rules:
    """What sidecars do with TLS connections to a port of the host; empty where no rule speaks of them, and they go straight there.

    Of rules with the same server names and networks the first counts.
    """
    return _distinct(g, seen_by_age(g, perspective, host), Clients(perspective, port))


@query
def mesh_tls_below(g: Graph, perspective: Perspective, wildcard: str, port: int) -> Rules:
    """The same for those of the names which a wildcard stands for that rules are about; the other names go straight there."""
    return _distinct(g, below(g, perspective, wildcard), Clients(perspective, port))


def _distinct(g: Graph, refs: Iterable[Ref], clients: Clients) -> Rules:
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], Connections] = {}
    for ref in refs:
        for rule in tls_rules(g, ref, clients):
            found.setdefault((rule.server_names, rule.networks), rule)
    return tuple(found.values())


@query
def mesh_tcp(g: Graph, perspective: Perspective, host: str, port: int) -> Rules:
    """What sidecars do with TCP connections to a port of the host, the oldest VirtualService first.

    The last rule is the only one that may be for all networks; where none is, other connections go straight to the host.
    """
    clients = Clients(perspective, port)
    found: list[Connections] = []
    for ref in seen_by_age(g, perspective, host):
        for rule in tcp_rules(g, ref, clients):
            found.append(rule)
            if not rule.networks:
                return tuple(found)
    return tuple(found)


def concerns(match: TLSMatchAttributes | L4MatchAttributes, clients: Clients, namespace: str, domain: str) -> bool:
    """Whether the match of a rule of `namespace` can hold for connections of these clients at all."""
    return (
        (not match.port or match.port == clients.port)
        and (not match.gateways or clients.gateway in gateway_names(match.gateways, namespace, domain))
        and match.source_namespace in ("", clients.perspective.namespace)
        and (not match.destination_subnets or bool(_networks(match.destination_subnets)))
        and set(match.source_labels.items()) <= set(clients.perspective.labels)
    )


def _parts(g: Graph, ref: Ref, clients: Clients, parts: tuple[RouteDestination, ...]) -> tuple[tuple[str, int], ...]:
    """Destinations with their weights, as for requests (VS-40)."""
    if len(parts) > 1:
        parts = tuple(part for part in parts if part.weight > 0)
    domain = inputs.domain(g)
    return tuple((_name(g, ref, clients, part, domain), part.weight or 1) for part in parts)


def _name(g: Graph, ref: Ref, clients: Clients, part: RouteDestination, domain: str) -> str:
    host = hosts.qualified(part.destination.host, ref.namespace, domain)
    return target(g, clients.perspective, host, part.destination, clients.port).name
