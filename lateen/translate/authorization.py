"""AuthorizationPolicy: who may call a workload, as the policies that stand before its chains, in the order in which they are asked.

AZ-2: "CUSTOM (deny if the ext service denies) → DENY → ALLOW; any DENY match → 403; if ANY ALLOW policy applies to the workload and none
matches → 403; no ALLOW policy → allowed. AUDIT only logs. JWT runs after CUSTOM's shadow check and before DENY." The same for sidecars and
gateways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lateen.api.resource import Resource
from lateen.api.security import authorization_policy as api
from lateen.flow import Graph, query
from lateen.ir.policy import NOTHING_ALLOWED, Action, Authorization, Authorizer, Consultation, Protocol, Rule
from lateen.ir.view import Labels
from lateen.translate import authorizers, request_authentication
from lateen.translate.authorization_rules import Setting, rule
from lateen.translate.destinations import trust_domains
from lateen.translate.selection import applying, looked_at
from lateen.values.ref import Ref

KIND = "AuthorizationPolicy"
DRY_RUN = "istio.io/dry-run"

Policies = tuple[msgspec.Struct, ...]


class Policy(msgspec.Struct, frozen=True, cache_hash=True):
    """As much of an object as decides: `provider` is the one that CUSTOM names, `trial` one that is not enforced (AZ-9)."""

    ref: Ref
    action: api.Action
    rules: tuple[Rule, ...]
    provider: str = ""
    trial: bool = False


def requests(g: Graph, namespace: str, labels: Labels, rerouted: bool = False) -> Policies:
    """What is asked of each request to a workload with these labels; `rerouted` where routes may depend on tokens."""
    return _requests(g, namespace, looked_at(g, (KIND, request_authentication.KIND), namespace, labels), rerouted)


def connections(g: Graph, namespace: str, labels: Labels) -> Policies:
    """What is asked of each connection that is not understood as HTTP."""
    return _connections(g, namespace, looked_at(g, (KIND,), namespace, labels))


def consulted(g: Graph, namespace: str, labels: Labels) -> tuple[tuple[str, str], ...]:
    """The services that the workload's proxy asks, as pairs of namespace and host: it needs to be told of them, whatever its scope."""
    return _consulted(g, namespace, looked_at(g, (KIND,), namespace, labels))


@query
def _requests(g: Graph, namespace: str, labels: Labels, rerouted: bool) -> Policies:
    found = policies(g, namespace, labels, True)
    tokens = request_authentication.tokens(g, namespace, labels, rerouted)
    return (*_custom(g, found, http=True), *((tokens,) if tokens is not None else ()), *_by_rules(found))


@query
def _connections(g: Graph, namespace: str, labels: Labels) -> Policies:
    found = policies(g, namespace, labels, False)
    return (*_custom(g, found, http=False), *_by_rules(found))


@query
def _consulted(g: Graph, namespace: str, labels: Labels) -> tuple[tuple[str, str], ...]:
    names = {str(each.spec.provider.name) for each in applying(g, KIND, namespace, labels) if _is_custom(each.spec) and each.spec.provider}
    found = (authorizers.service(g, name) for name in sorted(names))
    return tuple(each for each in found if each is not None)


@query
def policies(g: Graph, namespace: str, labels: Labels, http: bool) -> tuple[Policy, ...]:
    """The policies for a workload with these labels, for requests or for connections that are not understood as HTTP."""
    return tuple(policy(g, each, http) for each in applying(g, KIND, namespace, labels))


def policy(g: Graph, of: Resource[api.AuthorizationPolicy], http: bool) -> Policy:
    """One object; its rules are numbered as they are written (AZ-11)."""
    setting = Setting(of.ref.namespace, trust_domains(g), http, lenient=of.spec.action is not api.Action.ALLOW)
    names = (f"ns[{of.ref.namespace}]-policy[{of.ref.name}]-rule[{number}]" for number in range(len(of.spec.rules)))
    found = (rule(setting, written, name, of.ref) for name, written in zip(names, of.spec.rules, strict=True))
    provider = of.spec.provider.name if of.spec.provider is not None else ""
    return Policy(of.ref, of.spec.action, tuple(each for each in found if each is not None), provider, _is_trial(of))


def _is_custom(spec: api.AuthorizationPolicy) -> bool:
    return spec.action is api.Action.CUSTOM


def _is_trial(of: Resource[api.AuthorizationPolicy]) -> bool:
    """AZ-9: "only ALLOW and DENY"."""
    return of.annotations.get(DRY_RUN) == "true" and of.spec.action in (api.Action.ALLOW, api.Action.DENY)


def _by_rules(found: Iterable[Policy]) -> Iterator[Authorization]:
    for action in (Action.AUDIT, Action.DENY, Action.ALLOW):
        own = [each for each in found if each.action.value == action.value]
        enforced, trial = _united(own, trial=False), _united(own, trial=True)
        if action is not Action.ALLOW:
            enforced, trial = enforced or None, trial or None
        if enforced is not None or trial is not None:
            yield Authorization(action, enforced, trial)


def _united(found: Iterable[Policy], *, trial: bool) -> tuple[Rule, ...] | None:
    """The rules of all of them; None where there is no such policy, which is not the same as policies without rules (AZ-4)."""
    own = [each for each in found if each.trial is trial]
    return tuple(rule for each in own for rule in each.rules) if own else None


def _custom(g: Graph, found: tuple[Policy, ...], *, http: bool) -> Iterator[Authorization | Consultation]:
    """AZ-10. Whoever names a provider that is not there has nothing let in."""
    own = [each for each in found if each.action is api.Action.CUSTOM]
    asked: list[tuple[str, Authorizer]] = []
    for name in dict.fromkeys(each.provider for each in own):
        authorizer = authorizers.authorizer(g, name)
        if authorizer is None:
            yield NOTHING_ALLOWED
            return
        if http or authorizer.protocol is Protocol.GRPC:
            asked.append((name, authorizer))
    for name, authorizer in asked:
        rules = tuple(rule for each in own if each.provider == name for rule in each.rules)
        if rules:
            yield Consultation(authorizer, rules, name if len(asked) > 1 else "")
