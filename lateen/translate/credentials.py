"""Stored credentials with which sidecars call others (DR-8): only rules that select their clients (DR-12) may name one, of their own namespace.

So whoever may write a rule says which workloads get the key, and no workload gets one that no rule names for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from lateen.api import inputs
from lateen.api.networking.destination_rule import ClientTLSMode, ClientTLSSettings, DestinationRule, TrafficPolicy
from lateen.flow import Graph, query
from lateen.ir.view import Labels
from lateen.translate.gateway_tls import ROOTS, STORED
from lateen.translate.visibility import labelled_rules
from lateen.values.ref import Ref

KIND = "DestinationRule"


def credentials(g: Graph, namespace: str, labels: Labels) -> tuple[str, ...]:
    """The names under which a sidecar with these labels asks for stored secrets, sorted."""
    carried = set(labels)
    found = (names for ref in labelled_rules(g, KIND, namespace) for selector, names in (_named(g, ref),) if carried.issuperset(selector))
    return tuple(sorted({name for names in found for name in names}))


@query
def _named(g: Graph, ref: Ref) -> tuple[Labels, tuple[str, ...]]:
    """Whom a rule is for, and the names that it needs."""
    rule = inputs.resource(g, ref)
    if rule is None or rule.spec.workload_selector is None:
        return (), ()
    names = {name for tls in _settings(rule.spec) for name in _secrets(tls)}
    return tuple(sorted(rule.spec.workload_selector.match_labels.items())), tuple(sorted(names))


def _settings(spec: DestinationRule) -> Iterator[ClientTLSSettings]:
    policies: list[TrafficPolicy | None] = [spec.traffic_policy, *(subset.traffic_policy for subset in spec.subsets)]
    for policy in policies:
        if policy is not None:
            given = [policy.tls, *(port.tls for port in policy.port_level_settings)]
            yield from (tls for tls in given if tls is not None)


def _secrets(tls: ClientTLSSettings) -> Iterator[str]:
    if not tls.credential_name or tls.mode not in (ClientTLSMode.SIMPLE, ClientTLSMode.MUTUAL):
        return
    yield f"{STORED}{tls.credential_name}{ROOTS}"
    if tls.mode is ClientTLSMode.MUTUAL:
        yield f"{STORED}{tls.credential_name}"
