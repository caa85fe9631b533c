"""What a route table does with a request (`ir.match`, `ir.routes`): the virtual host it asks for, the rule it fits, what becomes of path and headers.

Pure functions of the values and the call, each with the words for people where it says no. Nothing here knows who wrote a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import re2

from lateen.explain.call import Call
from lateen.explain.texts import claim_fits, header_fits, parameter_fits, path_fits, wording
from lateen.ir.match import Claim, Header, Match, Parameter, Path, PathManner, Text
from lateen.ir.routes import HeaderChanges, Redirect, Replacement, VirtualHost

_PATH_WORDS = {
    PathManner.EXACT: 'is "{}"',
    PathManner.PREFIX: 'begins with "{}"',
    PathManner.SEGMENTS: 'is "{}" or lies under it',
    PathManner.REGEX: 'fits the pattern "{}"',
}
_PSEUDO = {":method": "method", ":authority": "host", ":scheme": "scheme"}


# Virtual hosts


def asked_for(hosts: Iterable[VirtualHost], authority: str, *, by_port: bool) -> tuple[VirtualHost, str] | None:
    """The virtual host for a Host header, and the domain by which it is; None when there is none. `by_port`: the port there counts.

    Envoy: "Exact domain names … Suffix domain wildcards … Prefix domain wildcards … Special wildcard * matching any domain", the longest first.
    """
    name = (authority if by_port else without_port(authority)).lower()
    by_domain = {domain.lower(): (each, domain) for each in reversed(list(hosts)) for domain in each.domains}
    return next((by_domain[pattern] for pattern in _patterns(name, by_domain) if pattern in by_domain), None)


def _patterns(name: str, known: Iterable[str]) -> Iterator[str]:
    wild = [each for each in known if each.startswith("*") and 1 < len(each) <= len(name) and name.endswith(each[1:])]
    return iter((name, *sorted(wild, key=len, reverse=True), "*"))


def without_port(authority: str) -> str:
    """A Host header without its port; an IPv6 address keeps its brackets."""
    name, colon, port = authority.rpartition(":")
    return name if colon and port.isdecimal() and not name.endswith(":") and (":" not in name or name.endswith("]")) else authority


# Matches


def misfit(match: Match, call: Call, claims: Mapping[str, Any] | None = None) -> str:
    """The first condition that the request fails, in words; empty when it fits. `claims` are those of a token that was believed."""
    if match.tunnel != (call.method == "CONNECT"):
        return "it is for CONNECT only" if match.tunnel else "it is not for CONNECT"
    return next(_misfits(match, call, claims), "")


def _misfits(match: Match, call: Call, claims: Mapping[str, Any] | None) -> Iterator[str]:
    if not match.tunnel and not path_fits(match.path, call.bare_path):
        yield f"wants a path that {path_wording(match.path)}, this is {call.bare_path}"
    yield from (_of_header(each, call) for each in match.headers if not header_fits(each, call.header(each.name)))
    yield from (_of_parameter(each, call) for each in match.parameters if not parameter_fits(each, call.parameters))
    yield from (_of_claim(each, claims) for each in match.claims if not claim_fits(each, claims or {}))


def conditions(match: Match) -> str:
    """What is asked of a request, in words."""
    words = [f"the path {path_wording(match.path)}"] if not (match.tunnel or match.path.fits_all) else []
    words += ["it is a CONNECT"] if match.tunnel else []
    words += [f"{_named(each)} {_is(each.text, inverted=each.inverted)}" for each in match.headers]
    words += [f"query parameter {each.name} {_is(each.text)}" for each in match.parameters]
    words += [f"claim {'.'.join(each.path)} {_is(each.text, inverted=each.inverted)}" for each in match.claims]
    return " and ".join(words) or "any request"


def _is(text: Text | None, *, inverted: bool = False) -> str:
    if text is None:
        return "is not there" if inverted else "is there"
    return f"is {'not ' if inverted else ''}{wording(text)}"


def path_wording(path: Path) -> str:
    """The test in words: `is "/a"`, `begins with "/a"`."""
    return _PATH_WORDS[path.manner].format(path.value) + (", whatever the case" if path.ignore_case else "")


def _named(test: Header) -> str:
    return _PSEUDO.get(test.name, f"header {test.name}")


def _of_header(test: Header, call: Call) -> str:
    value = call.header(test.name)
    if not test.inverted:
        return _compared(_named(test), test.text, value)
    if test.text is None:
        return f"wants no {_named(test)}, which is there"
    return f'wants a {_named(test)} that is not {wording(test.text)}, this is "{value or ""}"'


def _of_parameter(test: Parameter, call: Call) -> str:
    value = next((value for name, value in call.parameters if name == test.name), None)
    return _compared(f"query parameter {test.name}", test.text, value)


def _of_claim(test: Claim, claims: Mapping[str, Any] | None) -> str:
    name = f"claim {'.'.join(test.path)}"
    if claims is None:
        return f"wants {name}, and no token has been believed"
    return f"wants that {name} {_is(test.text, inverted=test.inverted)}, and the token's is otherwise"


def _compared(name: str, text: Text | None, value: str | None) -> str:
    wanted = f"wants {name} to be {wording(text)}" if text is not None else f"wants {name}"
    return f"{wanted}, which is missing" if value is None else f'{wanted}, this is "{value}"'


# Changes


def rewritten(path: str, by: Replacement | None, match: Path) -> str:
    """The path with its query after the replacement; the query stays as it is."""
    if by is None:
        return path
    bare, mark, query = path.partition("?")
    if by.pattern:
        return f"{re2.sub(by.pattern, by.substitution, bare)}{mark}{query}"
    return by.prefix + bare[_matched(match, bare) :] + mark + query


def _matched(match: Path, bare: str) -> int:
    """How much of the path the test took."""
    if match.fits_all:
        return 1
    return len(bare) if match.manner is PathManner.REGEX else len(match.value)


def changed(call: Call, changes: HeaderChanges) -> Call:
    """The request with its headers changed: what is taken away first, then what is replaced or appended. A value that only the proxy knows is left in
    its own words (`%REQ(X)%`).
    """
    if not changes:
        return call
    gone = {name.lower() for name in changes.remove}
    headers = [(name, value) for name, value in call.headers if name not in gone]
    for name, value in changes.put:
        headers = [(each, old) for each, old in headers if each != name.lower()]
        headers.append((name.lower(), value))
    headers += [(name.lower(), value) for name, value in changes.append]
    return msgspec.structs.replace(call, headers=tuple(headers))


def redirected(to: Redirect, call: Call, match: Path) -> str:
    """Where a redirect leads (the `location` header)."""
    authority = to.authority or without_port(call.host_header)
    kept = "" if to.authority else call.host_header[len(without_port(call.host_header)) :]
    scheme = to.scheme or call.scheme
    if to.port:
        kept = f":{to.port}"
    elif to.scheme and kept == {"http": ":443", "https": ":80"}.get(to.scheme):
        kept = ""
    path = call.path if not to.path else to.path
    if not to.path and to.rewrite is not None:
        path = rewritten(call.path, to.rewrite, match)
    elif to.path and "?" not in to.path and "?" in call.path:
        path = f"{to.path}?{call.path.partition('?')[2]}"
    return f"{scheme}://{authority}{kept}{path}"
