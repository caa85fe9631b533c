"""The HTTP routes of a VirtualService with those of its delegates in their places (VS-53).

A root VirtualService has routes that say `delegate`; the delegate has no hosts. Each route of the delegate takes over the conditions of the
root's route, condition by condition, and the settings that it does not make itself. Conditions that contradict each other are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from lateen.api import inputs
from lateen.api.networking.virtual_service import Delegate, HTTPMatchRequest, HTTPRoute, StringMatch
from lateen.flow import Graph, query
from lateen.translate.visibility import is_visible, rule_export
from lateen.values.ref import Ref

KIND = "VirtualService"

_INHERITED = (
    "rewrite",
    "timeout",
    "retries",
    "fault",
    "mirror",
    "mirror_percent",
    "mirror_percent_old",
    "mirror_percentage",
    "cors_policy",
    "headers",
)
_TEXTS = ("uri", "scheme", "method", "authority")
_TEXT_MAPS = ("headers", "without_headers", "query_params")
_SINGLE = ("port", "source_namespace")


class Owned(msgspec.Struct, frozen=True):
    """A route, and the object that wrote it, in whose namespace its short names are to be understood."""

    ref: Ref
    route: HTTPRoute


@query
def http_routes(g: Graph, ref: Ref) -> tuple[Owned, ...]:
    """The routes of a VirtualService in order, none of which delegates any more."""
    found = inputs.resource(g, ref)
    if found is None:
        return ()
    routes: list[Owned] = []
    for route in found.spec.http:
        if route.delegate is None:
            routes.append(Owned(ref, route))
        else:
            routes += _delegated(g, ref, route, route.delegate)
    return tuple(routes)


def delegates(g: Graph, ref: Ref) -> tuple[Ref, ...]:
    """The VirtualServices that write routes for this one."""
    return tuple(dict.fromkeys(owned.ref for owned in http_routes(g, ref) if owned.ref != ref))


def _delegated(g: Graph, root: Ref, route: HTTPRoute, delegate: Delegate) -> Iterator[Owned]:
    leaf = Ref(KIND, delegate.namespace or root.namespace, delegate.name)
    found = inputs.resource(g, leaf)
    if found is None or found.spec.hosts or not is_visible(rule_export(g, leaf), leaf.namespace, root.namespace):
        return
    for each in found.spec.http:
        combined = None if each.delegate is not None else combination(route, each)
        if combined is not None:
            yield Owned(leaf, combined)


def combination(root: HTTPRoute, leaf: HTTPRoute) -> HTTPRoute | None:
    """The leaf's route under the conditions of the root's; None when no conditions are compatible."""
    matches = root.match or leaf.match
    if root.match and leaf.match:
        matches = tuple(_joint(above, below) for above in root.match for below in leaf.match if not contradict(above, below))
        if not matches:
            return None
    inherited = {name: getattr(root, name) for name in _INHERITED if getattr(leaf, name) is None}
    mirrors = leaf.mirrors or root.mirrors
    return msgspec.structs.replace(leaf, name=_joined(root.name, leaf.name), match=matches, mirrors=mirrors, delegate=None, **inherited)


def _joined(root: str, leaf: str) -> str:
    return "-".join(name for name in (root, leaf) if name)


def _joint(root: HTTPMatchRequest, leaf: HTTPMatchRequest) -> HTTPMatchRequest:
    changes: dict[str, Any] = {name: getattr(leaf, name) or getattr(root, name) for name in (*_TEXTS, *_SINGLE, "gateways", "stat_prefix")}
    changes |= {name: {**getattr(root, name), **getattr(leaf, name)} for name in (*_TEXT_MAPS, "source_labels")}
    return msgspec.structs.replace(leaf, name=_joined(root.name, leaf.name), **changes)


def contradict(root: HTTPMatchRequest, leaf: HTTPMatchRequest) -> bool:
    """Whether the conditions cannot be combined."""
    return (
        root.ignore_uri_case != leaf.ignore_uri_case
        or any(_texts_contradict(getattr(root, name), getattr(leaf, name)) for name in _TEXTS)
        or any(_maps_contradict(getattr(root, name), getattr(leaf, name)) for name in _TEXT_MAPS)
        or any(_differ(getattr(root, name), getattr(leaf, name)) for name in _SINGLE)
        or any(_differ(root.source_labels.get(key), value) for key, value in leaf.source_labels.items())
        or _outside(leaf.gateways, root.gateways)
    )


def _differ(root: object, leaf: object) -> bool:
    return bool(root) and bool(leaf) and root != leaf


def _outside(leaf: Iterable[str], root: tuple[str, ...]) -> bool:
    return bool(root) and not set(leaf) <= set(root)


def _maps_contradict(root: Mapping[str, StringMatch], leaf: Mapping[str, StringMatch]) -> bool:
    return any(_texts_contradict(root.get(key), text) for key, text in leaf.items())


def _texts_contradict(root: StringMatch | None, leaf: StringMatch | None) -> bool:
    """A regular expression goes with nothing else; a root's exact text only with itself; a root's prefix with what begins so."""
    if root is None or leaf is None or root == leaf == StringMatch():
        return False
    if root.regex or leaf.regex:
        return True
    if root.exact:
        return leaf.exact != root.exact
    return not (leaf.exact or leaf.prefix or "").startswith(root.prefix or "")
