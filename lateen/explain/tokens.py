"""Which tokens a proxy finds in a request and whether it believes them (JW-1 to JW-5), evaluated from `ir.token` as its filter would.

"All that a request carries must be valid, unless one issuer finds a valid one at all its places": where an issuer finds nothing but valid
tokens the request passes; so it does where no issuer finds any. https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/jwt_authn_filter

A token is described (`call.Token`), or stands as it is in a header, a parameter or a cookie. What may not enter: the clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from lateen.explain.call import Call, Pairs, Token
from lateen.explain.signatures import is_signed
from lateen.identity.signed_token import take_apart
from lateen.ir.token import Carrier, Issuer, Place, Tokens
from lateen.translate.keys import with_fake_key

SKEW = 60
"""By how many seconds clocks may differ."""
_WORD = re.compile(r"[\w.-]")


class Fault(StrEnum):
    """What is wrong with a token."""

    MALFORMED = "it is not in the form of a JSON Web Token"
    ISSUER = "nobody here believes its issuer"
    EARLY = "it is not valid yet"
    EXPIRED = "it has expired"
    AUDIENCE = "it is meant for other audiences"
    KEYS = "no keys of its issuer are known here"
    SIGNATURE = "its signature is not that of any key of its issuer"


class Found(msgspec.Struct, frozen=True):
    """A token where an issuer looks for it. `fault` None: it is believed, but that its signature is right is only supposed if `supposed`."""

    issuer: Issuer
    place: Place
    claims: Mapping[str, Any] | None = None
    fault: Fault | None = None
    supposed: bool = False


class Belief(msgspec.Struct, frozen=True):
    """What comes of the tokens of a request: refused with `status`, or passed (0). `decided` is the token that decided, None where there is none.

    `claims` are those of the token that was believed, as later policies see them. `removed` headers and query `parameters` do not go on, and
    `added` headers do.
    """

    status: int = 0
    decided: Found | None = None
    claims: Mapping[str, Any] | None = None
    removed: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    added: Pairs = ()


def belief(tokens: Tokens, call: Call) -> Belief:
    """What comes of the tokens of the call."""
    if _is_preflight(call):
        return Belief()
    removed: list[str] = []
    refused: list[Found] = []
    for issuer in tokens.issuers:
        removed += (*(header.lower() for header, _ in issuer.claim_headers), *([issuer.payload_header.lower()] if issuer.payload_header else ()))
        found = [_checked(issuer, place, text, call) for place, text in _carried(issuer, call)]
        wrong = next((each for each in found if each.fault is not None), None)
        if wrong is not None:
            refused.append(wrong)
        elif found:
            return _believed(issuer, found, removed)
    if not refused:
        return Belief(removed=tuple(removed))
    decisive = _decisive(refused)
    return Belief(403 if decisive.fault is Fault.AUDIENCE else 401, decisive)


def _is_preflight(call: Call) -> bool:
    return call.method == "OPTIONS" and call.header("origin") is not None and call.header("access-control-request-method") is not None


def _decisive(refused: list[Found]) -> Found:
    """What the client is told of: the first token that an issuer refused, but an unknown issuer only where nothing else is wrong."""
    if refused[0].fault is not Fault.ISSUER:
        return refused[0]
    return next((each for each in reversed(refused) if each.fault is not Fault.ISSUER), refused[0])


def _believed(issuer: Issuer, found: list[Found], removed: list[str]) -> Belief:
    claims = found[-1].claims or {}
    split = {name: value.split(" ") if name in issuer.split and isinstance(value, str) else value for name, value in claims.items()}
    gone = [] if issuer.forwarded else [each.place for each in found]
    headers = (each.name.lower() for each in gone if each.carrier is Carrier.HEADER)
    parameters = tuple(each.name for each in gone if each.carrier is Carrier.PARAMETER)
    return Belief(0, found[-1], split, (*removed, *headers), parameters, tuple(_claim_headers(issuer, claims)))


def after(call: Call, of: Belief) -> Call:
    """The call as it goes on, without the tokens that were believed, but in cookies, and with the headers that are made of claims."""
    path, mark, query = call.path.partition("?")
    kept = "&".join(each for each in query.split("&") if each.partition("=")[0] not in of.parameters) if of.parameters else query
    headers = (*((name, value) for name, value in call.headers if name not in of.removed), *of.added)
    tokens = tuple(each for each in call.tokens if not _is_taken(each.place, of))
    return msgspec.structs.replace(call, path=f"{path}{mark if kept else ''}{kept}", headers=headers, tokens=tokens)


def _is_taken(place: Place, of: Belief) -> bool:
    if place.carrier is Carrier.HEADER:
        return place.name.lower() in of.removed
    return place.carrier is Carrier.PARAMETER and place.name in of.parameters


def _claim_headers(issuer: Issuer, claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for header, path in issuer.claim_headers:
        value = claims.get(path, _nested(claims, path.split(".")))
        if isinstance(value, str | int | float):
            yield header.lower(), str(value).lower() if isinstance(value, bool) else str(value)


def _nested(claims: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        claims = claims.get(key) if isinstance(claims, Mapping) else None
    return claims


# Where tokens are


def _carried(issuer: Issuer, call: Call) -> Iterator[tuple[Place, str]]:
    """What stands at the places where the issuer's tokens are looked for, the last place first, as they are checked."""
    for place in reversed(issuer.places):
        for value in _values(place, call):
            if not place.prefix:
                yield place, value
            elif place.prefix in value:
                yield place, _behind(place.prefix, value)


