"""TLSRoute: where TLS connections go, by the name that the client asks for (https://gateway-api.sigs.k8s.io/api-types/tlsroute/)."""

from __future__ import annotations

from lateen.api.gateway.references import BackendRef, ParentReference
from lateen.api.shape import Tolerant


class TLSRouteRule(Tolerant, frozen=True):
    """The backends, each with its share of the connections."""

    name: str = ""
    backend_refs: tuple[BackendRef, ...] = ()


class TLSRoute(Tolerant, frozen=True):
    """Rules, attached to Gateways or to Services of the mesh."""

    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[TLSRouteRule, ...] = ()
