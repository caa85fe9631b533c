"""Ingress and IngressClass: HTTP from outside, in Kubernetes' older words (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/)."""

from __future__ import annotations

from lateen.api.core.service import LoadBalancerStatus
from lateen.api.shape import Int32, Tolerant


class ServiceBackendPort(Tolerant, frozen=True):
    """A port of a service by name or by number."""

    name: str = ""
    number: Int32 = 0


class IngressServiceBackend(Tolerant, frozen=True):
    """A service of the same namespace."""

    name: str
    port: ServiceBackendPort = ServiceBackendPort()


class TypedLocalObjectReference(Tolerant, frozen=True):
    """An object of the same namespace."""

    kind: str
    name: str
    api_group: str = ""


class IngressBackend(Tolerant, frozen=True):
    """Where requests go."""

    service: IngressServiceBackend | None = None
    resource: TypedLocalObjectReference | None = None


class HTTPIngressPath(Tolerant, frozen=True):
    """`path_type` is `Exact`, `Prefix` (by segment) or `ImplementationSpecific`."""

    backend: IngressBackend
    path_type: str = "ImplementationSpecific"
    path: str = ""


class HTTPIngressRuleValue(Tolerant, frozen=True):
    """Paths and their backends."""

    paths: tuple[HTTPIngressPath, ...] = ()


class IngressRule(Tolerant, frozen=True):
    """The paths of one host; no host means all."""

    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Tolerant, frozen=True):
    """The Secret that serves these hosts."""

    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Tolerant, frozen=True):
    """What is asked for."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    tls: tuple[IngressTLS, ...] = ()
    rules: tuple[IngressRule, ...] = ()


class IngressStatus(Tolerant, frozen=True):
    """What is known."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Ingress(Tolerant, frozen=True):
    """What is asked for, and what is known."""

    spec: IngressSpec = IngressSpec()
    status: IngressStatus = IngressStatus()


class IngressClassSpec(Tolerant, frozen=True):
    """Who serves the Ingresses of the class; `istio.io/ingress-controller` for us."""

    controller: str = ""


class IngressClass(Tolerant, frozen=True):
    """A class of Ingresses."""

    spec: IngressClassSpec = IngressClassSpec()
