"""Which shelves a proxy sees, type by type: `stacks(g, view)`.

A sidecar that may call everything sees the **public** shelves, which every such proxy shares, below small ones that hold what its namespace sees
differently. A sidecar with a scope of its own sees shelves of just those hosts, whose leaves are the same. A gateway sees what its routes use.
What EnvoyFilters change lies over all of these.
"""

from __future__ import annotations

from typing import Final

from lateen.assembly import gateways, patches, proxyless, sidecars
from lateen.assembly.kinds import Stacks
from lateen.flow import Graph, query
from lateen.ir.view import ProxyKind, View


@query
def stacks(g: Graph, view: View) -> Stacks:
    """The stacks of a View, in the order in which types are told."""
    return patches.over(g, view, _STACKS[view.kind](g, view))


_STACKS: Final = {ProxyKind.SIDECAR: sidecars.stacks, ProxyKind.GATEWAY: gateways.stacks, ProxyKind.PROXYLESS: proxyless.stacks}
