"""EnvoyFilter: what is refused, and what is warned of.

Whether a value is the protobuf which `applyTo` names is not known here, where no message of Envoy is: whoever has them gives a function (`Parses`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lateen.api.networking.envoy_filter import (
    ApplyTo,
    EnvoyConfigObjectMatch,
    EnvoyConfigObjectPatch,
    EnvoyFilter,
    FilterMatch,
    Operation,
    PatchContext,
)
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check.labels import selector
from lateen.check.regexes import regex
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.check.targets import reference

Parses = Callable[[str, Mapping[str, Any]], Iterable[tuple[Path, str, str, bool]]]
"""What is wrong with a value as the protobuf that `applyTo` names: where in it, what, what to do, and whether the value cannot be used at all."""

_HTTP_CONNECTION_MANAGERS = frozenset({"envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"})
_MATCHES: Mapping[ApplyTo, str] = {
    **dict.fromkeys(
        (ApplyTo.LISTENER, ApplyTo.FILTER_CHAIN, ApplyTo.NETWORK_FILTER, ApplyTo.HTTP_FILTER, ApplyTo.LISTENER_FILTER),
        "listener",
    ),
    **dict.fromkeys((ApplyTo.ROUTE_CONFIGURATION, ApplyTo.VIRTUAL_HOST, ApplyTo.HTTP_ROUTE), "routeConfiguration"),
    ApplyTo.CLUSTER: "cluster",
}
REPLACEABLE = frozenset({ApplyTo.HTTP_FILTER, ApplyTo.NETWORK_FILTER, ApplyTo.LISTENER_FILTER})
"""What REPLACE has an effect on."""
NOT_ADDED = frozenset({ApplyTo.ROUTE_CONFIGURATION, ApplyTo.HTTP_ROUTE})
"""What ADD and REMOVE have no effect on."""


def envoy_filter(of: Resource[EnvoyFilter]) -> Remarks:
    """Each patch says what it applies to, where, and how."""
    spec = of.spec
    if spec.workload_selector is not None:
        yield from selector(spec.workload_selector.labels, ("spec", "workloadSelector", "labels"))
        if spec.target_refs:
            yield wrong(("spec",), "workloadSelector and targetRefs are given, expected only one of them.")
    for index, target in enumerate(spec.target_refs):
        yield from reference(target, ("spec", "targetRefs", index))
    for index, patch in enumerate(spec.config_patches):
        yield from _patch(patch, ("spec", "configPatches", index))


def values(of: Resource[EnvoyFilter], parses: Parses) -> Remarks:
    """Each value against the protobuf of Envoy that it is meant for."""
    for index, patch in enumerate(of.spec.config_patches):
        if patch.patch is not None and patch.patch.value is not None:
            for where, message, hint, is_refused in parses(patch.apply_to.value, patch.patch.value):
                path: Path = ("spec", "configPatches", index, "patch", "value", *where)
                yield wrong(path, message, hint) if is_refused else doubtful(path, message, hint)


def _patch(patch: EnvoyConfigObjectPatch, path: Path) -> Remarks:
    if patch.apply_to is ApplyTo.INVALID:
        yield wrong(path, 'the field "applyTo" is missing.', "Write for instance applyTo: HTTP_FILTER.")
    if patch.patch is None:
        yield wrong(path, 'the field "patch" is missing.')
    elif patch.patch.operation is Operation.INVALID:
        yield wrong((*path, "patch"), 'the field "operation" is missing.', "Write for instance operation: MERGE.")
    elif patch.patch.operation is not Operation.REMOVE and patch.patch.value is None:
        yield wrong((*path, "patch"), f"operation {patch.patch.operation.value} needs a value.")
    else:
        yield from _ignored(patch.apply_to, patch.patch.operation, (*path, "patch", "operation"))
    yield from _out_of_reach(patch, path)
    if patch.match is not None:
        yield from _match(patch.apply_to, patch.match, (*path, "match"))


def _out_of_reach(patch: EnvoyConfigObjectPatch, path: Path) -> Remarks:
    if patch.match is not None and patch.match.context is PatchContext.WAYPOINT:
        if patch.match.waypoint is None:
            yield wrong((*path, "match"), "context WAYPOINT needs a waypoint match.", "Write for instance waypoint: {portNumber: 80}.")
        yield doubtful((*path, "match", "context"), "WAYPOINT has no effect: there are no waypoints in this mesh.", "Use SIDECAR_INBOUND or GATEWAY.")


def _ignored(apply_to: ApplyTo, operation: Operation, path: Path) -> Remarks:
    """EX-2: "ADD is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE, REMOVE for the same two, REPLACE is valid only for filters"."""
    is_lost = operation in (Operation.ADD, Operation.REMOVE) and apply_to in NOT_ADDED
    if apply_to is ApplyTo.BOOTSTRAP and operation not in (Operation.MERGE, Operation.INVALID):
        yield doubtful(path, f"{operation.value} has no effect on BOOTSTRAP.", "Use MERGE.")
        return
    is_no_filter = operation is Operation.REPLACE and apply_to not in REPLACEABLE and apply_to is not ApplyTo.INVALID
    if is_lost or is_no_filter:
        yield doubtful(path, f"{operation.value} has no effect on {apply_to.value}.", "Use MERGE or INSERT_FIRST." if is_lost else "Use MERGE.")


def _match(apply_to: ApplyTo, match: EnvoyConfigObjectMatch, path: Path) -> Remarks:
    if match.proxy is not None and match.proxy.proxy_version:
        yield from regex(match.proxy.proxy_version, (*path, "proxy", "proxyVersion"))
    given = {
        "listener": match.listener,
        "routeConfiguration": match.route_configuration,
        "cluster": match.cluster,
        "waypoint": match.waypoint,
    }
    kind = next((name for name, value in given.items() if value is not None), None)
    if kind == "waypoint":
        if match.context is not PatchContext.WAYPOINT:
            yield wrong((*path, "waypoint"), f"waypoint is given in context {match.context.value}, expected WAYPOINT.")
    elif kind is not None and (fitting := _MATCHES.get(apply_to)) is not None and kind != fitting:
        yield wrong((*path, kind), f"{kind} is given with applyTo {apply_to.value}, expected {fitting}.")
    elif match.listener is not None and match.listener.filter_chain is not None and match.listener.filter_chain.filter is not None:
        yield from _filter(apply_to, match.listener.filter_chain.filter, (*path, "listener", "filterChain", "filter"))


def _filter(apply_to: ApplyTo, match: FilterMatch, path: Path) -> Remarks:
    if apply_to in (ApplyTo.LISTENER, ApplyTo.FILTER_CHAIN):
        yield doubtful(path, f"a filter has no effect in a match for {apply_to.value}.", "Leave it out.")
    if not match.name:
        yield wrong(path, 'the field "name" is missing.')
    elif match.sub_filter is not None:
        if apply_to is not ApplyTo.HTTP_FILTER:
            yield wrong((*path, "subFilter"), f"subFilter is given with applyTo {apply_to.value}, expected HTTP_FILTER.")
        if match.name not in _HTTP_CONNECTION_MANAGERS:
            yield wrong((*path, "name"), f'found "{match.name}", expected envoy.filters.network.http_connection_manager before a subFilter.')
        if not match.sub_filter.name:
            yield wrong((*path, "subFilter"), 'the field "name" is missing.')
