"""Route tables of sidecars: which there are, and what is in them.

A table holds the virtual hosts of one port. A proxy that takes virtual hosts one by one is told an empty table with the catch-all, which hardly ever
changes, and the virtual hosts as resources; to any other the same virtual hosts are told inside the table.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api.indexes import PARTS
from lateen.assembly import hosts, leaves
from lateen.assembly.clients import Client, differing, labelled_hosts, routed_from
from lateen.assembly.kinds import Chunk, Entries, Leaf, Listing
from lateen.flow import Graph, query
from lateen.ir.destination import DYNAMIC_DNS
from lateen.ir.routes import VirtualHost
from lateen.ir.scope import Import, Scope
from lateen.ir.view import PUBLIC, Perspective
from lateen.registry import services
from lateen.registry.service import Service
from lateen.render import route_configuration as rendering
from lateen.translate import extra_hosts as extra
from lateen.translate import outbound, routes, tunnels
from lateen.translate.claims import ANYWHERE, Kind
from lateen.translate.domains import HTTP_PORT, distinct
from lateen.translate.extra_hosts import EVERY
from lateen.translate.outbound import HTTP_PROXY_TABLE
from lateen.translate.route_perspective import route_labelled_hosts
from lateen.translate.scope import hidden
from lateen.translate.shared_addresses import at_addresses
from lateen.translate.visibility import public_hosts
from lateen.values.envoy_resource import EnvoyResource

Seen = tuple[str, str, Perspective]
"""The namespace that declares a host, the host, and how it is looked at."""


@query
def entries(g: Graph, listened: Scope, of: Client, reach: Scope, who: Client, elsewhere: str, apart: bool) -> Entries:
    """The tables that the listeners of `listened` for the client `of` refer to. `apart`: the virtual hosts are resources of their own, and then
    nothing but the catch-all depends on `reach` and `who`.
    """
    found: dict[str, Leaf | None] = {}
    for plan in outbound.plans(g, listened, of.labels):
        automatic = [claim for claim in plan.streams if claim.kind is Kind.AUTO]
        own = [] if plan.http or plan.bind == ANYWHERE else [claim for claim in automatic if not claim.networks]
        for claim in own:
            seen = routed_from(g, of, claim.host, claim.perspective.hidden)
            found[f"{claim.host}:{claim.number}"] = host_table.key(seen, claim.namespace, claim.host, claim.number)
        if plan.http or len(own) < len(automatic):
            found[plan.table] = empty_table.key(plan.table, who, elsewhere) if apart else port_table.key(reach, who, plan.table, elsewhere)
    return tuple(found.items())


@query
def listing(g: Graph, listened: Scope, of: Client, reach: Scope, who: Client, elsewhere: str, apart: bool) -> tuple[Chunk, ...]:
    """The shelf of the tables."""
    return (entries.key(listened, of, reach, who, elsewhere, apart),)


@query
def empty_table(g: Graph, name: str, who: Client, elsewhere: str) -> EnvoyResource | None:
    """A table whose virtual hosts are told apart, with the catch-all only, which may be a rule's."""
    is_taken = name == _EXTRA and extra.takes_every_host(g, who.namespace)
    rule = routes.extra_virtual_host(g, Perspective(who.namespace, who.labels), EVERY) if is_taken else None
    return rendering.route_configuration_vhds(name, (leaves.host_bytes(g, rule or routes.catch_all(elsewhere)),))


_EXTRA = str(HTTP_PORT)


@query
def host_table(g: Graph, seen: Perspective, namespace: str, host: str, port: int) -> EnvoyResource | None:
    """The table of a listener that one service has to itself."""
    found = own_hosts(g, seen, namespace, host, port)
    return rendering.route_configuration(f"{host}:{port}", [leaves.host_bytes(g, each) for each in found], found[0].origins) if found else None


def own_hosts(g: Graph, seen: Perspective, namespace: str, host: str, port: int) -> tuple[VirtualHost, ...]:
    """What is in that table; nothing when there is no such service."""
    found = routes.virtual_host(g, seen, False, namespace, host, port, True)
    return (found,) if found is not None else ()


# With everything inside


@query
def port_table(g: Graph, scope: Scope, who: Client, name: str, elsewhere: str) -> EnvoyResource | None:
    """A table with everything in it."""
    return rendering.route_configuration(name, [leaves.host_bytes(g, each) for each in port_hosts(g, scope, who, name, elsewhere)])


