"""By which names a service is asked for in the Host header (LI-8). Ports are ignored there, so none are listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api import inputs
from lateen.api.indexes import SERVICE_HOST, SHORT_HOST, VIRTUAL_ADDRESS, service_host, short_form
from lateen.flow import Graph
from lateen.ir.routes import VirtualHost
from lateen.ir.view import Perspective
from lateen.registry import services
from lateen.registry.service import Service
from lateen.translate.delegates import http_routes
from lateen.translate.virtual_services import by_age, for_extra_host, for_http
from lateen.translate.visibility import service_for
from lateen.values import hosts
from lateen.values.ref import Ref

HTTP_PORT = 80
"""The port in whose route table hosts are told that are no services (VS-12)."""


def domains(g: Graph, perspective: Perspective, service: Service, port: int, own: bool) -> tuple[str, ...]:
    """The domains of the service, all different. `own`: the client is in the service's namespace, where its bare name is understood.

    What two services of the port could have, one has: a host is its own service's before it is another's short name, an address is the older
    service's. Pods of a headless service are asked for under each of its names.
    """
    names = []
    if _is_own_spelling(g, perspective, service, port):
        names = [service.host] if hosts.is_wildcard(service.host) else [service.host, f"{service.host}."]
    names += [name for name in short_names(service, inputs.domain(g), own=own) if not _is_anothers(g, perspective, service, name, port)]
    if service.headless and service.kubernetes:
        names += [f"*.{name}" for name in names if not _is_served(g, perspective, f"*.{name}", port)]
    addresses = (each for each in (*service.addresses, *service.auto_addresses) if "/" not in each)
    names += [_bracketed(each) for each in addresses if _is_first_at(g, perspective, service, port, each)]
    return tuple(dict.fromkeys(names))


def _is_own_spelling(g: Graph, perspective: Perspective, service: Service, port: int) -> bool:
    """Whether nobody else has the host in lower case: letters of either case are the same to a proxy."""
    lower = service.host.lower()
    return lower == service.host or not _is_served(g, perspective, lower, port)


def meanings(name: str, namespace: str, domain: str) -> Iterator[str]:
    """The hosts that may be asked for by this name, the name itself first; a bare name means a service of `namespace` to those in it."""
    plain = name.removeprefix("*.") if name.startswith("*.") else name
    yield name
    if plain != name:
        yield plain
    parts = plain.split(".")
    if len(parts) == 1:
        yield f"{plain}.{namespace}.svc.{domain}"
    elif len(parts) == 2:
        yield f"{plain}.svc.{domain}"
    elif len(parts) == 3 and parts[2] == "svc":
        yield f"{plain}.{domain}"


def rivalled_names(g: Graph, host: str) -> tuple[str, ...]:
    """The shorter names of a service in another namespace that may be somebody else's."""
    local, matched, _ = host.partition(f".svc.{inputs.domain(g)}")
    parts = local.split(".")
    return (local, f"{local}.svc") if matched and len(parts) == 2 and inputs.indexed(g, SHORT_HOST, parts[1]) else ()


def rivals(g: Graph, service: Service) -> Iterator[str]:
    """The other hosts that might have a name or an address of this service for themselves."""
    yield from (host for host in meanings(service.host, service.namespace, inputs.domain(g)) if host != service.host)
    for address in (*service.addresses, *service.auto_addresses):
        for ref in inputs.indexed(g, VIRTUAL_ADDRESS, address):
            yield from (host for host in _hosts(g, ref) if host != service.host)


def takers(g: Graph, perspective: Perspective, name: str, port: int) -> Iterator[str]:
    """The hosts of services on the port, of those that the perspective sees, that have `name` among their domains."""
    for host in meanings(name, perspective.namespace, inputs.domain(g)):
        service = service_for(g, perspective, host)
        if service is not None and _takes_http(service, port) and name in domains(g, perspective, service, port, own=True):
            yield host
    for ref in inputs.indexed(g, VIRTUAL_ADDRESS, name):
        for host in _hosts(g, ref):
            service = service_for(g, perspective, host)
            if service is not None and _takes_http(service, port) and name in (*service.addresses, *service.auto_addresses):
                yield host


def short_names(service: Service, domain: str, *, own: bool) -> Iterator[str]:
    """By which shorter names a Kubernetes service is known; `own`: in its own namespace."""
    local, matched, _ = service.host.partition(f".svc.{domain}")
    name, _, namespace = local.partition(".")
    if not matched or not namespace or "." in namespace or hosts.is_wildcard(name):
        return
    if own and namespace == service.namespace:
        yield name
    yield local
    yield f"{local}.svc"


def _is_anothers(g: Graph, perspective: Perspective, service: Service, short: str, port: int) -> bool:
    """Whether a short name is the host of another service on the port, or of a rule that takes it for a name of its own (N-1)."""
    form = short_form(short)
    if form is None or not inputs.indexed(g, SHORT_HOST, form):
        return False
    return _is_served(g, perspective, short, port) or (port == HTTP_PORT and _is_ruled(g, perspective, service, short))


def _is_ruled(g: Graph, perspective: Perspective, service: Service, short: str) -> bool:
    """Whether a rule is about the short name as it is written, and none is about the service, or a younger one."""
    literal = for_extra_host(g, perspective, short)
    if literal is None or not _is_for_all_clients(g, literal):
        return False
    own = for_http(g, perspective, service.host)
    return own is None or (own != literal and by_age(g, (own, literal))[0] == literal)


def _is_for_all_clients(g: Graph, ref: Ref) -> bool:
    """Whether a rule has a route for every sidecar, so that it does not take a name which to some it then says nothing of."""
    matches = (owned.route.match for owned in http_routes(g, ref))
    return any(not each or any(not (one.port or one.gateways or one.source_labels or one.source_namespace) for one in each) for each in matches)


def _is_served(g: Graph, perspective: Perspective, name: str, port: int) -> bool:
    if not inputs.indexed(g, SERVICE_HOST, name):
        return False
    other = service_for(g, perspective, name)
    return other is not None and other.port(port) is not None


def _is_first_at(g: Graph, perspective: Perspective, service: Service, port: int, address: str) -> bool:
    refs = inputs.indexed(g, VIRTUAL_ADDRESS, address)
    if refs == (service.origin,) and (service.kubernetes or len(_hosts(g, service.origin)) == 1):
        return True
    others = {host for ref in refs for host in _hosts(g, ref)} - {service.host}
    found = (service_for(g, perspective, host) for host in others)
    having = (other for other in found if other is not None and address in (*other.addresses, *other.auto_addresses))
    return all(_age(service) < _age(other) for other in having if _takes_http(other, port))


def _hosts(g: Graph, ref: Ref) -> tuple[str, ...]:
    if ref.kind == "ServiceEntry":
        return services.entry_hosts(g, ref)
    return (service_host(ref.name, ref.namespace, inputs.domain(g)),)


def _takes_http(service: Service, number: int) -> bool:
    port = service.port(number)
    return port is not None and (port.protocol.is_http or port.protocol.is_auto)


def _age(service: Service) -> tuple[str, str, str, str]:
    return (service.created, service.name, service.namespace, service.host)


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
