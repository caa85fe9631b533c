"""ServiceImport: a service that some cluster of the set exports (https://multicluster.sigs.k8s.io/api-types/service-import/)."""

from __future__ import annotations

from lateen.api.shape import Tolerant


class ServicePort(Tolerant, frozen=True):
    """A port of the service."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str = ""


class ServiceImportSpec(Tolerant, frozen=True):
    """`ips` are the addresses by which the service is called all over the set; `type` is `ClusterSetIP` or `Headless`."""

    ports: tuple[ServicePort, ...] = ()
    ips: tuple[str, ...] = ()
    type: str = "ClusterSetIP"
    session_affinity: str = "None"


class ServiceImport(Tolerant, frozen=True):
    """What is imported."""

    spec: ServiceImportSpec = ServiceImportSpec()
