"""The annotation `istio.io/dry-run`, which lets a policy be tried without being enforced."""

from __future__ import annotations

from typing import Any

from lateen.api.resource import Resource
from lateen.api.security.authorization_policy import Action, AuthorizationPolicy
from lateen.check.remark import Remarks, wrong

DRY_RUN = "istio.io/dry-run"

_BOOLEANS = frozenset({"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"})


def dry_run(of: Resource[Any]) -> Remarks:
    """AZ-9: a dry run is for AuthorizationPolicy of actions ALLOW and DENY only."""
    value = of.annotations.get(DRY_RUN)
    if value is None:
        return
    path = ("metadata", "annotations", DRY_RUN)
    if not isinstance(of.spec, AuthorizationPolicy):
        yield wrong(path, f"a {of.ref.kind} has no dry run, only an AuthorizationPolicy has.", "Leave the annotation out.")
    elif of.spec.action not in (Action.ALLOW, Action.DENY):
        yield wrong(path, f"a policy with action {of.spec.action.value} has no dry run, only ALLOW and DENY have.")
    elif value not in _BOOLEANS:
        yield wrong(path, f'found "{value}", expected "true" or "false".')
