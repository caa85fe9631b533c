"""Which policies hold for a workload, and why: by namespace, selector or target (AZ-3, AZ-12, JW-3); and which of its namespace do not.

The queries are those that make the proxy's filters; here they are only told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lateen.api import inputs, mesh
from lateen.api.resource import Resource
from lateen.api.security import authorization_policy as api
from lateen.explain.step import Outcome, Stage, Step
from lateen.explain.wanting import number
from lateen.flow import Graph
from lateen.ir.policy import Rule
from lateen.ir.view import View
from lateen.translate import authorization, request_authentication
from lateen.translate.selection import applying, looked_at, owners

_TOLD = 5


def policies(g: Graph, view: View) -> Iterator[Step]:
    """The AuthorizationPolicies that hold for the workload, and those that might be thought to."""
    kind = authorization.KIND
    held = list(applying(g, kind, view.namespace, view.labels))
    for each in held:
        yield Step(Stage.AUTHORIZATION, f"{_action(each)} policy {reach(g, each)}", Outcome.NOTED, each.ref)
    if not held:
        yield Step(Stage.AUTHORIZATION, f"no {kind} holds here, so every caller is let in", Outcome.NOTED)
    others = [each for owner in owners(g, view.namespace) for each in inputs.resources(g, kind, owner) if each not in held]
    if others:
        carried = looked_at(g, (kind,), view.namespace, view.labels)
        yield Step(Stage.AUTHORIZATION, f"{_left_aside(g, others)}; this one has {_listed(carried) or 'no such label'}", Outcome.NOTED)


def tokens(g: Graph, view: View) -> Iterator[Step]:
    """The RequestAuthentications that hold for the workload."""
    for each in applying(g, request_authentication.KIND, view.namespace, view.labels):
        issuers = ", ".join(dict.fromkeys(rule.issuer or "any issuer" for rule in each.spec.jwt_rules)) or "nobody"
        yield Step(Stage.TOKEN, f"tokens of {issuers} are believed, {reach(g, each)}", Outcome.NOTED, each.ref)


def reach(g: Graph, policy: Resource[Any]) -> str:
    """For which workloads the policy is: `for the whole mesh`, `for workloads of namespace default with app=web`."""
    everywhere = policy.ref.namespace == mesh.root_namespace(g)
    targets = [*((policy.spec.target_ref,) if policy.spec.target_ref is not None else ()), *policy.spec.target_refs]
    if targets:
        return "for " + " and ".join(f"{each.kind} {each.name}" for each in targets)
    selector = dict(policy.spec.selector.match_labels) if policy.spec.selector is not None else {}
    if not selector:
        return "for the whole mesh" if everywhere else f"for all of namespace {policy.ref.namespace}"
    return f"for workloads of {'every namespace' if everywhere else f'namespace {policy.ref.namespace}'} with {_listed(selector.items())}"


def _listed(labels: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels))


def as_written(g: Graph, rule: Rule) -> api.Rule | None:
    """The rule as its object has it; None where the object is not there."""
    found = inputs.resource(g, rule.origin) if rule.origin is not None else None
    written: tuple[api.Rule, ...] = found.spec.rules if found is not None else ()
    return written[number(rule)] if number(rule) < len(written) else None


def _action(policy: Resource[Any]) -> str:
    rules = len(policy.spec.rules)
    written = f"{policy.spec.action.value}{' (dry run)' if policy.annotations.get(authorization.DRY_RUN) == 'true' else ''}"
    return f"{written}, {rules} {'rule' if rules == 1 else 'rules'}:"


def _left_aside(g: Graph, others: list[Resource[Any]]) -> str:
    told = "; ".join(f"{each.ref.namespace}/{each.ref.name} is {reach(g, each)}" for each in others[:_TOLD])
    more = f"; and {len(others) - _TOLD} more" if len(others) > _TOLD else ""
    return f"not for this workload: {told}{more}"
