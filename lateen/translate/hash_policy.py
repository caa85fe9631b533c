"""What requests to a destination stick to (DR-3): said by its DestinationRule, but done by the rule that routes to it (VS-54)."""

from __future__ import annotations

from lateen.api.networking.destination_rule import ConsistentHashLB, HTTPCookie
from lateen.flow import Graph, query
from lateen.ir.routes import Cookie, HashKey
from lateen.ir.view import Perspective
from lateen.translate.destination_rules import KIND, policy_for, rule_for
from lateen.translate.targets import Target
from lateen.translate.visibility import rules_about, service_for

Keys = tuple[HashKey, ...]


def hash_keys(g: Graph, perspective: Perspective, target: Target) -> Keys:
    """What is hashed for the destination; empty when its endpoints are chosen otherwise, and for what no rule is about without a further look."""
    service = service_for(g, perspective, target.host)
    if service is None or next(rules_about(g, KIND, target.host), None) is None:
        return ()
    return _ruled(g, perspective, service.namespace, target)


@query
def _ruled(g: Graph, perspective: Perspective, namespace: str, target: Target) -> Keys:
    """Kept, for most changes of a rule are about something else, and end here."""
    rule = rule_for(g, perspective, namespace, target.host)
    balancer = policy_for(rule, target.port, target.subset).load_balancer
    return _keys(balancer.consistent_hash) if balancer is not None and balancer.consistent_hash is not None else ()


def _keys(hashed: ConsistentHashLB) -> Keys:
    if hashed.http_header_name:
        return (HashKey(header=hashed.http_header_name),)
    if hashed.http_cookie is not None:
        return (HashKey(cookie=_cookie(hashed.http_cookie)),)
    if hashed.http_query_parameter_name:
        return (HashKey(parameter=hashed.http_query_parameter_name),)
    return (HashKey(source_address=True),) if hashed.use_source_ip else ()


def _cookie(cookie: HTTPCookie) -> Cookie:
    lifetime = cookie.ttl.nanoseconds if cookie.ttl is not None else None
    return Cookie(cookie.name, lifetime, cookie.path, tuple((each.name, each.value) for each in cookie.attributes))
