"""What EnvoyFilters change of what a proxy sees.

Over each shelf in which a patch may have a place lies another, with just the names that patches may have a place in, each with a leaf that reads
the leaf below and carries out the patches. Shelves below stay what they are and shared; equal patches over the same shelf are shared, too; a proxy
without patches sees nothing of all this. Whether a patch may have a place in a resource is told by the names; whether it has is for the leaf to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from lateen.assembly import gateways, sidecars
from lateen.assembly.kinds import CDS, ECDS, LDS, RDS, VHDS, Chunk, Entries, Leaf, Listing, Stacks
from lateen.flow import Graph, Query, query
from lateen.ir.destination import INBOUND_PASSTHROUGH
from lateen.ir.patch import ListenerMatch, Operation, Patch, Reach, TableMatch, Target
from lateen.ir.view import ProxyKind, View
from lateen.render import patch as rendering
from lateen.render import patch_cluster, patch_listener, patch_routes
from lateen.render.patch import ADDED, Outcome, Refused
from lateen.translate import envoy_filters, gateway_servers
from lateen.values.envoy_resource import EnvoyResource

_TARGETS: Final[Mapping[str, frozenset[Target]]] = {
    CDS: frozenset({Target.CLUSTER}),
    LDS: patch_listener.TARGETS,
    RDS: patch_routes.TARGETS,
    VHDS: frozenset({Target.VIRTUAL_HOST, Target.HTTP_ROUTE}),
}
"""Which targets may have a place in a resource of each type."""

_WHOLE: Final[Mapping[str, Target]] = {CDS: Target.CLUSTER, LDS: Target.LISTENER, VHDS: Target.VIRTUAL_HOST}
"""The target whose removal takes away a resource of the type."""

Numbers = tuple[tuple[str, int], ...]


class Patching(msgspec.Struct, frozen=True, cache_hash=True):
    """The patches that may have a place on a shelf of a type, for the `side` that all on it is of, `ANY` where names tell. `numbers` are the ports of
    tables as users know them, where their names have others. `beside` are the shelves of virtual hosts that tables are told of apart, where a patch
    adds another.
    """

    type_url: str
    patches: tuple[Patch, ...]
    side: Reach
    numbers: Numbers = ()
    beside: tuple[Listing, ...] = ()


def over(g: Graph, view: View, stacks: Stacks) -> Stacks:
    """The stacks of a View with what EnvoyFilters make of them; the same where there are none for it."""
    found = envoy_filters.patches(g, view.namespace, view.labels, view.metadata) if view.kind is not ProxyKind.PROXYLESS else ()
    if not found:
        return stacks
    at_gateway = view.kind is ProxyKind.GATEWAY
    meant = tuple(each for each in found if each.reach is Reach.ANY or (each.reach is Reach.GATEWAY) is at_gateway)
    whose = _Whose(at_gateway, _numbers(g, view) if at_gateway else ())
    if any(rendering.added_domains(each) for each in meant):
        apart = dict(stacks).get(VHDS, ())
        whose = whose._replace(apart=(*_over(VHDS, apart, meant, whose), *apart))
    told = ((type_url, (*_over(type_url, listings, meant, whose), *listings, *_added(type_url, meant))) for type_url, listings in stacks)
    extensions = _added(ECDS, meant) if ECDS not in dict(stacks) else ()
    return (*told, *(((ECDS, extensions),) if extensions else ()))


class _Whose(NamedTuple):
    """What of the proxy matters to its shelves."""

    at_gateway: bool
    numbers: Numbers
    apart: tuple[Listing, ...] = ()


def _over(type_url: str, listings: tuple[Listing, ...], found: tuple[Patch, ...], whose: _Whose) -> Iterator[Listing]:
    numbers, apart = whose.numbers if type_url in (RDS, VHDS) else (), whose.apart if type_url == RDS else ()
    for below in listings:
        side = Reach.GATEWAY if whose.at_gateway else _SIDES.get(below.node, Reach.OUTBOUND)
        meant = tuple(each for each in found if _is_meant(type_url, side, each))
        if meant:
            yield listing.key(below, Patching(type_url, meant, side, numbers, apart))


_SIDES: Final[Mapping[Any, Reach]] = {sidecars.of_listeners: Reach.INBOUND, sidecars.of_destinations: Reach.ANY}
"""What is on the shelves of sidecars that are not of the outbound side; among destinations are some of either."""


def _is_meant(type_url: str, side: Reach, patch: Patch) -> bool:
    elsewhere = patch.target in ADDED or type_url == VHDS
    if patch.target not in _TARGETS.get(type_url, ()) or (elsewhere and patch.operation is Operation.ADD):
        return False
    return Reach.ANY in (side, patch.reach) or patch.reach is side


def _numbers(g: Graph, view: View) -> Numbers:
    ports = gateways.listened(g, view)
    return tuple((table.name, table.number) for port in ports for table in gateway_servers.tables(port) if table.number != port.port)


# Over what is there


@query
def listing(g: Graph, below: Listing, of: Patching) -> tuple[Chunk, ...]:
    """The shelf over another."""
    return tuple(entries.key(chunk, of) for chunk in g.read(below.node, below.args))


@query
def entries(g: Graph, below: Chunk, of: Patching) -> Entries:
    """What lies over a chunk; None hides what is taken away, and what was hidden already."""
    return tuple(_entries(g, g.read(below.node, below.args), of))


def _entries(g: Graph, below: Entries, of: Patching) -> Iterator[tuple[str, Leaf | None]]:
    numbers = dict(of.numbers)
    for name, leaf in below:
        meant = tuple(each for each in of.patches if may_fit(of, name, each))
        if not meant:
            continue
        number = numbers.get(name.partition("/")[0], 0)
        wanted = tuple(domain for each in meant for domain in rendering.added_domains(each)) if of.beside else ()
        taken = taken_domains(g, of.beside, name, wanted) if wanted else ()
        hidden = leaf is None or (_may_take(of.type_url, meant) and is_taken(g, leaf, meant, number))
        yield name, None if hidden or leaf is None else patched.key(leaf, meant, number, taken)


@query
def taken_domains(g: Graph, beside: tuple[Listing, ...], table: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the domains that virtual hosts of the table have which it is told of apart, as far as their names tell."""
    seen: dict[str, Leaf | None] = {}
    for name, leaf in (entry for of in beside for chunk in g.read(of.node, of.args) for entry in g.read(chunk.node, chunk.args)):
        if name.startswith(f"{table}/"):
            seen.setdefault(name[len(table) + 1 :].rpartition(":")[0].lower(), leaf)
    return tuple(domain for domain in wanted if seen.get(domain) is not None)


