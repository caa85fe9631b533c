"""Where the gateways that serve Ingresses are reached from outside, as the status of each Ingress tells its users (GW-11)."""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs, mesh
from lateen.api.core.ingress import Ingress
from lateen.api.core.service import LoadBalancerIngress
from lateen.api.resource import Resource
from lateen.flow import Graph, query
from lateen.translate import ingresses
from lateen.values.hosts import is_address
from lateen.values.ref import Ref

Addresses = tuple[LoadBalancerIngress, ...]

_OUTSIDE_FIRST = ("ExternalIP", "InternalIP")


@query
def addresses(g: Graph) -> Addresses:
    """Those of the service that MeshConfig's `ingressService` names, in the root namespace; where it names none, those of the gateways' nodes."""
    name, root = mesh.ingress_service(g), mesh.root_namespace(g)
    found = _of_service(g, Ref("Service", root, name)) if name else _of_nodes(g, root)
    return tuple(LoadBalancerIngress(ip=each) if is_address(each) else LoadBalancerIngress(hostname=each) for each in dict.fromkeys(found))


@query
def outdated(g: Graph) -> tuple[tuple[Ref, Addresses], ...]:
    """The Ingresses of the mesh whose status tells something else, each with what it should tell."""
    present = addresses(g)
    return tuple((ref, present) for ref in ingresses.ours(g) if _told(g, ref) != present)


@query
def _told(g: Graph, ref: Ref) -> Addresses:
    found: Resource[Ingress] | None = inputs.resource(g, ref)
    return found.spec.status.load_balancer.ingress if found is not None else ()


def _of_service(g: Graph, ref: Ref) -> Iterator[str]:
    found = inputs.resource(g, ref)
    if found is None:
        return
    spec = found.spec.spec
    if spec.type == "ExternalName":
        yield spec.external_name
        return
    for each in found.spec.status.load_balancer.ingress:
        yield each.ip or each.hostname
    yield from spec.external_ips


def _of_nodes(g: Graph, root: str) -> Iterator[str]:
    selector = mesh.ingress_selector(g)
    for pod in inputs.resources(g, "Pod", root):
        if pod.labels.get("istio") == selector and pod.spec.status.phase == "Running":
            node = inputs.resource(g, Ref("Node", "", pod.spec.spec.node_name))
            known = {each.type: each.address for each in node.spec.status.addresses} if node is not None else {}
            address = next((known[kind] for kind in _OUTSIDE_FIRST if kind in known), pod.spec.status.host_ip)
            if address:
                yield address
