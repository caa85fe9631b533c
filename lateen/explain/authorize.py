"""May the call come in? The policies before a chain, asked one after the other for one call (AZ-2): CUSTOM, tokens, AUDIT, DENY, ALLOW.

They are the very values that the proxy is told as filters (`ir.policy`, `ir.token`); for each rule that does not fit it is said what it lacks. What
an external authorizer answers cannot be known: the step that asks it says so, and the rest supposes that it allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from lateen.api import inputs
from lateen.explain import holding, remedy
from lateen.explain.call import Call
from lateen.explain.conditions import Fit, fit
from lateen.explain.evidence import Evidence, evidence
from lateen.explain.holding import as_written
from lateen.explain.step import Decision, Outcome, Stage, Step
from lateen.explain.token_steps import token_steps
from lateen.explain.tokens import Belief, belief
from lateen.explain.wanting import condition_keys, lacking, number, place, unaskable
from lateen.flow import Graph
from lateen.ir.chain import Handler
from lateen.ir.policy import NOTHING_ALLOWED, Action, Authorization, Consultation, Protocol, Rule
from lateen.ir.token import Tokens
from lateen.ir.view import View
from lateen.translate import authorization, authorizers
from lateen.values.ref import Ref

FORBIDDEN = 403
PROVIDER = "spec.provider.name"

_DECIDED = {
    Action.ALLOW: (Outcome.TAKEN, "this rule allows the call"),
    Action.DENY: (Outcome.REFUSED, "this rule denies the call"),
    Action.AUDIT: (Outcome.NOTED, "this rule marks the call for the log"),
}


class Answer(msgspec.Struct, frozen=True):
    """What one filter says: whether the call goes on, which object and which place in it decided, and what later filters know."""

    allowed: bool
    known: Evidence
    steps: tuple[Step, ...] = ()
    by: Ref | None = None
    rule: str = ""
    status: int = 0


def authorize(g: Graph, view: View, call: Call, handler: Handler) -> Decision:
    """Whether the workload's proxy lets the call in, once `handler` has taken the connection. `call.identity` has been proven, if there is any."""
    known = evidence(call, handler)
    steps = [*(holding.tokens(g, view) if known.http else ()), *holding.policies(g, view), *(() if known.http else _not_consulted(g, view))]
    by, rule = None, ""
    for place_of, policy in enumerate(handler.policy):
        answer = _asked(g, view, call, policy, known)
        steps += answer.steps
        if not answer.allowed:
            if answer.rule != PROVIDER:
                goes_on = _goes_on(g, view, call, handler.policy[place_of + 1 :], known)
                steps += remedy.remedies(g, policy, known, call, goes_on=goes_on)
            return Decision(False, answer.by, answer.rule, tuple(steps), answer.status)
        known = answer.known
        if answer.by is not None:
            by, rule = answer.by, answer.rule
    return Decision(True, by, rule, tuple(steps))


def _goes_on(g: Graph, view: View, call: Call, rest: Iterable[msgspec.Struct], known: Evidence) -> bool:
    """Whether the filters behind would let the call in."""
    for policy in rest:
        answer = _asked(g, view, call, policy, known)
        if not answer.allowed:
            return False
        known = answer.known
    return True


def _asked(g: Graph, view: View, call: Call, policy: msgspec.Struct, known: Evidence) -> Answer:
    match policy:
        case Tokens():
            return _of_tokens(g, view, call, policy, known)
        case Consultation():
            return Answer(True, known, tuple(_consulted(g, policy, known)))
        case Authorization():
            return _of_rules(g, view, policy, known)
    raise TypeError(f"nobody can ask a {type(policy).__name__}")


def _of_tokens(g: Graph, view: View, call: Call, policy: Tokens, known: Evidence) -> Answer:
    found = belief(policy, call)
    steps = tuple(token_steps(g, view, policy, found, call))
    if found.status:
        return Answer(False, known, steps, steps[-1].ref, steps[-1].path, found.status)
    return Answer(True, _with_claims(known, found), steps)


def _with_claims(known: Evidence, found: Belief) -> Evidence:
    headers = (*((name, value) for name, value in known.headers if name not in found.removed), *found.added)
    return msgspec.structs.replace(known, headers=headers, claims=found.claims)


# Rules


def _of_rules(g: Graph, view: View, policy: Authorization, known: Evidence) -> Answer:
    status = FORBIDDEN if known.http else 0
    missing = _missing_provider(g, view) if policy == NOTHING_ALLOWED else None
    if missing is not None:
        return Answer(False, known, (missing,), missing.ref, missing.path, status)
    steps = [*_trials(g, policy, known)]
    if policy.rules is None:
        return Answer(True, known, tuple(steps))
    fits = [fit(each, known) for each in policy.rules]
    decisive = next((each for each in sorted(fits, key=lambda one: one.rule.name) if each.holds), None)
    steps += _rule_steps(g, view, policy.action, fits, decisive, known)
    if decisive is not None:
        return Answer(policy.action is not Action.DENY, known, tuple(steps), *_said_by(policy.action, decisive, status))
    if policy.action is not Action.ALLOW:
        return Answer(True, known, tuple(steps))
    said = f"ALLOW policies hold here, and no rule of any fits: {f'{status} RBAC: access denied' if status else 'the connection is closed'}"
    steps.append(Step(Stage.AUTHORIZATION, said, Outcome.REFUSED))
    return Answer(False, known, tuple(steps), status=status)


def _said_by(action: Action, of: Fit, status: int) -> tuple[Ref | None, str, int]:
    """Who decided. What AUDIT says decides nothing."""
    if action is Action.AUDIT:
        return None, "", 0
    return of.rule.origin, _path(of.rule), status if action is Action.DENY else 0


