"""Hosts that rules of sidecars are about and that are no services (VS-11, VS-12): they have virtual hosts on port 80 only.

Nobody walks all of them: which there are for everybody is known in `PARTS` pieces, by what the names hash to, and of a namespace just those that may
be another matter to it than to everybody. So one rule more costs its own host and one piece. What is said of a host is translated in `routes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.indexes import MESH_PART, PARTS, part, wildcards_over
from lateen.flow import Graph, query
from lateen.ir.view import PUBLIC, Perspective
from lateen.registry import services
from lateen.registry.service import Resolution
from lateen.translate import virtual_services
from lateen.translate.domains import HTTP_PORT, other_names, spellings, spellings_before, takers
from lateen.translate.route_perspective import route_special_hosts
from lateen.translate.virtual_services import subject
from lateen.translate.visibility import is_public, rule_export, service_for, special_hosts
from lateen.values import hosts

EVERY = "*"
"""The host of a rule that holds for all hosts."""

Words = tuple[str, ...]


@query
def named(g: Graph, piece: int) -> Words:
    """Of one of the `PARTS`, the hosts, wildcards too, of all rules of sidecars for HTTP that everybody sees, sorted."""
    refs = inputs.indexed(g, MESH_PART, str(piece))
    shown = (subject(g, ref) for ref in refs if is_public(rule_export(g, ref)))
    return tuple(sorted({host for each in shown for host in each.hosts if part(host) == piece}))


@query
def public(g: Graph, piece: int) -> Words:
    """Of one of the `PARTS`, those that are no services on port 80 to anybody, sorted."""
    return tuple(host for host in named(g, piece) if _is_free(g, PUBLIC, host))


def is_public_one(g: Graph, host: str) -> bool:
    """Whether everybody sees a rule about the host, which is no service."""
    return host in public(g, part(host))


@query
def extra_hosts(g: Graph, namespace: str) -> Words:
    """All that the namespace knows, sorted; "" is anybody. Whoever needs just some should not ask for all."""
    found = {host for piece in range(PARTS) for host in public(g, piece)}
    for host, is_one in differing(g, namespace) if namespace else ():
        (found.add if is_one else found.discard)(host)
    return tuple(sorted(found))


@query
def differing(g: Graph, namespace: str) -> tuple[tuple[str, bool], ...]:
    """The hosts that may be another matter to this namespace than to everybody, sorted, each with whether it is one of the extra hosts to it."""
    apart = {*public_wildcards(g), *route_special_hosts(g, namespace), *_taken(g, namespace)}
    found = {*virtual_services.private_hosts(g, namespace), *(host for host in apart if host in named(g, part(host)))}
    return tuple((host, _is_free(g, Perspective(namespace), host)) for host in sorted(found))


@query
def public_wildcards(g: Graph) -> Words:
    """The wildcards among those of everybody, sorted: whether one covers a service is for each namespace to see."""
    return tuple(sorted(host for piece in range(PARTS) for host in _wildcards(g, piece)))


@query
def _wildcards(g: Graph, piece: int) -> Words:
    return tuple(host for host in public(g, piece) if hosts.is_wildcard(host))


def _taken(g: Graph, namespace: str) -> Iterator[str]:
    """The names that services have which this namespace sees differently, and the wildcards that cover them."""
    for host in special_hosts(g, namespace):
        yield from wildcards_over(host)
        for service in (service_for(g, Perspective(namespace), host), service_for(g, PUBLIC, host)):
            if service is not None:
                yield from (each for name in (host, *other_names(g, service)) for each in spellings(g, name))


@query
def takes_every_host(g: Graph, namespace: str) -> bool:
    """Whether a rule that the namespace sees holds for all hosts, so that the catch-all of port 80 is its."""
    return dict(differing(g, namespace)).get(EVERY, False) if namespace else is_public_one(g, EVERY)


def _is_free(g: Graph, perspective: Perspective, host: str) -> bool:
    """A proxy does not tell letters of either case apart."""
    if any(virtual_services.for_extra_host(g, perspective, each) for each in spellings_before(g, host)):
        return False
    return not any(_is_served(g, perspective, each) for each in spellings(g, host)) and not any(takers(g, perspective, host, HTTP_PORT))


@query
def _is_served(g: Graph, perspective: Perspective, host: str) -> bool:
    """Whether the host is, or as a wildcard covers, a service with a port 80 that the perspective sees."""
    if not hosts.is_wildcard(host):
        service = service_for(g, perspective, host)
        return service is not None and service.resolution is not Resolution.ALIAS and service.port(HTTP_PORT) is not None
    covered = (service_for(g, perspective, each) for each in services.covered(g, host))
    return any(service is not None and service.port(HTTP_PORT) for service in covered)


@query
def imported(g: Graph, namespace: str, patterns: Words, served: tuple[tuple[str, str], ...]) -> Words:
    """The same for a proxy with a Sidecar: hosts of rules that these import patterns admit (SC-4) and that are none of the services imported.

    `served` are the imported services, as pairs of the declaring namespace and the host.
    """
    on_port = {host for owner, host in served if (service := services.service(g, owner, host)) is not None and service.port(HTTP_PORT)}
    admitted = {host for host in _spoken_of(g, namespace, patterns) if virtual_services.is_imported(g, namespace, patterns, host)}
    return tuple(sorted(host for host in admitted if _is_left(g, namespace, host, on_port, admitted)))


def _spoken_of(g: Graph, namespace: str, patterns: Words) -> Iterator[str]:
    """The hosts of all rules that the patterns may admit; only a pattern for a wildcard of all namespaces pays for all rules."""
    for pattern in patterns:
        owner, _, name = pattern.partition("/")
        if owner != "*":
            yield from virtual_services.hosts_of(g, namespace if owner == "." else owner)
        elif hosts.is_wildcard(name):
            yield from (host for piece in range(PARTS) for host in named(g, piece))
            yield from virtual_services.private_hosts(g, namespace)
        else:
            yield from (host for ref in virtual_services.candidates(g, name) for host in subject(g, ref).hosts)


def _is_left(g: Graph, namespace: str, host: str, on_port: set[str], admitted: set[str]) -> bool:
    """Whether the host is none of the services, nor another spelling of one of these or of another such host."""
    if not on_port.isdisjoint(spellings(g, host)) or not admitted.isdisjoint(spellings_before(g, host)):
        return False
    if hosts.is_wildcard(host) and any(hosts.is_subset(each, host) for each in on_port):
        return False
    return on_port.isdisjoint(takers(g, Perspective(namespace), host, HTTP_PORT))
