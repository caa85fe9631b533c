"""What a service asks of a sidecar's outbound listeners: for each of its ports, where to listen and for what (LI-2).

All HTTP services of a port ask for the same: `0.0.0.0`, the port, HTTP. So their claims are equal, and one more such service changes no
listener. What is sent as bytes needs an address of its own to be told apart: a virtual IP, the address of each endpoint of a headless
service (SD-13), or at least a network or a server name.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_address, ip_network

import msgspec

from lateen.flow import Graph, query
from lateen.ir.view import PUBLIC, Perspective
from lateen.registry import endpoints, services
from lateen.registry.service import Endpoint, Health, Resolution, Service, ServicePort
from lateen.translate.visibility import public_hosts
from lateen.values.protocol import Protocol

ANYWHERE = "0.0.0.0"
"""Stands for every address, of either family."""


class Kind(StrEnum):
    """What a port carries, as far as listeners care."""

    HTTP = "http"
    AUTO = "auto"
    TCP = "tcp"
    TLS = "tls"
    SILENT = "silent"
    """Bytes of a protocol in which the server speaks first, so that nothing may wait for the client's (LI-3, LI-6)."""


_SILENT = frozenset({Protocol.MONGO, Protocol.MYSQL})


def kind(protocol: Protocol) -> Kind | None:
    """The kind of a port; None where the mesh leaves it alone."""
    if protocol in (Protocol.UDP, Protocol.HBONE):
        return None
    if protocol.is_http:
        return Kind.HTTP
    if protocol.is_auto:
        return Kind.AUTO
    if protocol.is_tls:
        return Kind.TLS
    return Kind.SILENT if protocol in _SILENT else Kind.TCP


class Claim(msgspec.Struct, frozen=True, cache_hash=True):
    """One wish: to listen at `bind` and `port` for connections of a kind.

    `bind` is an IP address, `ANYWHERE`, or `unix://` and a path; `networks` narrow `ANYWHERE`. Everything else is empty for HTTP: who it is
    for is the route table's matter. Otherwise it is for the port `number` of the host, looked at from `perspective`; `created` decides who
    is older. `names` tells that the server name tells the host apart. `resolves`: the host is looked up as requests ask for it.
    `bound`: the application connects to it itself.
    """

    kind: Kind
    bind: str
    port: int
    networks: tuple[str, ...] = ()
    perspective: Perspective = PUBLIC
    namespace: str = ""
    host: str = ""
    number: int = 0
    created: str = ""
    names: bool = False
    resolves: bool = False
    bound: bool = False

    @property
    def age(self) -> tuple[str, str, str, int]:
        """What decides between claims that exclude each other: the older service, then the name."""
        return (self.created, self.host, self.namespace, self.number)


Claims = tuple[Claim, ...]


@query
def service_claims(g: Graph, perspective: Perspective, namespace: str, host: str) -> Claims:
    """What the host, as `namespace` declares it, asks for; rules about it are looked at from `perspective`."""
    service = services.service(g, namespace, host)
    if service is None or service.resolution is Resolution.ALIAS:
        return ()
    return tuple(dict.fromkeys(claim for port in service.ports for claim in _port_claims(g, perspective, service.declaring(port.number), port)))


@query
def public_claims(g: Graph, namespace: str) -> Claims:
    """What all hosts ask for that everybody sees as this namespace declares them; equal claims once, in a fixed order."""
    found = {claim for host in public_hosts(g, namespace) for claim in service_claims(g, PUBLIC, namespace, host)}
    return in_order(found)


def in_order(claims: set[Claim]) -> Claims:
    """The claims in a fixed order: by place, then the older first."""
    return tuple(sorted(claims, key=lambda claim: (claim.port, claim.bind, *claim.age, claim.kind, claim.networks, claim.perspective)))


def _port_claims(g: Graph, perspective: Perspective, service: Service, port: ServicePort) -> Iterator[Claim]:
    what = kind(port.protocol)
    if what is None:
        return
    resolves = service.resolution is Resolution.DYNAMIC_DNS
    if what is Kind.HTTP:
        yield Claim(what, ANYWHERE, port.number, resolves=resolves)
        return
    wish = Claim(what, ANYWHERE, port.number, (), perspective, service.namespace, service.host, port.number, service.created, resolves=resolves)
    addresses = service.addresses or service.auto_addresses
    if addresses:
        yield from _at_addresses(wish, addresses)
    elif service.resolution is Resolution.ORIGINAL:
        yield from _at_endpoints(g, wish, service)
    else:
        yield msgspec.structs.replace(wish, names=what is Kind.TLS)


def _at_addresses(wish: Claim, addresses: tuple[str, ...]) -> Iterator[Claim]:
    networks = tuple(dict.fromkeys(str(ip_network(address, strict=False)) for address in addresses if "/" in address))
    if networks:
        yield msgspec.structs.replace(wish, networks=networks, names=wish.kind is Kind.TLS)
    for address in addresses:
        if "/" not in address:
            yield msgspec.structs.replace(wish, bind=address)


def _at_endpoints(g: Graph, wish: Claim, service: Service) -> Iterator[Claim]:
    """SD-13. A service that may yet get endpoints claims nothing until then, for a listener at every address would take what is not its
    own.
    """
    found = sorted({each.address for each in endpoints.endpoints(g, service.namespace, service.host, wish.number) if _reachable(each)})
    for address in found:
        yield msgspec.structs.replace(wish, bind=address)
    if not found and not service.kubernetes and not service.selector:
        yield msgspec.structs.replace(wish, names=wish.kind is Kind.TLS)


def _reachable(endpoint: Endpoint) -> bool:
    if endpoint.workload.health is not Health.HEALTHY:
        return False
    try:
        ip_address(endpoint.address)
    except ValueError:
        return False
    return True
