"""The other replicas of a proxy's own workload, by which it weighs zones against each other (DR-4).

They are the endpoints of the first service that it serves. Other regions have no part in this: there one calls for want of anything nearer.
"""

from __future__ import annotations

from lateen.flow import Graph, query
from lateen.ir.endpoints import Assignment, Endpoint, Group
from lateen.ir.view import Labels, Locality
from lateen.registry import endpoints as registry
from lateen.registry.instances import instances
from lateen.registry.service import Health
from lateen.translate.endpoints import is_reachable, place_of

NAME = "local_cluster"
"""By which a proxy that wants to know its peers asks for them."""


@query
def peers(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels, region: str) -> Assignment:
    """The replicas of a workload with these addresses and labels, itself among them; those of its region where that is known."""
    served = instances(g, namespace, addresses, labels)
    if not served:
        return Assignment(NAME)
    first = served[0]
    found: dict[Locality, list[Endpoint]] = {}
    for each in registry.endpoints(g, first.service.namespace, first.service.host, first.service_port.number):
        place = place_of(each.workload.locality)
        if each.workload.health is Health.HEALTHY and is_reachable(each.address) and region in ("", place.region):
            found.setdefault(place, []).append(Endpoint(each.address, each.port))
    groups = tuple(Group(place, tuple(members), len(members)) for place, members in sorted(found.items()))
    return Assignment(NAME, groups, (first.service.origin,))
