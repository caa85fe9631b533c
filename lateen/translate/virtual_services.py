"""Which VirtualService speaks for a host, and at which gateways (VS-10…VS-16, N-2). What it then says is translated in `routes` and `connections`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

import msgspec

from lateen.api import inputs
from lateen.api.gateway_names import MESH, gateway_names
from lateen.api.indexes import EXPORTED, PARTIAL, RULE_HOST, TLS_BELOW
from lateen.api.networking.virtual_service import Destination, HTTPRoute, VirtualService
from lateen.flow import Graph, query
from lateen.ir.view import Perspective
from lateen.translate.delegates import http_routes
from lateen.translate.import_patterns import admits_rule_of
from lateen.translate.visibility import is_public, is_visible, rule_export
from lateen.values import hosts
from lateen.values.ref import Ref

KIND = "VirtualService"

Refs = tuple[Ref, ...]


def specification(g: Graph, ref: Ref) -> VirtualService | None:
    """What the object says; None when it is gone."""
    found = inputs.resource(g, ref)
    return found.spec if found is not None else None


class Subject(msgspec.Struct, frozen=True, cache_hash=True):
    """What a VirtualService is about: `hosts` in full as ordered there, where it holds (`namespace/name` or `mesh`), whether it speaks of HTTP."""

    hosts: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    http: bool = False


@query
def subject(g: Graph, ref: Ref) -> Subject:
    """What the VirtualService is about; most edits of it change nothing here."""
    spec = specification(g, ref)
    if spec is None:
        return Subject()
    domain = inputs.domain(g)
    full = tuple(hosts.qualified(host, ref.namespace, domain) for host in spec.hosts)
    return Subject(full, gateway_names(spec.gateways, ref.namespace, domain), bool(spec.http))


@query
def destinations(g: Graph, ref: Ref) -> tuple[str, ...]:
    """All hosts that the VirtualService routes or mirrors to, its delegates included, sorted (VS-16)."""
    spec = specification(g, ref)
    if spec is None:
        return ()
    domain = inputs.domain(g)
    found = {hosts.qualified(destination.host, route.ref.namespace, domain) for route in http_routes(g, ref) for destination in _http(route.route)}
    for parts in (*(route.route for route in spec.tls), *(route.route for route in spec.tcp)):
        found.update(hosts.qualified(part.destination.host, ref.namespace, domain) for part in parts)
    return tuple(sorted(found))


def _http(route: HTTPRoute) -> Iterator[Destination]:
    yield from (part.destination for part in route.route)
    yield from (mirror.destination for mirror in route.mirrors)
    if route.mirror is not None:
        yield route.mirror


@query
def _rank(g: Graph, ref: Ref) -> tuple[str, str, str]:
    found = inputs.resource(g, ref)
    return found.age_order if found is not None else ("", "", "")


def by_age(g: Graph, refs: Refs) -> Refs:
    """The same objects, those that win first (N-5)."""
    return tuple(sorted(refs, key=lambda ref: _rank(g, ref))) if len(refs) > 1 else refs


def _of_pattern(g: Graph, pattern: str) -> Refs:
    """The rules of sidecars that name this host or wildcard, those that win first, whoever sees them."""
    found = inputs.indexed(g, RULE_HOST, f"{KIND} {pattern}")
    return by_age(g, tuple(ref for ref in found if MESH in subject(g, ref).gateways)) if found else ()


@query
def _of_wildcards(g: Graph, suffix: str) -> Refs:
    """The rules of sidecars for `*.suffix`, then for shorter wildcards, and at last for `*`."""
    found = _of_pattern(g, f"*.{suffix}")
    parent = suffix.partition(".")[2]
    return found + (_of_wildcards(g, parent) if parent else _of_pattern(g, "*"))


def candidates(g: Graph, host: str) -> Refs:
    """The rules of sidecars that cover the host, those that win first: exact before wildcard, long before short, old before young (VS-11)."""
    parent = host.removeprefix("*.").partition(".")[2]
    found = _of_pattern(g, host) + (_of_wildcards(g, parent) if parent else _of_pattern(g, "*") if host != "*" else ())
    partial = [ref for ref in inputs.indexed(g, PARTIAL, "") if ref not in found and MESH in subject(g, ref).gateways and _likeness(g, ref, host)]
    return tuple(sorted((*found, *partial), key=lambda ref: (-_likeness(g, ref, host), _rank(g, ref)))) if partial else found


_ALIKE = 10**6


def _likeness(g: Graph, ref: Ref, host: str) -> int:
    """How much of the host a rule's own host tells; 0 when it is for others."""
    named = subject(g, ref).hosts
    return _ALIKE if host in named else max((len(each) for each in named if hosts.is_wildcard(each) and hosts.is_subset(host, each)), default=0)


