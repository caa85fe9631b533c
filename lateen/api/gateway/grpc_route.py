"""GRPCRoute: where gRPC calls go (https://gateway-api.sigs.k8s.io/api-types/grpcroute/)."""

from __future__ import annotations

from lateen.api.gateway.http_route import HTTPHeaderFilter, HTTPHeaderMatch, HTTPRequestMirrorFilter, SessionPersistence
from lateen.api.gateway.references import LocalObjectReference, ParentReference
from lateen.api.shape import Tolerant


class GRPCMethodMatch(Tolerant, frozen=True):
    """`type` is `Exact` or `RegularExpression`; an empty service or method means any."""

    service: str = ""
    method: str = ""
    type: str = "Exact"


class GRPCRouteMatch(Tolerant, frozen=True):
    """Conditions on a call; all must hold."""

    method: GRPCMethodMatch | None = None
    headers: tuple[HTTPHeaderMatch, ...] = ()


class GRPCRouteFilter(Tolerant, frozen=True):
    """A step on the way; `type` says which of the fields is given."""

    type: str
    request_header_modifier: HTTPHeaderFilter | None = None
    response_header_modifier: HTTPHeaderFilter | None = None
    request_mirror: HTTPRequestMirrorFilter | None = None
    extension_ref: LocalObjectReference | None = None


class GRPCBackendRef(Tolerant, frozen=True):
    """Where a share of the calls goes, and what is done with that share alone."""

    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str = ""
    port: int | None = None
    weight: int = 1
    filters: tuple[GRPCRouteFilter, ...] = ()


class GRPCRouteRule(Tolerant, frozen=True):
    """What is done with the calls that fit one of `matches`; no match means all."""

    name: str = ""
    matches: tuple[GRPCRouteMatch, ...] = ()
    filters: tuple[GRPCRouteFilter, ...] = ()
    backend_refs: tuple[GRPCBackendRef, ...] = ()
    session_persistence: SessionPersistence | None = None


class GRPCRoute(Tolerant, frozen=True):
    """Rules for some hosts, attached to Gateways or to Services of the mesh."""

    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[GRPCRouteRule, ...] = ()
