"""What becomes of connections to a host that are not plain HTTP: the rules of VirtualServices (VS-6, VS-52), else straight to the host."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs
from lateen.flow import Graph, query
from lateen.ir.chain import Bytes
from lateen.ir.connections import Connections
from lateen.ir.destination import BLACK_HOLE, ConnectionSettings
from lateen.ir.routes import outbound
from lateen.ir.view import Perspective
from lateen.registry import services
from lateen.translate.claims import Claim, Kind
from lateen.translate.connections import mesh_tcp, mesh_tls, mesh_tls_below
from lateen.translate.destinations import connection_settings
from lateen.translate.domains import short_names
from lateen.translate.targets import every_alias
from lateen.translate.visibility import service_for
from lateen.values import hosts
from lateen.values.ref import Ref


class Stream(msgspec.Struct, frozen=True, cache_hash=True):
    """Connections with one of the `server_names` to one of the `networks`, empty for all, and what becomes of them."""

    handler: Bytes
    server_names: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    origins: tuple[Ref, ...] = ()


@query
def streams(g: Graph, claim: Claim) -> tuple[Stream, ...]:
    """The streams of a claim. Those that were there first win where two are for the same connections."""
    return tuple(found for each in _streams(g, claim) if (found := _tellable(each)) is not None)


def _tellable(stream: Stream) -> Stream | None:
    """Without server names that stand for the end of a label (`*-a.example`), for proxies do not know such; None when no others are left."""
    names = tuple(name for name in stream.server_names if not hosts.is_partial(name))
    if not names and stream.server_names:
        return None
    return stream if names == stream.server_names else msgspec.structs.replace(stream, server_names=names)


def _streams(g: Graph, claim: Claim) -> Iterator[Stream]:
    """ "TLS routes will be applied to platform service ports named 'https-*', 'tls-*'", TCP routes to other ports that are not HTTP: to wait for a
    server name would be the end of a protocol in which the server speaks first.
    """
    if claim.kind is Kind.TLS:
        yield from _named(g, claim)
        return
    rules = mesh_tcp(g, claim.perspective, claim.host, claim.number)
    yield from (_ruled(g, claim, rule) for rule in rules)
    if not rules or rules[-1].networks:
        yield _straight(g, claim)


def _named(g: Graph, claim: Claim) -> Iterator[Stream]:
    if hosts.is_wildcard(claim.host):
        yield from (_ruled(g, claim, rule) for rule in mesh_tls_below(g, claim.perspective, claim.host, claim.number))
    rules = mesh_tls(g, claim.perspective, claim.host, claim.number)
    yield from (_ruled(g, claim, rule) for rule in rules)
    if not rules:
        yield _straight(g, claim)


def _ruled(g: Graph, claim: Claim, rule: Connections) -> Stream:
    """ "Use the service's addresses, unless the rule has its own." A server name of `*` is any."""
    names = () if "*" in rule.server_names else rule.server_names
    to = rule.to or ((BLACK_HOLE, 1),)
    handler = _bytes(to, settings(g, claim.perspective, to[0][0]))
    return Stream(handler, names, rule.networks or claim.networks, (rule.origin,) if rule.origin is not None else ())


def _straight(g: Graph, claim: Claim) -> Stream:
    service = services.service(g, claim.namespace, claim.host)
    found = connection_settings(g, claim.perspective, claim.namespace, claim.host, claim.number, "")
    handler = _bytes(((outbound(claim.host, claim.number), 1),), found)
    if claim.resolves:
        handler = msgspec.structs.replace(handler, looked_up=claim.number)
    origins = (service.origin,) if service is not None else ()
    return Stream(handler, tuple(_names(g, claim)) if claim.names else (), claim.networks, origins)


def _names(g: Graph, claim: Claim) -> Iterator[str]:
    """The server names of a host that has no address: its own and those of its aliases (SD-14)."""
    yield claim.host.lower()
    for alias in every_alias(g, claim.perspective, claim.host):
        yield from (alias.host, *short_names(alias, inputs.domain(g), own=alias.namespace == claim.perspective.namespace))


def settings(g: Graph, perspective: Perspective, destination: str) -> ConnectionSettings:
    """What the rules about the destination of that name say; nothing where nobody declares it."""
    _, _, rest = destination.partition("|")
    port, subset, host = (*rest.split("|"), "", "", "")[:3]
    service = service_for(g, perspective, host)
    if service is None:
        return ConnectionSettings()
    return connection_settings(g, perspective, service.namespace, host, int(port), subset)


def _bytes(to: tuple[tuple[str, int], ...], of: ConnectionSettings) -> Bytes:
    return Bytes(to, idle_timeout=of.idle_timeout, longest=of.longest, by_source_address=of.by_source_address, tunnel=of.tunnel)
