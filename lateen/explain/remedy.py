"""What would let a refused call in: the smallest change, said with care. Whether it *should* be let in, nobody here knows."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.explain.call import Call
from lateen.explain.conditions import Fit, Lack, fit
from lateen.explain.evidence import Evidence
from lateen.explain.holding import as_written
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.wanting import condition_keys, found, number, place, subject, wanted
from lateen.flow import Graph
from lateen.ir.match import Claim
from lateen.ir.policy import Action, Authorization, Peer, Rule, TokenPrincipal

_TOLD = 3
"""How many rules that are equally near are told."""


def remedies(g: Graph, policy: msgspec.Struct, known: Evidence, call: Call, *, goes_on: bool) -> Iterator[Step]:
    """What would let the call pass the filter that refused it. `goes_on`: whether the filters behind would let it in."""
    if not isinstance(policy, Authorization):
        return
    fits = [fit(each, known) for each in policy.rules or ()]
    if policy.action is Action.DENY:
        yield from _without(fits, known, goes_on=goes_on)
    elif policy.action is Action.ALLOW:
        yield from _with(g, fits, known, call)


def _without(fits: list[Fit], known: Evidence, *, goes_on: bool) -> Iterator[Step]:
    hits = [each.rule for each in fits if each.holds]
    more = f" and {len(hits) - 1} more that fit" if len(hits) > 1 else ""
    rest = "the call would be let in" if goes_on else "it would still be refused, by the policies behind"
    said = f"remedy: without this rule{more} {rest}{_exception(hits[0], known)}"
    yield Step(Stage.RESULT, said, Outcome.NOTED, hits[0].origin, f"spec.rules[{number(hits[0])}]")


def _exception(rule: Rule, known: Evidence) -> str:
    """What would leave this caller out of the rule."""
    if known.identity:
        where = "under notPrincipals in each source of the rule" if rule.callers else "under notPrincipals in a source of the rule, which has none"
        return f'; to leave out this caller alone: "{known.identity}" {where}'
    clauses = (*(clause for each in rule.callers for clause in each), *rule.conditions)
    by_nobody = any(isinstance(test, Peer) for clause in clauses for test in clause.none_of)
    return "; it fits for the call comes as nobody: by mutual TLS it would have an identity" if by_nobody else ""


def _with(g: Graph, fits: list[Fit], known: Evidence, call: Call) -> Iterator[Step]:
    near = sorted((each for each in fits if each.holds is False), key=lambda each: len(each.lacks))
    if not near:
        said = "remedy: an ALLOW policy that holds here would need a rule for this call; none has any that could fit"
        if call.protocol.is_http and not known.http:
            said += ". The port is taken as bytes: rules about requests need a port that is declared to carry HTTP"
        yield Step(Stage.RESULT, said, Outcome.NOTED)
        return
    nearest = [each for each in near if len(each.lacks) == len(near[0].lacks)]
    for each in nearest[:_TOLD]:
        wishes = " and ".join(_wish(lack, condition_keys(as_written(g, each.rule)), known) for lack in each.lacks)
        which = f"this rule, the nearest of {len(fits)}," if len(nearest) == 1 < len(fits) else "this rule"
        yield Step(
            Stage.RESULT, f"remedy: {which} would let the call in if {wishes}", Outcome.NOTED, each.rule.origin, f"spec.rules[{number(each.rule)}]"
        )


def _wish(lack: Lack, keys: tuple[str, ...], known: Evidence) -> str:
    where, about = place(lack, keys), subject(lack.listed[0])
    if lack.excluded:
        return f"{where} did not list {wanted(lack.listed)}"
    if isinstance(lack.listed[0], Peer) and not known.identity:
        return f"the call came by mutual TLS, as {about.name} {wanted(lack.listed)}"
    if isinstance(lack.listed[0], Claim | TokenPrincipal) and known.claims is None:
        return f"it carried a valid {about.name if isinstance(lack.listed[0], TokenPrincipal) else f'token with {about.name}'} {wanted(lack.listed)}"
    value = found(lack.listed[0], known)
    return f'{where} also listed "{value}"' if value else f"it had {about.name} {wanted(lack.listed)}"
