"""The objects that a `mesh.yaml` stands for: namespaces, a Service for each service, a WorkloadEntry for each workload and gateway but those that
register themselves. Pure.

They are applied like anything else, so that everything that reads objects (policies, `get`, `plan`) sees a local mesh as it sees any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lateen.agent.workload import Workload
from lateen.local import mesh_file
from lateen.local.mesh_file import MeshFile, ServiceSpec
from lateen.local.workloads import APP

OWNER_LABEL = "lateen.dev/mesh-file"
"""On every object made from a mesh.yaml; its value is the mesh's name."""

TLS_MODE = "security.istio.io/tlsMode"

Manifest = dict[str, Any]


def manifests(mesh: MeshFile, running: Iterable[Workload]) -> list[Manifest]:
    """All objects, the running workloads with their addresses among them."""
    found = [*_namespaces(mesh), *_services(mesh), *_entries(running)]
    for each in found:
        each["metadata"].setdefault("labels", {})[OWNER_LABEL] = mesh.name
    return found


def _namespaces(mesh: MeshFile) -> Iterator[Manifest]:
    names = {mesh.namespace, "istio-system"}
    names |= {each.namespace for each in mesh.services.values()} | {each.namespace for each in mesh.gateways.values()}
    for name in sorted(names - {""}):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _services(mesh: MeshFile) -> Iterator[Manifest]:
    for name, service in mesh.services.items():
        if service.ports:
            yield {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name, "namespace": service.namespace or mesh.namespace},
                "spec": {"selector": {APP: name}, "ports": _service_ports(service)},
            }


def _service_ports(service: ServiceSpec) -> list[Manifest]:
    return [{"name": name, "port": port, "targetPort": target, "protocol": "TCP"} for name, port, target in mesh_file.ports(service)]


def _entries(running: Iterable[Workload]) -> Iterator[Manifest]:
    for each in running:
        if each.joins:
            continue
        if each.address and each.kind == "sidecar":
            yield _workload_entry(each)
        elif each.address and each.explicit is None:
            yield _gateway_entry(each)


def _gateway_entry(workload: Workload) -> Manifest:
    """So that a Service may stand in front of a gateway. Its servers end TLS or do not as their Gateway says, so nobody uses mutual TLS by itself."""
    labels = {**dict(workload.labels), TLS_MODE: "disabled"}
    spec: Manifest = {"address": workload.address, "labels": labels, "serviceAccount": workload.service_account}
    return {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": _metadata(workload), "spec": spec}


def _workload_entry(workload: Workload) -> Manifest:
    """A workload with a sidecar takes mutual TLS; in explicit mode its ports are those where the sidecar takes its traffic."""
    taken = dict(workload.explicit.inbound) if workload.explicit is not None else {}
    spec: Manifest = {
        "address": workload.address,
        "labels": dict(workload.labels),
        "serviceAccount": workload.service_account,
        "ports": {port.name: taken.get(port.number, port.number) for port in workload.ports if port.name},
    }
    if workload.locality:
        spec["locality"] = workload.locality
    return {"apiVersion": "networking.istio.io/v1", "kind": "WorkloadEntry", "metadata": _metadata(workload), "spec": spec}


def _metadata(workload: Workload) -> Manifest:
    return {"name": workload.name, "namespace": workload.namespace}
