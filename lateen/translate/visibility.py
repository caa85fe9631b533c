"""Who sees which service (N-4, N-6), and who sees a host like everybody else.

Most namespaces have nothing private about most hosts. For them there is one `PUBLIC` perspective of the host, computed once. `specials` names the
namespaces for which the answer may differ: they declare the host themselves, or a rule about it is theirs, or shown only to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.indexes import CLIENT, EXPORTED, PARTIAL, RULE_HOST, TLS_BELOW, wildcards_over
from lateen.api.mesh_config import Visibility, VisibilityPolicy
from lateen.flow import Graph, query
from lateen.ir.view import PUBLIC, Labels, Perspective
from lateen.registry import services
from lateen.registry.namespaces import is_member
from lateen.registry.service import Service
from lateen.values import hosts
from lateen.values.ref import Ref

RULE_KINDS = ("VirtualService", "DestinationRule")
_DEFAULTS = {
    "VirtualService": mesh.default_virtual_service_export_to,
    "DestinationRule": mesh.default_destination_rule_export_to,
    "Service": mesh.default_service_export_to,
}
_LIMITS = {Visibility.NAMESPACE: (".",), Visibility.NONE: ("~",)}


def is_public(export_to: Iterable[str]) -> bool:
    """Whether everybody sees it (N-4)."""
    return "*" in export_to


def is_visible(export_to: Iterable[str], owner: str, namespace: str) -> bool:
    """Whether `namespace` sees what `owner` exports so; namespace "" is anybody."""
    return any(word == "*" or (namespace and (word == namespace or (word == "." and owner == namespace))) for word in export_to)


@query
def rule_export(g: Graph, ref: Ref) -> tuple[str, ...]:
    """To whom a VirtualService or DestinationRule is shown, the mesh's default applied (N-4); to nobody if it is not of the mesh (SD-16)."""
    rule = inputs.resource(g, ref)
    if rule is None or not is_member(g, ref.namespace):
        return ()
    if ref.kind == "DestinationRule" and rule.spec.workload_selector is not None:
        return (".",)  # It is about clients of its own namespace only (DR-12), whatever it says.
    if rule.spec.export_to:
        return tuple(rule.spec.export_to)
    return _DEFAULTS[ref.kind](g)


def service_export(g: Graph, service: Service) -> tuple[str, ...]:
    """To whom a service is shown, the mesh's default and limits applied."""
    limit = () if service.kubernetes else entry_limit(g, service.namespace)
    return limit or service.export_to or mesh.default_service_export_to(g)


@query
def entry_limit(g: Graph, namespace: str) -> tuple[str, ...]:
    """To whom alone entries of the namespace may be shown, whatever they say; nothing where the mesh sets no limit to that."""
    given = mesh.service_entry_visibility(g)
    if given is None:
        return ()
    found = inputs.resource(g, Ref("Namespace", "", namespace))
    labels = found.labels if found is not None else {}
    return _LIMITS.get(next((each.visibility for each in given.policies if _fits(each, labels)), given.default_visibility), ())


def _fits(policy: VisibilityPolicy, labels: Mapping[str, str]) -> bool:
    return all(rule.namespace_selector is not None and rule.namespace_selector.selects(labels) for rule in policy.matching_rules)


def rules_about(g: Graph, kind: str, host: str) -> Iterator[Ref]:
    """The rules of the kind whose host covers `host`: those that name it, then those with a wildcard over it, the longest first; and those about
    names that it stands for itself, if they are for TLS, which tells these apart.
    """
    yield from inputs.indexed(g, RULE_HOST, f"{kind} {host}")
    if host != "*":
        yield from _wildcard_rules(g, kind, host.removeprefix("*.").partition(".")[2])
    if kind == "VirtualService":
        partial = inputs.indexed(g, PARTIAL, "")
        yield from (ref for ref in partial if any(each != host and hosts.is_subset(host, each) for each in rule_hosts(g, ref)))
        if hosts.is_wildcard(host):
            yield from inputs.indexed(g, TLS_BELOW, host)


@query
def _wildcard_rules(g: Graph, kind: str, suffix: str) -> tuple[Ref, ...]:
    """Those for `*.suffix` and for shorter wildcards; they are the same for all hosts of a namespace."""
    if not suffix:
        return inputs.indexed(g, RULE_HOST, f"{kind} *")
    return inputs.indexed(g, RULE_HOST, f"{kind} *.{suffix}") + _wildcard_rules(g, kind, suffix.partition(".")[2])


@query
def service_for(g: Graph, perspective: Perspective, host: str) -> Service | None:
    """The service that the host means (N-6): that of the own namespace, else Kubernetes' before an entry's, else the oldest."""
    own = perspective.namespace
    seen: list[Service] = []
    for namespace in services.declaring(g, host):
        service = services.service(g, namespace, host)
        if service is not None and is_visible(service_export(g, service), namespace, own):
            if namespace == own:
                return service
            seen.append(service)
    return min(seen, key=lambda each: precedence(each, own), default=None)


def precedence(service: Service, namespace: str) -> tuple[bool, bool, str, str]:
    """Which of the services of one host a client of the namespace means, the least first."""
    return service.namespace != namespace, not service.kubernetes, service.created, service.namespace


