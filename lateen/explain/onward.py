"""What becomes of a call where it arrives: at each endpoint that may get it, what the proxy there says.

Which proxy that is follows from who is known to run there: proxies that are connected, else workloads that are described and take the mesh's mutual
TLS. An endpoint that nothing is known of has no proxy here, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from lateen.explain.arrival import arrive
from lateen.explain.call import Call
from lateen.explain.outside import straight
from lateen.explain.route import way
from lateen.explain.way import Reached, Sent, Way
from lateen.flow import Graph
from lateen.ir.view import Locality, ProxyKind, View
from lateen.registry import workloads
from lateen.registry.service import Workload
from lateen.translate.gateway_servers import selected
from lateen.values import hosts

Proxies = Mapping[str, View]
"""Proxies by their addresses."""

HOPS: Final = 3
"""How many gateways in a row are followed."""


def explained(g: Graph, call: Call, at: View | None = None, proxies: Proxies | None = None, hops: int = HOPS) -> Way:
    """What becomes of a call, to its end: at the proxy that takes it first (see `route.way`), if there is one, and at those of the endpoints."""
    found = straight(g, call) if at is None and call.client is None else way(g, call, at)
    return msgspec.structs.replace(found, sent=tuple(_sent(g, each, proxies or {}, hops) for each in found.sent))


def _sent(g: Graph, of: Sent, proxies: Proxies, hops: int) -> Sent:
    return msgspec.structs.replace(of, endpoints=tuple(_reached(g, each, proxies, hops) for each in of.endpoints))


def _reached(g: Graph, of: Reached, proxies: Proxies, hops: int) -> Reached:
    view = proxies.get(of.address) or proxy_at(g, of.address)
    if view is None or of.call is None or view.kind is ProxyKind.PROXYLESS:
        return of
    if view.kind is not ProxyKind.GATEWAY:
        return msgspec.structs.replace(of, decision=arrive(g, view, of.call))
    return msgspec.structs.replace(of, onward=explained(g, of.call, view, proxies, hops - 1)) if hops else of


def proxy_at(g: Graph, address: str) -> View | None:
    """The proxy of the workload that is described with this IP; None when there is none, or it has no proxy of the mesh.

    A workload that Gateways select is a gateway.
    """
    for each in workloads.at(g, address) if hosts.is_address(address) else ():
        kind = ProxyKind.GATEWAY if selected(g, each.namespace, each.labels) else ProxyKind.SIDECAR
        if each.mutual_tls or kind is ProxyKind.GATEWAY:
            account = each.service_account or "default"
            places = (each.network, each.cluster, each.node)
            return View(kind, each.namespace, each.labels, addresses(each), account, Locality(), *places)
    return None


def addresses(of: Workload) -> tuple[str, ...]:
    """The IPs of a workload; what it is described with may also be a name or a socket."""
    return tuple(address for address in of.addresses if hosts.is_address(address))
