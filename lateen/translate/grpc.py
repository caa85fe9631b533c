"""Whether gRPC may be spoken where rules lead: there gRPC-Web is translated (HC-1). A port that is declared to be HTTP/1.1 cannot answer what that is
translated to, unless a rule leads elsewhere, or has it spoken to in HTTP/2 (DR-16).
"""

from __future__ import annotations

from collections.abc import Iterable

from lateen.api import mesh
from lateen.api.networking.destination_rule import H2UpgradePolicy, TrafficPolicy
from lateen.flow import Graph, query
from lateen.ir.destination import Http
from lateen.ir.routes import Forward, Rule
from lateen.ir.view import Perspective
from lateen.translate import destination_policy
from lateen.translate.destination_rules import KIND, policy_for, rule_for
from lateen.translate.visibility import rules_about, service_for
from lateen.values.protocol import Protocol


def may_be_spoken(g: Graph, perspective: Perspective, rules: Iterable[Rule]) -> bool:
    """Whether any destination of the rules may take gRPC."""
    names = dict.fromkeys(share.destination for rule in rules if isinstance(rule.action, Forward) for share in rule.action.shares)
    return any(_takes(g, perspective, name) for name in names)


def _takes(g: Graph, perspective: Perspective, name: str) -> bool:
    _, number, subset, host = name.split("|")
    service = service_for(g, perspective, host)
    port = service.port(int(number)) if service is not None else None
    if service is None or port is None or port.protocol.may_be_grpc:
        return port is not None
    if next(rules_about(g, KIND, host), None) is None:
        return _by_default(g, port.protocol)
    return _by_rule(g, perspective, service.namespace, host, port.number, subset, port.protocol)


@query
def _by_default(g: Graph, spoken: Protocol) -> bool:
    return _is_http2(g, spoken, TrafficPolicy())


@query
def _by_rule(  # every argument is a part of the answer
    g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str, spoken: Protocol
) -> bool:
    """Kept, for most changes of a rule are about something else, and end here."""
    return _is_http2(g, spoken, policy_for(rule_for(g, perspective, namespace, host), port, subset))


def _is_http2(g: Graph, spoken: Protocol, policy: TrafficPolicy) -> bool:
    given = destination_policy.over(mesh.default_traffic_policy(g), policy)
    http = given.connection_pool.http if given.connection_pool is not None else None
    upgraded = mesh.h2_upgrade_policy(g) is H2UpgradePolicy.UPGRADE
    return destination_policy.protocol(spoken, http, gateway=False, upgraded=upgraded) is not Http.HTTP1
