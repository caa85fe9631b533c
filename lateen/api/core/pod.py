"""Pod: a workload on Kubernetes (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/)."""

from __future__ import annotations

import msgspec

from lateen.api.shape import Int32, Tolerant


class ContainerPort(Tolerant, frozen=True):
    """A port that a container says it listens on."""

    container_port: Int32
    name: str = ""
    protocol: str = "TCP"


class Container(Tolerant, frozen=True):
    """A container, by its name and ports."""

    name: str = ""
    image: str = ""
    ports: tuple[ContainerPort, ...] = ()


class PodSpec(Tolerant, frozen=True):
    """What is asked for."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    service_account_name: str = "default"
    node_name: str = ""
    host_network: bool = False
    hostname: str = ""
    subdomain: str = ""


class PodIP(Tolerant, frozen=True):
    """One of the addresses of the pod."""

    ip: str = ""


class PodCondition(Tolerant, frozen=True):
    """A condition such as `Ready`; `status` is `True`, `False` or `Unknown`."""

    type: str = ""
    status: str = ""


class PodStatus(Tolerant, frozen=True):
    """What is known; `phase` is `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`."""

    phase: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] = msgspec.field(default=(), name="podIPs")
    host_ip: str = msgspec.field(default="", name="hostIP")
    conditions: tuple[PodCondition, ...] = ()


class Pod(Tolerant, frozen=True):
    """What is asked for, and what is known."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its IP addresses, the first one first."""
        return tuple(pod_ip.ip for pod_ip in self.status.pod_ips) or ((self.status.pod_ip,) if self.status.pod_ip else ())

    @property
    def is_ready(self) -> bool:
        """Whether its condition `Ready` is `True`."""
        return any(condition.type == "Ready" and condition.status == "True" for condition in self.status.conditions)
