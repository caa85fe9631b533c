"""A DestinationRule must be about a service (IST0174), its subsets about some endpoints (IST0173), its TLS about somebody (IST0128, IST0129), and
older rules for the same host may have its place (DR-11). What it says of zones needs proxies that know their peers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.indexes import RULE_HOST
from lateen.api.networking.destination_rule import ClientTLSMode, ClientTLSSettings, DestinationRule, TrafficPolicy
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found, full, meet, seen_by, selected, service, why
from lateen.flow import Graph, query
from lateen.registry import endpoints
from lateen.registry.service import Resolution, Service
from lateen.values.finding import Finding
from lateen.values.hosts import is_wildcard
from lateen.values.ref import Ref

SUBSET_WITHOUT_ENDPOINTS = "IST0173"
UNKNOWN_HOST = "IST0174"
UNVERIFIED = "IST0128"
UNVERIFIED_PORT = "IST0129"
NOT_MERGED = "LAT0003"
BLIND = "LAT0008"

_BY_LABELS = frozenset({Resolution.ENDPOINTS, Resolution.DNS, Resolution.DNS_ROUND_ROBIN})
_TOPOLOGY = ("topology.", "kubernetes.io/hostname")
"""How the labels begin that endpoints have for where they are, without being given any (DR-14)."""
_ORIGINATED = frozenset({ClientTLSMode.SIMPLE, ClientTLSMode.MUTUAL})


@query
def idle(g: Graph, ref: Ref) -> Findings:
    """Why the DestinationRule, or one of its subsets, has nothing to apply to. A rule for a wildcard host may apply to what comes later."""
    rule = inputs.resource(g, ref)
    if rule is None or is_wildcard(rule.spec.host):
        return ()
    host = full(g, rule.spec.host, ref.namespace)
    declared = service(g, host, ref.namespace)
    if declared is None:
        message = f'no service has the host "{host}".'
        return (found(ref, ("spec", "host"), UNKNOWN_HOST, message, "Declare it by a Service or a ServiceEntry."),)
    return tuple(_subsets(g, ref, rule.spec, declared))


def _subsets(g: Graph, ref: Ref, spec: DestinationRule, declared: Service) -> Iterator[Finding]:
    if not spec.subsets or declared.resolution not in _BY_LABELS:
        return
    labels = _labels(g, declared)
    for index, subset in enumerate(spec.subsets):
        wanted = {key: value for key, value in subset.labels.items() if not key.startswith(_TOPOLOGY)}.items()
        if wanted and not any(wanted <= each.items() for each in labels):
            text = ", ".join(f"{key}: {value}" for key, value in wanted)
            message = f'no endpoint of {declared.host} has the labels "{text}" of subset {subset.name}.'
            yield found(ref, ("spec", "subsets", index), SUBSET_WITHOUT_ENDPOINTS, message, "Calls to it are answered with 503.")


def _labels(g: Graph, declared: Service) -> list[dict[str, str]]:
    ports = (endpoints.endpoints(g, declared.namespace, declared.host, port.number) for port in declared.ports)
    at_endpoints = [dict(endpoint.workload.labels) for of_port in ports for endpoint in of_port]
    # A folder may have pods, and leave it to a cluster to say that they are endpoints.
    behind = selected(g, declared.namespace, declared.selector) if declared.selector else ()
    return [*at_endpoints, *(dict(workload.labels) for workload in behind)]


@query
def overruled(g: Graph, ref: Ref) -> Findings:
    """DR-11: what older rules of the namespace for the same host and the same clients have said already."""
    rule = inputs.resource(g, ref)
    if rule is None:
        return ()
    older = sorted((each for each in _same_host(g, rule) if inputs.precedence(each) < inputs.precedence(rule)), key=inputs.precedence)
    merged = [each for each in older if _merges(g, each, rule)]
    return (*_apart(g, rule, older), *_policy(rule, merged), *_names(rule, merged))


def _same_host(g: Graph, rule: Resource[Any]) -> list[Resource[Any]]:
    key = f"DestinationRule {full(g, rule.spec.host, rule.ref.namespace)}"
    refs = (each for each in inputs.indexed(g, RULE_HOST, key) if each.namespace == rule.ref.namespace and each != rule.ref)
    return [found_rule for each in refs if (found_rule := inputs.resource(g, each)) is not None]


def _merges(g: Graph, one: Resource[Any], other: Resource[Any]) -> bool:
    """ "Only DRs of the same namespace and the same `host` string and … the same exportTo are merged"; those with selectors with equal ones."""
    return _clients(one) == _clients(other) and _export(g, one) == _export(g, other)


def _clients(rule: Resource[Any]) -> dict[str, str]:
    return dict(rule.spec.workload_selector.match_labels) if rule.spec.workload_selector is not None else {}


def _export(g: Graph, rule: Resource[Any]) -> frozenset[str]:
    if _clients(rule):
        return frozenset({rule.ref.namespace})
    return seen_by(rule.spec.export_to, rule.ref.namespace, mesh.default_destination_rule_export_to(g))


def _apart(g: Graph, rule: Resource[Any], older: list[Resource[Any]]) -> Iterator[Finding]:
    """Rules shown to different namespaces are not merged: whoever sees both has the older."""
    for winner in older:
        same_clients = _clients(winner) == _clients(rule)
        theirs, own = _export(g, winner), _export(g, rule)
        if same_clients and theirs != own and meet(theirs, own):
            how = f"{why(winner, rule)}, and has another exportTo"
            message = f"{winner.ref} for the same host {how}, so they are not merged: who sees both goes by that one."
            yield found(rule.ref, ("spec", "host"), NOT_MERGED, message, "Give both the same exportTo, or make one of them.")
            return


def _policy(rule: Resource[Any], merged: list[Resource[Any]]) -> Iterator[Finding]:
    winner = next((each for each in merged if each.spec.traffic_policy is not None), None)
    if winner is not None and rule.spec.traffic_policy is not None:
        message = f"{winner.ref} for the same host {why(winner, rule)} and has a trafficPolicy, so this one has no effect."
        yield found(rule.ref, ("spec", "trafficPolicy"), NOT_MERGED, message, "Write what is meant there, or per subset.")


def _names(rule: Resource[Any], merged: list[Resource[Any]]) -> Iterator[Finding]:
    owners: dict[str, Resource[Any]] = {}
    for each in merged:
        for subset in each.spec.subsets:
            owners.setdefault(subset.name, each)
    for index, subset in enumerate(rule.spec.subsets):
        if subset.name in owners:
            winner = owners[subset.name]
            message = f'{winner.ref} for the same host {why(winner, rule)} and has a subset "{subset.name}", so this one has no effect.'
            yield found(rule.ref, ("spec", "subsets", index, "name"), NOT_MERGED, message, "Name it differently.")


@query
def blind(g: Graph, ref: Ref) -> Findings:
    """DR-4: where a zoneAwareLbSetting has no effect, for the proxies do not know the replicas of their own workload."""
    rule = inputs.resource(g, ref)
    if rule is None or not (places := list(_zones(rule.spec))) or mesh.knows_peers(g):
        return ()
    message = "zoneAwareLbSetting has no effect, for proxies do not know where the replicas of their own workload are."
    hint = f'Set defaultConfig.proxyMetadata.ISTIO_META_{mesh.SELF_DISCOVERY}: "true" in MeshConfig and start the proxies again.'
    return tuple(found(ref, path, BLIND, message, hint) for path in places)


def _zones(spec: DestinationRule) -> Iterator[Path]:
    for policy, path in _policies(spec):
        of_ports = ((port.load_balancer, (*path, "portLevelSettings", index)) for index, port in enumerate(policy.port_level_settings))
        for balancer, where in ((policy.load_balancer, path), *of_ports):
            setting = balancer.zone_aware_lb_setting if balancer is not None else None
            if setting is not None and setting.enabled is not False:
                yield (*where, "loadBalancer", "zoneAwareLbSetting")


def _policies(spec: DestinationRule) -> Iterator[tuple[TrafficPolicy, Path]]:
    if spec.traffic_policy is not None:
        yield spec.traffic_policy, ("spec", "trafficPolicy")
    for index, subset in enumerate(spec.subsets):
        if subset.traffic_policy is not None:
            yield subset.traffic_policy, ("spec", "subsets", index, "trafficPolicy")


@query
def unverified(g: Graph, ref: Ref) -> Findings:
    """DR-8: "no caCertificates → system CAs", which is hardly meant for servers of one's own."""
    rule = inputs.resource(g, ref)
    if rule is None:
        return ()
    return tuple(finding for policy, path in _policies(rule.spec) for finding in _unverified(ref, policy, path))


def _unverified(ref: Ref, policy: TrafficPolicy, path: Path) -> Iterator[Finding]:
    if policy.tls is not None and _is_unverified(policy.tls):
        yield _without_roots(ref, policy.tls, (*path, "tls"), UNVERIFIED)
    for index, port in enumerate(policy.port_level_settings):
        if port.tls is not None and _is_unverified(port.tls):
            yield _without_roots(ref, port.tls, (*path, "portLevelSettings", index, "tls"), UNVERIFIED_PORT)


def _is_unverified(tls: ClientTLSSettings) -> bool:
    return tls.mode in _ORIGINATED and not (tls.ca_certificates or tls.credential_name or tls.insecure_skip_verify)


def _without_roots(ref: Ref, tls: ClientTLSSettings, path: Path, code: str) -> Finding:
    message = f"mode {tls.mode.value} without caCertificates takes any server that a public authority has certified."
    return found(ref, path, code, message, "Give caCertificates, unless the server's authority is a public one.")
