"""Service: a name for a set of workloads (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lateen.api.shape import Int32, Tolerant


class ServicePort(Tolerant, frozen=True):
    """A port; `target_port` is a number or the name of a container port, None means the same number."""

    port: Int32
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str = ""
    target_port: Int32 | str | None = None
    node_port: Int32 = 0


class ServiceSpec(Tolerant, frozen=True):
    """`cluster_ip` is `None` (the word) for a headless service and "" when none is given."""

    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = {}
    type: str = "ClusterIP"
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    cluster_ips: tuple[str, ...] = msgspec.field(default=(), name="clusterIPs")
    external_name: str = ""
    external_ips: tuple[str, ...] = msgspec.field(default=(), name="externalIPs")
    load_balancer_ip: str = msgspec.field(default="", name="loadBalancerIP")
    publish_not_ready_addresses: bool = False
    internal_traffic_policy: str = "Cluster"
    external_traffic_policy: str = ""
    traffic_distribution: str = ""
    session_affinity: str = "None"
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""

    @property
    def is_headless(self) -> bool:
        """Whether the service has endpoints but no address of its own."""
        return self.cluster_ip == "None"


class LoadBalancerIngress(Tolerant, frozen=True):
    """An address under which a load balancer is reached."""

    ip: str = ""
    hostname: str = ""


class LoadBalancerStatus(Tolerant, frozen=True):
    """Where the load balancer is reached."""

    ingress: tuple[LoadBalancerIngress, ...] = ()


class ServiceStatus(Tolerant, frozen=True):
    """What is known of the service."""

    load_balancer: LoadBalancerStatus = LoadBalancerStatus()


class Service(Tolerant, frozen=True):
    """What is asked for, and what is known."""

    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()
