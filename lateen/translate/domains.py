"""By which names a service is asked for in the Host header (LI-8). Ports are ignored there, so none are listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api import inputs
from lateen.api.indexes import SERVICE_HOST
from lateen.flow import Graph
from lateen.ir.routes import VirtualHost
from lateen.ir.view import Perspective
from lateen.registry.service import Service
from lateen.translate.visibility import service_for
from lateen.values import hosts


def domains(g: Graph, perspective: Perspective, service: Service, port: int, own: bool) -> tuple[str, ...]:
    """The domains of the service, all different. `own`: the client is in the service's namespace, where its bare name is understood.

    A short name that is itself the host of another service on the port is left to that one. Pods of a headless service are asked for under it.
    """
    names = [service.host]
    if service.kubernetes:
        short = _short_names(service, inputs.domain(g), own)
        names += [name for name in short if not _is_served(g, perspective, name, port)]
    if not hosts.is_wildcard(service.host):
        names.insert(1, f"{service.host}.")
    if service.headless and service.kubernetes:
        names += [f"*.{name}" for name in names]
    addresses = (*service.addresses, *service.auto_addresses)
    return tuple(dict.fromkeys((*names, *(_bracketed(address) for address in addresses if "/" not in address))))


def _short_names(service: Service, domain: str, own: bool) -> Iterator[str]:
    local, matched, _ = service.host.partition(f".svc.{domain}")
    if matched:
        if own:
            yield local.partition(".")[0]
        yield local
        yield f"{local}.svc"


def _is_served(g: Graph, perspective: Perspective, name: str, port: int) -> bool:
    if not inputs.indexed(g, SERVICE_HOST, name):
        return False
    other = service_for(g, perspective, name)
    return other is not None and other.port(port) is not None


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def distinct(virtual_hosts: Iterable[VirtualHost]) -> Iterator[VirtualHost]:
    """The virtual hosts of one table, older services first, without domains that an earlier one has, and without those left with none (LI-8)."""
    taken: set[str] = set()
    for each in virtual_hosts:
        free = tuple(name for name in each.domains if name.lower() not in taken)
        taken.update(name.lower() for name in free)
        if free:
            yield each if free == each.domains else msgspec.structs.replace(each, domains=free)
