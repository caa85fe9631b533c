"""HTTPRoute: what Gateway API's own definitions refuse (https://gateway-api.sigs.k8s.io/reference/spec/#httproute)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lateen.api.gateway.http_route import (
    HTTPHeaderMatch,
    HTTPPathMatch,
    HTTPRoute,
    HTTPRouteFilter,
    HTTPRouteMatch,
    HTTPRouteRule,
    SessionPersistence,
)
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import headers
from lateen.check.gateway import words
from lateen.check.gateway.filters import HTTP, filters
from lateen.check.gateway.references import backends, parents
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, wrong
from lateen.values.duration import Duration

PATHS = ("Exact", "PathPrefix", "RegularExpression")
VALUES = ("Exact", "RegularExpression")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
MOST_MATCHES = 128

_LONGEST_PATH = 1024
_CHARACTERS = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")
_NOT_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F", "#")
_NOT_AT_ENDS = ("/..", "/.")
_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")


def http_route(of: Resource[HTTPRoute]) -> Remarks:
    """Matches that can match, filters that are complete, and one thing done with each request."""
    spec = of.spec
    yield from parents(spec.parent_refs, ("spec", "parentRefs"))
    yield from words.hostnames(spec.hostnames, ("spec", "hostnames"))
    yield from words.at_most(16, spec.rules, ("spec", "rules"))
    yield from words.unique((rule.name for rule in spec.rules), ("spec", "rules"), "name", "rule")
    yield from few_matches([rule.matches for rule in spec.rules])
    for index, rule in enumerate(spec.rules):
        yield from _rule(rule, ("spec", "rules", index))


def few_matches(of_rules: Sequence[Sequence[object]]) -> Remarks:
    """ "The total number of matches across all rules in a route must be less than 128"."""
    if (total := sum(len(matches) for matches in of_rules)) > MOST_MATCHES:
        yield wrong(("spec", "rules"), f"found {total} matches in all rules, expected at most {MOST_MATCHES}.", "Make two routes of it.")


def _rule(rule: HTTPRouteRule, path: Path) -> Remarks:
    if rule.name:
        yield from words.section(rule.name, (*path, "name"))
    yield from words.at_most(64, rule.matches, (*path, "matches"))
    for index, match in enumerate(rule.matches):
        yield from _match(match, (*path, "matches", index))
    yield from filters(rule.filters, (*path, "filters"), HTTP)
    yield from _prefixes(rule, rule.filters, (*path, "filters"))
    for index, each in enumerate(rule.backend_refs):
        yield from filters(each.filters, (*path, "backendRefs", index, "filters"), HTTP)
        yield from _prefixes(rule, each.filters, (*path, "backendRefs", index, "filters"))
    if rule.backend_refs and any(each.type == "RequestRedirect" for each in rule.filters):
        yield wrong((*path, "backendRefs"), "backendRefs are given with RequestRedirect, which sends nothing on.", "Leave one of them out.")
    yield from backends(rule.backend_refs, (*path, "backendRefs"))
    yield from _times(rule, path)
    if rule.session_persistence is not None:
        yield from session(rule.session_persistence, (*path, "sessionPersistence"))


def _prefixes(rule: HTTPRouteRule, given: Sequence[HTTPRouteFilter], path: Path) -> Remarks:
    """ "exactly one PathPrefix match must be specified"; no match is one of the prefix /."""
    is_one_prefix = not rule.matches or (len(rule.matches) == 1 and rule.matches[0].path.type == "PathPrefix")
    if is_one_prefix:
        return
    for index, each in enumerate(given):
        for field, changed in (("requestRedirect", each.request_redirect), ("urlRewrite", each.url_rewrite)):
            if changed is not None and changed.path is not None and changed.path.type == "ReplacePrefixMatch":
                message = "ReplacePrefixMatch needs a rule with one match, which is by PathPrefix."
                yield wrong((*path, index, field, "path"), message, "Make a rule for each prefix, or use ReplaceFullPath.")


def _times(rule: HTTPRouteRule, path: Path) -> Remarks:
    if rule.timeouts is not None:
        whole, one = rule.timeouts.request, rule.timeouts.backend_request
        yield from duration(whole, (*path, "timeouts", "request"))
        yield from duration(one, (*path, "timeouts", "backendRequest"))
        # A timeout of 0 is none.
        if whole is not None and one is not None and 0 < whole.nanoseconds < one.nanoseconds:
            yield wrong((*path, "timeouts", "backendRequest"), f"found {one}, expected at most the timeout of the whole request, {whole}.")
    if rule.retry is not None:
        yield from duration(rule.retry.backoff, (*path, "retry", "backoff"))
        for index, code in enumerate(rule.retry.codes):
            yield from words.within(code, 400, 599, (*path, "retry", "codes", index))


def duration(given: Duration | None, path: Path) -> Remarks:
    """GEP-2257: whole numbers of hours, minutes, seconds and milliseconds, at most four. None passes."""
    if given is not None and not _DURATION.fullmatch(given):
        yield wrong(path, f'found "{given}", expected at most four whole numbers of up to five digits with units, such as "1h30m" or "500ms".')


def session(persistence: SessionPersistence, path: Path) -> Remarks:
    """By a cookie or a header, for some time."""
    yield from words.one_of(persistence.type, ("Cookie", "Header"), (*path, "type"), "type")
    if len(persistence.session_name) > 128:
        yield wrong((*path, "sessionName"), f"found a name of {len(persistence.session_name)} characters, expected at most 128.")
    yield from duration(persistence.absolute_timeout, (*path, "absoluteTimeout"))
    yield from duration(persistence.idle_timeout, (*path, "idleTimeout"))
    cookie = persistence.cookie_config
    if cookie is None:
        return
    if persistence.type == "Header":
        yield wrong((*path, "cookieConfig"), "cookieConfig is given with type Header.", "Leave it out, or use type Cookie.")
    yield from words.one_of(cookie.lifetime_type, ("Session", "Permanent"), (*path, "cookieConfig", "lifetimeType"), "type")
    if cookie.lifetime_type == "Permanent" and persistence.absolute_timeout is None:
        yield wrong(path, 'the field "absoluteTimeout" is missing, which a permanent cookie needs.', "Write absoluteTimeout: 12h.")


def _match(match: HTTPRouteMatch, path: Path) -> Remarks:
    yield from _path(match.path, (*path, "path"))
    if match.method:
        yield from words.one_of(match.method, METHODS, (*path, "method"), "method")
    yield from header_matches(match.headers, (*path, "headers"))
    yield from words.at_most(16, match.query_params, (*path, "queryParams"))
    yield from words.unique((each.name for each in match.query_params), (*path, "queryParams"), "name", "parameter")
    for index, parameter in enumerate(match.query_params):
        yield from headers.name(parameter.name, (*path, "queryParams", index, "name"))
        yield from _value(parameter.type, parameter.value, (*path, "queryParams", index))


def header_matches(given: Sequence[HTTPHeaderMatch], path: Path) -> Remarks:
    """Headers of distinct names, compared as they are or by a regular expression."""
    yield from words.at_most(16, given, path)
    yield from words.unique((header.name.lower() for header in given), path, "name", "header")
    for index, header in enumerate(given):
        yield from headers.name(header.name, (*path, index, "name"))
        yield from _value(header.type, header.value, (*path, index))


def _value(kind: str, value: str, path: Path) -> Remarks:
    yield from words.one_of(kind, VALUES, (*path, "type"), "type")
    if not value:
        yield wrong((*path, "value"), "the value is empty.")
    elif kind == "RegularExpression":
        yield from regex(value, (*path, "value"))


def _path(match: HTTPPathMatch, path: Path) -> Remarks:
    place = (*path, "value")
    if match.type not in PATHS:
        yield from words.one_of(match.type, PATHS, (*path, "type"), "type")
    elif len(match.value) > _LONGEST_PATH:
        yield wrong(place, f"found a path of {len(match.value)} characters, expected at most {_LONGEST_PATH}.")
    elif match.type == "RegularExpression":
        yield from regex(match.value, place)
    elif not match.value.startswith("/"):
        yield wrong(place, f'found the path "{match.value}", expected one that begins with "/".')
    elif part := next((part for part in _NOT_IN_PATHS if part in match.value), None):
        yield wrong(place, f'found the path "{match.value}", expected one without "{part}".')
    elif part := next((part for part in _NOT_AT_ENDS if match.value.endswith(part)), None):
        yield wrong(place, f'found the path "{match.value}", expected one that does not end in "{part}".')
    elif not _CHARACTERS.fullmatch(match.value):
        yield wrong(place, f'found the path "{match.value}", which has characters that a path has not.', "Write others as %20.")
