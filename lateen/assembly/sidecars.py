"""The stacks of a sidecar."""

from __future__ import annotations

import msgspec

from lateen.api import mesh
from lateen.assembly import clients, hosts, leaves, tables, workload
from lateen.assembly.clients import ANYBODY, Client
from lateen.assembly.gateway_secrets import secret
from lateen.assembly.kinds import CDS, EDS, LDS, LEDS, RDS, SDS, VHDS, Chunk, Entries, Listing, Stacks
from lateen.flow import Graph, query
from lateen.ir.chain import Listener
from lateen.ir.destination import Destination
from lateen.ir.scope import Scope
from lateen.ir.view import Labels, View
from lateen.translate import authorization, extra_hosts, outbound, proxy_settings
from lateen.translate import sidecars as translate_sidecars
from lateen.translate.credentials import credentials
from lateen.translate.outbound import Manner
from lateen.translate.peers import NAME as PEERS
from lateen.translate.scope import scope

APART = "virtualHosts"
"""What an agent says in its metadata that takes virtual hosts one by one."""
COLLECTING = "endpoints"
"""What an agent says that takes the endpoints of large assignments one by one."""
NONE = "NONE"
"""The interception of a proxy for which nothing is captured."""


class Places(msgspec.Struct, frozen=True, cache_hash=True):
    """Where a proxy listens of its own accord: `address` and `port` of its HTTP proxy (port 0: none), and ports for one destination each (host, its
    port, where), as `namespace` means them. With interception `NONE` there is nothing else but what is bound.
    """

    interception: str
    address: str = outbound.LOOPBACK
    port: int = 0
    mapped: tuple[tuple[str, int, int], ...] = ()
    namespace: str = ""


def stacks(g: Graph, view: View) -> Stacks:
    """The stacks of a sidecar's View."""
    reach = scope(g, view.namespace, view.labels, view.dependencies)
    who = clients.client(g, view)
    manner = workload.outbound_manner(g, view)
    return (
        (CDS, (_own_clusters(g, view, manner), *_hosts(g, "clusters", _called(g, view, reach), _caller(g, view, who)))),
        *_endpoints(g, view, _called(g, view, reach)),
        (LDS, (of_listeners.key(workload.listeners(g, view).listeners), _outbound(g, view, reach, who, manner))),
        (RDS, _tables(g, view, reach, who, manner)),
        *(((VHDS, tables.listings_apart(g, reach, who)),) if APART in view.capabilities else ()),
        *_secrets(g, view),
    )


def _secrets(g: Graph, view: View) -> Stacks:
    names = credentials(g, view.namespace, view.labels)
    return ((SDS, (of_secrets.key(view.namespace, names),)),) if names else ()


def _own_clusters(g: Graph, view: View, manner: Manner) -> Listing:
    return of_destinations.key(workload.destinations(g, view.namespace, view.labels, view.addresses, _app(view), manner.resolves))


def _caller(g: Graph, view: View, who: Client) -> Client:
    """Who the proxy is to its destinations: also where it runs, if that matters to any."""
    return clients.near_client(g, view) if clients.places_matter(g) else who


def _app(view: View) -> str:
    """Where the workload is called; empty for wherever the captured call was headed."""
    if view.interception != NONE:
        return ""
    return view.explicit.app if view.explicit is not None else outbound.LOOPBACK


def _called(g: Graph, view: View, reach: Scope) -> Scope:
    """The scope with what the proxy itself asks and uses: the authorizers of its policies, and the proxy for calls to unknown places."""
    if reach.everything:
        return reach
    asked = (*authorization.consulted(g, view.namespace, view.labels), *translate_sidecars.egress_proxy(g, view.namespace, view.labels))
    return msgspec.structs.replace(reach, hosts=tuple(sorted({*reach.hosts, *asked}))) if asked else reach


def _endpoints(g: Graph, view: View, reach: Scope) -> Stacks:
    near = clients.near_client(g, view)
    peers = _peers(g, view)
    if COLLECTING not in view.capabilities:
        return ((EDS, (*peers, *_hosts(g, "assignments", reach, near))),)
    members = _hosts(g, "members", reach, near)
    return ((EDS, (*peers, *_hosts(g, "collected", reach, near))), (LEDS, members))


def _peers(g: Graph, view: View) -> tuple[Listing, ...]:
    """The other replicas of the workload, for a proxy that was set up to know them (DR-4)."""
    word = dict(view.metadata).get(mesh.SELF_DISCOVERY) or proxy_settings.metadata(g, workload.whose(view), mesh.SELF_DISCOVERY)
    if word.lower() != "true":
        return ()
    return (of_peers.key(view.namespace, view.addresses, view.labels, clients.locality(g, view).region),)


