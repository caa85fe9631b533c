"""Services as ServiceEntry objects declare them (SE-1…SE-9), and the workloads of WorkloadEntry objects and inline endpoints (WE-1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from lateen.api import inputs
from lateen.api.indexes import NETWORK_LABEL
from lateen.flow import Graph, query
from lateen.registry import allocation, networks
from lateen.registry.kubernetes import LOCALITY_LABEL, TLS_MODE_LABEL
from lateen.registry.namespaces import distribution
from lateen.registry.networks import CLUSTER_LABEL
from lateen.registry.service import Health, Labels, Resolution, Service, ServicePort, Workload, dialled, is_port, places
from lateen.values.protocol import named, of_port
from lateen.values.ref import Ref

HEALTH_CHECKED = "proxy.istio.io/health-checks-enabled"
"""The annotation of entries whose agent tells whether the workload is well."""

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
        ports=dialled(_port(port) for port in spec.ports),
        resolution=_RESOLUTIONS[spec.resolution],
        origin=ref,
        created=entry.created,
        external=spec.location == "MESH_EXTERNAL",
        addresses=places(spec.addresses),
        export_to=spec.export_to,
        selector=tuple(sorted(selector.items())),
        subject_alt_names=spec.subject_alt_names,
        distribution=distribution(g, ref.namespace, entry.annotations),
        labels=tuple(sorted(entry.labels.items())),
    )
    hosts: dict[str, str] = {}
    for host in spec.hosts:
        hosts.setdefault(host.lower(), host)  # Letters of either case are the same to a proxy.
    return tuple(msgspec.structs.replace(first, host=host, auto_addresses=allocation.addresses(entry, host)) for host in hosts.values())


def _port(port: Any) -> ServicePort:
    """SD-1: the word for the protocol as written, else what the port's name and number tell."""
    protocol = named(port.protocol or "") or of_port(port.number, port.name or "")
    return ServicePort(port.number, port.name or "", protocol, port.target_port if is_port(port.target_port) else 0)


@query
def workload(g: Graph, ref: Ref) -> Workload | None:
    """A WorkloadEntry as a workload; None when there is none."""
    entry = inputs.resource(g, ref)
    if entry is None:
        return None
    found = of_entry(entry.spec, ref, ref.name, tuple(entry.labels.items()), _health(entry))
    network = networks.network(g, found.network, ref.namespace, entry.spec.address, found.cluster)
    return found if network == found.network else msgspec.structs.replace(found, network=network)


@query
def inline(g: Graph, ref: Ref) -> tuple[Workload, ...]:
    """The endpoints written in a ServiceEntry, in written order."""
    entry = inputs.resource(g, ref)
    if entry is None:
        return ()
    return tuple(of_entry(each, ref, ref.name, (), Health.HEALTHY) for each in entry.spec.endpoints or ())


def of_entry(spec: Any, origin: Ref, name: str, labels: tuple[tuple[str, str], ...], health: Health) -> Workload:
    """What the spec of a WorkloadEntry describes; `tlsMode` follows WE-1: the label, else `istio` if a service account is set, else disabled."""
    written = {**dict(labels), **(spec.labels or {})} if labels else spec.labels or {}
    marks = _marks(tuple(sorted(written.items())))
    return Workload(
        name=name,
        namespace=origin.namespace,
        origin=origin,
        addresses=(spec.address,) if spec.address else (),
        labels=marks.labels,
        ports=tuple(sorted((name, number) for name, number in spec.ports.items() if is_port(number))) if spec.ports else (),
        service_account=spec.service_account or "",
        mutual_tls=marks.tls_mode == "istio" if marks.tls_mode else bool(spec.service_account),
        locality=spec.locality or marks.locality,
        network=spec.network or marks.network,
        cluster=marks.cluster,
        weight=spec.weight or 0,
        health=health,
    )


class _Marks(msgspec.Struct, frozen=True):
    """What labels say of a workload; kept, for the endpoints of an entry are mostly alike, and so share their labels too."""

    labels: Labels
    tls_mode: str
    locality: str
    network: str
    cluster: str


@lru_cache(maxsize=1 << 14)
def _marks(labels: Labels) -> _Marks:
    told = dict(labels)
    place = told.get(LOCALITY_LABEL, "")
    return _Marks(
        labels,
        told.get(TLS_MODE_LABEL, ""),
        place if "/" in place else place.replace(".", "/"),
        told.get(NETWORK_LABEL, ""),
        told.get(CLUSTER_LABEL, ""),
    )


def _health(entry: Any) -> Health:
    """WE-2: an entry whose condition `Healthy` is False is left out, and so is one whose agent has yet to say whether it is well."""
    conditions = entry.status.conditions if entry.status is not None else ()
    said = next((condition.status for condition in conditions if condition.type == "Healthy"), "")
    waiting = not said and entry.annotations.get(HEALTH_CHECKED) == "true"
    return Health.UNHEALTHY if said == "False" or waiting else Health.HEALTHY
