"""Filters of routes: each complete, with no field that its type does not have, and none twice where that would mean nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lateen.api.gateway.http_route import (
    HTTPCORSFilter,
    HTTPExternalAuthFilter,
    HTTPHeader,
    HTTPHeaderFilter,
    HTTPPathModifier,
    HTTPRequestMirrorFilter,
    HTTPRequestRedirectFilter,
    HTTPRouteFilter,
)
from lateen.api.gateway.references import LocalObjectReference
from lateen.api.text import Path
from lateen.check import headers, ports
from lateen.check.gateway import words
from lateen.check.gateway.references import backend
from lateen.check.remark import Remarks, wrong

HTTP: Mapping[str, str] = {
    "RequestHeaderModifier": "request_header_modifier",
    "ResponseHeaderModifier": "response_header_modifier",
    "RequestMirror": "request_mirror",
    "RequestRedirect": "request_redirect",
    "URLRewrite": "url_rewrite",
    "CORS": "cors",
    "ExternalAuth": "external_auth",
    "ExtensionRef": "extension_ref",
}
"""The types of filters of HTTPRoutes, and the field of each."""
GRPC = {name: HTTP[name] for name in ("RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef")}
"""Those of GRPCRoutes."""

_REPEATED = frozenset({"RequestMirror", "ExtensionRef"})
_REDIRECTS = (301, 302, 303, 307, 308)
_PATHS = {"ReplaceFullPath": "replace_full_path", "ReplacePrefixMatch": "replace_prefix_match"}
_LONGEST_PATH = 1024


class Filter(Protocol):
    """A filter of any route."""

    @property
    def type(self) -> str: ...
    @property
    def request_header_modifier(self) -> HTTPHeaderFilter | None: ...
    @property
    def response_header_modifier(self) -> HTTPHeaderFilter | None: ...
    @property
    def request_mirror(self) -> HTTPRequestMirrorFilter | None: ...
    @property
    def extension_ref(self) -> LocalObjectReference | None: ...


def filters(given: Sequence[Filter], path: Path, types: Mapping[str, str]) -> Remarks:
    """All filters of a rule or of a backend."""
    yield from words.at_most(16, given, path)
    seen: set[str] = set()
    for index, each in enumerate(given):
        place: Path = (*path, index)
        yield from _typed(each, place, types)
        if each.type in seen and each.type not in _REPEATED:
            yield wrong((*place, "type"), f"the filter {each.type} is given twice.", "Put all of it into one.")
        seen.add(each.type)
        yield from _changes(each, place)
        if isinstance(each, HTTPRouteFilter):
            yield from _of_http(each, place)
    if {"RequestRedirect", "URLRewrite"} <= seen:
        yield wrong(path, "RequestRedirect and URLRewrite are given, expected only one of them.")


def _typed(each: Any, path: Path, types: Mapping[str, str]) -> Remarks:
    if each.type not in types:
        yield wrong((*path, "type"), f'there is no filter "{each.type}".', f"There are {', '.join(types)}.")
        return
    for name, field in types.items():
        is_given = getattr(each, field) is not None
        if name == each.type and not is_given:
            yield wrong(path, f"the filter {name} lacks its own field.", f"Give {camel(field)}.")
        elif name != each.type and is_given:
            yield wrong((*path, camel(field)), f"{camel(field)} is given in a filter of type {each.type}.", f"Make it a filter of type {name}.")


def camel(field: str) -> str:
    """The name of a field as users write it."""
    head, *rest = field.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _changes(each: Filter, path: Path) -> Remarks:
    for field, changes in (("requestHeaderModifier", each.request_header_modifier), ("responseHeaderModifier", each.response_header_modifier)):
        if changes is not None:
            yield from _headers(changes.set, (*path, field, "set"))
            yield from _headers(changes.add, (*path, field, "add"))
            yield from words.at_most(16, changes.remove, (*path, field, "remove"))
            for index, name in enumerate(changes.remove):
                yield from headers.name(name, (*path, field, "remove", index))
    if each.request_mirror is not None:
        yield from _mirror(each.request_mirror, (*path, "requestMirror"))
    if each.extension_ref is not None:
        yield from words.reference(each.extension_ref.group, each.extension_ref.kind, each.extension_ref.name, (*path, "extensionRef"))


def _headers(given: Sequence[HTTPHeader], path: Path) -> Remarks:
    yield from words.at_most(16, given, path)
    yield from words.unique((header.name.lower() for header in given), path, "name", "header")
    for index, header in enumerate(given):
        yield from headers.name(header.name, (*path, index, "name"))
        if not header.value:
            yield wrong((*path, index, "value"), "the value of the header is empty.", "Write remove to take a header away.")


def _mirror(mirror: HTTPRequestMirrorFilter, path: Path) -> Remarks:
    yield from backend(mirror.backend_ref, (*path, "backendRef"))
    yield from words.within(mirror.percent, 0, 100, (*path, "percent"))
    share = mirror.fraction
    if share is None:
        return
    if mirror.percent is not None:
        yield wrong(path, "percent and fraction are given, expected only one of them.")
    if share.denominator < 1:
        yield wrong((*path, "fraction", "denominator"), f"found {share.denominator}, expected 1 or more.")
    elif not 0 <= share.numerator <= share.denominator:
        yield wrong((*path, "fraction", "numerator"), f"found {share.numerator}, expected 0 to {share.denominator}, the denominator.")


def _of_http(each: HTTPRouteFilter, path: Path) -> Remarks:
    if each.request_redirect is not None:
        yield from _redirect(each.request_redirect, (*path, "requestRedirect"))
    if each.url_rewrite is not None:
        if each.url_rewrite.hostname:
            yield from words.precise_hostname(each.url_rewrite.hostname, (*path, "urlRewrite", "hostname"))
        yield from _modifier(each.url_rewrite.path, (*path, "urlRewrite", "path"))
    if each.cors is not None:
        yield from _cors(each.cors, (*path, "cors"))
    if each.external_auth is not None:
        yield from _asked(each.external_auth, (*path, "externalAuth"))


def _redirect(redirect: HTTPRequestRedirectFilter, path: Path) -> Remarks:
    if redirect.status_code not in _REDIRECTS:
        yield wrong((*path, "statusCode"), f"found the status {redirect.status_code}, expected 301, 302, 303, 307 or 308.")
    if redirect.scheme:
        yield from words.one_of(redirect.scheme, ("http", "https"), (*path, "scheme"), "scheme")
    if redirect.hostname:
        yield from words.precise_hostname(redirect.hostname, (*path, "hostname"))
    yield from _modifier(redirect.path, (*path, "path"))
    if redirect.port is not None:
        yield from ports.number(redirect.port, (*path, "port"))


def _modifier(modifier: HTTPPathModifier | None, path: Path) -> Remarks:
    if modifier is None:
        return
    if modifier.type not in _PATHS:
        yield from words.one_of(modifier.type, tuple(_PATHS), (*path, "type"), "type")
        return
    for name, field in _PATHS.items():
        text = getattr(modifier, field)
        if name == modifier.type and text is None:
            yield wrong(path, f'the field "{camel(field)}" is missing, which the type {name} needs.')
        elif name != modifier.type and text is not None:
            yield wrong((*path, camel(field)), f"{camel(field)} is given with type {modifier.type}, expected {name}.")
        elif text is not None and len(text) > _LONGEST_PATH:
            yield wrong((*path, camel(field)), f"found a path of {len(text)} characters, expected at most {_LONGEST_PATH}.")


def _cors(cors: HTTPCORSFilter, path: Path) -> Remarks:
    for field, given in (("allowOrigins", cors.allow_origins), ("allowHeaders", cors.allow_headers), ("exposeHeaders", cors.expose_headers)):
        yield from words.at_most(64, given, (*path, field))
    for field, given in (("allowOrigins", cors.allow_origins), ("allowMethods", cors.allow_methods), ("allowHeaders", cors.allow_headers)):
        if "*" in given and len(given) > 1:
            yield wrong((*path, field), '"*" means all, so nothing else may be given beside it.', "Leave the others out.")
    for field, given in (("allowHeaders", cors.allow_headers), ("exposeHeaders", cors.expose_headers)):
        for index, name in enumerate(given):
            yield from headers.name_or_star(name, (*path, field, index))
    if cors.max_age < 1:
        yield wrong((*path, "maxAge"), f"found {cors.max_age}, expected 1 second or more.")


def _asked(asked: HTTPExternalAuthFilter, path: Path) -> Remarks:
    yield from words.one_of(asked.protocol, ("HTTP", "GRPC"), (*path, "protocol"), "protocol")
    yield from backend(asked.backend_ref, (*path, "backendRef"))
    for protocol, field, given in (("GRPC", "grpc", asked.grpc), ("HTTP", "http", asked.http)):
        if given is not None and protocol != asked.protocol:
            yield wrong((*path, field), f"{field} is given with protocol {asked.protocol}, expected {protocol}.")
