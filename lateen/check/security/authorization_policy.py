"""AuthorizationPolicy: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.resource import Resource
from lateen.api.security.authorization_policy import Action, AuthorizationPolicy, Operation, Rule, Source
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.check.security.conditions import condition
from lateen.check.security.operations import operation
from lateen.check.security.sources import source
from lateen.check.targets import targets

_NO_SOURCE = Source()
_NO_OPERATION = Operation()
_OVER_TCP = (
    "principals",
    "not_principals",
    "namespaces",
    "not_namespaces",
    "service_accounts",
    "not_service_accounts",
    "trust_domains",
    "not_trust_domains",
    "ip_blocks",
    "not_ip_blocks",
    "remote_ip_blocks",
    "not_remote_ip_blocks",
)
_HINT = "Write rules: [{}] to match every call."


def authorization_policy(of: Resource[AuthorizationPolicy]) -> Remarks:
    """Targets, what the action needs, and each rule."""
    spec = of.spec
    yield from targets(spec)
    yield from _action(spec)
    for index, rule in enumerate(spec.rules):
        path = ("spec", "rules", index)
        yield from _rule(rule, path, spec.action)
        if spec.action is Action.DENY and _is_wide_over_tcp(rule):
            message = "this rule has conditions on HTTP only, so on TCP ports it denies every call that the rest of it matches."
            yield doubtful(path, message, "Name the ports in to.operation.ports.")


def _action(spec: AuthorizationPolicy) -> Remarks:
    """AZ-4: what a policy without rules means depends on its action."""
    if spec.action is Action.CUSTOM:
        if not spec.rules:
            yield wrong(("spec",), "action CUSTOM without rules never asks the provider.", _HINT)
        if spec.provider is None or not spec.provider.name:
            yield wrong(("spec",), "action CUSTOM needs provider.name.", "Name a provider of the mesh config's extensionProviders.")
        return
    if spec.provider is not None:
        yield wrong(("spec", "provider"), f"provider is given with action {spec.action.value}, expected CUSTOM.")
    if not spec.rules and spec.action is Action.DENY:
        yield wrong(("spec",), "action DENY without rules denies nothing.", _HINT)


def _rule(rule: Rule, path: Path, action: Action) -> Remarks:
    for index, caller in enumerate(rule.from_):
        place: Path = (*path, "from", index)
        if caller.source is None or caller.source == _NO_SOURCE:
            yield wrong(place, "the source is empty.", "Give for instance principals, or leave from out to mean every caller.")
        else:
            yield from source(caller.source, (*place, "source"), is_custom=action is Action.CUSTOM)
    for index, called in enumerate(rule.to):
        place = (*path, "to", index)
        if called.operation is None or called.operation == _NO_OPERATION:
            yield wrong(place, "the operation is empty.", "Give for instance paths, or leave to out to mean every operation.")
        else:
            yield from operation(called.operation, (*place, "operation"))
    for index, when in enumerate(rule.when):
        yield from condition(when, (*path, "when", index), is_custom=action is Action.CUSTOM)


def _is_wide_over_tcp(rule: Rule) -> bool:
    """AZ-8: a DENY rule on TCP drops its HTTP fields, "so it gets WIDER"."""
    operations = [to.operation for to in rule.to if to.operation is not None]
    if operations:
        return not any(each.ports or each.not_ports for each in operations)
    sources = [caller.source for caller in rule.from_ if caller.source is not None]
    return bool(sources) and not any(getattr(each, field) for each in sources for field in _OVER_TCP)
