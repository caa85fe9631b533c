"""Networks (MC-2): which workload is on which, and the gateways by which each is reached from the others.

"gateways come from Services labelled `topology.istio.io/network`, Gateway-API east-west gateways, or `MeshNetworks`". A gateway whose address is
a name (a load balancer, mostly) is known by what the control plane finds for it (`resolved`): endpoints are told by address only.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec

from lateen.api import inputs, mesh
from lateen.api.indexes import NETWORK_GATEWAY, NETWORK_LABEL, service_host
from lateen.flow import Graph, query, source
from lateen.values import hosts
from lateen.values.ref import Ref

GATEWAY_PORT = 15443
GATEWAY_PORT_LABEL = "networking.istio.io/gatewayPort"
CLUSTER_LABEL = "topology.istio.io/cluster"
LISTENER_PROTOCOL = "gateway.istio.io/listener-protocol"
PASSING = "auto-passthrough"


class NetworkGateway(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """Where a network is entered from others. `cluster` is empty where it is not known."""

    network: str
    address: str
    port: int
    cluster: str = ""


@source
def resolved(name: str) -> tuple[str, ...]:
    """The addresses that were found for the name of a gateway, sorted; none yet, or none any more."""
    return ()


@query
def gateways(g: Graph) -> tuple[NetworkGateway, ...]:
    """All gateways of all networks, sorted."""
    found: set[NetworkGateway] = set()
    for each in _declared(g):
        addresses = (each.address,) if hosts.is_address(each.address) else resolved(g, each.address)
        found.update(msgspec.structs.replace(each, address=address) for address in addresses)
    return tuple(sorted(found))


@query
def names(g: Graph) -> tuple[str, ...]:
    """The names of gateways for which addresses are wanted, sorted."""
    return tuple(sorted({each.address for each in _declared(g) if not hosts.is_address(each.address)}))


@query
def _declared(g: Graph) -> tuple[NetworkGateway, ...]:
    found = [one for ref in inputs.indexed(g, NETWORK_GATEWAY, "") for one in _labelled(g, ref)]
    return (*found, *_of_mesh(g))


def _labelled(g: Graph, ref: Ref) -> Iterator[NetworkGateway]:
    found = inputs.resource(g, ref)
    if found is None:
        return
    network, cluster = found.labels[NETWORK_LABEL], found.labels.get(CLUSTER_LABEL, "")
    if ref.kind == "Service":
        port = found.labels.get(GATEWAY_PORT_LABEL, "")
        number = int(port) if port.isdecimal() else GATEWAY_PORT
        for address in _service_addresses(found.spec):
            yield NetworkGateway(network, address, number, cluster)
    else:
        for address in found.spec.addresses:
            yield NetworkGateway(network, address.value, _passing_port(found.spec), cluster)


def _service_addresses(of: Any) -> tuple[str, ...]:
    given = (each.ip or each.hostname for each in of.status.load_balancer.ingress)
    return tuple(dict.fromkeys(address for address in (*of.spec.external_ips, *given) if address))


def _passing_port(spec: Any) -> int:
    for listener in spec.listeners:
        options = listener.tls.options if listener.tls is not None else {}
        if options.get(LISTENER_PROTOCOL) == PASSING:
            return int(listener.port)
    return GATEWAY_PORT


def _of_mesh(g: Graph) -> Iterator[NetworkGateway]:
    for name, network in mesh.mesh_networks(g).networks.items():
        for each in network.gateways:
            for address in _mesh_addresses(g, each):
                yield NetworkGateway(name, address, each.port or GATEWAY_PORT)


def _mesh_addresses(g: Graph, gateway: Any) -> tuple[str, ...]:
    if gateway.address:
        return (gateway.address,)
    name = gateway.registry_service_name or ""
    service, _, rest = name.partition(".")
    namespace = rest.partition(".")[0]
    found = inputs.resource(g, Ref("Service", namespace, service)) if namespace else None
    if found is None or service_host(service, namespace, inputs.domain(g)) not in (name, f"{name}.svc.{inputs.domain(g)}"):
        return ()
    return _service_addresses(found.spec)


@query
def namespace_network(g: Graph, namespace: str) -> str:
    """The network of the workloads of a namespace that do not say it themselves: its label, else that of the root namespace; empty for none."""
    for each in dict.fromkeys((namespace, mesh.root_namespace(g))):
        found = inputs.resource(g, Ref("Namespace", "", each))
        if found is not None and NETWORK_LABEL in found.labels:
            return str(found.labels[NETWORK_LABEL])
    return ""


def network(g: Graph, own: str, namespace: str, address: str, cluster: str = "") -> str:
    """The network of a workload: what it says itself (`own`), else what MeshNetworks says of its address or cluster, else its namespace's."""
    return own or _by_range(g, address, cluster) or namespace_network(g, namespace)


def _by_range(g: Graph, address: str, cluster: str) -> str:
    known = mesh.mesh_networks(g).networks
    for name in sorted(known):
        for each in known[name].endpoints:
            if (each.from_registry and each.from_registry == cluster) or (each.from_cidr and _is_within(address, each.from_cidr)):
                return name
    return ""


def _is_within(address: str, network: str) -> bool:
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return False
