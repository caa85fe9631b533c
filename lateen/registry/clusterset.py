"""Services of a set of clusters (MCS): `NAME.NAMESPACE.svc.clusterset.local`, of which every cluster may have a part.

A ServiceExport gives the Service of its name this second host; a ServiceImport declares one that is served elsewhere, or says at which addresses it
is called. Endpoints of other clusters come as EndpointSlices with the label `multicluster.kubernetes.io/service-name`. The rules are those of
https://multicluster.sigs.k8s.io/concepts/multicluster-services-api/.
"""

from __future__ import annotations

import msgspec

from lateen.api import inputs
from lateen.api.indexes import clusterset_host
from lateen.flow import Graph, query
from lateen.registry import kubernetes
from lateen.registry.service import Resolution, Service, ServicePort, dialled
from lateen.values.hosts import is_address
from lateen.values.protocol import of_port
from lateen.values.ref import Ref

KINDS = ("ServiceExport", "ServiceImport")


@query
def service(g: Graph, ref: Ref) -> Service | None:
    """What an export or an import declares; None where there is no such service, and for an import where an export says it already."""
    local = _exported(g, ref.namespace, ref.name)
    if ref.kind == "ServiceImport":
        return None if local is not None else _imported(g, ref)
    if local is None:
        return None
    addresses = _addresses(g, Ref("ServiceImport", ref.namespace, ref.name))
    host = clusterset_host(ref.name, ref.namespace)
    return msgspec.structs.replace(local, host=host, origin=ref, addresses=addresses)


def _exported(g: Graph, namespace: str, name: str) -> Service | None:
    if inputs.resource(g, Ref("ServiceExport", namespace, name)) is None:
        return None
    found = kubernetes.service(g, Ref("Service", namespace, name))
    return found if found is not None and found.resolution is not Resolution.ALIAS else None


def _addresses(g: Graph, ref: Ref) -> tuple[str, ...]:
    found = inputs.resource(g, ref)
    return tuple(filter(is_address, found.spec.spec.ips)) if found is not None else ()


def _imported(g: Graph, ref: Ref) -> Service | None:
    found = inputs.resource(g, ref)
    if found is None:
        return None
    spec = found.spec.spec
    headless = spec.type == "Headless"
    return Service(
        host=clusterset_host(ref.name, ref.namespace),
        namespace=ref.namespace,
        name=ref.name,
        ports=dialled(
            ServicePort(port.port, port.name, of_port(port.port, port.name, port.app_protocol, port.protocol))
            for port in spec.ports
            if port.protocol != "UDP"
        ),
        resolution=Resolution.ORIGINAL if headless else Resolution.ENDPOINTS,
        origin=ref,
        created=found.created,
        kubernetes=True,
        headless=headless,
        addresses=_addresses(g, ref),
        labels=tuple(sorted(found.labels.items())),
    )
