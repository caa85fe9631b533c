"""The scope of a sidecar: everything that its namespace sees, what a Sidecar object imports (SC-2…SC-4), or what its workload has asked for so far.

Where a VirtualService applies to an imported host, the hosts that it routes to are imported with it (VS-16).
"""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs, mesh
from lateen.flow import Graph, query
from lateen.ir.scope import Scope
from lateen.ir.view import Labels, Perspective
from lateen.registry import services
from lateen.translate import virtual_services
from lateen.translate.visibility import is_visible, rule_export, rules_about, service_export, service_for
from lateen.values import hosts
from lateen.values.ref import Ref

Pair = tuple[str, str]


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
    if plain is None and root != namespace:
        found = (each for each in inputs.resources(g, "Sidecar", root) if each.spec.workload_selector is None or not each.spec.workload_selector.labels)
        plain = next((each.ref for each in found), None)
    return plain


@query
def imports(g: Graph, ref: Ref) -> tuple[str, ...] | None:
    """The import patterns `namespace/host` of a Sidecar's egress listeners; None when it has none, which leaves everything visible."""
    found = inputs.resource(g, ref)
    if found is None or not found.spec.egress:
        return None
    return tuple(dict.fromkeys(host for listener in found.spec.egress for host in listener.hosts))


@query
def scope(g: Graph, namespace: str, labels: Labels, dependencies: tuple[str, ...] | None) -> Scope:
    """What a sidecar may call; a Sidecar object overrules scoping on demand."""
    ref = sidecar(g, namespace, labels)
    patterns = imports(g, ref) if ref is not None else None
    if patterns is not None:
        return Scope(namespace, everything=True) if patterns == ("*/*",) else imported(g, namespace, patterns)
    if dependencies is not None:
        return Scope(namespace, hosts=_closed(g, namespace, _present(g, namespace, dependencies)))
    return Scope(namespace, everything=True)


@query
def imported(g: Graph, namespace: str, patterns: tuple[str, ...]) -> Scope:
    """What the import patterns admit; the first pattern that admits a host decides whose it is (SC-3)."""
    admitted: dict[str, str] = {}
    excluded = [pattern[1:] for pattern in patterns if pattern.startswith("~") and not pattern.startswith("~/")]
    for pattern in patterns:
        for owner, host in _matching(g, namespace, pattern):
            if not any(_fits(each, namespace, owner, host) for each in excluded):
                admitted.setdefault(host, owner)
    return Scope(namespace, hosts=_closed(g, namespace, tuple((owner, host) for host, owner in admitted.items())))


def _fits(pattern: str, namespace: str, owner: str, host: str) -> bool:
    of, _, name = pattern.partition("/")
    return (of in ("*", owner) or (of == "." and owner == namespace)) and hosts.is_subset(host, name)


def _matching(g: Graph, namespace: str, pattern: str) -> Iterator[Pair]:
    of, _, name = pattern.partition("/")
    if of.startswith("~"):
        return
    owners = services.namespaces(g) if of == "*" else (namespace if of == "." else of,)
    for owner in owners:
        named = (name,) if not hosts.is_wildcard(name) else tuple(host for host in services.hosts(g, owner) if hosts.is_subset(host, name))
        for host in named:
            service = services.service(g, owner, host)
            if service is not None and is_visible(service_export(g, service), owner, namespace):
                yield owner, host


def _present(g: Graph, namespace: str, names: tuple[str, ...]) -> tuple[Pair, ...]:
    own = Perspective(namespace)
    found = ((service_for(g, own, host), host) for host in names)
    return tuple((service.namespace, host) for service, host in found if service is not None)


def _closed(g: Graph, namespace: str, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """The pairs with the destinations of the VirtualServices that apply to them, and so on."""
    found = {host: owner for owner, host in pairs}
    waiting = list(found)
    while waiting:
        host = waiting.pop()
        routed = [to for ref in rules_about(g, "VirtualService", host) if _applies(g, ref, namespace) for to in virtual_services.destinations(g, ref)]
        for owner, name in _present(g, namespace, tuple(to for to in routed if to not in found)):
            found[name] = owner
            waiting.append(name)
    return tuple(sorted((owner, host) for host, owner in found.items()))


def _applies(g: Graph, ref: Ref, namespace: str) -> bool:
    return is_visible(rule_export(g, ref), ref.namespace, namespace)
