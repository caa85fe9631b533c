"""EndpointSlice: some of the endpoints of a service (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/)."""

from __future__ import annotations

from collections.abc import Mapping

from lateen.api.shape import Int32, Tolerant


class EndpointConditions(Tolerant, frozen=True):
    """None means unknown, which for `ready` and `serving` counts as true and for `terminating` as false."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ForZone(Tolerant, frozen=True):
    """A zone that should use the endpoint."""

    name: str = ""


class ForNode(Tolerant, frozen=True):
    """A node that should use the endpoint."""

    name: str = ""


class EndpointHints(Tolerant, frozen=True):
    """Who should use the endpoint."""

    for_zones: tuple[ForZone, ...] = ()
    for_nodes: tuple[ForNode, ...] = ()


class ObjectReference(Tolerant, frozen=True):
    """The object behind an endpoint, mostly a Pod."""

    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""


class Endpoint(Tolerant, frozen=True):
    """The addresses of one workload; they are interchangeable."""

    addresses: tuple[str, ...]
    conditions: EndpointConditions = EndpointConditions()
    hostname: str = ""
    target_ref: ObjectReference | None = None
    node_name: str = ""
    zone: str = ""
    hints: EndpointHints | None = None
    deprecated_topology: Mapping[str, str] = {}


class EndpointPort(Tolerant, frozen=True):
    """A port of all endpoints of the slice; None means every port."""

    name: str = ""
    protocol: str = "TCP"
    port: Int32 | None = None
    app_protocol: str = ""


class EndpointSlice(Tolerant, frozen=True):
    """`address_type` is `IPv4`, `IPv6` or `FQDN`."""

    address_type: str
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()
