"""The stacks of a sidecar."""

from __future__ import annotations

from lateen.assembly import hosts, leaves, tables, workload
from lateen.assembly.kinds import CDS, EDS, LDS, RDS, VHDS, Chunk, Entries, Listing, Stacks
from lateen.flow import Graph, query
from lateen.ir.chain import Listener
from lateen.ir.destination import Destination
from lateen.ir.scope import Scope
from lateen.ir.view import Labels, Locality, View
from lateen.translate import outbound
from lateen.translate.outbound import Common
from lateen.translate.scope import scope
from lateen.translate.visibility import special_hosts

APART = "virtualHosts"
"""What an agent says in its metadata that takes virtual hosts one by one."""


def stacks(g: Graph, view: View) -> Stacks:
    """The stacks of a sidecar's View."""
    reach = scope(g, view.namespace, view.labels, view.dependencies)
    labels = _looked_at(g, view.labels)
    common = workload.common(g, view)
    listened = _listened(g, reach)
    own = tuple(address for address in view.addresses if address in binds(g, listened, labels))
    locality = view.locality if view.locality != Locality() else None
    apart = APART in view.capabilities
    routed = (listened, ()) if apart else (reach, labels)
    return (
        (CDS, (_own_clusters(g, view, common), *_hosts(g, "clusters", reach, labels, None))),
        (EDS, _hosts(g, "assignments", reach, labels, locality)),
        (LDS, (of_listeners.key(workload.listeners(g, view).listeners), of_plans.key(listened, labels, own, common))),
        (RDS, (tables.listing.key(listened, labels, *routed, common.unknown_hosts, apart),)),
        *(((VHDS, _virtual_hosts(g, reach, labels)),) if apart else ()),
    )


def _own_clusters(g: Graph, view: View, common: Common) -> Listing:
    own = workload.destinations(g, view.namespace, view.labels, view.addresses)
    return of_destinations.key((*own, outbound.looked_up(g)) if common.resolves else own)


def _listened(g: Graph, reach: Scope) -> Scope:
    """The scope as far as listeners go: namespaces with nothing private to them are alike."""
    return Scope("", everything=True) if reach.everything and not special_hosts(g, reach.namespace) else reach


@query
def binds(g: Graph, reach: Scope, labels: Labels) -> frozenset[str]:
    """The addresses at which anything is listened for."""
    return frozenset(plan.bind for plan in outbound.plans(g, reach, labels))


def _looked_at(g: Graph, labels: Labels) -> Labels:
    keys = hosts.client_label_keys(g)
    return tuple(pair for pair in labels if pair[0] in keys) if keys else ()


def _hosts(g: Graph, what: str, reach: Scope, labels: Labels, locality: Locality | None) -> tuple[Listing, ...]:
    """Of one type, the shelves of services: just those of the scope, or the public ones below what is special."""
    if not reach.everything:
        return (hosts.scoped_listing.key(what, reach.namespace, labels, locality, reach.hosts),)
    public = hosts.public_listing.key(what)
    if not hosts.special_entries(g, what, reach.namespace, labels, locality):
        return (public,)
    return (hosts.special_listing.key(what, reach.namespace, labels, locality), public)


def _virtual_hosts(g: Graph, reach: Scope, labels: Labels) -> tuple[Listing, ...]:
    found = _hosts(g, "virtual_hosts", reach, labels, None)
    return (*found, tables.extra_listing.key(reach.namespace, labels)) if reach.everything else found


@query
def destination_entries(g: Graph, destinations: tuple[Destination, ...]) -> Entries:
    """Clusters of given destinations."""
    return tuple((each.name, leaves.rendered_cluster.key(each)) for each in destinations)


@query
def of_destinations(g: Graph, destinations: tuple[Destination, ...]) -> tuple[Chunk, ...]:
    """The shelf of given destinations."""
    return (destination_entries.key(destinations),)


@query
def listener_entries(g: Graph, listeners: tuple[Listener, ...]) -> Entries:
    """Given listeners."""
    return tuple((each.name, leaves.rendered_listener.key(each)) for each in listeners)


@query
def of_listeners(g: Graph, listeners: tuple[Listener, ...]) -> tuple[Chunk, ...]:
    """The shelf of given listeners."""
    return (listener_entries.key(listeners),)


@query
def plan_entries(g: Graph, reach: Scope, labels: Labels, own: tuple[str, ...], common: Common) -> Entries:
    """The listeners of outbound traffic of a scope, but those at the proxy's `own` addresses; first the one that takes all that is captured."""
    found = outbound.without_own(outbound.plans(g, reach, labels), own)
    first = outbound.virtual_outbound(common)
    return ((first.name, leaves.rendered_listener.key(first)), *((each.name, leaves.outbound_listener.key(each, common)) for each in found))


@query
def of_plans(g: Graph, reach: Scope, labels: Labels, own: tuple[str, ...], common: Common) -> tuple[Chunk, ...]:
    """The shelf of the same."""
    return (plan_entries.key(reach, labels, own, common),)
