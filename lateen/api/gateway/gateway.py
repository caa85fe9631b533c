"""Gateway of Gateway API; its key among the kinds is `KubernetesGateway` (https://gateway-api.sigs.k8s.io/api-types/gateway/)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lateen.api.gateway.references import GROUP, LocalObjectReference, ObjectReference, SecretObjectReference
from lateen.api.label_selector import LabelSelector
from lateen.api.shape import Tolerant


class FrontendValidation(Tolerant, frozen=True):
    """How the certificates of clients are checked; `mode` is `AllowValidOnly` or `AllowInsecureFallback`."""

    ca_certificate_refs: tuple[ObjectReference, ...] = ()
    mode: str = "AllowValidOnly"


class FrontendTLS(Tolerant, frozen=True):
    """TLS towards clients, of all ports or of one."""

    validation: FrontendValidation | None = None


class FrontendPortTLS(Tolerant, frozen=True):
    """TLS towards the clients of one port."""

    port: int
    tls: FrontendTLS = FrontendTLS()


class FrontendTLSConfig(Tolerant, frozen=True):
    """TLS towards clients: what holds for every port, and what for single ones."""

    default: FrontendTLS = FrontendTLS()
    per_port: tuple[FrontendPortTLS, ...] = ()


class BackendTLS(Tolerant, frozen=True):
    """The certificate that the gateway shows to backends."""

    client_certificate_ref: SecretObjectReference | None = None


class GatewayTLSConfig(Tolerant, frozen=True):
    """TLS of the whole gateway."""

    frontend: FrontendTLSConfig | None = None
    backend: BackendTLS | None = None


class ListenerTLSConfig(Tolerant, frozen=True):
    """`mode` is `Terminate` or `Passthrough`."""

    mode: str = "Terminate"
    certificate_refs: tuple[SecretObjectReference, ...] = ()
    frontend_validation: FrontendValidation | None = None
    options: Mapping[str, str] = {}


class RouteNamespaces(Tolerant, frozen=True):
    """The namespaces whose routes may attach; `from_` is `All`, `Same`, `Selector` or `None`."""

    from_: str = msgspec.field(default="Same", name="from")
    selector: LabelSelector | None = None


class RouteGroupKind(Tolerant, frozen=True):
    """A kind of route."""

    kind: str
    group: str = GROUP


class AllowedRoutes(Tolerant, frozen=True):
    """The routes that may attach to a listener."""

    namespaces: RouteNamespaces = RouteNamespaces()
    kinds: tuple[RouteGroupKind, ...] = ()


class Listener(Tolerant, frozen=True):
    """A port; `protocol` is `HTTP`, `HTTPS`, `TLS`, `TCP` or `UDP`."""

    name: str
    port: int
    protocol: str
    hostname: str = ""
    tls: ListenerTLSConfig | None = None
    allowed_routes: AllowedRoutes = AllowedRoutes()


class GatewayAddress(Tolerant, frozen=True):
    """An address asked for; `type` is `IPAddress` or `Hostname`."""

    value: str = ""
    type: str = "IPAddress"


class GatewayInfrastructure(Tolerant, frozen=True):
    """What the objects or processes made for the gateway carry."""

    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    parameters_ref: LocalObjectReference | None = None


class AllowedListeners(Tolerant, frozen=True):
    """The namespaces whose ListenerSets may attach."""

    namespaces: RouteNamespaces = RouteNamespaces(from_="None")


class Gateway(Tolerant, frozen=True):
    """The listeners of one gateway."""

    gateway_class_name: str
    listeners: tuple[Listener, ...] = ()
    addresses: tuple[GatewayAddress, ...] = ()
    infrastructure: GatewayInfrastructure | None = None
    allowed_listeners: AllowedListeners | None = None
    tls: GatewayTLSConfig | None = None
