"""GRPCRoute: what Gateway API's own definitions refuse (https://gateway-api.sigs.k8s.io/reference/spec/#grpcroute)."""

from __future__ import annotations

from lateen.api.gateway.grpc_route import GRPCRoute, GRPCRouteMatch
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import headers
from lateen.check.gateway.backends import backends, hostnames
from lateen.check.gateway.http_route import value_match
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, wrong


def grpc_route(of: Resource[GRPCRoute]) -> Remarks:
    """Matches that can match, and weights."""
    yield from hostnames(of.spec.hostnames, ("spec", "hostnames"))
    for index, rule in enumerate(of.spec.rules):
        for number, match in enumerate(rule.matches):
            yield from _match(match, ("spec", "rules", index, "matches", number))
        yield from backends(rule.backend_refs, ("spec", "rules", index, "backendRefs"))


def _match(match: GRPCRouteMatch, path: Path) -> Remarks:
    for index, header in enumerate(match.headers):
        yield from headers.name(header.name, (*path, "headers", index, "name"))
        yield from value_match(header.type, header.value, (*path, "headers", index))
    if match.method is None:
        return
    if not match.method.service and not match.method.method:
        yield wrong((*path, "method"), "neither service nor method is given.")
    for field, text in (("service", match.method.service), ("method", match.method.method)):
        if text and match.method.type == "RegularExpression":
            yield from regex(text, (*path, "method", field))
