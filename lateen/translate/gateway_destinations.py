"""What a gateway has to know of the mesh: the services that its routes use, and no others. Known in pieces, as the domains of its tables are."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs
from lateen.api.indexes import DELEGATING, GATEWAY_ROUTED, ROUTED_PARTS, part
from lateen.flow import Graph, query
from lateen.ir.destination import Destination, server_name
from lateen.ir.endpoints import Assignment
from lateen.ir.view import Locality, Perspective
from lateen.translate import destinations as translation
from lateen.translate import endpoints, ingresses
from lateen.translate.targets import concrete_host
from lateen.translate.virtual_services import destinations
from lateen.translate.visibility import is_visible, perspective, rule_export, service_for
from lateen.values.ref import Ref


class Seen(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A host, the namespace that declares it, and how it is looked at."""

    host: str
    namespace: str
    perspective: Perspective


@query
def routed(g: Graph, seen: Perspective, gateways: tuple[str, ...], piece: int) -> tuple[Seen, ...]:
    """The services of one of the `ROUTED_PARTS` to which rules of these gateways route by their own names, sorted by host."""
    each = ((host, sighted(g, seen, host)) for host in _hosts(g, seen, gateways, piece))
    return tuple(one for host, one in each if one is not None and one.host == host)


@query
def aliased(g: Graph, seen: Perspective, gateways: tuple[str, ...]) -> tuple[Seen, ...]:
    """The services to which they route by other names (SD-14), sorted."""
    return tuple(sorted({one for piece in range(ROUTED_PARTS) for one in _aliased(g, seen, gateways, piece)}))


@query
def _aliased(g: Graph, seen: Perspective, gateways: tuple[str, ...], piece: int) -> tuple[Seen, ...]:
    each = ((host, sighted(g, seen, host)) for host in _hosts(g, seen, gateways, piece))
    return tuple(one for host, one in each if one is not None and one.host != host)


@query
def _hosts(g: Graph, seen: Perspective, gateways: tuple[str, ...], piece: int) -> tuple[str, ...]:
    found = {host for gateway in gateways for ref in _speaking(g, gateway, piece) if _shown(g, seen, ref) for host in _of(g, ref, piece)}
    return tuple(sorted(found))


def _speaking(g: Graph, gateway: str, piece: int) -> Iterator[Ref]:
    yield from inputs.indexed(g, GATEWAY_ROUTED, f"{gateway} {piece}")
    yield from inputs.indexed(g, GATEWAY_ROUTED, f"{gateway} {DELEGATING}")


def _shown(g: Graph, seen: Perspective, ref: Ref) -> bool:
    return ref.kind == ingresses.KIND or is_visible(rule_export(g, ref), ref.namespace, seen.namespace)


def _of(g: Graph, ref: Ref, piece: int) -> Iterator[str]:
    every = ingresses.destinations(g, ref) if ref.kind == ingresses.KIND else destinations(g, ref)
    return (host for host in every if part(host, ROUTED_PARTS) == piece)


@query
def sighted(g: Graph, seen: Perspective, host: str) -> Seen | None:
    """The service that a host means to a gateway workload, looked at as narrowly as possible; None when there is none."""
    meant = concrete_host(g, narrowed(g, seen, host), host)
    narrow = narrowed(g, seen, meant)
    service = service_for(g, narrow, meant)
    return Seen(meant, service.namespace, narrow) if service is not None else None


def narrowed(g: Graph, seen: Perspective, host: str) -> Perspective:
    """The narrowest perspective of a gateway workload on a host."""
    return perspective(g, seen.namespace, seen.labels, True, host)


@query
def passed(g: Graph, seen: Perspective, namespace: str, host: str, port: int, subset: str) -> Destination | None:
    """The destination of TLS from other networks, which goes on as it is (MC-3)."""
    found = translation.destination(g, seen, namespace, host, port, subset)
    if found is None:
        return None
    return msgspec.structs.replace(found, name=server_name(host, port, subset), tls=None, tls_by_endpoint=False)


@query
def passed_to(g: Graph, seen: Perspective, locality: Locality | None, namespace: str, host: str, port: int, subset: str) -> Assignment:
    """Its endpoints: those that take the mesh's mutual TLS."""
    found = endpoints.assignment(g, seen, locality, namespace, host, port, subset)
    groups = []
    for group in found.groups:
        able = tuple(each for each in group.endpoints if each.mutual_tls)
        if able:
            usual = group.weight == sum(each.weight for each in group.endpoints)
            groups.append(msgspec.structs.replace(group, endpoints=able, weight=sum(each.weight for each in able) if usual else group.weight))
    return Assignment(server_name(host, port, subset), tuple(groups), found.origins)
