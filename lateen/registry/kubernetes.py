"""Services as Kubernetes declares them (SD-1, SD-10, SD-13, SD-14, SD-15), and pods as workloads (SD-11, SD-18)."""

from __future__ import annotations

import re
from typing import Any

from lateen.api import inputs
from lateen.api.indexes import NETWORK_LABEL, export_annotation, service_host
from lateen.api.resource import Resource
from lateen.flow import Graph, query
from lateen.registry import networks
from lateen.registry.namespaces import distribution
from lateen.registry.networks import CLUSTER_LABEL
from lateen.registry.service import Health, Resolution, Service, ServicePort, Workload, dialled, is_port
from lateen.values.hosts import is_address
from lateen.values.protocol import of_port
from lateen.values.ref import Ref

HEADLESS = "None"
WORKLOAD_NAME_LABEL = "service.istio.io/workload-name"
TEMPLATE_HASH_LABEL = "pod-template-hash"
LOCALITY_LABEL = "istio-locality"
TLS_MODE_LABEL = "security.istio.io/tlsMode"
_ENDED = ("Succeeded", "Failed")
_RUN_OF_CRON_JOB = re.compile(r"-\d{8,}$")
_TOPOLOGY = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone")


@query
def service(g: Graph, ref: Ref) -> Service | None:
    """What a Service object declares; None when there is none. Only one that says `clusterIP: None` is headless: others may yet get an address."""
    found = inputs.resource(g, ref)
    if found is None:
        return None
    spec = found.spec.spec
    alias = spec.type == "ExternalName"
    addresses = () if alias else tuple(ip for ip in dict.fromkeys(spec.cluster_ips or (spec.cluster_ip,)) if is_address(ip))
    headless = not alias and HEADLESS in (spec.cluster_ip, *spec.cluster_ips)
    return Service(
        host=service_host(ref.name, ref.namespace, inputs.domain(g)),
        namespace=ref.namespace,
        name=ref.name,
        ports=dialled(_port(port) for port in spec.ports or () if (port.protocol or "TCP") != "UDP"),
        resolution=Resolution.ALIAS if alias else Resolution.ORIGINAL if headless else Resolution.ENDPOINTS,
        origin=ref,
        created=found.created,
        kubernetes=True,
        headless=headless,
        addresses=addresses,
        export_to=export_annotation(found.annotations),
        selector=tuple(sorted((spec.selector or {}).items())),
        external_name=(spec.external_name or "").removesuffix(".") if alias else "",
        publish_not_ready=bool(spec.publish_not_ready_addresses),
        node_local=spec.internal_traffic_policy == "Local",
        distribution=spec.traffic_distribution or distribution(g, ref.namespace, found.annotations),
        labels=tuple(sorted(found.labels.items())),
        datagrams=dialled(_port(port) for port in spec.ports or () if port.protocol == "UDP"),
    )


def _port(port: Any) -> ServicePort:
    protocol = of_port(port.port, port.name or "", port.app_protocol or "", port.protocol or "TCP")
    target = port.target_port
    if isinstance(target, str) and target.isdigit():
        target = int(target)
    return ServicePort(port.port, port.name or "", protocol, target if isinstance(target, str) or is_port(target or 0) else 0)


@query
def workload(g: Graph, ref: Ref) -> Workload | None:
    """A pod as a workload; None when there is none, when it has no address yet, and when it has ended, for then its address may be another's."""
    pod = inputs.resource(g, ref)
    if pod is None or pod.spec.status is None or pod.spec.status.phase in _ENDED:
        return None
    status, spec = pod.spec.status, pod.spec.spec
    addresses = tuple(dict.fromkeys(ip for ip in (status.pod_ip, *(each.ip for each in status.pod_ips or ())) if is_address(ip)))
    if not addresses:
        return None
    return Workload(
        name=ref.name,
        namespace=ref.namespace,
        origin=ref,
        addresses=addresses,
        labels=tuple(sorted(pod.labels.items())),
        ports=_container_ports(spec),
        service_account=spec.service_account_name or "default",
        mutual_tls=pod.labels.get(TLS_MODE_LABEL) == "istio",
        locality=locality(g, pod, spec.node_name or ""),
        network=networks.network(g, pod.labels.get(NETWORK_LABEL, ""), ref.namespace, addresses[0]),
        cluster=pod.labels.get(CLUSTER_LABEL, ""),
        node=spec.node_name or "",
        health=_health(pod, status),
        controller=pod.labels.get(WORKLOAD_NAME_LABEL) or controller(pod),
    )


def controller(pod: Resource[Any]) -> str:
    """The name of what a pod is a replica of: its controller, or what made that one, as far as the name tells; its own name where nobody made it."""
    owner = next((each for each in pod.owners if each.controller), None)
    if owner is None:
        return pod.ref.name
    if owner.kind == "ReplicaSet":
        return str(owner.name.removesuffix(f"-{pod.labels.get(TEMPLATE_HASH_LABEL, '')}"))
    if owner.kind == "Job":
        return _RUN_OF_CRON_JOB.sub("", owner.name)
    return str(owner.name)


def _container_ports(spec: Any) -> tuple[tuple[str, int], ...]:
    ports = (port for container in spec.containers or () for port in container.ports or ())
    return tuple((port.name, port.container_port) for port in ports if port.name and is_port(port.container_port))


def _health(pod: Resource[Any], status: Any) -> Health:
    if pod.deleted:
        return Health.UNHEALTHY
    for condition in status.conditions or ():
        if condition.type == "Ready" and condition.status == "False":
            return Health.UNHEALTHY
    return Health.HEALTHY


@query
def node_locality(g: Graph, name: str) -> str:
    """`region/zone/subzone` of a node, by its labels (SD-18); empty when not known."""
    node = inputs.resource(g, Ref("Node", "", name)) if name else None
    return "/".join(node.labels.get(label, "") for label in _TOPOLOGY).rstrip("/") if node is not None else ""


def locality(g: Graph, pod: Resource[Any], node: str) -> str:
    """The pod's label, with dots for slashes where it has no slash, beats its node's labels (SD-18)."""
    label = pod.labels.get(LOCALITY_LABEL, "")
    if label:
        return label if "/" in label else label.replace(".", "/")
    return node_locality(g, node)
