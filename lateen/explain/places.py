"""Where what holds is written: the object and the field of a setting that the translation has taken over.

It follows a value back, after the translation has decided; nothing is decided here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lateen.api import inputs, mesh
from lateen.api.mesh_config import CONFIG_MAP
from lateen.api.networking.destination_rule import TrafficPolicy
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.translate.destination_rules import MergedRule
from lateen.translate.routes import Part
from lateen.translate.scope import sidecar
from lateen.values.ref import Ref


class Place(NamedTuple):
    """A field of an object; `ref` is None for what nobody wrote."""

    ref: Ref | None = None
    path: str = ""


NOWHERE = Place()

_OF_PORT = ("load_balancer", "connection_pool", "outlier_detection", "tls")
"""The blocks of a policy that the settings of a port replace, all of them (DR-13)."""
_WRITTEN = {
    "load_balancer": "loadBalancer",
    "connection_pool": "connectionPool",
    "outlier_detection": "outlierDetection",
    "tls": "tls",
    "cors_policy": "corsPolicy",
    "direct_response": "directResponse",
}


def of_mesh(field: str) -> Place:
    """A field of MeshConfig, which is in the data of its ConfigMap."""
    return Place(CONFIG_MAP, f"data.mesh.{field}")


def has_mesh_field(g: Graph, field: str) -> bool:
    """Whether MeshConfig says anything there."""
    return getattr(mesh.mesh_config(g), field) is not None


def of_route(g: Graph, root: Ref | None, part: Part | None, field: str) -> Place:
    """A field of an HTTP route: where it is written, at the delegate or, if that says nothing, at the root that it inherits from."""
    if part is None:
        return NOWHERE
    owned, written = part.owned, _WRITTEN.get(field, field)
    own = inputs.resource(g, owned.ref)
    if owned.under < 0 or own is None or getattr(own.spec.http[owned.index], field, None) is not None:
        return Place(owned.ref, f"spec.http[{owned.index}].{written}")
    return Place(root, f"spec.http[{owned.under}].{written}")


def of_subset(g: Graph, rule: MergedRule, name: str) -> Place:
    """A subset of merged rules: of several of one name the oldest rule's counts (DR-11)."""
    for ref in rule.origins:
        found = inputs.resource(g, ref)
        for index, each in enumerate(found.spec.subsets if found is not None else ()):
            if each.name == name:
                return Place(ref, f"spec.subsets[{index}]")
    return NOWHERE


def of_block(g: Graph, rule: MergedRule | None, port: int, subset: str, block: str) -> Place:
    """A block of the policy for a port and subset, by the precedence of DR-13; nowhere when no rule says it."""
    if rule is None:
        return NOWHERE
    part = rule.subset(subset) if subset else None
    own = of_subset(g, rule, subset) if part is not None else NOWHERE
    policies = [(part.traffic_policy, Place(own.ref, f"{own.path}.trafficPolicy"))] if part is not None else []
    policies.append((rule.policy, _policy_place(g, rule)))
    for policy, place in policies:
        found = _in_policy(policy, place, port, block)
        if found is not None:
            return found
    return NOWHERE


def _policy_place(g: Graph, rule: MergedRule) -> Place:
    speaking = (ref for ref in rule.origins if (found := inputs.resource(g, ref)) is not None and found.spec.traffic_policy is not None)
    return Place(next(speaking, rule.origins[0]), "spec.trafficPolicy")


def _in_policy(policy: TrafficPolicy | None, place: Place, port: int, block: str) -> Place | None:
    """None where the policy leaves it to the next; settings of the port answer for all that they can say."""
    if policy is None:
        return None
    for index, entry in enumerate(policy.port_level_settings):
        if block in _OF_PORT and entry.port is not None and entry.port.number == port:
            return Place(place.ref, f"{place.path}.portLevelSettings[{index}].{_WRITTEN[block]}") if getattr(entry, block) is not None else NOWHERE
    return Place(place.ref, f"{place.path}.{_WRITTEN.get(block, block)}") if getattr(policy, block) is not None else None


def of_unknown_hosts(g: Graph, view: View) -> Place:
    """What decides over calls to places that nobody declares (SC-6)."""
    ref = sidecar(g, view.namespace, view.labels)
    found: Any = inputs.resource(g, ref) if ref is not None else None
    if found is not None and found.spec.outbound_traffic_policy is not None:
        return Place(ref, "spec.outboundTrafficPolicy")
    return of_mesh("outboundTrafficPolicy") if inputs.resource(g, CONFIG_MAP) is not None else NOWHERE