def port_hosts(g: Graph, scope: Scope, who: Client, name: str, elsewhere: str) -> tuple[VirtualHost, ...]:
    """What is in that table, the older services first, so that they keep the domains that several have."""
    if scope.everything:
        found = [inside(g, seen, owner == who.namespace, owner, host, int(name)) for owner, host, seen in everything_on(g, who, int(name))]
        told = [each for each in found if each is not None]
    else:
        of = scope.of_table(name)
        told = list(_imported(g, of, who, name)) if of is not None else []
    last = distinct([*extra_hosts(g, scope, who, name), routes.catch_all(elsewhere)])
    return tuple((*told, *last) if scope.everything else distinct([*told, *last]))


@query
def inside(g: Graph, seen: Perspective, own: bool, namespace: str, host: str, port: int) -> VirtualHost | None:
    """A virtual host inside a table."""
    return routes.virtual_host(g, seen, own, namespace, host, port, False)


@query
def everything_on(g: Graph, who: Client, port: int) -> tuple[Seen, ...]:
    """The hosts of a port, the older services first."""
    found = sorted(_aged(g, everything(g, who), port), key=lambda pair: pair[0])
    return tuple(seen for _, seen in found)


def _aged(g: Graph, members: Iterator[Seen], port: int) -> Iterator[tuple[tuple[str, str, str, str], Seen]]:
    for owner, host, seen in members:
        service = services.service(g, owner, host)
        if service is not None and port in hosts.table_ports(g, seen, owner, host):
            yield _age(service), (owner, host, seen)


def _age(service: Service) -> tuple[str, str, str, str]:
    return (service.created, service.name, service.namespace, service.host)


def everything(g: Graph, who: Client) -> Iterator[Seen]:
    """All hosts that the client sees."""
    special = {host: (owner, is_shown) for (owner, host), is_shown in sorted(differing(g, "virtual_hosts", who), key=lambda pair: pair[1])}
    for owner in services.namespaces(g):
        for host in public_hosts(g, owner):
            if host not in special:
                yield owner, host, PUBLIC
    for host, (owner, is_shown) in special.items():
        if is_shown:
            yield owner, host, routed_from(g, who, host)


def _imported(g: Graph, of: Import, who: Client, name: str) -> list[VirtualHost]:
    found: list[tuple[tuple[str, str, str, str], VirtualHost]] = []
    for owner, host in of.hosts:
        seen = routed_from(g, who, host, hidden(g, who.namespace, of, host))
        service = services.service(g, owner, host)
        for port in hosts.table_ports(g, seen, owner, host) if service is not None else ():
            told = inside(g, seen, owner == who.namespace, owner, host, port) if name in (str(port), of.bind) else None
            if told is not None and service is not None:
                kept = hosts.own_addresses(g, seen, of, owner, host, port)
                found.append((_age(service), told if kept is None else at_addresses(told, service, port, kept)))
    return [told for _, told in sorted(found, key=lambda pair: (pair[0], pair[1].name))]


def extra_hosts(g: Graph, scope: Scope, who: Client, name: str) -> Iterator[VirtualHost]:
    """Virtual hosts of rules about hosts that are no services (VS-12)."""
    if name == _EXTRA:
        for host, seen in _extra_of(g, scope, who):
            found = routes.extra_virtual_host(g, seen, host)
            if found is not None:
                yield found


def _extra_of(g: Graph, scope: Scope, who: Client) -> Iterator[tuple[str, Perspective]]:
    of = _import_of_extra(scope)
    if of is None:
        yield from ((host, routed_from(g, who, host)) for host in extra.extra_hosts(g, who.namespace))
        return
    for host in extra.imported(g, who.namespace, of.patterns, of.hosts):
        yield host, Perspective(who.namespace, who.labels, hidden=hidden(g, who.namespace, of, host))


def _import_of_extra(scope: Scope) -> Import | None:
    """The import that decides over hosts that are no services; None where all are admitted."""
    of = None if scope.everything else scope.of_table(_EXTRA)
    return of if of is not None and of.patterns else None


def listings_apart(g: Graph, scope: Scope, who: Client) -> tuple[Listing, ...]:
    """The shelves of virtual hosts as resources of their own: of a scope, or the public ones below what is special to the client."""
    if scope.everything:
        public: tuple[Listing, ...] = (hosts.public_listing.key("virtual_hosts"), public_extra_listing.key())
        return (special_listing.key(who), *public) if special_entries(g, who) else public
    own: Listing = hosts.imported_listing.key(who, scope)
    if _import_of_extra(scope) is not None:
        return own, imported_extra_listing.key(scope, who)
    known: Listing = public_extra_listing.key()
    return (own, special_extra_listing.key(who), known) if special_extra_entries(g, who) else (own, known)


