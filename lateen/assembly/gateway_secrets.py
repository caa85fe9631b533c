"""The secrets of a gateway: those that its servers and its destinations name, from Secret objects of the workload's own namespace (GW-9)."""

from __future__ import annotations

from lateen.api.indexes import ROUTED_PARTS
from lateen.assembly.kinds import Chunk, Entries
from lateen.flow import Graph, query
from lateen.ir.view import Perspective
from lateen.render import secret as rendering
from lateen.translate import gateway_secrets
from lateen.values.envoy_resource import EnvoyResource


@query
def secret_listing(g: Graph, seen: Perspective, served: tuple[str, ...], gateways: tuple[str, ...]) -> tuple[Chunk, ...]:
    """The shelf of secrets; `served` are the names that servers use."""
    return (secret_entries.key(seen, served, gateways),)


@query
def secret_entries(g: Graph, seen: Perspective, served: tuple[str, ...], gateways: tuple[str, ...]) -> Entries:
    """The same by name."""
    found = {*served, *gateway_secrets.outward_aliased(g, seen, gateways)}
    for piece in range(ROUTED_PARTS):
        found.update(gateway_secrets.outward(g, seen, gateways, piece))
    return tuple((name, secret.key(seen.namespace, name)) for name in sorted(found))


@query
def secret(g: Graph, namespace: str, name: str) -> EnvoyResource | None:
    """One secret; None while there is no such object."""
    found = gateway_secrets.material(g, namespace, name)
    return rendering.secret(found) if found is not None else None