@query
def peer_entries(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels, region: str) -> Entries:
    """The replicas of one workload."""
    return ((PEERS, leaves.peers.key(namespace, addresses, labels, region)),)


@query
def of_peers(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels, region: str) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (peer_entries.key(namespace, addresses, labels, region),)


def _hosts(g: Graph, what: str, reach: Scope, of: Client) -> tuple[Listing, ...]:
    """The shelves of services: just those of the scope, or the public ones below what is special."""
    if not reach.everything:
        return (hosts.scoped_listing.key(what, of, reach.hosts),)
    public: Listing = hosts.public_members.key() if what == "members" else hosts.public_listing.key(what)
    return (hosts.special_listing.key(what, of), public) if hosts.special_entries(g, what, of) else (public,)


# Listeners


def _outbound(g: Graph, view: View, reach: Scope, who: Client, manner: Manner) -> Listing:
    listened, whose = _listened(g, reach, who)
    own = tuple(address for address in view.addresses if address in binds(g, listened, whose))
    return of_plans.key(listened, whose, own, manner, _places(g, view))


def _listened(g: Graph, reach: Scope, who: Client) -> tuple[Scope, Client]:
    """The scope as far as listeners and their tables go: namespaces with nothing private to them are alike."""
    if reach.everything and not clients.privately_seen(g, reach.namespace):
        return Scope("", everything=True), msgspec.structs.replace(who, namespace="")
    return reach, who


def _places(g: Graph, view: View) -> Places:
    own = view.setting("HTTP_PROXY_PORT")
    port = int(own) if own.isdecimal() else mesh.http_proxy_port(g)
    explicit = view.explicit
    if explicit is None:
        return Places(view.interception, port=port)
    return Places(view.interception, explicit.proxy, port, explicit.outbound, view.namespace if explicit.outbound else "")


@query
def binds(g: Graph, reach: Scope, who: Client) -> frozenset[str]:
    """The addresses at which anything is listened for."""
    return frozenset(plan.bind for plan in outbound.plans(g, reach, who.labels))


@query
def listener_entries(g: Graph, listeners: tuple[Listener, ...]) -> Entries:
    """Given listeners."""
    return tuple((each.name, leaves.rendered_listener.key(each)) for each in listeners)


@query
def of_listeners(g: Graph, listeners: tuple[Listener, ...]) -> tuple[Chunk, ...]:
    """The shelf of given listeners."""
    return (listener_entries.key(listeners),)


@query
def plan_entries(g: Graph, reach: Scope, who: Client, own: tuple[str, ...], manner: Manner, places: Places) -> Entries:
    """The listeners of outbound traffic of a scope, but those at the proxy's `own` addresses; first those that no claim has a part in."""
    found = outbound.without_own(outbound.plans(g, reach, who.labels), own)
    told = [plan for plan in found if plan.bound or (places.interception != NONE and outbound.is_dialled(plan, manner.families))]
    told += outbound.mapped_plans(g, places.namespace, who.labels, places.address, places.mapped)
    first = outbound.entrances(manner, places.port, places.interception, places.address)
    return (
        *((each.name, leaves.rendered_listener.key(each)) for each in first),
        *((each.name, leaves.outbound_listener.key(each, manner)) for each in told),
    )


@query
def of_plans(g: Graph, reach: Scope, who: Client, own: tuple[str, ...], manner: Manner, places: Places) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (plan_entries.key(reach, who, own, manner, places),)


# Routes


def _tables(g: Graph, view: View, reach: Scope, who: Client, manner: Manner) -> tuple[Listing, ...]:
    apart = APART in view.capabilities
    unknown = manner.unknown_hosts
    listened, whose = _listened(g, reach, who)
    inside = (listened, _catching(g, who)) if apart else (reach, who)
    found: Listing = tables.listing.key(listened, whose, *inside, unknown, apart)
    return (found, tables.proxy_listing.key(reach, who, unknown)) if _places(g, view).port else (found,)


def _catching(g: Graph, who: Client) -> Client:
    """Who decides over the catch-all: rules may name every host."""
    return who if extra_hosts.takes_every_host(g, who.namespace) else ANYBODY


@query
def credential_entries(g: Graph, namespace: str, names: tuple[str, ...]) -> Entries:
    """Stored secrets of a namespace."""
    return tuple((name, secret.key(namespace, name)) for name in names)


@query
def of_secrets(g: Graph, namespace: str, names: tuple[str, ...]) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (credential_entries.key(namespace, names),)


@query
def destination_entries(g: Graph, destinations: tuple[Destination, ...]) -> Entries:
    """Clusters of given destinations."""
    return tuple((each.name, leaves.rendered_cluster.key(each)) for each in destinations)


@query
def of_destinations(g: Graph, destinations: tuple[Destination, ...]) -> tuple[Chunk, ...]:
    """The shelf of given destinations."""
    return (destination_entries.key(destinations),)
