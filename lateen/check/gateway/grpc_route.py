"""GRPCRoute: what Gateway API's own definitions refuse (https://gateway-api.sigs.k8s.io/reference/spec/#grpcroute)."""

from __future__ import annotations

import re

from lateen.api.gateway.grpc_route import GRPCMethodMatch, GRPCRoute, GRPCRouteRule
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.gateway import words
from lateen.check.gateway.filters import GRPC, filters
from lateen.check.gateway.http_route import VALUES, few_matches, header_matches, session
from lateen.check.gateway.references import backends, parents
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, wrong

_SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*", re.IGNORECASE)
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def grpc_route(of: Resource[GRPCRoute]) -> Remarks:
    """Matches that can match, filters that are complete, and weights."""
    spec = of.spec
    yield from parents(spec.parent_refs, ("spec", "parentRefs"))
    yield from words.hostnames(spec.hostnames, ("spec", "hostnames"))
    yield from words.at_most(16, spec.rules, ("spec", "rules"))
    yield from words.unique((rule.name for rule in spec.rules), ("spec", "rules"), "name", "rule")
    yield from few_matches([rule.matches for rule in spec.rules])
    for index, rule in enumerate(spec.rules):
        yield from _rule(rule, ("spec", "rules", index))


def _rule(rule: GRPCRouteRule, path: Path) -> Remarks:
    if rule.name:
        yield from words.section(rule.name, (*path, "name"))
    yield from words.at_most(64, rule.matches, (*path, "matches"))
    for index, match in enumerate(rule.matches):
        yield from header_matches(match.headers, (*path, "matches", index, "headers"))
        if match.method is not None:
            yield from _method(match.method, (*path, "matches", index, "method"))
    yield from filters(rule.filters, (*path, "filters"), GRPC)
    for index, each in enumerate(rule.backend_refs):
        yield from filters(each.filters, (*path, "backendRefs", index, "filters"), GRPC)
    yield from backends(rule.backend_refs, (*path, "backendRefs"))
    if rule.session_persistence is not None:
        yield from session(rule.session_persistence, (*path, "sessionPersistence"))


def _method(match: GRPCMethodMatch, path: Path) -> Remarks:
    yield from words.one_of(match.type, VALUES, (*path, "type"), "type")
    if not match.service and not match.method:
        yield wrong(path, "neither service nor method is given.")
    for field, text, pattern in (("service", match.service, _SERVICE), ("method", match.method, _METHOD)):
        if text and match.type == "RegularExpression":
            yield from regex(text, (*path, field))
        elif text and not pattern.fullmatch(text):
            yield wrong((*path, field), f'found the {field} "{text}", expected the name of a gRPC {field}.')
