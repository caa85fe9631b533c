"""The leaves: one query for each Envoy resource. What is translated for one client is rendered once for each distinct value, so that equal answers
share bytes; what everybody sees is shared as it is.
"""

from __future__ import annotations

from lateen.api import mesh
from lateen.assembly.kinds import Entries
from lateen.flow import Graph, query
from lateen.ir.chain import Listener
from lateen.ir.destination import Destination
from lateen.ir.routes import VirtualHost
from lateen.ir.view import PUBLIC, Labels, Locality, Perspective
from lateen.registry import services
from lateen.render import cluster as rendering_cluster
from lateen.render import endpoint as rendering_endpoint
from lateen.render import listener as rendering_listener
from lateen.render import virtual_host as rendering_host
from lateen.translate import destinations, endpoints, outbound, routes, shared_addresses
from lateen.translate import peers as translate_peers
from lateen.translate.domains import HTTP_PORT
from lateen.translate.listener_conflicts import Plan
from lateen.translate.outbound import Manner
from lateen.values.envoy_resource import EnvoyResource


@query
def rendered_cluster(g: Graph, destination: Destination) -> EnvoyResource | None:
    """The cluster of a destination."""
    return rendering_cluster.cluster(destination)


@query
def cluster(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> EnvoyResource | None:
    """The cluster of one port and subset of a service."""
    destination = destinations.destination(g, perspective, namespace, host, port, subset)
    if destination is None:
        return None
    return rendering_cluster.cluster(destination) if perspective == PUBLIC else rendered_cluster(g, destination)


@query
def assignment(
    g: Graph, perspective: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str
) -> EnvoyResource | None:
    """The endpoints of that cluster, as seen from a locality where that matters."""
    return rendering_endpoint.assignment(endpoints.assigned(g, perspective, locality, namespace, host, port, subset))


@query
def peers(g: Graph, namespace: str, addresses: tuple[str, ...], labels: Labels, region: str) -> EnvoyResource | None:
    """The replicas of a workload, by which its proxies weigh zones."""
    return rendering_endpoint.assignment(translate_peers.peers(g, namespace, addresses, labels, region))


@query
def collected_assignment(
    g: Graph, perspective: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str
) -> EnvoyResource | None:
    """The same, but the endpoints of a large one are `members` of collections that it names."""
    found = endpoints.assignment(g, perspective, locality, namespace, host, port, subset)
    if found.size <= rendering_endpoint.LARGE:
        return rendering_endpoint.assignment(found)
    return rendering_endpoint.assignment_leds(found, mesh.trust_domain(g))


@query
def members(g: Graph, perspective: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str) -> Entries:
    """The endpoints of a large assignment, each with a leaf that holds it as it is: what changes is which leaf an endpoint has."""
    found = endpoints.assignment(g, perspective, locality, namespace, host, port, subset)
    if found.size <= rendering_endpoint.LARGE:
        return ()
    return tuple((each.name, member.key(each)) for each in rendering_endpoint.collection(found, mesh.trust_domain(g)))


@query
def member(g: Graph, endpoint: EnvoyResource) -> EnvoyResource | None:
    """One endpoint of a large assignment."""
    return endpoint


@query
def rendered_listener(g: Graph, listener: Listener) -> EnvoyResource | None:
    """A listener."""
    return rendering_listener.listener(listener)


@query
def host_bytes(g: Graph, host: VirtualHost) -> bytes:
    """A virtual host, serialised: a piece of a route configuration."""
    return rendering_host.virtual_host(host)


@query
def virtual_host(g: Graph, perspective: Perspective, own: bool, namespace: str, host: str, port: int) -> EnvoyResource | None:
    """The virtual host of a service in the route configuration of its port, as a resource of its own."""
    found = routes.virtual_host(g, perspective, own, namespace, host, port, False)
    return rendering_host.virtual_host_resource(str(port), found) if found is not None else None


@query
def virtual_host_at(
    g: Graph, perspective: Perspective, own: bool, namespace: str, host: str, port: int, kept: tuple[str, ...]
) -> EnvoyResource | None:
    """The same with just these of the service's addresses, of which others have a share."""
    found = routes.virtual_host(g, perspective, own, namespace, host, port, False)
    service = services.service(g, namespace, host)
    if found is None or service is None:
        return None
    return rendering_host.virtual_host_resource(str(port), shared_addresses.at_addresses(found, service, port, kept))


@query
def extra_virtual_host(g: Graph, seen: Perspective, host: str) -> EnvoyResource | None:
    """The virtual host of rules about a host that is no service."""
    found = routes.extra_virtual_host(g, seen, host)
    return rendering_host.virtual_host_resource(str(HTTP_PORT), found) if found is not None else None


@query
def outbound_listener(g: Graph, plan: Plan, manner: Manner) -> EnvoyResource | None:
    """A listener of captured outbound traffic."""
    return rendered_listener(g, outbound.listener(g, plan, manner))
