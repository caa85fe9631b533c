"""Which DestinationRule holds for calls to a host, and which of its policies for a port and subset (DR-10 to DR-13).

Rules are found under their host, merged, and chosen by who looks; the policy of one port and subset is then a pure function of the rule.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs, mesh
from lateen.api.indexes import RULE_HOST, wildcards_over
from lateen.api.networking.destination_rule import DestinationRule, PortTrafficPolicy, Subset, TrafficPolicy
from lateen.api.resource import Resource
from lateen.flow import Graph, query
from lateen.ir.view import Labels, Perspective
from lateen.translate import visibility
from lateen.translate.locality_preference import OF_LOCALITY
from lateen.values.ref import Ref

KIND = "DestinationRule"
_PRIVATE = (".",)
_NO_POLICY = TrafficPolicy()
_OF_PORT = ("load_balancer", "connection_pool", "outlier_detection", "tls")
"""The blocks that a port's own settings have."""
_BLOCKS = (*_OF_PORT, "tunnel", "proxy_protocol", "retry_budget")


class MergedRule(msgspec.Struct, frozen=True):
    """What the rules of one namespace say of one host: `origins` names them, the oldest first. `selector` picks the clients it holds for."""

    policy: TrafficPolicy | None
    subsets: tuple[Subset, ...]
    origins: tuple[Ref, ...]
    export_to: tuple[str, ...]
    selector: Labels = ()

    def subset(self, name: str) -> Subset | None:
        """The subset called `name`."""
        return next((subset for subset in self.subsets if subset.name == name), None)


@query
def merged_rules(g: Graph, namespace: str, host: str) -> tuple[MergedRule, ...]:
    """The namespace's rules for exactly this host or wildcard, merged (DR-11), those that select clients first."""
    refs = (ref for ref in inputs.indexed(g, RULE_HOST, f"{KIND} {host}") if ref.namespace == namespace)
    found = [rule for ref in refs if (rule := inputs.resource(g, ref)) is not None]
    groups: dict[tuple[Labels, tuple[str, ...]], list[Resource[DestinationRule]]] = {}
    for rule in sorted(found, key=inputs.precedence):
        groups.setdefault((_selector(rule.spec), _export(g, rule.ref)), []).append(rule)
    merged = [_merged(rules, selector, export_to) for (selector, export_to), rules in groups.items()]
    return tuple(sorted(merged, key=lambda rule: not rule.selector))


def _export(g: Graph, ref: Ref) -> tuple[str, ...]:
    """To whom the rule is shown, in one spelling: sorted, and its own namespace as `.`."""
    return tuple(sorted({"." if word == ref.namespace else word for word in visibility.rule_export(g, ref)}))


def _selector(spec: DestinationRule) -> Labels:
    return tuple(sorted(spec.workload_selector.match_labels.items())) if spec.workload_selector is not None else ()


def _merged(rules: list[Resource[DestinationRule]], selector: Labels, export_to: tuple[str, ...]) -> MergedRule:
    """DR-11: "oldest's trafficPolicy wins as a whole (a younger one's is adopted only if the older has none); subsets concatenated, duplicate names
    ignored (older kept)"."""
    policy = next((rule.spec.traffic_policy for rule in rules if rule.spec.traffic_policy is not None), None)
    subsets: dict[str, Subset] = {}
    for rule in rules:
        for subset in rule.spec.subsets:
            subsets.setdefault(subset.name, subset)
    return MergedRule(policy, tuple(subsets.values()), tuple(rule.ref for rule in rules), export_to, selector)


@query
def rule_for(g: Graph, perspective: Perspective, namespace: str, host: str) -> MergedRule | None:
    """The rule that holds for calls to the host of a service in `namespace` (DR-10).

    A rule whose selector does not fit the client counts as not there (DR-12).
    """
    if next(visibility.rules_about(g, KIND, host), None) is None:
        return None
    for level, own in _levels(g, perspective.namespace, namespace):
        for pattern in _patterns(host):
            for rule in merged_rules(g, level, pattern):
                if _holds(g, rule, perspective, level, own):
                    return rule
    return None


def _levels(g: Graph, client: str, namespace: str) -> Iterator[tuple[str, bool]]:
    """The namespaces that are asked, the first first, and whether as the client's own."""
    root = mesh.root_namespace(g)
    if client:
        yield client, True
    yield namespace, False
    if root != namespace:
        yield root, False


def _patterns(host: str) -> Iterator[str]:
    yield host
    yield from (pattern for pattern in wildcards_over(host) if pattern != host)


def _holds(g: Graph, rule: MergedRule, perspective: Perspective, level: str, own: bool) -> bool:
    """DR-10: "DRs *in P* (private and public)", so also those that are shown to others only; in the root namespace its private ones."""
    if rule.selector and (level != perspective.namespace or not set(rule.selector).issubset(perspective.labels)):
        return False
    if own:
        return rule.export_to == _PRIVATE if level == mesh.root_namespace(g) else bool(rule.export_to)
    return visibility.is_visible(rule.export_to, level, perspective.namespace)


def policy_for(rule: MergedRule | None, port: int, subset: str) -> TrafficPolicy:
    """The policy of one port and subset (DR-13), without port-level settings; an empty one where nothing is said."""
    if rule is None:
        return _NO_POLICY
    result = _of_port(rule.policy or _NO_POLICY, rule.policy, port)
    part = rule.subset(subset) if subset else None
    if part is None or part.traffic_policy is None:
        return result
    given = {block: value for block in _BLOCKS if (value := getattr(part.traffic_policy, block)) is not None}
    return _of_port(msgspec.structs.replace(result, **given), part.traffic_policy, port)


def _of_port(policy: TrafficPolicy, settings: TrafficPolicy | None, port: int) -> TrafficPolicy:
    """DR-13: "a `portLevelSettings` entry REPLACES the whole destination-level policy for that port", in all that such an entry can say."""
    entry = _entry(settings.port_level_settings, port) if settings is not None else None
    if entry is None:
        return msgspec.structs.replace(policy, port_level_settings=()) if policy.port_level_settings else policy
    return msgspec.structs.replace(policy, port_level_settings=(), **{block: getattr(entry, block) for block in _OF_PORT})


def _entry(settings: tuple[PortTrafficPolicy, ...], port: int) -> PortTrafficPolicy | None:
    return next((entry for entry in settings if entry.port is not None and entry.port.number == port), None)


def ranking_labels(spec: DestinationRule) -> frozenset[str]:
    """The labels of clients by which a rule ranks endpoints, besides where they run."""
    return frozenset(word for word in _priorities(spec) if "=" not in word and word not in OF_LOCALITY)


def _priorities(spec: DestinationRule) -> Iterator[str]:
    for policy in (spec.traffic_policy, *(subset.traffic_policy for subset in spec.subsets)):
        if policy is not None:
            balancers = [policy.load_balancer, *(port.load_balancer for port in policy.port_level_settings)]
            settings = (each.locality_lb_setting for each in balancers if each is not None)
            yield from (word for setting in settings if setting is not None for word in setting.failover_priority)
