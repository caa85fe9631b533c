"""The words of the assembly: type URLs in the order in which they are told, and the types of leaves, chunks, listings and stacks."""

from __future__ import annotations

from typing import TypeAlias

from lateen.flow import Key
from lateen.values.envoy_resource import EnvoyResource

_ENVOY = "type.googleapis.com/envoy."

CDS = f"{_ENVOY}config.cluster.v3.Cluster"
EDS = f"{_ENVOY}config.endpoint.v3.ClusterLoadAssignment"
LEDS = f"{_ENVOY}config.endpoint.v3.LbEndpoint"
LDS = f"{_ENVOY}config.listener.v3.Listener"
RDS = f"{_ENVOY}config.route.v3.RouteConfiguration"
VHDS = f"{_ENVOY}config.route.v3.VirtualHost"
SDS = f"{_ENVOY}extensions.transport_sockets.tls.v3.Secret"
ECDS = f"{_ENVOY}config.core.v3.TypedExtensionConfig"

Leaf: TypeAlias = Key[EnvoyResource | None]
"""One resource; None when there is none after all."""

Entries: TypeAlias = tuple[tuple[str, Leaf | None], ...]
"""Names with their leaves; None hides the name in the shelves below."""

Chunk: TypeAlias = Key[Entries]
Listing: TypeAlias = Key[tuple[Chunk, ...]]
Stacks: TypeAlias = tuple[tuple[str, tuple[Listing, ...]], ...]
"""Type URLs, each with the listings that a proxy sees, the one that hides the others first."""
