"""What a route does beside sending: redirect, rewrite, direct response, retries, mirrors, CORS (VS-43 to VS-50)."""

from __future__ import annotations

import re
from http import HTTPMethod

from lateen.api.networking.virtual_service import (
    CorsPolicy,
    HTTPDirectResponse,
    HTTPMirrorPolicy,
    HTTPRedirect,
    HTTPRetry,
    HTTPRewrite,
    HTTPRoute,
)
from lateen.api.text import Path
from lateen.check import headers, percentages, ports
from lateen.check.durations import at_least_millisecond
from lateen.check.networking.destination import destination
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, deprecated, doubtful, wrong
from lateen.check.statuses import answer, is_http_status

RETRY_ON = frozenset(
    {
        "5xx",
        "gateway-error",
        "reset",
        "reset-before-request",
        "connect-failure",
        "envoy-ratelimited",
        "retriable-4xx",
        "refused-stream",
        "retriable-status-codes",
        "retriable-headers",
        "http3-post-connect-failure",
        "cancelled",
        "deadline-exceeded",
        "internal",
        "resource-exhausted",
        "unavailable",
    }
)
"""Conditions that Envoy knows (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on)."""

_REDIRECT_CODES = frozenset({0, 301, 302, 303, 307, 308})
_REDIRECTS = "301, 302, 303, 307 or 308"
_LARGEST_BODY = 1024 * 1024
_LARGE_BODY = 100 * 1024
_BASE64 = re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_METHODS = frozenset(method.value for method in HTTPMethod)


def redirect(redirect: HTTPRedirect | None, path: Path) -> Remarks:
    """VS-45. None passes."""
    if redirect is None:
        return
    has_port = redirect.port is not None or redirect.derive_port is not None
    if not (redirect.uri or redirect.authority or redirect.scheme or redirect.prefix_rewrite or has_port):
        yield wrong(path, "the redirect changes nothing.", "Give uri, prefixRewrite, authority, scheme or port.")
    if redirect.uri and redirect.prefix_rewrite:
        yield wrong(path, "uri and prefixRewrite are given, expected only one of them.")
    if redirect.redirect_code and not 300 <= redirect.redirect_code <= 399:
        yield wrong((*path, "redirectCode"), f"found the status {redirect.redirect_code}, expected {_REDIRECTS}.")
    elif redirect.redirect_code not in _REDIRECT_CODES:
        yield doubtful((*path, "redirectCode"), f"Envoy does not redirect with {redirect.redirect_code}, only with {_REDIRECTS}.")
    if redirect.scheme not in ("", "http", "https"):
        yield wrong((*path, "scheme"), f'found the scheme "{redirect.scheme}", expected http or https.')
    for field, text in (("uri", redirect.uri), ("authority", redirect.authority), ("prefixRewrite", redirect.prefix_rewrite)):
        yield from headers.one_line(text, (*path, field))
    if redirect.port is not None:
        yield from ports.number(redirect.port, (*path, "port"))


def prefixes(route: HTTPRoute, path: Path) -> Remarks:
    """`prefixRewrite` replaces the prefix that matched, so every match must be by prefix."""
    if route.redirect is None or not route.redirect.prefix_rewrite:
        return
    if not route.match or any(match.uri is None or match.uri.prefix is None for match in route.match):
        yield wrong((*path, "redirect", "prefixRewrite"), "prefixRewrite needs a uri with prefix in each match.", "Use uri, or match by prefix.")


def direct_response(response: HTTPDirectResponse | None, path: Path) -> Remarks:
    """A status, and a body of at most 1 MB (VS-4). None passes."""
    if response is None:
        return
    yield from answer(response.status, (*path, "status"))
    if response.body is None:
        return
    if response.body.bytes is not None and not _BASE64.fullmatch(response.body.bytes):
        yield wrong((*path, "body", "bytes"), "found text that is no base64.", "Write it as string, or encode it.")
    size = len((response.body.string or "").encode()) if response.body.string is not None else len(response.body.bytes or "") * 3 // 4
    if size > _LARGEST_BODY:
        yield wrong((*path, "body"), f"found a body of {size} bytes, expected at most {_LARGEST_BODY}.")
    elif size > _LARGE_BODY:
        yield doubtful((*path, "body"), f"found a body of {size} bytes, which every proxy is sent with its routes.", "Serve it from a workload.")


