"""What an HTTP route does with its requests, as actions (VS-40…VS-48). Values of `api` in, values of `ir` out.

What has to be asked of the mesh, the names of destinations, is given as a function.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

from lateen.api.networking.virtual_service import (
    Destination,
    HeaderOperations,
    Headers,
    HTTPDirectResponse,
    HTTPRedirect,
    HTTPRewrite,
    HTTPRoute,
    HTTPRouteDestination,
    RedirectPortSelection,
)
from lateen.ir.match import Path, PathManner
from lateen.ir.routes import UNCHANGED, Answer, HeaderChanges, Redirect, Replacement, Share

Naming = Callable[[Destination], str]
"""Destination -> the name under which the proxy knows it."""

_HOST_HEADERS = ("host", ":authority")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MATCHED_PREFIX = "%PREFIX()%"
_WHOLE_PATH = "^.*$"


def shares(parts: tuple[HTTPRouteDestination, ...], named: Naming) -> tuple[Share, ...]:
    """Where requests go. Of several destinations those of weight 0 get nothing; a single one gets all, whatever its weight (VS-40)."""
    if len(parts) > 1:
        parts = tuple(part for part in parts if part.weight > 0)
    return tuple(_share(part, named) for part in parts)


def _share(part: HTTPRouteDestination, named: Naming) -> Share:
    request, response = header_changes(part.headers)
    return Share(named(part.destination), part.weight or 1, request, response, authority_header(part.headers))


def header_changes(*levels: Headers | None) -> tuple[HeaderChanges, HeaderChanges]:
    """What happens to the headers of requests and responses, level after level (VS-48)."""
    given = [level for level in levels if level is not None]
    return _changes([level.request for level in given]), _changes([level.response for level in given])


def _changes(levels: list[HeaderOperations | None]) -> HeaderChanges:
    given = [level for level in levels if level is not None]
    if not given:
        return UNCHANGED
    return HeaderChanges(
        put=tuple(pair for level in given for pair in _pairs(level.set)),
        append=tuple(pair for level in given for pair in _pairs(level.add)),
        remove=tuple(name for level in given for name in level.remove if _is_changeable(name)),
    )


def _pairs(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, headers[name]) for name in sorted(headers) if _is_changeable(name)]


def _is_changeable(name: str) -> bool:
    """Pseudo headers cannot be changed by a proxy's header operations, and Host only by rewriting it (VS-47)."""
    return not name.startswith(":") and name.lower() not in _HOST_HEADERS


def authority_header(headers: Headers | None) -> str:
    """The host that `set` gives to `Host` or `:authority`; empty when it gives none."""
    operations = headers.request if headers is not None else None
    if operations is None:
        return ""
    return next((value for name, value in sorted(operations.set.items()) if name.lower() in _HOST_HEADERS), "")


def authority(route: HTTPRoute) -> str:
    """The host that all requests of the route are given, empty for none: that of the rewrite before that of the headers (VS-47)."""
    return (route.rewrite.authority if route.rewrite is not None else "") or authority_header(route.headers)


def replacement(rewrite: HTTPRewrite | None, path: Path) -> Replacement | None:
    """What becomes of a path that passed the test `path` (VS-46); None when nothing does."""
    if rewrite is None:
        return None
    if rewrite.uri_regex_rewrite is not None:
        return Replacement(pattern=rewrite.uri_regex_rewrite.match, substitution=rewrite.uri_regex_rewrite.rewrite)
    return _rewritten(rewrite.uri, path) if rewrite.uri else None


def _rewritten(uri: str, path: Path) -> Replacement:
    if path.manner is PathManner.SEGMENTS and uri == "/":
        return Replacement(pattern=f"^{re.escape(path.value)}(/?)(.*)", substitution="/\\2")
    if path.manner in (PathManner.EXACT, PathManner.REGEX) and not path.fits_all:
        return Replacement(pattern=_WHOLE_PATH, substitution=uri.replace("\\", "\\\\"))
    return Replacement(prefix=uri)


def redirect(to: HTTPRedirect, port: int, *, secure: bool, path: Path) -> Redirect:
    """Where the client is sent that came to `port`, by TLS if `secure`. A port that goes without saying is left out (VS-45)."""
    prefix = to.uri.removeprefix(_MATCHED_PREFIX) if to.uri.startswith(_MATCHED_PREFIX) else to.prefix_rewrite
    return Redirect(
        code=to.redirect_code or 301,
        scheme=to.scheme,
        authority=to.authority,
        port=_port(to, port, to.scheme or ("https" if secure else "http")),
        path="" if to.uri.startswith(_MATCHED_PREFIX) else to.uri,
        rewrite=_rewritten(prefix, path) if prefix else None,
    )


def _port(to: HTTPRedirect, requested: int, scheme: str) -> int:
    wanted = to.port or (requested if to.derive_port is RedirectPortSelection.FROM_REQUEST_PORT else 0)
    return 0 if wanted == _DEFAULT_PORTS.get(scheme) else wanted


def answer(response: HTTPDirectResponse) -> Answer:
    """The answer, its body in bytes."""
    body = response.body
    if body is None:
        return Answer(response.status)
    if body.bytes is not None:
        return Answer(response.status, base64.b64decode(body.bytes))
    return Answer(response.status, (body.string or "").encode())
