"""The side of a sidecar that its workload is called on, and what all listeners of a proxy have in common."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import msgspec

from lateen.api import inputs, mesh
from lateen.api.mesh_proxy import ConnectionSettings
from lateen.api.networking.destination_rule import ConnectionPoolSettings
from lateen.flow import Graph, query
from lateen.ir.chain import HttpOptions
from lateen.ir.destination import PASSTHROUGH, Destination
from lateen.ir.inbound import Inbound, Policies, secured
from lateen.ir.tls import Secret
from lateen.ir.view import Labels, ProxyKind, View
from lateen.registry.instances import instances
from lateen.registry.service import Instance
from lateen.translate import authorization, inbound, inbound_destinations, outbound, proxy_settings, sidecars
from lateen.translate.outbound import families
from lateen.translate.proxy_settings import Whose
from lateen.translate.scope import sidecar
from lateen.values.ref import Ref

FEW_STATISTICS: Final = "fewStatistics"
"""What an agent says whose Envoy keeps no statistics of destinations, so that none need to be counted."""


def listeners(g: Graph, view: View) -> Inbound:
    """The inbound listeners of the View, with who may call before each of their chains."""
    found = inbound.inbound(g, view.namespace, view.labels, _listening(view), inbound_manner(g, view))
    requests = authorization.requests(g, view.namespace, view.labels)
    connections = authorization.connections(g, view.namespace, view.labels)
    return _secured(g, found, requests, connections) if requests or connections else found


def _listening(view: View) -> tuple[str, ...]:
    """The addresses of the workload, before them that of a sidecar which callers connect to itself."""
    return view.addresses if view.explicit is None else tuple(dict.fromkeys((view.explicit.proxy, *view.addresses)))


@query
def _secured(g: Graph, of: Inbound, requests: Policies, connections: Policies) -> Inbound:
    """Once for all workloads that are alike in both."""
    return secured(of, requests, connections)


@query
def destinations(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...], app: str, resolves: bool) -> tuple[Destination, ...]:
    """The ports of the workload itself as places to send calls to, and the places that every proxy has.

    `app` is the address where the workload is called, empty for wherever a captured call was headed. `resolves`: unknown hosts are looked up.
    """
    address = addresses[0] if addresses else ""
    own = (*_of_sidecar(g, namespace, labels, addresses, address), *_of_services(g, namespace, labels, () if app else addresses))
    found = {each.name: inbound_destinations.at(each, app) if app else each for each in own}
    usual = (inbound_destinations.black_hole(g), inbound_destinations.passthrough(g), inbound_destinations.inbound_passthrough(g, _family(address)))
    return (*(found[name] for name in sorted(found)), *usual, *((inbound_destinations.dynamic_dns(g),) if resolves else ()))


def _family(address: str) -> str:
    """An address that stands for the family of the workload's, so that the answer is the same for all workloads of it."""
    return "::1" if address and ip_address(address).version == 6 else "127.0.0.1"


def _of_services(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...]) -> list[Destination]:
    if sidecars.ingress(g, namespace, labels):
        return []
    by_port: dict[int, list[Instance]] = {}
    for instance in instances(g, namespace, addresses, labels):
        by_port.setdefault(instance.port, []).append(instance)
    pool = _pool(g, sidecar(g, namespace, labels))
    return [inbound_destinations.inbound(g, tuple(group), pool) for port, group in by_port.items() if port]


def _of_sidecar(g: Graph, namespace: str, labels: Labels, addresses: tuple[str, ...], address: str) -> list[Destination]:
    ref = sidecar(g, namespace, labels)
    if ref is None:
        return []
    pools = _ingress_pools(g, ref)
    found = []
    for each in sidecars.ingress(g, namespace, labels):
        served = tuple(one for one in instances(g, namespace, addresses, labels) if one.port == each.port)
        pool = pools.get(each.port) or _pool(g, ref)
        found.append(inbound_destinations.ingress(g, each.port, each.protocol, each.endpoint, address, pool, served, ref))
    return found


def _pool(g: Graph, ref: Ref | None) -> ConnectionPoolSettings | None:
    found = inputs.resource(g, ref) if ref is not None else None
    return found.spec.inbound_connection_pool if found is not None else None


def _ingress_pools(g: Graph, ref: Ref) -> dict[int, ConnectionPoolSettings]:
    found = inputs.resource(g, ref)
    listed = found.spec.ingress if found is not None else ()
    return {each.port.number: each.connection_pool for each in listed if each.connection_pool is not None}


def whose(view: View) -> Whose:
    """The proxy of the View, as its settings go by it."""
    return Whose(view.namespace, view.labels, view.setting(proxy_settings.ANNOTATION), view.setting(proxy_settings.TOLD))


def http_options(g: Graph, view: View) -> HttpOptions:
    """How the proxy speaks HTTP, as far as its own metadata and the settings for it say."""
    of = whose(view)
    http10, idle = (view.setting(name) or proxy_settings.metadata(g, of, name) for name in ("HTTP10", "IDLE_TIMEOUT"))
    options = sidecars.options(g, proxy_settings.headers(g, of), http10, idle, _connections(g, view))
    return msgspec.structs.replace(options, statistics=False) if FEW_STATISTICS in view.capabilities else options


def _connections(g: Graph, view: View) -> ConnectionSettings:
    return proxy_settings.connections(g, whose(view), at_gateway=view.kind is ProxyKind.GATEWAY)


def buffer(g: Graph, view: View) -> int:
    """How many bytes may wait on a connection of the proxy's clients; 0 for Envoy's usual number."""
    return _connections(g, view).listener_per_connection_buffer_limit_bytes or 0


def inbound_manner(g: Graph, view: View) -> inbound.Manner:
    """How the proxy's inbound side behaves, as far as its own metadata and the mesh's settings say."""
    chain, key, roots = (view.setting(f"TLS_SERVER_{part}") for part in ("CERT_CHAIN", "KEY", "ROOT_CERT"))
    return inbound.Manner(
        observation=sidecars.observation(g),
        options=http_options(g, view),
        certificate=Secret(f"file-cert:{chain}~{key}") if chain and key else None,
        roots=Secret(f"file-root:{roots}") if roots else None,
        interception=view.interception,
        places=view.explicit.inbound if view.explicit is not None else (),
        port=inbound.INBOUND_PORT if _is_ours(view) else mesh.inbound_port(g),
        buffer=buffer(g, view),
    )


def _is_ours(view: View) -> bool:
    """Whether an agent of ours captures the calls, which it brings to the usual ports; Istio's go by MeshConfig."""
    return bool(view.capabilities)


def outbound_manner(g: Graph, view: View) -> outbound.Manner:
    """What the proxy's outbound listeners have in common. Where nothing is captured nobody knows where a call was headed: its host is looked up."""
    unknown = sidecars.elsewhere(g, view.namespace, view.labels)
    return outbound.Manner(
        elsewhere=unknown.destination,
        resolves=unknown.resolves or (view.interception == "NONE" and unknown.destination == PASSTHROUGH),
        families=families(view.addresses),
        observation=sidecars.observation(g),
        options=http_options(g, view),
        port=outbound.OUTBOUND_PORT if _is_ours(view) else mesh.outbound_port(g),
        buffer=buffer(g, view),
    )
