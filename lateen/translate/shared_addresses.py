"""Addresses that several services have: which of those that a client imports has one in a table of requests (LI-8, SC-3).

Where everything is imported, the perspective of a host says whose an address is. Where a Sidecar imports some services, an address is the oldest of
theirs, even if an older one that is not imported has it too. Nothing else about virtual hosts is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lateen.flow import Graph
from lateen.ir.routes import VirtualHost
from lateen.registry.service import Service
from lateen.translate.domains import at_address, bracketed


def places(service: Service, port: int) -> tuple[str, ...]:
    """The addresses by which the port of the service is asked for."""
    declared = service.declaring(port)
    return tuple(each for each in (*declared.addresses, *declared.auto_addresses) if "/" not in each)


def is_shared(g: Graph, address: str) -> bool:
    """Whether several hosts have the address."""
    return len({*at_address(g, address)}) > 1


def shared_out(among: Iterable[Service], port: int) -> tuple[tuple[str, str], ...]:
    """Pairs of an address and the host that has it in the table of the port: the oldest of the services that take requests there."""
    found: dict[str, str] = {}
    for service in sorted(among, key=lambda each: (each.created, each.name, each.namespace, each.host)):
        declared = service.port(port)
        if declared is not None and (declared.protocol.is_http or declared.protocol.is_auto):
            for address in places(service, port):
                found.setdefault(address, service.host)
    return tuple(sorted(found.items()))


def at_addresses(found: VirtualHost, service: Service, port: int, kept: Iterable[str]) -> VirtualHost:
    """The virtual host of the service with just these of its addresses."""
    addresses = {bracketed(each) for each in places(service, port)}
    names = [name for name in found.domains if name not in addresses]
    return msgspec.structs.replace(found, domains=(*names, *(bracketed(each) for each in kept)))
