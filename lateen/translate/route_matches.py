"""The conditions of an HTTP route as matches, for one group of clients (VS-20…VS-29).

Conditions on the client, the port and the gateway are decided here and never reach the proxy: a match either holds for these clients or is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from lateen.api.gateway_names import MESH, gateway_names
from lateen.api.networking.virtual_service import HTTPMatchRequest, StringMatch
from lateen.ir.match import EVERY_PATH, Claim, Header, Manner, Match, Parameter, Path, PathManner, Text
from lateen.ir.view import Perspective

CLAIMS = "@request.auth.claims"

_CLAIM_KEY = re.compile(r"\[([^\]]*)\]")
_ANYTHING = ("*", "")


class Clients(msgspec.Struct, frozen=True, cache_hash=True):
    """Who calls, on which port, by TLS if `secure`: sidecars (`gateway` is `mesh`), or the gateway of that name (`namespace/name`)."""

    perspective: Perspective
    port: int
    gateway: str = MESH
    secure: bool = False


class Condition(StrEnum):
    """A condition of a match on its clients, by the field that makes it."""

    PORT = "port"
    GATEWAYS = "gateways"
    NAMESPACE = "sourceNamespace"
    LABELS = "sourceLabels"


def concerns(match: HTTPMatchRequest, clients: Clients, namespace: str, domain: str) -> bool:
    """Whether the match of a rule of `namespace` can hold for calls of these clients at all (VS-25, VS-26)."""
    return unmet(match, clients, namespace, domain) is None


def unmet(match: HTTPMatchRequest, clients: Clients, namespace: str, domain: str) -> Condition | None:
    """The first condition on clients that these do not meet; None when they meet all."""
    if match.port and match.port != clients.port:
        return Condition.PORT
    if match.gateways:
        if clients.gateway not in gateway_names(match.gateways, namespace, domain):
            return Condition.GATEWAYS
        if clients.gateway != MESH:
            return None
    if match.source_namespace and match.source_namespace != clients.perspective.namespace:
        return Condition.NAMESPACE
    return None if set(match.source_labels.items()) <= set(clients.perspective.labels) else Condition.LABELS


def match_of(request: HTTPMatchRequest) -> Match:
    """What is left to be tested on each request. A header of this name is a claim: `@request.auth.claims.group`, `@request.auth.claims[group]`."""
    plain = {name: text for name, text in request.headers.items() if not name.startswith(CLAIMS)}
    without = {name: text for name, text in request.without_headers.items() if not name.startswith(CLAIMS)}
    return Match(
        path=_path(request.uri, request.ignore_uri_case),
        headers=(*_present(plain), *_absent(without), *_pseudo(request)),
        parameters=tuple(Parameter(name, text_of(request.query_params[name])) for name in sorted(request.query_params)),
        claims=(*_claims(request.headers, inverted=False), *_claims(request.without_headers, inverted=True)),
    )


def text_of(match: StringMatch | None) -> Text | None:
    """The test; None where the thing only has to be there (VS-23, VS-24)."""
    if match is None:
        return None
    if match.exact is not None:
        return Text(Manner.EXACT, match.exact)
    if match.prefix is not None:
        return Text(Manner.PREFIX, match.prefix)
    return None if match.regex is None or match.regex in _ANYTHING else Text(Manner.REGEX, match.regex)


def _path(uri: StringMatch | None, ignore_case: bool) -> Path:
    if uri is None:
        return EVERY_PATH
    if uri.exact is not None:
        return Path(PathManner.EXACT, uri.exact, ignore_case)
    if uri.prefix is not None:
        return Path(PathManner.PREFIX, uri.prefix, ignore_case)
    return EVERY_PATH if uri.regex is None or uri.regex in _ANYTHING else Path(PathManner.REGEX, uri.regex)


def _header(name: str, text: StringMatch, *, inverted: bool) -> Header:
    tested = text_of(text)
    return Header(name.lower(), tested, inverted, absent_is_empty=inverted and tested is not None)


def _present(headers: Mapping[str, StringMatch]) -> tuple[Header, ...]:
    return tuple(_header(name, headers[name], inverted=False) for name in sorted(headers))


def _absent(headers: Mapping[str, StringMatch]) -> tuple[Header, ...]:
    return tuple(_header(name, headers[name], inverted=True) for name in sorted(headers))


def _pseudo(request: HTTPMatchRequest) -> tuple[Header, ...]:
    given = ((":method", request.method), (":authority", request.authority), (":scheme", request.scheme))
    return tuple(Header(name, text_of(text)) for name, text in given if text is not None)


def _claims(headers: Mapping[str, StringMatch], *, inverted: bool) -> tuple[Claim, ...]:
    named = ((claim_path(name), text) for name, text in sorted(headers.items()) if name.startswith(CLAIMS))
    return tuple(Claim(path, text_of(text), inverted) for path, text in named if path)


def claim_path(name: str) -> tuple[str, ...]:
    """The keys of a claim named in a header match; empty when the name is malformed. In brackets a key may hold dots (VS-27)."""
    rest = name.removeprefix(CLAIMS)
    if rest.startswith("["):
        return tuple(_CLAIM_KEY.findall(rest)) if _CLAIM_KEY.sub("", rest) == "" else ()
    return tuple(rest[1:].split(".")) if rest.startswith(".") and ".." not in rest and not rest.endswith(".") else ()
