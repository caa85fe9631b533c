"""TLSRoute: what Gateway API's own definition refuses (https://gateway-api.sigs.k8s.io/reference/spec/#tlsroute)."""

from __future__ import annotations

from lateen.api.gateway.tls_route import TLSRoute
from lateen.api.resource import Resource
from lateen.check.gateway import words
from lateen.check.gateway.references import parents
from lateen.check.gateway.tcp_route import rules
from lateen.check.remark import Remarks


def tls_route(of: Resource[TLSRoute]) -> Remarks:
    """Hosts that clients may ask for, and rules with backends."""
    yield from parents(of.spec.parent_refs, ("spec", "parentRefs"))
    yield from words.hostnames(of.spec.hostnames, ("spec", "hostnames"))
    yield from rules(of.spec.rules, ("spec", "rules"))
