"""By which names a service is asked for in the Host header (LI-8). Ports are ignored there, so none are listed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api import inputs
from lateen.api.indexes import CAPITAL_HOST, NUMERIC, SERVICE_HOST, SHORT_HOST, VIRTUAL_ADDRESS, service_host, short_form
from lateen.flow import Graph
from lateen.ir.routes import VirtualHost
from lateen.ir.view import Perspective
from lateen.registry import services
from lateen.registry.service import Resolution, Service
from lateen.translate.delegates import http_routes
from lateen.translate.route_matches import Clients, concerns
from lateen.translate.targets import concrete
from lateen.translate.virtual_services import by_age, for_extra_host, for_http, subject
from lateen.translate.visibility import service_for
from lateen.values import hosts
from lateen.values.ref import Ref

HTTP_PORT = 80
"""The port in whose route table hosts are told that are no services (VS-12)."""


def domains(g: Graph, perspective: Perspective, service: Service, port: int, own: bool) -> tuple[str, ...]:
    """The domains of the service, all different. `own`: the client is in the service's namespace, where its bare name is understood.

    What two services of the port could have, one has: a host is its own service's before it is another's short name, an address is the older
    service's. So it is with the host of a rule that is no service, and with the full name of an alias, which is the rule's if one names it (SD-14).
    Pods of a headless service are asked for under each of its names.
    """
    names = []
    if _is_own_spelling(g, perspective, service, port):
        names = [] if _is_ruled_alias(g, perspective, service, port) else [service.host]
        names += [name for name in _dotted(service.host) if not _is_anothers(g, perspective, service, name, port)]
    names += [name for name in short_names(service, inputs.domain(g), own=own) if not _is_anothers(g, perspective, service, name, port)]
    if service.headless and service.kubernetes:
        names += [pods for name in names if not _is_taken(g, perspective, service, pods := f"*.{name}", port)]
    declared = service.declaring(port)
    addresses = (each for each in (*declared.addresses, *declared.auto_addresses) if "/" not in each)
    names += [bracketed(each) for each in addresses if _is_at(g, perspective, service, port, each)]
    return tuple(dict.fromkeys(names))


def _dotted(host: str) -> tuple[str, ...]:
    return () if hosts.is_wildcard(host) or host.endswith(".") else (f"{host}.",)


def _is_own_spelling(g: Graph, perspective: Perspective, service: Service, port: int) -> bool:
    """Whether no other service of the port has the host before this one, but for the case of letters, which is the same to a proxy."""
    return not any(_has(g, perspective, other, port) for other in spellings_before(g, service.host))


def _is_ruled_alias(g: Graph, perspective: Perspective, service: Service, port: int) -> bool:
    """SD-14: "a VS on the alias FQDN applies only to that exact Host string"."""
    if service.resolution is not Resolution.ALIAS or port != HTTP_PORT:
        return False
    clients, zone = Clients(perspective, port), inputs.domain(g)
    routes = (owned for ref in for_extra_host(g, perspective, service.host) for owned in http_routes(g, ref))
    return any(not each.route.match or any(concerns(one, clients, each.ref.namespace, zone) for one in each.route.match) for each in routes)


def spellings_before(g: Graph, host: str) -> tuple[str, ...]:
    """The same host in other letters as it may be written, as far as that comes before this one: lower case first, then by the alphabet."""
    lower = host.lower()
    return (lower, *sorted(each for each in _capital_spellings(g, lower) if each < host)) if host != lower else ()


def spellings(g: Graph, host: str) -> tuple[str, ...]:
    """The host in all letters in which it is written."""
    return tuple(dict.fromkeys((host, host.lower(), *sorted(_capital_spellings(g, host.lower())))))


def _capital_spellings(g: Graph, lower: str) -> set[str]:
    refs = inputs.indexed(g, CAPITAL_HOST, lower)
    return {host for ref in refs for host in _hosts(g, ref) if host.lower() == lower}


def meanings(name: str, namespace: str, domain: str) -> Iterator[str]:
    """The hosts that may be asked for by this name, the name itself first; a bare name means a service of `namespace` to those in it."""
    if name.endswith("."):
        yield name
        yield name[:-1]
        return
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


def rivalled_names(g: Graph, host: str) -> Iterator[str]:
    """The other names of a service that may be somebody else's, as far as anybody has such names at all."""
    declared = (services.service(g, owner, host) for owner in services.declaring(g, host))
    for name in dict.fromkeys(name for service in declared if service is not None for name in other_names(g, service)):
        form = short_form(name)
        if name.startswith("*.") or (form is not None and inputs.indexed(g, SHORT_HOST, form)):
            yield from spellings(g, name)


def other_names(g: Graph, service: Service) -> tuple[str, ...]:
    """All names of the service but its host, as another namespace may ask for it, whoever has them."""
    names = (*_dotted(service.host), *short_names(service, inputs.domain(g), own=False))
    pods = tuple(f"*.{name}" for name in (service.host, *names)) if service.headless and service.kubernetes else ()
    return (*names, *pods, *service.every_address)


def rivals(g: Graph, service: Service) -> Iterator[str]:
    """The other hosts that might have a name or an address of this service for themselves."""
    named = meanings(service.host.lower(), service.namespace, inputs.domain(g))
    yield from (host for each in named for host in spellings(g, each) if host != service.host)
    for address in service.every_address:
        yield from (host for host in at_address(g, address) if host != service.host)


def at_address(g: Graph, address: str) -> Iterator[str]:
    """The hosts of services that are dialled at the address, whoever sees them; none for what is no address."""
    for ref in inputs.indexed(g, VIRTUAL_ADDRESS, address):
        yield from _hosts(g, ref)