def rewrite(rewrite: HTTPRewrite | None, path: Path) -> Remarks:
    """VS-46. None passes."""
    if rewrite is None:
        return
    if not rewrite.uri and not rewrite.authority and rewrite.uri_regex_rewrite is None:
        yield wrong(path, "the rewrite changes nothing.", "Give uri, uriRegexRewrite or authority.")
    for field, text in (("uri", rewrite.uri), ("authority", rewrite.authority)):
        yield from headers.one_line(text, (*path, field))
    if rewrite.uri_regex_rewrite is None:
        return
    if rewrite.uri:
        yield wrong(path, "uri and uriRegexRewrite are given, expected only one of them.")
    if not rewrite.uri_regex_rewrite.rewrite:
        yield wrong((*path, "uriRegexRewrite"), 'the field "rewrite" is missing.')
    yield from regex(rewrite.uri_regex_rewrite.match, (*path, "uriRegexRewrite", "match"))


def one_authority(route: HTTPRoute, path: Path) -> Remarks:
    """VS-47: the host of the request is set once."""
    request = route.headers.request if route.headers is not None else None
    given = [f"headers.request.set.{name}" for name in (request.set if request else ()) if headers.is_authority(name)]
    given += [f"headers.request.add.{name}" for name in (request.add if request else ()) if headers.is_authority(name)]
    if route.rewrite is not None and route.rewrite.authority:
        given.insert(0, "rewrite.authority")
    if len(given) > 1:
        yield wrong(path, f"the authority is set by {' and '.join(given)}, expected one of them.")


def retries(retries: HTTPRetry | None, path: Path) -> Remarks:
    """VS-43. None passes."""
    if retries is None:
        return
    if retries.attempts < 0:
        yield wrong((*path, "attempts"), f"found {retries.attempts}, expected 0 (no retries) or more.")
    if retries.attempts == 0 and (retries.per_try_timeout is not None or retries.retry_on or retries.retry_remote_localities is not None):
        message = "attempts is 0, which switches retries off, so nothing else may be said of them."
        yield wrong(path, message, "Set attempts: 2, or leave the rest out.")
    yield from at_least_millisecond(retries.per_try_timeout, (*path, "perTryTimeout"))
    yield from at_least_millisecond(retries.backoff, (*path, "backoff"))
    for word in retries.retry_on.split(",") if retries.retry_on else ():
        if word not in RETRY_ON and not is_http_status(word):
            hint = "Leave out the spaces." if word.strip() != word else ""
            yield wrong((*path, "retryOn"), f'found "{word}", expected a condition such as 5xx or connect-failure, or an HTTP status.', hint)


def mirrors(route: HTTPRoute, path: Path) -> Remarks:
    """VS-49."""
    if route.mirror is not None and route.mirrors:
        yield wrong(path, "mirror and mirrors are given, expected only one of them.")
    yield from destination(route.mirror, (*path, "mirror"))
    for index, mirror in enumerate(route.mirrors):
        yield from _mirror(mirror, (*path, "mirrors", index))
    yield from percentages.share(route.mirror_percentage, (*path, "mirrorPercentage"))
    if route.mirror_percentage is not None and route.mirror is None:
        yield doubtful((*path, "mirrorPercentage"), "mirrorPercentage has no effect without mirror.", "In mirrors, each has a percentage of its own.")
    for field, percent in (("mirrorPercent", route.mirror_percent), ("mirror_percent", route.mirror_percent_old)):
        if percent is not None:
            yield from percentages.whole(percent, (*path, field))
            yield deprecated((*path, field), f"{field} is deprecated.", f"Write mirrorPercentage: {{value: {percent}}}.")


def _mirror(mirror: HTTPMirrorPolicy, path: Path) -> Remarks:
    yield from destination(mirror.destination, (*path, "destination"))
    yield from percentages.share(mirror.percentage, (*path, "percentage"))


def cors(policy: CorsPolicy | None, path: Path) -> Remarks:
    """VS-50. None passes."""
    if policy is None:
        return
    for index, origin in enumerate(policy.allow_origins):
        if not (origin.exact or origin.prefix or origin.regex):
            yield wrong((*path, "allowOrigins", index), "the origin is empty.", 'Write for instance {exact: "https://example.com"}.')
        elif origin.regex:
            yield from regex(origin.regex, (*path, "allowOrigins", index, "regex"))
    if policy.allow_origin:
        yield deprecated((*path, "allowOrigin"), "allowOrigin is deprecated.", "Write allowOrigins: [{exact: …}].")
    for index, method in enumerate(policy.allow_methods):
        if method not in _METHODS and method != "*":
            yield wrong((*path, "allowMethods", index), f'found the method "{method}", expected one of {", ".join(sorted(_METHODS))}.')
    for field, names in (("allowHeaders", policy.allow_headers), ("exposeHeaders", policy.expose_headers)):
        for index, name in enumerate(names):
            yield from headers.name_or_star(name, (*path, field, index))
    if policy.max_age is not None:
        yield from at_least_millisecond(policy.max_age, (*path, "maxAge"))
        if policy.max_age.nanoseconds % 10**9:
            yield wrong((*path, "maxAge"), f"found {policy.max_age}, expected whole seconds.")