def _behind(prefix: str, value: str) -> str:
    start = value.index(prefix) + len(prefix)
    found = _WORD.search(value, start)
    return value[found.start() :] if found else value


def _values(place: Place, call: Call) -> Iterator[str]:
    """The texts at a place; a token that is described stands for itself by its number."""
    for number, token in enumerate(call.tokens):
        if token.place.carrier is place.carrier and _name(token.place) == _name(place):
            yield f"{token.place.prefix}{_described(number)}"
    yield from _written(place, call)


def _written(place: Place, call: Call) -> Iterator[str]:
    if place.carrier is Carrier.HEADER:
        yield from (value.strip(" \t") for name, value in call.headers if name == place.name.lower())
        return
    pairs = call.parameters if place.carrier is Carrier.PARAMETER else _cookies(call)
    yield from [value for name, value in pairs if name == place.name][:1]


def _cookies(call: Call) -> tuple[tuple[str, str], ...]:
    parts = (each.strip().partition("=") for each in (call.header("cookie") or "").split(";"))
    return tuple((name, value) for name, _, value in parts)


def _name(place: Place) -> str:
    return place.name.lower() if place.carrier is Carrier.HEADER else place.name


def _described(number: int) -> str:
    return f"described-{number}"


# One token


def _checked(issuer: Issuer, place: Place, text: str, call: Call) -> Found:
    described = next((token for number, token in enumerate(call.tokens) if _described(number) == text), None)
    claims = _claims(text, described)
    if claims is None:
        return Found(issuer, place, None, Fault.MALFORMED)
    fault = next(_faults(issuer, claims, call.now), None)
    if fault is not None:
        return Found(issuer, place, claims, fault)
    if issuer.keys == with_fake_key(""):
        return Found(issuer, place, claims, Fault.KEYS)
    signed = (None if not described.forged else False) if described is not None else is_signed(text, issuer.keys)
    return Found(issuer, place, claims, Fault.SIGNATURE if signed is False else None, supposed=signed is None)


def _claims(text: str, described: Token | None) -> Mapping[str, Any] | None:
    try:
        if described is not None:
            return described.payload
        parts = take_apart(text)
        return msgspec.json.decode(parts.claims, type=dict[str, Any]) if parts is not None else None
    except ValueError:
        return None


def _faults(issuer: Issuer, claims: Mapping[str, Any], now: int) -> Iterator[Fault]:
    if issuer.name and claims.get("iss") != issuer.name:
        yield Fault.ISSUER
    if now and _number(claims.get("nbf")) > now + SKEW:
        yield Fault.EARLY
    if now and claims.get("exp") is not None and _number(claims["exp"]) + SKEW < now:
        yield Fault.EXPIRED
    if issuer.audiences and not _audiences(issuer.audiences) & _audiences(claims.get("aud")):
        yield Fault.AUDIENCE


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _audiences(given: Any) -> set[str]:
    """Users "easily add wrong scheme and trailing slash", so neither counts."""
    listed = given if isinstance(given, list | tuple) else (given,)
    return {re.sub("^https?://", "", each).removesuffix("/") for each in listed if isinstance(each, str)}
