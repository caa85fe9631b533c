"""Services as ServiceEntry objects declare them (SE-1…SE-9), and the workloads of WorkloadEntry objects and inline endpoints (WE-1)."""

from __future__ import annotations

from typing import Any

import msgspec

from lateen.api import inputs
from lateen.flow import Graph, query
from lateen.registry import allocation
from lateen.registry.kubernetes import CLUSTER_LABEL, LOCALITY_LABEL, NETWORK_LABEL, TLS_MODE_LABEL
from lateen.registry.service import Health, Resolution, Service, ServicePort, Workload
from lateen.values.protocol import named, of_port
from lateen.values.ref import Ref

_RESOLUTIONS = {
    "NONE": Resolution.ORIGINAL,
    "STATIC": Resolution.ENDPOINTS,
    "DNS": Resolution.DNS,
    "DNS_ROUND_ROBIN": Resolution.DNS_ROUND_ROBIN,
    "DYNAMIC_DNS": Resolution.DYNAMIC_DNS,
}


@query
def declared(g: Graph, ref: Ref) -> tuple[Service, ...]:
    """One service for each host of the entry. Its endpoints are not part of it, so that an endpoint that changes moves no service."""
    entry = inputs.resource(g, ref)
    if entry is None:
        return ()
    spec = entry.spec
    selector = spec.workload_selector.labels if spec.workload_selector is not None else {}
    first = Service(
        host="",
        namespace=ref.namespace,
        name=ref.name,
        ports=tuple(_port(port) for port in spec.ports),
        resolution=_RESOLUTIONS[spec.resolution],
        origin=ref,
        created=entry.created,
        external=spec.location == "MESH_EXTERNAL",
        addresses=spec.addresses,
        export_to=spec.export_to,
        selector=tuple(sorted(selector.items())),
        subject_alt_names=spec.subject_alt_names,
        labels=tuple(sorted(entry.labels.items())),
    )
    return tuple(msgspec.structs.replace(first, host=host, auto_addresses=allocation.addresses(g, ref, host)) for host in spec.hosts)


def _port(port: Any) -> ServicePort:
    """SD-1: the word for the protocol as written, else what the port's name and number tell."""
    protocol = named(port.protocol or "") or of_port(port.number, port.name or "")
    return ServicePort(port.number, port.name or "", protocol, port.target_port or 0)


@query
def workload(g: Graph, ref: Ref) -> Workload | None:
    """A WorkloadEntry as a workload; None when there is none."""
    entry = inputs.resource(g, ref)
    if entry is None:
        return None
    return of_entry(entry.spec, ref, ref.name, tuple(entry.labels.items()), _health(entry))


@query
def inline(g: Graph, ref: Ref) -> tuple[Workload, ...]:
    """The endpoints written in a ServiceEntry, in written order."""
    entry = inputs.resource(g, ref)
    if entry is None:
        return ()
    return tuple(of_entry(each, ref, ref.name, (), Health.HEALTHY) for each in entry.spec.endpoints or ())


def of_entry(spec: Any, origin: Ref, name: str, labels: tuple[tuple[str, str], ...], health: Health) -> Workload:
    """What the spec of a WorkloadEntry describes; `tlsMode` follows WE-1: the label, else `istio` if a service account is set, else disabled."""
    merged = {**dict(labels), **(spec.labels or {})}
    mode = merged.get(TLS_MODE_LABEL)
    label = merged.get(LOCALITY_LABEL, "")
    return Workload(
        name=name,
        namespace=origin.namespace,
        origin=origin,
        addresses=(spec.address,) if spec.address else (),
        labels=tuple(sorted(merged.items())),
        ports=tuple(sorted((spec.ports or {}).items())),
        service_account=spec.service_account or "",
        mutual_tls=mode == "istio" if mode else bool(spec.service_account),
        locality=spec.locality or (label if "/" in label else label.replace(".", "/")),
        network=spec.network or merged.get(NETWORK_LABEL, ""),
        cluster=merged.get(CLUSTER_LABEL, ""),
        weight=spec.weight or 0,
        health=health,
    )


def _health(entry: Any) -> Health:
    """WE-2: an entry whose condition `Healthy` is False is left out."""
    conditions = entry.status.conditions if entry.status is not None else ()
    failing = any(condition.type == "Healthy" and condition.status == "False" for condition in conditions)
    return Health.UNHEALTHY if failing else Health.HEALTHY
