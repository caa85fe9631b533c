"""The stacks of a gateway: the listeners of its ports, the route tables of those, and of the mesh just what its routes use.

What many rules add to is kept in pieces, so that one rule more costs its own virtual host, its own destinations, and a piece of each list of
names. Everything is looked at as the workload's namespace does, with those of its labels that any rule looks at; replicas and rollouts share it all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from lateen.api.indexes import ROUTED_PARTS
from lateen.assembly import gateway_crossing, hosts, leaves, sidecars, workload
from lateen.assembly.clients import ANYBODY, Client, client, near_client, places_matter
from lateen.assembly.gateway_secrets import secret_listing
from lateen.assembly.kinds import CDS, EDS, LDS, LEDS, RDS, SDS, VHDS, Chunk, Entries, Listing, Stacks
from lateen.flow import Graph, query
from lateen.ir.gateway import Port, Server, Table
from lateen.ir.routes import VirtualHost
from lateen.ir.view import Perspective, View
from lateen.render import route_configuration as rendering_table
from lateen.render import virtual_host as rendering_host
from lateen.translate import (
    authorization,
    gateway_destinations,
    gateway_listeners,
    gateway_quic,
    gateway_routes,
    gateway_servers,
    gateway_tls,
    inbound_destinations,
    proxy_settings,
)
from lateen.translate import sidecars as translate_sidecars
from lateen.translate.gateway_destinations import Seen
from lateen.translate.gateway_listeners import Manner
from lateen.translate.gateway_routes import Domain
from lateen.translate.outbound import families
from lateen.values.envoy_resource import EnvoyResource

NOBODY = "unknown.invalid"
"""A domain that nobody asks for: of the virtual host that a table has before it has any other."""


def stacks(g: Graph, view: View) -> Stacks:
    """The stacks of a gateway's View."""
    near = near_client(g, view)
    caller = near if places_matter(g) else ANYBODY
    seen = Perspective(view.namespace, client(g, view).labels, gateway=True)
    ports = listened(g, view)
    tables = tuple(table for port in ports for table in gateway_servers.tables(port))
    named = tuple(sorted({server.gateway for port in ports for server in port.servers}))
    apart = sidecars.APART in view.capabilities
    crossing = gateway_servers.crossing(ports)
    services = Used(seen, named, authorization.consulted(g, view.namespace, view.labels))
    return (
        (CDS, (own_clusters.key(), *_services("clusters", services, caller), *gateway_crossing.listings("clusters", seen, crossing, near))),
        *_endpoints(view, services, near, crossing),
        (LDS, (listeners.key(seen, ports, _manner(g, view)),)),
        (RDS, (table_listing.key(seen, tables, apart),)),
        *(((VHDS, (host_listing.key(seen, tables),)),) if apart else ()),
        (SDS, (secret_listing.key(seen, gateway_tls.stored_names(ports), named),)),
    )


def listened(g: Graph, view: View) -> tuple[Port, ...]:
    """The ports of a gateway's View, with their servers."""
    asked = view.setting(gateway_quic.ASKED) or proxy_settings.metadata(g, workload.whose(view), gateway_quic.ASKED)
    return gateway_servers.ports(g, view.namespace, view.labels, view.addresses, asked.lower() in ("true", "1"))


def _manner(g: Graph, view: View) -> Manner:
    topology = proxy_settings.topology(g, workload.whose(view))
    return Manner(
        observation=translate_sidecars.observation(g),
        options=gateway_listeners.behind(topology, workload.http_options(g, view)),
        families=families(view.addresses),
        requests=authorization.requests(g, view.namespace, view.labels, True),
        connections=authorization.connections(g, view.namespace, view.labels),
        proxied=topology.proxy_protocol is not None,
        buffer=workload.buffer(g, view),
        address=view.explicit.proxy if view.explicit is not None else "",
        moved=view.explicit.inbound if view.explicit is not None else (),
    )


# Listeners


@query
def listeners(g: Graph, seen: Perspective, ports: tuple[Port, ...], manner: Manner) -> tuple[Chunk, ...]:
    """The shelf of the ports' listeners."""
    return (listener_entries.key(seen, ports, manner),)


