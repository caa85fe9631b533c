"""Which namespaces belong to the mesh (SD-16): of others neither services nor endpoints nor rules are known."""

from __future__ import annotations

from lateen.api import inputs, mesh
from lateen.flow import Graph, query
from lateen.values.ref import Ref


@query
def is_member(g: Graph, namespace: str) -> bool:
    """Whether one of the mesh's selectors picks the namespace by its labels; without selectors all belong to the mesh."""
    selectors = mesh.discovery_selectors(g)
    if not selectors:
        return True
    found = inputs.resource(g, Ref("Namespace", "", namespace))
    labels = found.labels if found is not None else {}
    return any(selector.selects(labels) for selector in selectors)
