"""Rules across objects, as queries: what each object says may be right, and the whole still wrong.

Each analysis reads as little of the mesh as its answer needs, so that a change analyses what it touches. `findings` is the whole of a namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lateen.api import inputs
from lateen.check.analyses import destination_rules, envoy_filters, references, sidecars, virtual_services
from lateen.check.analyses.subjects import Findings
from lateen.flow import Graph, query
from lateen.values.ref import Ref

OF_OBJECTS: Mapping[str, tuple[Callable[[Graph, Ref], Findings], ...]] = {
    "VirtualService": (references.missing, virtual_services.conflicts),
    "DestinationRule": (destination_rules.idle,),
    "EnvoyFilter": (envoy_filters.ineffective,),
}
"""The analyses that look at one object of a kind and at what it names."""

OF_NAMESPACES: tuple[Callable[[Graph, str], Findings], ...] = (sidecars.conflicts,)
"""The analyses that compare the objects of one namespace."""


@query
def findings(g: Graph, namespace: str) -> Findings:
    """All that the analyses say of the objects of the namespace, by kind and name."""
    refs = [Ref(kind, namespace, name) for kind in OF_OBJECTS for name in inputs.names(g, kind, namespace)]
    of_objects = [finding for ref in refs for analysis in OF_OBJECTS[ref.kind] for finding in analysis(g, ref)]
    return (*of_objects, *(finding for analysis in OF_NAMESPACES for finding in analysis(g, namespace)))


__all__ = ["OF_NAMESPACES", "OF_OBJECTS", "Findings", "findings"]