@query
def special_entries(g: Graph, who: Client) -> Entries:
    """What lies above the public shelves for a client that may call everything.

    On one shelf, for a host and port has one name: what is a service to everybody may be left to a rule by this client, and the other way round.
    """
    every = (*hosts.special_entries(g, "virtual_hosts", who), *special_extra_entries(g, who))
    shown = {name: leaf for name, leaf in every if leaf is not None}
    return tuple({**dict.fromkeys(name for name, _ in every), **shown}.items())


@query
def special_listing(g: Graph, who: Client) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (special_entries.key(who),)


@query
def public_extra_entries(g: Graph, piece: int) -> Entries:
    """One part of what everybody is told; what takes every host is the catch-all of its table instead."""
    return tuple(_extra_entry(PUBLIC, host) for host in extra.public(g, piece) if host != EVERY)


@query
def public_extra_listing(g: Graph) -> tuple[Chunk, ...]:
    """The shelf of what everybody is told."""
    return tuple(public_extra_entries.key(piece) for piece in range(PARTS))


@query
def special_extra_entries(g: Graph, who: Client) -> Entries:
    """What this client is told instead, and names that it must not see."""
    told: list[tuple[str, Leaf | None]] = []
    labelled = (host for host in route_labelled_hosts(g, labelled_hosts(g)) if extra.is_public_one(g, host))
    for host, is_shown in {**dict.fromkeys(labelled, True), **dict(extra.differing(g, who.namespace))}.items():
        is_public = extra.is_public_one(g, host)
        seen = routed_from(g, who, host)
        if host == EVERY or (is_shown and is_public and seen == PUBLIC):
            continue
        if is_shown:
            told.append(_extra_entry(seen, host))
        elif is_public:
            told.append((_extra_entry(seen, host)[0], None))
    return tuple(sorted(told, key=lambda entry: entry[0]))


@query
def special_extra_listing(g: Graph, who: Client) -> tuple[Chunk, ...]:
    """The shelf above the public one."""
    return (special_extra_entries.key(who),)


@query
def imported_extra_entries(g: Graph, scope: Scope, who: Client) -> Entries:
    """What the imports of a Sidecar admit."""
    return tuple(_extra_entry(seen, host) for host, seen in _extra_of(g, scope, who) if host != EVERY)


@query
def imported_extra_listing(g: Graph, scope: Scope, who: Client) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (imported_extra_entries.key(scope, who),)


def _extra_entry(seen: Perspective, host: str) -> tuple[str, Leaf]:
    return f"{_EXTRA}/{host}:{_EXTRA}", leaves.extra_virtual_host.key(seen, host)


# The HTTP proxy


@query
def proxy_table(g: Graph, scope: Scope, who: Client, elsewhere: str) -> EnvoyResource | None:
    """The table of the HTTP proxy."""
    every = proxy_hosts(g, scope, who, elsewhere)
    return rendering.route_configuration_by_port(HTTP_PROXY_TABLE, [leaves.host_bytes(g, each) for each in every])


def proxy_hosts(g: Graph, scope: Scope, who: Client, elsewhere: str) -> tuple[VirtualHost, ...]:
    """What is in that table: all hosts on all their ports, told apart by the port in the Host header; without one it is port 80."""
    told: list[VirtualHost] = []
    pairs = scope.hosts if not scope.everything else tuple((owner, host) for owner, host, _ in everything(g, who))
    for owner, host in pairs:
        seen = routed_from(g, who, host)
        found = (inside(g, seen, owner == who.namespace, owner, host, port) for port in hosts.table_ports(g, seen, owner, host))
        service = services.service(g, owner, host)
        told += [with_ports(tunnels.beside(each, service)) for each in found if each is not None]
        joined = tunnels.ports(service)
        told += [with_ports(each) for port in joined if (each := tunnels.virtual_host(g, seen, owner == who.namespace, owner, host, port))]
    told += [with_ports(each) for each in extra_hosts(g, scope, who, _EXTRA)]
    return tuple(distinct([*told, tunnels.catch_all(routes.catch_all(elsewhere), resolves=elsewhere == DYNAMIC_DNS)]))


def with_ports(of: VirtualHost) -> VirtualHost:
    """The virtual host of `host:port` as one that is asked for with its port."""
    port = of.name.rpartition(":")[2]
    named = tuple(domain if domain == "*" else f"{domain}:{port}" for domain in of.domains)
    return msgspec.structs.replace(of, domains=tuple(dict.fromkeys((*of.domains, *named))) if port == _EXTRA else named)


@query
def proxy_listing(g: Graph, scope: Scope, who: Client, elsewhere: str) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (proxy_entries.key(scope, who, elsewhere),)


@query
def proxy_entries(g: Graph, scope: Scope, who: Client, elsewhere: str) -> Entries:
    """The table of the HTTP proxy."""
    return ((HTTP_PROXY_TABLE, proxy_table.key(scope, who, elsewhere)),)
