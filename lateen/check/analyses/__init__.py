"""Rules across objects, as queries: what each object says may be right, and the whole still wrong.

Each analysis reads as little of the mesh as its answer needs, so that a change analyses what it touches. What loses a conflict is told on the object
that lost, with who won and why. `of_object` is all about one object, `findings` all about the objects of a namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lateen.api import inputs, kinds
from lateen.check.analyses import (
    annotated,
    destination_rules,
    envoy_filters,
    gateways,
    policies,
    references,
    services,
    sidecars,
    virtual_service_hosts,
    virtual_services,
)
from lateen.check.analyses.codes import CODES, Code
from lateen.check.analyses.subjects import Findings
from lateen.flow import Graph, query
from lateen.values.ref import Ref

Analysis = Callable[[Graph, Ref], Findings]

OF_OBJECTS: Mapping[str, tuple[Analysis, ...]] = {
    "VirtualService": (
        references.missing,
        virtual_service_hosts.missed,
        virtual_service_hosts.unspoken,
        virtual_services.conflicts,
        virtual_services.at_gateways,
        virtual_services.beside_ingresses,
    ),
    "DestinationRule": (destination_rules.idle, destination_rules.overruled, destination_rules.unverified, destination_rules.blind),
    "Gateway": (gateways.conflicts, gateways.absent, gateways.certificates),
    "Service": (services.claimed_hosts, services.shared_targets, services.port_names, services.circles),
    "ServiceEntry": (services.claimed_hosts, services.shared_addresses, services.shared_targets),
    "EnvoyFilter": (envoy_filters.ineffective, policies.selection),
    "AuthorizationPolicy": (policies.selection, policies.providers, policies.callers),
    "PeerAuthentication": (policies.selection, policies.peer_authentication),
    "RequestAuthentication": (policies.selection,),
    "Telemetry": (policies.selection, policies.providers),
    "WasmPlugin": (policies.selection,),
    "TrafficExtension": (policies.selection,),
    "ProxyConfig": (policies.selection,),
}
"""The analyses that look at one object of a kind and at what it names; annotations are looked at for every kind."""

OF_NAMESPACES: Mapping[str, Callable[[Graph, str], Findings]] = {"Sidecar": sidecars.conflicts, "Telemetry": policies.telemetries}
"""The analyses that compare the objects of a kind in one namespace."""


@query
def of_object(g: Graph, ref: Ref) -> Findings:
    """All that the analyses say of one object."""
    own = [finding for analysis in OF_OBJECTS.get(ref.kind, ()) for finding in analysis(g, ref)]
    compared = OF_NAMESPACES.get(ref.kind)
    if compared is not None:
        own += [finding for finding in compared(g, ref.namespace) if finding.ref == ref]
    return (*own, *annotated.unfit(g, ref))


@query
def findings(g: Graph, namespace: str) -> Findings:
    """All that the analyses say of the objects of the namespace, by kind and name; namespace "" for those that are in none."""
    refs = [Ref(kind, namespace, name) for kind in kinds.KINDS for name in inputs.names(g, kind, namespace)]
    return tuple(finding for ref in refs for finding in of_object(g, ref))


__all__ = ["CODES", "OF_NAMESPACES", "OF_OBJECTS", "Code", "Findings", "findings", "of_object"]