@query
def specials(g: Graph, host: str) -> tuple[str, ...]:
    """The namespaces that may see the host differently from anybody else, sorted."""
    common = service_for(g, PUBLIC, host)
    found: set[str] = set()
    for namespace in services.declaring(g, host):
        service = services.service(g, namespace, host)
        if service is not None:
            if common is None or namespace != common.namespace:
                found.add(namespace)
            found.update(_named(service_export(g, service)))
    home = common.namespace if common is not None else ""
    for kind in RULE_KINDS:
        for ref in rules_about(g, kind, host):
            found.update(_interested(g, ref, home))
    return tuple(sorted(found))


def _interested(g: Graph, ref: Ref, home: str) -> Iterator[str]:
    """The namespaces to which one rule is special, `home` being that of the service."""
    export = rule_export(g, ref)
    yield from _named(export)
    if not is_public(export) or (ref.kind == "DestinationRule" and ref.namespace != home):
        yield ref.namespace
    yield from client_namespaces(g, ref)


def _named(export_to: Iterable[str]) -> Iterator[str]:
    return (word for word in export_to if word not in ("*", ".", "~"))


def _routes(spec: Any) -> Iterator[Any]:
    for group in ("http", "tls", "tcp"):
        yield from getattr(spec, group, ()) or ()


@query
def client_namespaces(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The namespaces that a VirtualService's matches name as sourceNamespace (VS-25)."""
    rule = inputs.resource(g, ref)
    if rule is None or ref.kind != "VirtualService":
        return ()
    return tuple(sorted({match.source_namespace for route in _routes(rule.spec) for match in route.match or () if match.source_namespace}))


@query
def client_labels(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The label keys of clients that a rule looks at: sourceLabels of a VirtualService, the workloadSelector of a DestinationRule (DR-12)."""
    rule = inputs.resource(g, ref)
    if rule is None:
        return ()
    if ref.kind == "DestinationRule":
        return tuple(sorted(rule.spec.workload_selector.match_labels)) if rule.spec.workload_selector is not None else ()
    return tuple(sorted({key for route in _routes(rule.spec) for match in route.match or () for key in match.source_labels or ()}))


@query
def labelled_rules(g: Graph, kind: str, namespace: str) -> tuple[Ref, ...]:
    """The namespace's rules of the kind that look at the labels of clients."""
    refs = (Ref(kind, namespace, name) for name in inputs.names(g, kind, namespace))
    return tuple(ref for ref in refs if client_labels(g, ref))


@query
def label_keys(g: Graph, host: str) -> tuple[str, ...]:
    """The label keys of clients that any rule about the host looks at."""
    return tuple(sorted({key for kind in RULE_KINDS for ref in rules_about(g, kind, host) for key in client_labels(g, ref)}))


def perspective(g: Graph, namespace: str, labels: Labels, gateway: bool, host: str) -> Perspective:
    """The narrowest perspective that sees the host like a proxy of this namespace with these labels."""
    keys = label_keys(g, host)
    own = namespace if namespace in specials(g, host) else ""
    if not own and not keys and not gateway:
        return PUBLIC
    return Perspective(own, tuple(pair for pair in labels if pair[0] in keys), gateway)


@query
def public_hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts that everybody sees and whose common service is this namespace's, sorted."""
    found = ((host, service_for(g, PUBLIC, host)) for host in services.hosts(g, namespace))
    return tuple(host for host, service in found if service is not None and service.namespace == namespace)


@query
def special_hosts(g: Graph, namespace: str) -> tuple[str, ...]:
    """The hosts that this namespace may see differently from anybody else, sorted."""
    candidates = set(services.hosts(g, namespace))
    for kind in RULE_KINDS:
        for name in inputs.names(g, kind, namespace):
            candidates.update(rule_hosts(g, Ref(kind, namespace, name)))
    for index in (EXPORTED, CLIENT):
        for ref in inputs.indexed(g, index, namespace):
            candidates.update(rule_hosts(g, ref) if ref.kind in RULE_KINDS else _declared_hosts(g, ref))
    candidates.update(_shown_by_default(g, namespace))
    candidates.update(wider for host in tuple(candidates) for wider in wildcards_over(host) if services.declaring(g, wider))
    exact = {host for host in candidates if not hosts.is_wildcard(host)}
    for pattern in candidates - exact:
        exact.update((pattern, *services.covered(g, pattern)))  # Only a private wildcard rule pays for this walk.
    return tuple(sorted(host for host in exact if namespace in specials(g, host)))


def _shown_by_default(g: Graph, namespace: str) -> Iterator[str]:
    """Every host of a kind that the mesh shows to this namespace by name where nothing else is said; only then does anybody pay for this walk."""
    for kind in RULE_KINDS:
        if namespace in _DEFAULTS[kind](g):
            for owner in inputs.namespaces(g, kind):
                for name in inputs.names(g, kind, owner):
                    yield from rule_hosts(g, Ref(kind, owner, name))
    if namespace in _DEFAULTS["Service"](g):
        for owner in services.namespaces(g):
            yield from services.hosts(g, owner)


@query
def rule_hosts(g: Graph, ref: Ref) -> tuple[str, ...]:
    """The hosts that a rule is about, in full."""
    rule = inputs.resource(g, ref)
    if rule is None:
        return ()
    written = (rule.spec.host,) if ref.kind == "DestinationRule" else rule.spec.hosts or ()
    return tuple(hosts.qualified(host, ref.namespace, inputs.domain(g)) for host in written)


def _declared_hosts(g: Graph, ref: Ref) -> tuple[str, ...]:
    if ref.kind == "ServiceEntry":
        return services.entry_hosts(g, ref)
    return (f"{ref.name}.{ref.namespace}.svc.{inputs.domain(g)}",)
