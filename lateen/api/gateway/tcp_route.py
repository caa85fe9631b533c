"""TCPRoute: where TCP connections go (https://gateway-api.sigs.k8s.io/api-types/tcproute/)."""

from __future__ import annotations

from lateen.api.gateway.references import BackendRef, ParentReference
from lateen.api.shape import Tolerant


class TCPRouteRule(Tolerant, frozen=True):
    """The backends, each with its share of the connections."""

    name: str = ""
    backend_refs: tuple[BackendRef, ...] = ()


class TCPRoute(Tolerant, frozen=True):
    """Rules, attached to Gateways or to Services of the mesh."""

    parent_refs: tuple[ParentReference, ...] = ()
    rules: tuple[TCPRouteRule, ...] = ()
