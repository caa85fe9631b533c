"""A route that delegates and one of its delegate as one (VS-53).

The delegate's takes over the conditions of the root's, condition by condition, and the settings that it does not make itself. Conditions that
contradict each other are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lateen.api.networking.virtual_service import HTTPMatchRequest, HTTPRoute, StringMatch

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
