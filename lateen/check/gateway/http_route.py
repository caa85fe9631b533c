"""HTTPRoute: what Gateway API's own definitions refuse (https://gateway-api.sigs.k8s.io/reference/spec/#httproute)."""

from __future__ import annotations

from lateen.api.gateway.http_route import (
    HTTPPathMatch,
    HTTPRequestRedirectFilter,
    HTTPRoute,
    HTTPRouteFilter,
    HTTPRouteMatch,
    HTTPRouteRule,
    HTTPRouteTimeouts,
)
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import headers, ports
from lateen.check.gateway.backends import backends, hostnames
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, wrong

FILTER_FIELDS = {
    "RequestHeaderModifier": "request_header_modifier",
    "ResponseHeaderModifier": "response_header_modifier",
    "RequestMirror": "request_mirror",
    "RequestRedirect": "request_redirect",
    "URLRewrite": "url_rewrite",
    "CORS": "cors",
    "ExternalAuth": "external_auth",
    "ExtensionRef": "extension_ref",
}
_PATHS = ("Exact", "PathPrefix", "RegularExpression")
_VALUES = ("Exact", "RegularExpression")
_REDIRECTS = (301, 302, 303, 307, 308)


def http_route(of: Resource[HTTPRoute]) -> Remarks:
    """Matches that can match, filters that are complete, and one thing done with each request."""
    yield from hostnames(of.spec.hostnames, ("spec", "hostnames"))
    for index, rule in enumerate(of.spec.rules):
        yield from _rule(rule, ("spec", "rules", index))


def _rule(rule: HTTPRouteRule, path: Path) -> Remarks:
    for index, match in enumerate(rule.matches):
        yield from _match(match, (*path, "matches", index))
    for index, each in enumerate(rule.filters):
        yield from _filter(each, (*path, "filters", index))
    types = {each.type for each in rule.filters}
    if {"RequestRedirect", "URLRewrite"} <= types:
        yield wrong((*path, "filters"), "RequestRedirect and URLRewrite are given, expected only one of them.")
    if "RequestRedirect" in types and rule.backend_refs:
        yield wrong((*path, "backendRefs"), "backendRefs are given with RequestRedirect, which sends nothing on.", "Leave one of them out.")
    yield from backends(rule.backend_refs, (*path, "backendRefs"))
    if rule.timeouts is not None:
        yield from _timeouts(rule.timeouts, (*path, "timeouts"))


def _timeouts(timeouts: HTTPRouteTimeouts, path: Path) -> Remarks:
    """A timeout of 0 is none."""
    whole, one = timeouts.request, timeouts.backend_request
    if whole is not None and one is not None and 0 < whole.nanoseconds < one.nanoseconds:
        yield wrong((*path, "backendRequest"), f"found {one}, expected at most the timeout of the whole request, {whole}.")


def _match(match: HTTPRouteMatch, path: Path) -> Remarks:
    yield from _path(match.path, (*path, "path"))
    for index, header in enumerate(match.headers):
        yield from headers.name(header.name, (*path, "headers", index, "name"))
        yield from value_match(header.type, header.value, (*path, "headers", index))
    for index, parameter in enumerate(match.query_params):
        yield from value_match(parameter.type, parameter.value, (*path, "queryParams", index))


def value_match(kind: str, value: str, path: Path) -> Remarks:
    """A value that is compared as it is, or as a regular expression."""
    if kind not in _VALUES:
        yield wrong((*path, "type"), f'found the type "{kind}", expected Exact or RegularExpression.')
    elif kind == "RegularExpression":
        yield from regex(value, (*path, "value"))


def _path(match: HTTPPathMatch, path: Path) -> Remarks:
    if match.type not in _PATHS:
        yield wrong((*path, "type"), f'found the type "{match.type}", expected Exact, PathPrefix or RegularExpression.')
    elif match.type == "RegularExpression":
        yield from regex(match.value, (*path, "value"))
    elif not match.value.startswith("/"):
        yield wrong((*path, "value"), f'found the path "{match.value}", expected one that begins with "/".')


def _filter(each: HTTPRouteFilter, path: Path) -> Remarks:
    field = FILTER_FIELDS.get(each.type)
    if field is None:
        yield wrong((*path, "type"), f'there is no filter "{each.type}".', f"There are {', '.join(FILTER_FIELDS)}.")
    elif getattr(each, field) is None:
        yield wrong(path, f"the filter {each.type} lacks its own field.", f"Give {_camel(field)}.")
    if each.request_redirect is not None:
        yield from _redirect(each.request_redirect, (*path, "requestRedirect"))


def _camel(field: str) -> str:
    head, *rest = field.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _redirect(redirect: HTTPRequestRedirectFilter, path: Path) -> Remarks:
    if redirect.status_code not in _REDIRECTS:
        yield wrong((*path, "statusCode"), f"found the status {redirect.status_code}, expected 301, 302, 303, 307 or 308.")
    if redirect.scheme not in ("", "http", "https"):
        yield wrong((*path, "scheme"), f'found the scheme "{redirect.scheme}", expected http or https.')
    if redirect.port is not None:
        yield from ports.number(redirect.port, (*path, "port"))