def may_fit(of: Patching, name: str, patch: Patch) -> bool:
    """Whether the patch may have a place in the resource of that name, as far as the name tells."""
    match = patch.match
    number = dict(of.numbers).get(name.partition("/")[0], 0)
    if of.type_url == CDS:
        return patch.reach in (Reach.ANY, _side(of.side, name)) and patch_cluster.may_fit(name, patch)
    if of.type_url == RDS:
        return patch_routes.fits(name, patch, number)
    if of.type_url == VHDS:
        table, _, host = name.partition("/")
        return patch_routes.fits(table, patch, number) and (not isinstance(match, TableMatch) or match.host in ("", host))
    return not isinstance(match, ListenerMatch) or match.name in ("", name)


def _side(of: Reach, name: str) -> Reach:
    if of is not Reach.ANY:
        return of
    return Reach.INBOUND if name.startswith("inbound|") or name == INBOUND_PASSTHROUGH else Reach.OUTBOUND


def _may_take(type_url: str, patches: tuple[Patch, ...]) -> bool:
    return any(each.operation is Operation.REMOVE and each.target is _WHOLE.get(type_url) for each in patches)


@query
def is_taken(g: Graph, leaf: Leaf, patches: tuple[Patch, ...], number: int) -> bool:
    """Whether the patches take away a resource that is there."""
    return g.read(leaf.node, leaf.args) is not None and outcome(g, leaf, patches, number, ()).resource is None


@query
def outcome(g: Graph, leaf: Leaf, patches: tuple[Patch, ...], number: int, taken: tuple[str, ...]) -> Outcome:
    """What the patches make of a resource; `taken` are domains that a table has elsewhere."""
    below = g.read(leaf.node, leaf.args)
    return rendering.patched(below, patches, number, taken) if below is not None else Outcome(None)


@query
def patched(g: Graph, leaf: Leaf, patches: tuple[Patch, ...], number: int, taken: tuple[str, ...]) -> EnvoyResource | None:
    """The resource with its patches."""
    return outcome(g, leaf, patches, number, taken).resource


# What is added


def _added(type_url: str, found: tuple[Patch, ...]) -> tuple[Listing, ...]:
    if not any(_adds(each, type_url) for each in found):
        return ()
    target = next(target for target, its_type in ADDED.items() if its_type == type_url)
    return (added_listing.key(type_url, tuple(each for each in found if each.target is target or each.target in _TARGETS.get(type_url, ()))),)


def _adds(patch: Patch, type_url: str) -> bool:
    return patch.operation is Operation.ADD and ADDED.get(patch.target) == type_url


@query
def added_listing(g: Graph, type_url: str, patches: tuple[Patch, ...]) -> tuple[Chunk, ...]:
    """The shelf, below all others, of what patches add."""
    return (added_entries.key(type_url, patches),)


@query
def added_entries(g: Graph, type_url: str, patches: tuple[Patch, ...]) -> Entries:
    """The same by name; each is subject to the patches after it, and of several with one name the first counts."""
    found: dict[str, Leaf | None] = {}
    for index, each in enumerate(patches):
        if _adds(each, type_url) and (name := rendering.added_name(each)):
            later = tuple(
                one for one in patches[index + 1 :] if not _adds(one, type_url) and Reach.ANY in (each.reach, one.reach, *_alike(each, one))
            )
            found.setdefault(name, addition.key(each, later))
    return tuple(found.items())


def _alike(one: Patch, other: Patch) -> tuple[Reach, ...]:
    return (Reach.ANY,) if one.reach is other.reach else ()


@query
def addition_outcome(g: Graph, patch: Patch, later: tuple[Patch, ...]) -> Outcome:
    """What comes of a patch that adds a resource, and of the patches after it."""
    return rendering.added(patch, later)


@query
def addition(g: Graph, patch: Patch, later: tuple[Patch, ...]) -> EnvoyResource | None:
    """The resource that a patch adds."""
    return addition_outcome(g, patch, later).resource


# What could not be done


def refused(g: Graph, stacks: Stacks) -> tuple[Refused, ...]:
    """The patches that had to be left out of what is on these stacks, sorted (EX-3)."""
    found = {each for _, listings in stacks for of in listings if of.node in (listing, added_listing) for each in refused_on(g, of)}
    return tuple(sorted(found))


@query
def refused_on(g: Graph, of: Listing) -> tuple[Refused, ...]:
    """The same for one shelf that lies over another, or holds what is added."""
    leaves = (leaf for chunk in g.read(of.node, of.args) for _, leaf in g.read(chunk.node, chunk.args) if leaf is not None)
    return tuple(each for leaf in leaves for each in g.read(_OUTCOMES[leaf.node], leaf.args).refused)


_OUTCOMES: Final[Mapping[Any, Query[Any, Outcome]]] = {patched: outcome, addition: addition_outcome}
