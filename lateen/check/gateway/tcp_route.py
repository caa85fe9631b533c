"""TCPRoute: what Gateway API's own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#tcproute)."""

from __future__ import annotations

from collections.abc import Sequence

from lateen.api.gateway.tcp_route import TCPRoute, TCPRouteRule
from lateen.api.gateway.tls_route import TLSRouteRule
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.gateway import words
from lateen.check.gateway.references import backends, parents
from lateen.check.remark import Remarks


def tcp_route(of: Resource[TCPRoute]) -> Remarks:
    """Rules with backends."""
    yield from parents(of.spec.parent_refs, ("spec", "parentRefs"))
    yield from rules(of.spec.rules, ("spec", "rules"))


def rules(given: Sequence[TCPRouteRule | TLSRouteRule], path: Path) -> Remarks:
    """At least one rule, and each sends somewhere."""
    yield from words.at_least_one(given, path, "rules")
    yield from words.at_most(16, given, path)
    yield from words.unique((rule.name for rule in given), path, "name", "rule")
    for index, rule in enumerate(given):
        yield from words.at_least_one(rule.backend_refs, (*path, index, "backendRefs"), "backends")
        yield from backends(rule.backend_refs, (*path, index, "backendRefs"))
