"""The scope of a sidecar: everything that its namespace sees, what a Sidecar object imports (SC-2…SC-4), or what its workload has asked for so far.

Where a VirtualService applies to an imported host, the hosts that it routes to may be called with it (VS-16).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lateen.api import inputs, mesh
from lateen.api.networking.sidecar import CaptureMode, IstioEgressListener
from lateen.flow import Graph, query
from lateen.ir.scope import Import, Scope
from lateen.ir.view import Labels, Perspective
from lateen.registry import services
from lateen.registry.service import Resolution, Service
from lateen.translate import extra_hosts, virtual_services
from lateen.translate.claims import ANYWHERE
from lateen.translate.domains import rivalled_names
from lateen.translate.import_patterns import is_excluded
from lateen.translate.targets import concrete_host
from lateen.translate.visibility import is_visible, precedence, rule_export, rules_about, service_export, service_for
from lateen.values import hosts
from lateen.values.protocol import Protocol, named, of_port
from lateen.values.ref import Ref

Pair = tuple[str, str]
Words = tuple[str, ...]


class Egress(msgspec.Struct, frozen=True, cache_hash=True):
    """An egress listener of a Sidecar, as written; see `ir.scope.Import`."""

    patterns: Words
    port: int = 0
    protocol: Protocol = Protocol.AUTO
    bind: str = ""
    bound: bool = False


EVERYTHING = Egress(("*/*",))


@query
def sidecar(g: Graph, namespace: str, labels: Labels) -> Ref | None:
    """The Sidecar object of a workload (SC-2): of its namespace with a fitting selector, of its namespace without one, of the root namespace."""
    plain: Ref | None = None
    for each in inputs.resources(g, "Sidecar", namespace):
        selector = each.spec.workload_selector
        if selector is None or not selector.labels:
            plain = plain or each.ref
        elif set(selector.labels.items()) <= set(labels):
            return each.ref
    root = mesh.root_namespace(g)
    return plain if plain is not None or root == namespace else _of_root(g, root)


@query
def _of_root(g: Graph, root: str) -> Ref | None:
    """The root namespace's Sidecar without selector, which holds for namespaces that have none."""
    found = inputs.resources(g, "Sidecar", root)
    return next((each.ref for each in found if each.spec.workload_selector is None or not each.spec.workload_selector.labels), None)


@query
def egress(g: Graph, ref: Ref) -> tuple[Egress, ...]:
    """The egress listeners of a Sidecar; without any, everything is visible."""
    found = inputs.resource(g, ref)
    return tuple(_egress(each) for each in found.spec.egress) if found is not None else ()


def _egress(of: IstioEgressListener) -> Egress:
    if of.port is None:
        return Egress(of.hosts)
    protocol = named(of.port.protocol) or of_port(of.port.number, of.port.name)
    bind = ANYWHERE if of.bind == "::" else of.bind if hosts.is_address(of.bind) or of.bind.startswith("unix://") else ""
    return Egress(of.hosts, of.port.number, protocol, bind, of.capture_mode is CaptureMode.NONE or bind.startswith("unix://"))


@query
def scope(g: Graph, namespace: str, labels: Labels, dependencies: Words | None) -> Scope:
    """What a sidecar may call; a Sidecar object overrules scoping on demand."""
    ref = sidecar(g, namespace, labels)
    listeners = egress(g, ref) if ref is not None else ()
    if listeners:
        return Scope(namespace, everything=True) if listeners == (EVERYTHING,) else imported(g, namespace, listeners)
    if dependencies is not None:
        return asked_for(g, namespace, dependencies)
    return Scope(namespace, everything=True)


@query
def imported(g: Graph, namespace: str, listeners: tuple[Egress, ...]) -> Scope:
    """What the egress listeners of a Sidecar admit."""
    imports = tuple(_import(g, namespace, each) for each in listeners)
    reachable: dict[str, str] = {}
    for each in imports:
        for owner, host in each.hosts:
            reachable.setdefault(host, owner)
    for each in imports:
        extra = extra_hosts.imported(g, namespace, each.patterns, each.hosts)
        _close(g, namespace, reachable, each.patterns, (*(host for _, host in each.hosts), *extra))
    return Scope(namespace, hosts=_pairs(reachable), imports=imports)