@query
def listener_entries(g: Graph, seen: Perspective, ports: tuple[Port, ...], manner: Manner) -> Entries:
    """The same by name."""
    by_tcp = ((gateway_listeners.name(port), listener.key(seen, port, manner)) for port in ports)
    by_quic = ((gateway_listeners.quic_name(port), quic_listener.key(port, manner)) for port in ports if any(each.quic for each in port.servers))
    return (*by_tcp, *by_quic)


@query
def listener(g: Graph, seen: Perspective, port: Port, manner: Manner) -> EnvoyResource | None:
    """The listener of a port; None while nothing could come of any connection (GW-5)."""
    found = gateway_listeners.listener(g, seen, port, manner)
    return leaves.rendered_listener(g, found) if found is not None else None


@query
def quic_listener(g: Graph, port: Port, manner: Manner) -> EnvoyResource | None:
    """The listener of QUIC of a port."""
    found = gateway_listeners.quic_listener(port, manner)
    return leaves.rendered_listener(g, found) if found is not None else None


# Routes


@query
def table_listing(g: Graph, seen: Perspective, tables: tuple[Table, ...], apart: bool) -> tuple[Chunk, ...]:
    """The shelf of route tables."""
    return (table_entries.key(seen, tables, apart),)


@query
def table_entries(g: Graph, seen: Perspective, tables: tuple[Table, ...], apart: bool) -> Entries:
    """The tables by name; `apart`: their virtual hosts are resources of their own."""
    return tuple((each.name, empty_table.key(each.name, _offered(each)) if apart else full_table.key(seen, each)) for each in tables)


def _offered(table: Table) -> int:
    """The port at which clients may as well come by HTTP/3; 0 for none."""
    return table.number if table.quic else 0


@query
def empty_table(g: Graph, name: str, offered: int) -> EnvoyResource | None:
    """A table whose virtual hosts are all told apart: who asks for none of them gets 404. `offered`: the port for HTTP/3, 0 for none."""
    return rendering_table.route_configuration_vhds(name, (), offered=offered)


@query
def full_table(g: Graph, seen: Perspective, table: Table) -> EnvoyResource | None:
    """A table with everything in it."""
    every = [leaves.host_bytes(g, each) for each in full_hosts(g, seen, table)]
    return rendering_table.route_configuration(table.name, every, offered=_offered(table))


def full_hosts(g: Graph, seen: Perspective, table: Table) -> tuple[VirtualHost, ...]:
    """What is in that table; one that has nothing answers all requests with 404 (GW-5)."""
    found = (gateway_routes.virtual_host(g, seen, domain) for domain in gateway_routes.domains(g, table))
    return tuple(each for each in found if each is not None) or (VirtualHost(f"blackhole:{table.number}", ("*",), ()),)


@query
def host_listing(g: Graph, seen: Perspective, tables: tuple[Table, ...]) -> tuple[Chunk, ...]:
    """The shelf of the tables' virtual hosts."""
    pieces = (part_hosts.key(seen, table, piece) for table in tables for piece in gateway_routes.pieces(table))
    return (*(own_hosts.key(seen, table) for table in tables), *pieces)


@query
def own_hosts(g: Graph, seen: Perspective, table: Table) -> Entries:
    """The virtual hosts of domains that the gateways name, and one of no domain at all, for Envoy waits until a table has one."""
    nobody = VirtualHost(f"blackhole:{table.number}", (NOBODY,), ())
    return ((f"{table.name}/{nobody.name}", fixed_host.key(table.name, nobody)), *_entries(seen, table, gateway_routes.own_domains(table)))


@query
def part_hosts(g: Graph, seen: Perspective, table: Table, piece: int) -> Entries:
    """The virtual hosts of one part of the domains that rules name."""
    return _entries(seen, table, gateway_routes.part_domains(g, table, piece))


def _entries(seen: Perspective, table: Table, domains: tuple[Domain, ...]) -> Entries:
    return tuple((f"{table.name}/{domain.name}", virtual_host.key(seen, domain)) for domain in domains)


@query
def virtual_host(g: Graph, seen: Perspective, domain: Domain) -> EnvoyResource | None:
    """The virtual host of a domain, as a resource of its own."""
    found = gateway_routes.virtual_host(g, seen, domain)
    return rendering_host.virtual_host_resource(domain.table, found) if found is not None else None


