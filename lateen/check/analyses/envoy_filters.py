"""IST0151 to IST0155: patches of an EnvoyFilter that have no effect, or have one only by luck (EX-2).

"This message occurs when an EnvoyFilter does not have a priority and uses a relative patch operation (MERGE, REMOVE, INSERT_BEFORE, INSERT_AFTER,
REPLACE)"; with a proxyVersion beside it the message is another one. What a patch before it in the same object has put in is there for sure
(https://istio.io/latest/docs/reference/config/analysis/ist0151/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lateen.api import inputs
from lateen.api.networking.envoy_filter import ApplyTo, EnvoyConfigObjectPatch, EnvoyFilter, Operation
from lateen.api.text import Path
from lateen.check.analyses.subjects import Findings, found, listed
from lateen.check.networking.envoy_filter import NOT_ADDED, REPLACEABLE
from lateen.flow import Graph, query
from lateen.values.finding import Finding
from lateen.values.ref import Ref

RELATIVE = "IST0151"
REPLACE_IGNORED = "IST0152"
LOST: Mapping[Operation, str] = {Operation.ADD: "IST0153", Operation.REMOVE: "IST0154"}
RELATIVE_TO_VERSION = "IST0155"

_RELATIVE = frozenset(
    {
        *(Operation.MERGE, Operation.MERGE_AND_REPLACE_LIST, Operation.REMOVE),
        *(Operation.INSERT_BEFORE, Operation.INSERT_AFTER, Operation.REPLACE),
    }
)
_PUTTING = frozenset({Operation.ADD, Operation.INSERT_FIRST, Operation.INSERT_BEFORE, Operation.INSERT_AFTER})


@query
def ineffective(g: Graph, ref: Ref) -> Findings:
    """What is wrong with the operations of the EnvoyFilter."""
    rule = inputs.resource(g, ref)
    return tuple(_operations(ref, rule.spec)) if rule is not None else ()


def _operations(ref: Ref, spec: EnvoyFilter) -> Iterator[Finding]:
    put: set[str] = set()
    for index, patch in enumerate(spec.config_patches):
        if patch.patch is None:
            continue
        path: Path = ("spec", "configPatches", index, "patch", "operation")
        operation, apply_to = patch.patch.operation, patch.apply_to
        if operation in LOST and apply_to in NOT_ADDED:
            yield found(ref, path, LOST[operation], f"{operation.value} has no effect on {apply_to.value}.", "Use MERGE or INSERT_FIRST.")
        elif operation is Operation.REPLACE and apply_to not in REPLACEABLE:
            message = f"REPLACE has no effect on {apply_to.value}, only on {listed(sorted(each.value for each in REPLACEABLE))}."
            yield found(ref, path, REPLACE_IGNORED, message, "Use MERGE.")
        elif operation in _RELATIVE and not spec.priority and not put & _beside(patch):
            yield _relative(ref, path, patch)
        if operation in _PUTTING and patch.patch.value is not None:
            put.add(str(patch.patch.value.get("name", "")))


def _relative(ref: Ref, path: Path, patch: EnvoyConfigObjectPatch) -> Finding:
    assert patch.patch is not None
    operation = patch.patch.operation.value
    if patch.match is not None and patch.match.proxy is not None and patch.match.proxy.proxy_version:
        message = f"{operation} depends on what other EnvoyFilters left, and on proxyVersion, so an upgrade may lose it or change the order."
        return found(ref, path, RELATIVE_TO_VERSION, message, "Set priority, or use INSERT_FIRST.")
    message = f"{operation} is lost when what it is about is added by an EnvoyFilter that comes later."
    return found(ref, path, RELATIVE, message, "Set priority, or use INSERT_FIRST.")


def _beside(patch: EnvoyConfigObjectPatch) -> set[str]:
    """The name of the thing inside of the match that the patch is about, or stands beside."""
    match = patch.match
    if match is None or patch.apply_to is ApplyTo.INVALID:
        return set()
    if match.cluster is not None:
        return {match.cluster.name} - {""}
    if match.route_configuration is not None and match.route_configuration.vhost is not None:
        host = match.route_configuration.vhost
        return {host.route.name if host.route is not None else host.name} - {""}
    listener = match.listener
    if listener is None:
        return set()
    inside = listener.filter_chain.filter if listener.filter_chain is not None else None
    if inside is None:
        return {listener.listener_filter or listener.name} - {""}
    return {inside.sub_filter.name if inside.sub_filter is not None else inside.name} - {""}
