"""Policies of security, telemetry and extensions: whom they select (IST0127, IST0166), what they name (IST0101, IST0157), and which of several
holds (SEC-2, TE-5, IST0159, IST0160).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.resource import Resource
from lateen.api.security.authorization_policy import Action, AuthorizationPolicy
from lateen.api.telemetry.telemetry import Telemetry
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found, knows_workloads, listed, selected, selects_any, why
from lateen.flow import Graph, query
from lateen.registry.service import Labels
from lateen.values.finding import Finding
from lateen.values.ref import Ref

NOT_FOUND = "IST0101"
NO_WORKLOAD = "IST0127"
NO_PROVIDER = "IST0157"
SAME_WORKLOAD = "IST0159"
SEVERAL_DEFAULTS = "IST0160"
INEFFECTIVE_SELECTOR = "IST0166"
NOT_IN_FORCE = "LAT0004"

_MANAGED = "gateway.networking.k8s.io/gateway-name"
_PATHS: dict[str, Path] = {"ProxyConfig": ("spec", "selector"), "EnvoyFilter": ("spec", "workloadSelector")}


def labels(policy: Resource[Any]) -> Labels:
    """The labels that the policy's workloads carry; empty for all of the namespace."""
    selector = getattr(policy.spec, "selector", None)
    if selector is not None:
        return tuple(sorted(selector.match_labels.items()))
    chosen = getattr(policy.spec, "workload_selector", None)
    return tuple(sorted(chosen.labels.items())) if chosen is not None else ()


@query
def selection(g: Graph, ref: Ref) -> Findings:
    """A selector that fits nobody, or that Kubernetes' Gateways do not go by (AZ-12)."""
    policy = inputs.resource(g, ref)
    if policy is None or not (chosen := labels(policy)) or not knows_workloads(g):
        return ()
    path = _PATHS.get(ref.kind, ("spec", "selector"))
    text = ", ".join(f"{key}: {value}" for key, value in chosen)
    is_everywhere = ref.namespace == mesh.root_namespace(g)
    if not (selects_any(g, chosen) if is_everywhere else selected(g, ref.namespace, chosen)):
        where = "of the mesh" if is_everywhere else f"of namespace {ref.namespace}"
        return (found(ref, path, NO_WORKLOAD, f'no workload {where} has the labels "{text}".', "Correct them, or start the workload."),)
    served = next((each for each in selected(g, ref.namespace, chosen) if dict(each.labels).get(_MANAGED)), None)
    if served is not None and ref.kind not in ("PeerAuthentication", "EnvoyFilter", "ProxyConfig") and _MANAGED not in dict(chosen):
        gateway = dict(served.labels)[_MANAGED]
        message = f'the labels "{text}" fit workloads of the Kubernetes Gateway {gateway}, which the mesh may replace by others.'
        return (found(ref, path, INEFFECTIVE_SELECTOR, message, f"Write targetRefs: [{{kind: Gateway, name: {gateway}}}]."),)
    return ()


@query
def peer_authentication(g: Graph, ref: Ref) -> Findings:
    """SEC-2: "Within one level the OLDEST alone counts"; "a policy with selector in the root ns is ignored"."""
    policy = inputs.resource(g, ref)
    if policy is None:
        return ()
    chosen = labels(policy)
    if chosen and ref.namespace == mesh.root_namespace(g):
        message = f"a policy with a selector in the root namespace, {ref.namespace}, has no effect, not even there."
        return (found(ref, ("spec", "selector"), NOT_IN_FORCE, message, "Move it to the namespace of the workloads."),)
    older = [each for each in inputs.resources(g, ref.kind, ref.namespace) if inputs.precedence(each) < inputs.precedence(policy)]
    if not chosen:
        winner = next((each for each in older if not labels(each)), None)
        return () if winner is None else (_beaten(policy, ("spec",), winner, "is for all workloads of the namespace too"),)
    for winner in older:
        theirs = labels(winner)
        common = tuple(sorted(set(theirs) | set(chosen)))
        if theirs and (set(theirs) <= set(chosen) or (set(chosen) <= set(theirs) or selected(g, ref.namespace, common))):
            names = [str(each.origin) for each in selected(g, ref.namespace, common)]
            whom = f"selects {listed(names)} too" if names else "selects the same workloads"
            return (_beaten(policy, ("spec", "selector"), winner, whom),)
    return ()


def _beaten(loser: Resource[Any], path: Path, winner: Resource[Any], how: str) -> Finding:
    message = f"{winner.ref} {why(winner, loser)} and {how}, and only the oldest counts, so this one has no effect there."
    return found(loser.ref, path, NOT_IN_FORCE, message, "Make one policy of them.")