def seen(g: Graph, perspective: Perspective, host: str) -> Iterator[Ref]:
    """The `candidates` that the perspective is shown and that its scope imports."""
    return _shown(g, perspective, candidates(g, host))


def seen_by_age(g: Graph, perspective: Perspective, host: str) -> Refs:
    """The same, the oldest first, be its host a wildcard or not: so it is with connections (VS-52)."""
    return by_age(g, tuple(seen(g, perspective, host)))


def below(g: Graph, perspective: Perspective, wildcard: str) -> Iterator[Ref]:
    """The same for rules of TLS about names that the wildcard stands for, for TLS tells these apart."""
    return _shown(g, perspective, _below(g, wildcard))


def _below(g: Graph, host: str) -> Refs:
    return by_age(g, inputs.indexed(g, TLS_BELOW, host)) if hosts.is_wildcard(host) else ()


def _shown(g: Graph, perspective: Perspective, refs: Refs) -> Iterator[Ref]:
    for ref in refs:
        if ref not in perspective.hidden and is_visible(rule_export(g, ref), ref.namespace, perspective.namespace):
            yield ref


def for_http(g: Graph, perspective: Perspective, host: str) -> Refs:
    """The VirtualServices that may decide over HTTP to the host at sidecars: the first of them that has a rule for the client does so alone (VS-10).

    Those that name the host, if any do; else just the one with the longest wildcard over it (VS-11).
    """
    found = seen(g, perspective, host)
    first = next(found, None)
    if first is None:
        return ()
    if host in subject(g, first).hosts:
        return _of_http(g, (first, *takewhile(lambda ref: host in subject(g, ref).hosts, found)))
    return _of_http(g, (first,))


def for_extra_host(g: Graph, perspective: Perspective, host: str) -> Refs:
    """The same for a host that is no service: only those that name it literally."""
    return _of_http(g, takewhile(lambda ref: host in subject(g, ref).hosts, seen(g, perspective, host)))


def _of_http(g: Graph, refs: Iterable[Ref]) -> Refs:
    return tuple(ref for ref in refs if subject(g, ref).http)


@query
def not_imported(g: Graph, namespace: str, patterns: tuple[str, ...], host: str) -> Refs:
    """The rules about `host` that a Sidecar with these import patterns (`namespace/host`) does not admit (SC-4): `hidden` of its perspective.

    A rule is admitted if any of its hosts is imported from its namespace.
    """
    return tuple(ref for ref in (*_below(g, host), *candidates(g, host)) if not _admitted(g, namespace, patterns, ref))


def is_imported(g: Graph, namespace: str, patterns: tuple[str, ...], host: str) -> bool:
    """Whether the patterns admit any rule for HTTP that names the host literally, of those that the namespace sees."""
    rules = (ref for ref in _of_pattern(g, host) if subject(g, ref).http and is_visible(rule_export(g, ref), ref.namespace, namespace))
    return any(_admitted(g, namespace, patterns, ref) for ref in rules)


def _admitted(g: Graph, namespace: str, patterns: tuple[str, ...], ref: Ref) -> bool:
    return any(admits_rule_of(patterns, namespace, ref.namespace, host) for host in subject(g, ref).hosts)


@query
def _exact_hosts(g: Graph, namespace: str) -> tuple[tuple[str, Ref], ...]:
    """The hosts, wildcards too, that the namespace's rules of sidecars for HTTP are about."""
    refs = (Ref(KIND, namespace, name) for name in inputs.names(g, KIND, namespace))
    return tuple((host, ref) for ref in refs if MESH in subject(g, ref).gateways and subject(g, ref).http for host in subject(g, ref).hosts)


@query
def hosts_of(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts, wildcards too, of the namespace's rules of sidecars for HTTP, sorted."""
    return tuple(sorted({host for host, _ in _exact_hosts(g, namespace)}))


@query
def private_hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts of the rules of sidecars for HTTP that this namespace sees and not everybody, sorted."""
    pairs = list(_exact_hosts(g, namespace))
    for ref in inputs.indexed(g, EXPORTED, namespace):
        if ref.kind == KIND and MESH in subject(g, ref).gateways and subject(g, ref).http:
            pairs += [(host, ref) for host in subject(g, ref).hosts]
    return tuple(sorted({host for host, ref in pairs if _is_private(rule_export(g, ref), ref, namespace)}))


def _is_private(export: tuple[str, ...], ref: Ref, namespace: str) -> bool:
    return not is_public(export) and is_visible(export, ref.namespace, namespace)
