"""IST0151 to IST0154: patches of an EnvoyFilter that have no effect, or have one only by luck (EX-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lateen.api import inputs
from lateen.api.networking.envoy_filter import ApplyTo, EnvoyFilter, Operation
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found
from lateen.flow import Graph, query
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

RELATIVE = "IST0151"
REPLACE_IGNORED = "IST0152"
LOST: Mapping[Operation, str] = {Operation.ADD: "IST0153", Operation.REMOVE: "IST0154"}

_RELATIVE = frozenset({Operation.INSERT_BEFORE, Operation.INSERT_AFTER})
_ROUTES = frozenset({ApplyTo.ROUTE_CONFIGURATION, ApplyTo.HTTP_ROUTE})
_FILTERS = frozenset({ApplyTo.HTTP_FILTER, ApplyTo.NETWORK_FILTER})


@query
def ineffective(g: Graph, ref: Ref) -> Findings:
    """What is wrong with the operations of the EnvoyFilter."""
    rule = inputs.resource(g, ref)
    return tuple(_operations(ref, rule.spec)) if rule is not None else ()


def _operations(ref: Ref, spec: EnvoyFilter) -> Iterator[Finding]:
    for index, patch in enumerate(spec.config_patches):
        if patch.patch is None:
            continue
        path: Path = ("spec", "configPatches", index, "patch", "operation")
        operation, apply_to = patch.patch.operation, patch.apply_to
        if operation in LOST and apply_to in _ROUTES:
            yield found(ref, path, LOST[operation], f"{operation.value} has no effect on {apply_to.value}.", "Use MERGE or INSERT_FIRST.")
        elif operation is Operation.REPLACE and apply_to not in _FILTERS:
            message = f"REPLACE has no effect on {apply_to.value}, only on HTTP_FILTER and NETWORK_FILTER."
            yield found(ref, path, REPLACE_IGNORED, message, "Use MERGE.")
        elif operation in _RELATIVE and not spec.priority:
            message = f"{operation.value} is lost when what it stands beside is added by an EnvoyFilter that comes later."
            yield found(ref, path, RELATIVE, message, "Set priority, or use INSERT_FIRST.", Severity.WARNING)