def _rule_steps(g: Graph, view: View, action: Action, fits: list[Fit], decisive: Fit | None, known: Evidence) -> Iterator[Step]:
    """The rule that decides, or what each lacks."""
    if decisive is not None:
        outcome, said = _DECIDED[action]
        yield Step(Stage.AUTHORIZATION, said + _wider(g, decisive.rule, known), outcome, decisive.rule.origin, _path(decisive.rule))
        return
    yield from _left_out(g, view, action, fits, known)
    for each in fits:
        yield _misfit(g, action.value, each, known)


def _misfit(g: Graph, action: str, of: Fit, known: Evidence) -> Step:
    if of.holds is None:
        said = f"{action} rule: it asks what another filter of the proxy finds out; supposed is that it does not fit"
        return Step(Stage.AUTHORIZATION, said, Outcome.UNKNOWN, of.rule.origin, _path(of.rule))
    first = of.lacks[0]
    near = f" ({of.asked - len(of.lacks)} of {of.asked} conditions hold)" if of.asked > 1 else ""
    said = f"{action} rule {lacking(first, known)}{near}{_wider(g, of.rule, known)}"
    where = f"{_path(of.rule)}.{place(first, condition_keys(as_written(g, of.rule)))}"
    return Step(Stage.AUTHORIZATION, said, Outcome.PASSED, of.rule.origin, where)


def _trials(g: Graph, policy: Authorization, known: Evidence) -> Iterator[Step]:
    """AZ-9: "never enforced"."""
    if policy.trial is None:
        return
    fits = [fit(each, known) for each in policy.trial]
    hit = next((each for each in sorted(fits, key=lambda one: one.rule.name) if each.holds), None)
    if hit is not None:
        said = f"dry run: this rule would {'allow' if policy.action is Action.ALLOW else 'deny'} the call"
        yield Step(Stage.AUTHORIZATION, said, Outcome.NOTED, hit.rule.origin, _path(hit.rule))
        return
    yield from (msgspec.structs.replace(_misfit(g, f"dry run: {policy.action.value}", each, known), outcome=Outcome.NOTED) for each in fits)
    if policy.action is Action.ALLOW:
        yield Step(Stage.AUTHORIZATION, "dry run: no rule on trial would allow the call", Outcome.NOTED)


def _consulted(g: Graph, policy: Consultation, known: Evidence) -> Iterator[Step]:
    """AZ-10."""
    fits = [fit(each, known) for each in policy.rules]
    hit = next((each for each in fits if each.holds), None)
    if hit is None:
        yield from (_misfit(g, "CUSTOM", each, known) for each in fits)
        return
    asked = policy.authorizer
    how = "gRPC" if asked.protocol is Protocol.GRPC else "HTTP"
    silent = "and lets pass what it cannot answer" if asked.open else "and what it cannot answer is refused"
    said = f"{asked.host} is asked over {how}, {silent}; what it says cannot be known here, supposed is that it allows"
    yield Step(Stage.AUTHORIZATION, said, Outcome.UNKNOWN, hit.rule.origin, _path(hit.rule))


def _not_consulted(g: Graph, view: View) -> Iterator[Step]:
    """AZ-8: "HTTP ext_authz provider is ignored on TCP.\""""
    for each in authorization.policies(g, view.namespace, view.labels, False):
        found = authorizers.authorizer(g, each.provider) if each.provider else None
        if found is not None and found.protocol is Protocol.HTTP:
            said = f"{found.host} is asked over HTTP, so about requests only, and not about these bytes"
            yield Step(Stage.AUTHORIZATION, said, Outcome.NOTED, each.ref, PROVIDER)


def _missing_provider(g: Graph, view: View) -> Step | None:
    """Whoever names a provider that is not there has nothing let in."""
    for each in authorization.policies(g, view.namespace, view.labels, True):
        if each.action.value == "CUSTOM" and authorizers.authorizer(g, each.provider) is None:
            said = f'CUSTOM provider "{each.provider}" is not in MeshConfig, or its service or port is missing: nothing is let in'
            return Step(Stage.AUTHORIZATION, said, Outcome.REFUSED, each.ref, PROVIDER)
    return None


# What the objects say


def _left_out(g: Graph, view: View, action: Action, fits: list[Fit], known: Evidence) -> Iterator[Step]:
    """Rules that were not translated, for they ask what cannot be asked (AZ-8), and policies without any."""
    there = {(each.rule.origin, _path(each.rule)) for each in fits}
    for held in authorization.policies(g, view.namespace, view.labels, known.http):
        found = inputs.resource(g, held.ref)
        if held.action.value != action.value or held.trial or found is None:
            continue
        if not found.spec.rules and action is Action.ALLOW:
            yield Step(Stage.AUTHORIZATION, "ALLOW policy without rules, which allows nothing", Outcome.PASSED, held.ref)
        for at, written in enumerate(found.spec.rules):
            if (held.ref, f"spec.rules[{at}]") not in there:
                said = f"{action.value} rule can never fit: it asks {_unasked(written, known)}"
                yield Step(Stage.AUTHORIZATION, said, Outcome.PASSED, held.ref, f"spec.rules[{at}]")


def _unasked(written: Any, known: Evidence) -> str:
    words = ", ".join(unaskable(written)) if not known.http else ""
    return f"for {words}, which only requests have, and this connection is taken as bytes" if words else "what cannot be asked"


def _wider(g: Graph, rule: Rule, known: Evidence) -> str:
    """AZ-8: on bytes what denies goes without what only requests have, and so gets wider."""
    written = as_written(g, rule)
    words = ", ".join(unaskable(written)) if written is not None and not known.http else ""
    return f"; bytes have no {words}, so that it holds whatever they are" if words else ""


def _path(rule: Rule) -> str:
    return f"spec.rules[{number(rule)}]"