@query
def telemetries(g: Graph, namespace: str) -> Findings:
    """TE-5: several for all workloads, or for one workload, of a namespace, of which only the oldest counts."""
    here = inputs.resources(g, "Telemetry", namespace)
    untargeted = [each for each in here if not (each.spec.target_refs or each.spec.target_ref)]
    defaults = [each for each in untargeted if not labels(each)]
    findings = []
    for later in defaults[1:]:
        message = f"{defaults[0].ref} {why(defaults[0], later)} and is for all workloads of the namespace too, so this one has no effect."
        findings.append(found(later.ref, ("spec",), SEVERAL_DEFAULTS, message, "Give it a selector, or make one of them."))
    owners: dict[str, Resource[Any]] = {}
    for each in untargeted:
        names = [str(one.origin) for one in selected(g, namespace, labels(each))]
        if taken := [name for name in names if name in owners]:
            message = f"{owners[taken[0]].ref} {why(owners[taken[0]], each)} and selects {taken[0]} too, so this one has no effect there."
            findings.append(found(each.ref, ("spec", "selector"), SAME_WORKLOAD, message, "Let their selectors exclude each other."))
        for name in names:
            owners.setdefault(name, each)
    return tuple(findings)


@query
def providers(g: Graph, ref: Ref) -> Findings:
    """AZ-10, TE-7: providers that the mesh config does not have, or that nobody names."""
    policy = inputs.resource(g, ref)
    if policy is None:
        return ()
    known = {each.name for each in mesh.extension_providers(g)}
    named = _of_authorization(policy.spec) if ref.kind == "AuthorizationPolicy" else _of_telemetry(policy.spec)
    findings = [_unknown(ref, path, name, known) for path, name in named if name not in known | _BUILT_IN]
    return (*findings, *(_without_provider(g, ref, policy.spec) if ref.kind == "Telemetry" else ()))


_BUILT_IN = frozenset({"prometheus", "stackdriver", "envoy"})
"""Providers that every mesh has, whatever its config says."""


def _unknown(ref: Ref, path: Path, name: str, known: set[str]) -> Finding:
    has = f"which has {listed(sorted(known))}" if known else "which has none"
    effect = "Every call is denied" if ref.kind == "AuthorizationPolicy" else "Nothing is sent"
    message = f'there is no provider "{name}" in extensionProviders of the mesh config, {has}.'
    return found(ref, path, NOT_FOUND, message, f"{effect} until it is there.")


def _of_authorization(spec: AuthorizationPolicy) -> Iterator[tuple[Path, str]]:
    if spec.action is Action.CUSTOM and spec.provider is not None:
        yield ("spec", "provider", "name"), spec.provider.name


def _blocks(spec: Telemetry) -> Iterator[tuple[str, int, Any]]:
    for field, blocks in (("tracing", spec.tracing), ("metrics", spec.metrics), ("accessLogging", spec.access_logging)):
        for index, block in enumerate(blocks):
            yield field, index, block


def _of_telemetry(spec: Telemetry) -> Iterator[tuple[Path, str]]:
    for field, index, block in _blocks(spec):
        for number, provider in enumerate(block.providers):
            yield ("spec", field, index, "providers", number, "name"), provider.name


def _without_provider(g: Graph, ref: Ref, spec: Telemetry) -> Iterator[Finding]:
    defaults = mesh.default_providers(g)
    of = {"tracing": defaults.tracing, "metrics": defaults.metrics, "accessLogging": defaults.access_logging}
    for field, index, block in _blocks(spec):
        is_off = getattr(block, "disabled", None) or getattr(block, "disable_span_reporting", None)
        if not block.providers and not of[field] and field != "metrics" and not is_off:
            message = f"{field} names no provider, and the mesh config has no default one, so it has no effect."
            yield found(ref, ("spec", field, index), NO_PROVIDER, message, "Name one under providers.")


@query
def callers(g: Graph, ref: Ref) -> Findings:
    """IST0101: namespaces of callers that do not exist."""
    policy = inputs.resource(g, ref)
    if policy is None or not inputs.names(g, "Namespace", ""):
        return ()
    spec: AuthorizationPolicy = policy.spec
    findings = []
    for index, rule in enumerate(spec.rules):
        for number, caller in enumerate(rule.from_):
            path: Path = ("spec", "rules", index, "from", number, "source", "namespaces")
            for at, namespace in enumerate(caller.source.namespaces if caller.source is not None else ()):
                if "*" not in namespace and inputs.resource(g, Ref("Namespace", "", namespace)) is None:
                    findings.append(found(ref, (*path, at), NOT_FOUND, f'there is no namespace "{namespace}".', "Correct its name, or create it."))
    return tuple(findings)