@query
def fixed_host(g: Graph, table: str, host: VirtualHost) -> EnvoyResource | None:
    """A given virtual host, as a resource of its own."""
    return rendering_host.virtual_host_resource(table, host)


# Services


class Used(msgspec.Struct, frozen=True, cache_hash=True):
    """What decides over the services of a gateway: how it looks at them, the gateways whose rules it has, and services that its policies ask."""

    seen: Perspective
    gateways: tuple[str, ...]
    consulted: tuple[tuple[str, str], ...] = ()


def _endpoints(view: View, of: Used, near: Client, crossing: tuple[Server, ...]) -> Stacks:
    """The endpoints, those of large services one by one where the agent takes them so."""
    collects = sidecars.COLLECTING in view.capabilities
    what = "collected" if collects else "assignments"
    told = (EDS, (*_services(what, of, near), *gateway_crossing.listings(what, of.seen, crossing, near)))
    return (told, (LEDS, (member_listing.key(of, near), *gateway_crossing.members(of.seen, crossing, near)))) if collects else (told,)


def _services(what: str, of: Used, near: Client) -> tuple[Listing, ...]:
    return (service_listing.key(what, of, near), further_listing.key(what, of, near))


@query
def service_listing(g: Graph, what: str, of: Used, near: Client) -> tuple[Chunk, ...]:
    """Of one type (`clusters`, `assignments`, `collected`), the shelf of services that rules route to by their own names."""
    return tuple(service_entries.key(what, of.seen, of.gateways, near, piece) for piece in range(ROUTED_PARTS))


@query
def service_entries(g: Graph, what: str, seen: Perspective, named: tuple[str, ...], near: Client, piece: int) -> Entries:
    """One part of them."""
    return _of_each(g, what, gateway_destinations.routed(g, seen, named, piece), near)


@query
def further_listing(g: Graph, what: str, of: Used, near: Client) -> tuple[Chunk, ...]:
    """The shelf of services known by other names, and of those that policies ask."""
    return (further_entries.key(what, of, near),)


@query
def further_entries(g: Graph, what: str, of: Used, near: Client) -> Entries:
    """The same by name."""
    return _of_each(g, what, _further(g, of), near)


def _further(g: Graph, of: Used) -> tuple[Seen, ...]:
    asked = {Seen(host, namespace, gateway_destinations.narrowed(g, of.seen, host)) for namespace, host in of.consulted}
    return tuple(sorted({*asked, *gateway_destinations.aliased(g, of.seen, of.gateways)}))


_WHAT: Final[Mapping[str, Callable[[Graph, Perspective, Client, str, str], Entries]]] = {
    "clusters": hosts.clusters_for,
    "assignments": hosts.assignments,
    "collected": hosts.collected,
}


def _of_each(g: Graph, what: str, found: tuple[Seen, ...], near: Client) -> Entries:
    return tuple(entry for each in found for entry in _WHAT[what](g, each.perspective, near, each.namespace, each.host))


@query
def member_listing(g: Graph, of: Used, near: Client) -> tuple[Chunk, ...]:
    """The shelf of endpoints that are told one by one: a chunk for each large assignment."""
    routed = (chunk for piece in range(ROUTED_PARTS) for chunk in member_chunks(g, of.seen, of.gateways, near, piece))
    return tuple(dict.fromkeys((*routed, *_collections(g, _further(g, of), near))))


@query
def member_chunks(g: Graph, seen: Perspective, named: tuple[str, ...], near: Client, piece: int) -> tuple[Chunk, ...]:
    """Those of one part of the services that rules route to by their own names."""
    return _collections(g, gateway_destinations.routed(g, seen, named, piece), near)


def _collections(g: Graph, found: tuple[Seen, ...], near: Client) -> tuple[Chunk, ...]:
    return tuple(chunk for each in found for chunk in hosts.collections(g, each.perspective, near, each.namespace, each.host))


@query
def own_clusters(g: Graph) -> tuple[Chunk, ...]:
    """The shelf of the destinations that every gateway has."""
    return (sidecars.destination_entries.key((inbound_destinations.black_hole(g),)),)
