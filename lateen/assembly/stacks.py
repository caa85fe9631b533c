"""Which shelves a proxy sees, type by type: `stacks(g, view)`.

A sidecar that may call everything sees the **public** shelves, which every such proxy shares, below small ones that hold what its namespace sees
differently. A sidecar with a scope of its own sees shelves of just those hosts, whose leaves are the same. A gateway sees what its routes use.
What EnvoyFilters change lies over all of these. Beside them agents are told which roots peers may have, and the probe of the group that their
workload joins.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lateen.assembly import gateways, patches, peer_roots, probes, proxyless, sidecars
from lateen.assembly.kinds import Leaf, Listing, Stacks
from lateen.flow import Graph, query
from lateen.ir.view import ProxyKind, View


@query
def stacks(g: Graph, view: View) -> Stacks:
    """The stacks of a View, in the order in which types are told."""
    return (*patches.over(g, view, _STACKS[view.kind](g, view)), *peer_roots.stacks(g), *probes.stacks(view))


def visible(g: Graph, listings: tuple[Listing, ...]) -> Iterator[tuple[str, Leaf]]:
    """The names of one type with their leaves, as far as no listing in front hides them."""
    seen: set[str] = set()
    for listing in listings:
        names: list[str] = []
        for chunk in g.read(listing.node, listing.args):
            for name, leaf in g.read(chunk.node, chunk.args):
                names.append(name)
                if name not in seen and leaf is not None:
                    yield name, leaf
        seen.update(names)


_STACKS: Final = {ProxyKind.SIDECAR: sidecars.stacks, ProxyKind.GATEWAY: gateways.stacks, ProxyKind.PROXYLESS: proxyless.stacks}
