"""What namespaces say of all that is in them: whether they belong to the mesh (SD-16), for of others neither services nor endpoints nor rules are
known; and how near their services are to be called, where these do not say (SD-15).
"""

from __future__ import annotations

from collections.abc import Mapping

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


DISTRIBUTION = "networking.istio.io/traffic-distribution"
"""The annotation of a service, an entry or a namespace that says how near endpoints are to be called."""
_WISHES = {word.lower(): word for word in ("PreferClose", "PreferSameZone", "PreferSameNode")}


def distribution(g: Graph, namespace: str, annotations: Mapping[str, str]) -> str:
    """How near a service with these annotations is to be called; empty for no matter. The case of letters is none."""
    return _wish(annotations) or _of_namespace(g, namespace)


@query
def _of_namespace(g: Graph, namespace: str) -> str:
    found = inputs.resource(g, Ref("Namespace", "", namespace))
    return _wish(found.annotations) if found is not None else ""


def _wish(annotations: Mapping[str, str]) -> str:
    return _WISHES.get(annotations.get(DISTRIBUTION, "").lower(), "")