def takers(g: Graph, perspective: Perspective, name: str, port: int) -> Iterator[str]:
    """The hosts of services on the port, of those that the perspective sees, that have `name`, in whatever letters, among their domains."""
    asked = bracketed(name.lower())
    for host in (*meanings(name.lower(), perspective.namespace, inputs.domain(g)), *at_address(g, name)):
        for spelling in spellings(g, host):
            service = service_for(g, perspective, spelling)
            if service is not None and _is_asked(g, perspective, service, asked, port):
                yield spelling


def _is_asked(g: Graph, perspective: Perspective, service: Service, name: str, port: int) -> bool:
    """Whether a request for the name, which is in lower case, means the service; the full name of an alias is left to rules."""
    if service.resolution is Resolution.ALIAS and service.host == name:
        return False
    return _takes_http(g, perspective, service, port) and any(each.lower() == name for each in domains(g, perspective, service, port, own=True))


def short_names(service: Service, domain: str, *, own: bool) -> Iterator[str]:
    """By which shorter names a Kubernetes service is known; `own`: in its own namespace."""
    local = service.host.removesuffix(f".svc.{domain}")
    name, _, namespace = local.partition(".")
    if local == service.host or not namespace or "." in namespace or hosts.is_wildcard(name):
        return
    if own and namespace == service.namespace:
        yield name
    yield local
    yield f"{local}.svc"


def _is_anothers(g: Graph, perspective: Perspective, service: Service, short: str, port: int) -> bool:
    """Whether a short name is the host of another service on the port, or of a rule that takes it for a name of its own (N-1)."""
    form = short_form(short)
    return form is not None and bool(inputs.indexed(g, SHORT_HOST, form)) and _is_taken(g, perspective, service, short, port)


def _is_taken(g: Graph, perspective: Perspective, service: Service, name: str, port: int) -> bool:
    if any(_has(g, perspective, each, port) for each in spellings(g, name) if each != service.host):
        return True
    return port == HTTP_PORT and _is_ruled(g, perspective, service, name)


def _is_ruled(g: Graph, perspective: Perspective, service: Service, name: str) -> bool:
    """Whether a rule is about another name of the service as it is written, and none is about the service, or a younger one."""
    literals = (ref for each in spellings(g, name) for ref in for_extra_host(g, perspective, each))
    literal = next((ref for ref in literals if _is_for_all_clients(g, ref)), None)
    if literal is None:
        return False
    own = next(iter(for_http(g, perspective, service.host)), None)
    return own is None or (own != literal and by_age(g, (own, literal))[0] == literal)


def _is_for_all_clients(g: Graph, ref: Ref) -> bool:
    """Whether a rule has a route for every sidecar, so that it does not take a name which to some it then says nothing of."""
    matches = (owned.route.match for owned in http_routes(g, ref))
    return any(not each or any(not (one.port or one.gateways or one.source_labels or one.source_namespace) for one in each) for each in matches)


def _has(g: Graph, perspective: Perspective, name: str, port: int) -> bool:
    """Whether the name is the host of a service of the port."""
    if not inputs.indexed(g, SERVICE_HOST, name):
        return False
    other = service_for(g, perspective, name)
    meant = concrete(g, perspective, other) if other is not None else None
    return meant is not None and meant.port(port) is not None


def _is_at(g: Graph, perspective: Perspective, service: Service, port: int, address: str) -> bool:
    """Whether a request for the address means this service: no older one, and no rule."""
    return not is_ruled_at(g, perspective, service, port, address) and _is_first_at(g, perspective, service, port, address)


def is_ruled_at(g: Graph, perspective: Perspective, service: Service, port: int, address: str) -> bool:
    """Whether a rule has the address of the service for a name of its own."""
    return port == HTTP_PORT and bool(inputs.indexed(g, SHORT_HOST, NUMERIC)) and _is_ruled(g, perspective, service, address)


def _is_first_at(g: Graph, perspective: Perspective, service: Service, port: int, address: str) -> bool:
    refs = inputs.indexed(g, VIRTUAL_ADDRESS, address)
    if refs == (service.origin,) and (service.kubernetes or len(_hosts(g, service.origin)) == 1):
        return True
    others = {*at_address(g, address)} - {service.host}
    found = (service_for(g, perspective, host) for host in others)
    declared = ((other, other.declaring(port)) for other in found if other is not None)
    having = (other for other, there in declared if address in (*there.addresses, *there.auto_addresses))
    return all(_age(service) < _age(other) for other in having if _takes_http(g, perspective, other, port))


def _hosts(g: Graph, ref: Ref) -> tuple[str, ...]:
    if ref.kind == "ServiceEntry":
        return services.entry_hosts(g, ref)
    if ref.kind == "VirtualService":
        return subject(g, ref).hosts
    return (service_host(ref.name, ref.namespace, inputs.domain(g)),)


def _takes_http(g: Graph, perspective: Perspective, service: Service, number: int) -> bool:
    meant = concrete(g, perspective, service)
    port = meant.port(number) if meant is not None else None
    return port is not None and (port.protocol.is_http or port.protocol.is_auto)


def _age(service: Service) -> tuple[str, str, str, str]:
    return (service.created, service.name, service.namespace, service.host)


def bracketed(host: str) -> str:
    """The host as it is asked for in the Host header: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def distinct(virtual_hosts: Iterable[VirtualHost]) -> Iterator[VirtualHost]:
    """The virtual hosts of one table, older services first, without domains that an earlier one has, and without those left with none (LI-8)."""
    taken: set[str] = set()
    for each in virtual_hosts:
        free = tuple(name for name in each.domains if name.lower() not in taken)
        taken.update(name.lower() for name in free)
        if free:
            yield each if free == each.domains else msgspec.structs.replace(each, domains=free)
