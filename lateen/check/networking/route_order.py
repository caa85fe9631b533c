"""Rules that never get a call because those before them take it (VS-20: the first rule that matches counts).

A rule is unreachable (IST0130) when each of its matches is covered by an earlier one; a single covered match is without effect (IST0131).
"Covered" is told on the safe side: what cannot be compared, such as two regular expressions, is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from lateen.api.networking.virtual_service import (
    HTTPMatchRequest,
    L4MatchAttributes,
    StringMatch,
    TLSMatchAttributes,
    VirtualService,
)
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, noted
from lateen.values.hosts import is_subset

UNREACHABLE = "IST0130"
INEFFECTIVE = "IST0131"

M = TypeVar("M")
_EVERY_PATH = (StringMatch(prefix="/"), StringMatch(prefix=""), StringMatch(regex=".*"), StringMatch(regex="/.*"))


class _Anywhere(Protocol):
    """What all matches have in common."""

    @property
    def port(self) -> int: ...
    @property
    def source_labels(self) -> Mapping[str, str]: ...
    @property
    def gateways(self) -> tuple[str, ...]: ...
    @property
    def source_namespace(self) -> str: ...


def route_order(spec: VirtualService) -> Remarks:
    """What is never reached, in each of the three lists of rules."""
    yield from _shadowed([route.match for route in spec.http], ("spec", "http"), _covers_request)
    yield from _shadowed([route.match for route in spec.tls], ("spec", "tls"), _covers_tls)
    yield from _shadowed([route.match for route in spec.tcp], ("spec", "tcp"), _covers_connection)


def _shadowed(rules: Sequence[Sequence[M]], path: Path, covers: Callable[[M, M], bool]) -> Remarks:
    earlier: list[tuple[int, M]] = []
    catch_all: int | None = None
    for number, matches in enumerate(rules):
        if catch_all is not None:
            yield doubtful((*path, number), f"this rule is never reached: rule {catch_all} before it takes everything.", "Put it first.", UNREACHABLE)
            continue
        taken = [next((before for before, other in earlier if covers(other, match)), None) for match in matches]
        if matches and None not in taken:
            by = _listed(sorted({before for before in taken if before is not None}))
            yield doubtful((*path, number), f"this rule is never reached: {by} before it takes all its matches.", "Put it first.", UNREACHABLE)
        for index, before in enumerate(taken):
            if before is not None:
                message = f"this match has no effect: rule {before} takes what it matches."
                yield noted((*path, number, "match", index), message, INEFFECTIVE)
        if not matches:
            catch_all = number
        earlier += [(number, match) for match in matches]


def _listed(rules: Iterable[int]) -> str:
    return " and ".join(f"rule {number}" for number in rules)


def _covers_request(wide: HTTPMatchRequest, narrow: HTTPMatchRequest) -> bool:
    return (
        _covers_place(wide, narrow)
        and _covers_path(wide, narrow)
        and all(_covers_text(getattr(wide, field), getattr(narrow, field)) for field in ("scheme", "method", "authority"))
        and _covers_all(wide.headers, narrow.headers)
        and _covers_all(wide.query_params, narrow.query_params)
        and all(narrow.without_headers.get(name) == value for name, value in wide.without_headers.items())
    )


def _covers_place(wide: _Anywhere, narrow: _Anywhere) -> bool:
    return (
        wide.port in (0, narrow.port)
        and wide.source_labels.items() <= narrow.source_labels.items()
        and wide.source_namespace in ("", narrow.source_namespace)
        and (not wide.gateways or (bool(narrow.gateways) and set(narrow.gateways) <= set(wide.gateways)))
    )


def _covers_path(wide: HTTPMatchRequest, narrow: HTTPMatchRequest) -> bool:
    if wide.uri is None or wide.uri in _EVERY_PATH:
        return True
    if wide.ignore_uri_case and narrow.uri is not None and narrow.uri.regex is None:
        return _covers_text(_lower(wide.uri), _lower(narrow.uri))
    return not narrow.ignore_uri_case and _covers_text(wide.uri, narrow.uri)


def _lower(match: StringMatch) -> StringMatch:
    if match.exact is not None:
        return StringMatch(exact=match.exact.lower())
    return StringMatch(prefix=match.prefix.lower()) if match.prefix is not None else match


def _covers_text(wide: StringMatch | None, narrow: StringMatch | None) -> bool:
    if wide is None or wide == narrow:
        return True
    if narrow is None or wide.prefix is None:
        return False
    text = narrow.exact if narrow.exact is not None else narrow.prefix
    return text is not None and text.startswith(wide.prefix)


def _covers_all(wide: Mapping[str, StringMatch], narrow: Mapping[str, StringMatch]) -> bool:
    present = StringMatch()
    return all(name in narrow and (match == present or _covers_text(match, narrow[name])) for name, match in wide.items())


def _covers_tls(wide: TLSMatchAttributes, narrow: TLSMatchAttributes) -> bool:
    names = all(any(is_subset(name, host) for host in wide.sni_hosts) for name in narrow.sni_hosts)
    return names and _covers_subnets(wide, narrow) and _covers_place(wide, narrow)


def _covers_connection(wide: L4MatchAttributes, narrow: L4MatchAttributes) -> bool:
    return wide.source_subnet in ("", narrow.source_subnet) and _covers_subnets(wide, narrow) and _covers_place(wide, narrow)


def _covers_subnets(wide: TLSMatchAttributes | L4MatchAttributes, narrow: TLSMatchAttributes | L4MatchAttributes) -> bool:
    return not wide.destination_subnets or (bool(narrow.destination_subnets) and set(narrow.destination_subnets) <= set(wide.destination_subnets))
