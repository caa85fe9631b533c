"""EnvoyFilter: changes to what the proxies are told, in Envoy's own words (https://istio.io/latest/docs/reference/config/networking/envoy-filter/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from lateen.api.networking.sidecar import WorkloadSelector
from lateen.api.selector import TargetRefs
from lateen.api.shape import Int32, OneOf, Strict, UInt32


class ApplyTo(StrEnum):
    """The thing that is changed."""

    INVALID = "INVALID"
    LISTENER = "LISTENER"
    FILTER_CHAIN = "FILTER_CHAIN"
    NETWORK_FILTER = "NETWORK_FILTER"
    HTTP_FILTER = "HTTP_FILTER"
    ROUTE_CONFIGURATION = "ROUTE_CONFIGURATION"
    VIRTUAL_HOST = "VIRTUAL_HOST"
    HTTP_ROUTE = "HTTP_ROUTE"
    CLUSTER = "CLUSTER"
    EXTENSION_CONFIG = "EXTENSION_CONFIG"
    BOOTSTRAP = "BOOTSTRAP"
    LISTENER_FILTER = "LISTENER_FILTER"


class PatchContext(StrEnum):
    """The proxies, and the direction, that are changed."""

    ANY = "ANY"
    SIDECAR_INBOUND = "SIDECAR_INBOUND"
    SIDECAR_OUTBOUND = "SIDECAR_OUTBOUND"
    GATEWAY = "GATEWAY"
    WAYPOINT = "WAYPOINT"


class ProxyMatch(Strict, frozen=True):
    """Proxies by the version they report (an RE2 expression) and by their metadata."""

    proxy_version: str = ""
    metadata: Mapping[str, str] = {}


class SubFilterMatch(Strict, frozen=True):
    """An HTTP filter inside the connection manager, by its name."""

    name: str = ""


class FilterMatch(Strict, frozen=True):
    """A network filter by its name."""

    name: str = ""
    sub_filter: SubFilterMatch | None = None


class FilterChainMatch(Strict, frozen=True):
    """A filter chain; `application_protocols` are separated by commas."""

    name: str = ""
    sni: str = ""
    transport_protocol: str = ""
    application_protocols: str = ""
    filter: FilterMatch | None = None
    destination_port: UInt32 = 0


class ListenerMatch(Strict, frozen=True):
    """A listener; `port_name` has no effect."""

    port_number: UInt32 = 0
    port_name: str = ""
    filter_chain: FilterChainMatch | None = None
    listener_filter: str = ""
    name: str = ""


class RouteAction(StrEnum):
    """What a route does."""

    ANY = "ANY"
    ROUTE = "ROUTE"
    REDIRECT = "REDIRECT"
    DIRECT_RESPONSE = "DIRECT_RESPONSE"


class RouteMatch(Strict, frozen=True):
    """A route by its name and by what it does."""

    name: str = ""
    action: RouteAction = RouteAction.ANY


class VirtualHostMatch(Strict, frozen=True):
    """A virtual host by its name or by one of its domains."""

    name: str = ""
    domain_name: str = ""
    route: RouteMatch | None = None


class RouteConfigurationMatch(Strict, frozen=True):
    """A route configuration; `gateway` is `namespace/name`."""

    port_number: UInt32 = 0
    port_name: str = ""
    gateway: str = ""
    vhost: VirtualHostMatch | None = None
    name: str = ""


class ClusterMatch(Strict, frozen=True):
    """A cluster by what it stands for, or by its name."""

    port_number: UInt32 = 0
    service: str = ""
    subset: str = ""
    name: str = ""


class WaypointRouteMatch(Strict, frozen=True):
    """A route of a waypoint by its name."""

    name: str = ""


class WaypointMatch(Strict, frozen=True):
    """A thing inside a waypoint."""

    port_number: UInt32 = 0
    filter: FilterMatch | None = None
    route: WaypointRouteMatch | None = None


class EnvoyConfigObjectMatch(OneOf, frozen=True):
    """Where a patch applies; all conditions must hold."""

    context: PatchContext = PatchContext.ANY
    proxy: ProxyMatch | None = None
    listener: ListenerMatch | None = None
    route_configuration: RouteConfigurationMatch | None = None
    cluster: ClusterMatch | None = None
    waypoint: WaypointMatch | None = None

    one_of = (("listener", "route_configuration", "cluster", "waypoint"),)


class Operation(StrEnum):
    """How the thing is changed (EX-2)."""

    INVALID = "INVALID"
    MERGE = "MERGE"
    ADD = "ADD"
    REMOVE = "REMOVE"
    INSERT_BEFORE = "INSERT_BEFORE"
    INSERT_AFTER = "INSERT_AFTER"
    INSERT_FIRST = "INSERT_FIRST"
    REPLACE = "REPLACE"
    MERGE_AND_REPLACE_LIST = "MERGE_AND_REPLACE_LIST"


class FilterClass(StrEnum):
    """Where an added filter stands among the others."""

    UNSPECIFIED = "UNSPECIFIED"
    AUTHN = "AUTHN"
    AUTHZ = "AUTHZ"
    STATS = "STATS"


class Patch(Strict, frozen=True):
    """One change; `value` is Envoy's JSON."""

    operation: Operation = Operation.INVALID
    value: Mapping[str, Any] | None = None
    filter_class: FilterClass = FilterClass.UNSPECIFIED


class EnvoyConfigObjectPatch(Strict, frozen=True):
    """A change and where it applies."""

    apply_to: ApplyTo = ApplyTo.INVALID
    match: EnvoyConfigObjectMatch | None = None
    patch: Patch | None = None


class EnvoyFilter(Strict, frozen=True):
    """Changes in order; filters of lower `priority` come first."""

    workload_selector: WorkloadSelector | None = None
    target_refs: TargetRefs = ()
    config_patches: tuple[EnvoyConfigObjectPatch, ...] = ()
    priority: Int32 = 0