@query
def asked_for(g: Graph, namespace: str, dependencies: Words) -> Scope:
    """The hosts that a workload has asked for, and those that these are aliases of: the addresses to connect to are theirs."""
    wanted = dict.fromkeys(host for each in dependencies for host in (each, concrete_host(g, Perspective(namespace), each)))
    found = _present(g, namespace, wanted)
    reachable = {host: owner for owner, host in found}
    _close(g, namespace, reachable, (), (*reachable, *extra_hosts.extra_hosts(g, namespace)))
    return Scope(namespace, hosts=_pairs(reachable), imports=(Import(tuple(sorted(found))),))


def hidden(g: Graph, namespace: str, of: Import, host: str) -> tuple[Ref, ...]:
    """The rules about the host, or about a shorter name of its service, that do not count for what is called through this import (SC-4)."""
    if not of.patterns:
        return ()
    rules = [ref for name in (host, *rivalled_names(g, host)) for ref in virtual_services.not_imported(g, namespace, of.patterns, name)]
    return tuple(dict.fromkeys(rules))


def _pairs(owners: dict[str, str]) -> tuple[Pair, ...]:
    return tuple(sorted((owner, host) for host, owner in owners.items()))


def _import(g: Graph, namespace: str, of: Egress) -> Import:
    """SC-3: "Same host in several namespaces: first listed import wins", and a listener with a port takes only services with that port."""
    admitted: dict[str, str] = {}
    for pattern in of.patterns:
        for owner, host in _matching(g, namespace, pattern):
            if not is_excluded(of.patterns, namespace, owner, host) and _has_port(g, owner, host, of.port):
                admitted.setdefault(host, owner)
    return Import(_pairs(admitted), of.patterns, of.port, of.protocol, of.bind, of.bound)


def _has_port(g: Graph, owner: str, host: str, port: int) -> bool:
    service = services.service(g, owner, host) if port else None
    return not port or (service is not None and service.port(port) is not None)


def _matching(g: Graph, namespace: str, pattern: str) -> Iterator[Pair]:
    """What a pattern stands for; of the services of one host first the one that the namespace means without a Sidecar (N-6)."""
    found: dict[str, list[Service]] = {}
    for service in _visible(g, namespace, pattern):
        found.setdefault(service.host, []).append(service)
    for host, declared in found.items():
        if len(declared) > 1:
            declared.sort(key=lambda service: precedence(service, namespace))
        yield from ((service.namespace, host) for service in declared)


def _visible(g: Graph, namespace: str, pattern: str) -> Iterator[Service]:
    of, _, name = pattern.partition("/")
    if of.startswith("~"):
        return
    owners = services.namespaces(g) if of == "*" else (namespace if of == "." else of,)
    for owner in owners:
        listed = (name,) if not hosts.is_wildcard(name) else tuple(host for host in services.hosts(g, owner) if hosts.is_subset(host, name))
        for host in listed:
            service = services.service(g, owner, host)
            if service is not None and is_visible(service_export(g, service), owner, namespace):
                yield service


def _present(g: Graph, namespace: str, names: Iterable[str]) -> tuple[Pair, ...]:
    own = Perspective(namespace)
    found = ((service_for(g, own, host), host) for host in names)
    return tuple((service.namespace, host) for service, host in found if service is not None)


def _close(g: Graph, namespace: str, owners: dict[str, str], patterns: Words, first: Words) -> None:
    """Add what the `first` hosts are aliases of, and the destinations of the VirtualServices that apply to them, and so on."""
    waiting = list(first)
    while waiting:
        host = waiting.pop()
        unknown = virtual_services.not_imported(g, namespace, patterns, host) if patterns else ()
        rules = (ref for ref in rules_about(g, "VirtualService", host) if ref not in unknown and _applies(g, ref, namespace))
        routed = {*_meant(g, namespace, owners, host), *(to for ref in rules for to in virtual_services.destinations(g, ref))}
        for owner, name in _present(g, namespace, sorted(routed - owners.keys())):
            owners[name] = owner
            waiting.append(name)


def _meant(g: Graph, namespace: str, owners: Mapping[str, str], host: str) -> Iterator[str]:
    """What an imported host is an alias of."""
    service = services.service(g, owners[host], host) if host in owners else None
    if service is not None and service.resolution is Resolution.ALIAS:
        yield concrete_host(g, Perspective(namespace), host)


def _applies(g: Graph, ref: Ref, namespace: str) -> bool:
    return is_visible(rule_export(g, ref), ref.namespace, namespace)
