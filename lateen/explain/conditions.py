"""The rules of policies (`ir.policy`), evaluated for one call: whether one fits, and what it lacks where it does not.

Three answers: it holds, it does not, or it cannot be known (None), which is so for what other filters of the proxy find out. Rules are ORed
elsewhere; here are the tests inside of one. What may not enter: what follows from a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

import msgspec

from lateen.explain.evidence import SPIFFE, Evidence
from lateen.explain.texts import claim_fits, fits, header_fits, in_network, template_fits
from lateen.ir.match import Claim, Header, Manner
from lateen.ir.policy import (
    Address,
    CalledPath,
    Clause,
    Clauses,
    End,
    FilterWord,
    PathTemplate,
    Peer,
    PeerPart,
    Port,
    Rule,
    ServerName,
    Test,
    TokenPrincipal,
)

Answer = bool | None
"""Whether something holds; None where that cannot be known."""


class Lack(msgspec.Struct, frozen=True):
    """What of a clause does not hold. `place` is where it stands in the rule: `from[0].source`, `to[1].operation`, or `when`; `number` counts the
    conditions of `when`. `listed` are the tests that decide: those of which none holds, or, where the call is `excluded`, those that hold.
    """

    place: str
    clause: Clause
    listed: tuple[Test, ...]
    excluded: bool = False
    number: int = 0


class Fit(msgspec.Struct, frozen=True):
    """How a rule fits a call: of what is `asked` all but the `lacks` holds. `holds` None: that cannot be known."""

    rule: Rule
    holds: Answer
    lacks: tuple[Lack, ...] = ()
    asked: int = 0


def fit(rule: Rule, of: Evidence) -> Fit:
    """How the rule fits; of several alternatives inside of it the nearest is told."""
    parts = [_nearest("from[{}].source", rule.callers, of), _nearest("to[{}].operation", rule.calls, of), _part("when", rule.conditions, of)]
    lacks = tuple(lack for part in parts for lack in part.lacks)
    return Fit(rule, _every(part.holds for part in parts), lacks, sum(part.asked for part in parts))


class _Part(msgspec.Struct, frozen=True):
    holds: Answer
    lacks: tuple[Lack, ...] = ()
    asked: int = 0


def _nearest(place: str, options: tuple[Clauses, ...], of: Evidence) -> _Part:
    if not options:
        return _Part(True)
    found = [_part(place.format(number), clauses, of) for number, clauses in enumerate(options)]
    best = min(found, key=lambda part: (part.holds is not True, part.holds is not None, len(part.lacks)))
    return msgspec.structs.replace(best, holds=_some(part.holds for part in found))


def _part(place: str, clauses: Clauses, of: Evidence) -> _Part:
    answers, lacks = [], []
    for number, clause in enumerate(clauses):
        listed = _some(holds(test, of) for test in clause.any_of) if clause.any_of else True
        excluded = _some(holds(test, of) for test in clause.none_of)
        answers += [listed, None if excluded is None else not excluded]
        if listed is False:
            lacks.append(Lack(place, clause, clause.any_of, number=number))
        if excluded:
            hit = tuple(test for test in clause.none_of if holds(test, of))
            lacks.append(Lack(place, clause, hit, excluded=True, number=number))
    return _Part(_every(answers), tuple(lacks), sum(bool(each.any_of) + bool(each.none_of) for each in clauses))


def _every(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    return False if False in found else None if None in found else True


def _some(answers: Iterable[Answer]) -> Answer:
    found = list(answers)
    return True if True in found else None if None in found else False


# One test


@singledispatch
def holds(test: Test, of: Evidence) -> Answer:
    """Whether one test holds."""
    raise TypeError(f"nobody asks for {type(test).__name__}")


@holds.register
def _(test: Peer, of: Evidence) -> Answer:
    """A caller is known by mutual TLS alone."""
    return bool(of.identity) and _identity_fits(test, of)


def _identity_fits(test: Peer, of: Evidence) -> bool:
    if test.part is PeerPart.IDENTITY:
        return fits(test.text, of.identity if test.text.manner in (Manner.EXACT, Manner.PREFIX) else f"{SPIFFE}{of.identity}")
    if test.part is PeerPart.TRUST_DOMAIN:
        return fits(test.text, of.identity.partition("/")[0])
    known = of.workload
    if known is None:
        return False
    return fits(test.text, known.namespace if test.part is PeerPart.NAMESPACE else f"{known.namespace}/{known.service_account}")


@holds.register
def _(test: Address, of: Evidence) -> Answer:
    return in_network(test.network, {End.PEER: of.peer, End.CLIENT: of.client, End.WORKLOAD: of.address}[test.end])


@holds.register
def _(test: Port, of: Evidence) -> Answer:
    return test.number == of.port


@holds.register
def _(test: ServerName, of: Evidence) -> Answer:
    return fits(test.text, of.server_name)


@holds.register
def _(test: Header, of: Evidence) -> Answer:
    return header_fits(test, of.header(test.name))


@holds.register
def _(test: CalledPath, of: Evidence) -> Answer:
    return fits(test.text, of.path)


@holds.register
def _(test: PathTemplate, of: Evidence) -> Answer:
    return template_fits(test.template, of.path)


@holds.register
def _(test: Claim, of: Evidence) -> Answer:
    return claim_fits(test, of.claims or {})


@holds.register
def _(test: TokenPrincipal, of: Evidence) -> Answer:
    issuer, subject = token_parts(of)
    return bool(issuer and subject) and fits(test.text, f"{issuer}/{subject}")


@holds.register
def _(test: FilterWord, of: Evidence) -> Answer:
    """Only the proxy knows what its other filters have found out."""
    return None


def token_parts(of: Evidence) -> tuple[str, str]:
    """Issuer and subject of the token that was believed; empty where it has none."""
    issuer, subject = (of.claims or {}).get("iss"), (of.claims or {}).get("sub")
    return issuer if isinstance(issuer, str) else "", subject if isinstance(subject, str) else ""
