"""How objects of Gateway API name each other (https://gateway-api.sigs.k8s.io/reference/spec/)."""

from __future__ import annotations

from lateen.api.shape import Tolerant

GROUP = "gateway.networking.k8s.io"


class ParentReference(Tolerant, frozen=True):
    """What a route is attached to: a Gateway, or in the mesh a Service; no namespace means that of the route."""

    name: str
    group: str = GROUP
    kind: str = "Gateway"
    namespace: str = ""
    section_name: str = ""
    port: int | None = None


class ObjectReference(Tolerant, frozen=True):
    """An object, with its namespace if that is not the one of the object that names it."""

    name: str
    group: str = ""
    kind: str = ""
    namespace: str = ""


class SecretObjectReference(Tolerant, frozen=True):
    """A certificate, mostly a Secret."""

    name: str
    group: str = ""
    kind: str = "Secret"
    namespace: str = ""


class LocalObjectReference(Tolerant, frozen=True):
    """An object of the same namespace."""

    name: str
    group: str = ""
    kind: str = ""


class BackendObjectReference(Tolerant, frozen=True):
    """Where requests go; a Service needs a port."""

    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str = ""
    port: int | None = None


class BackendRef(Tolerant, frozen=True):
    """Where a share of the connections goes."""

    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str = ""
    port: int | None = None
    weight: int = 1


class LocalPolicyTargetReference(Tolerant, frozen=True):
    """What a policy of the same namespace is about, or one section of it."""

    kind: str
    name: str
    group: str = ""
    section_name: str = ""
