"""Patches of manifests: JSON patch (RFC 6902), merge patch (RFC 7396), and Kubernetes' strategic merge patch, which merges lists of objects
by a key (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/). Pure.

Server-side apply is taken as a merge: fields that one does not mention stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import jsonpatch
import jsonpointer
import msgspec

from lateen.api import decode
from lateen.control.api.failure import Failure

Json: TypeAlias = dict[str, Any]

JSON: Final = "application/json-patch+json"
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
APPLY: Final = "application/apply-patch+yaml"

_MERGE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "ports": ("port", "containerPort"),
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "conditions": ("type",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "podIPs": ("ip",),
    "addresses": ("type",),
    "taints": ("key",),
}
"""The keys by which Kubernetes' own lists of objects merge; a list that is not here, or whose items have no such key, is replaced."""


def patched(media_type: str, manifest: Json, patch: bytes) -> Json:
    """The manifest with the patch applied. Raises `Failure` for a patch that cannot be read or does not fit."""
    match media_type:
        case "application/json-patch+json":
            return _json_patched(manifest, patch)
        case "application/merge-patch+json":
            return _object(merged(manifest, _object(_decoded(patch))))
        case "application/strategic-merge-patch+json":
            return _object(strategically_merged(manifest, _object(_decoded(patch))))
        case "application/apply-patch+yaml":
            return _object(strategically_merged(manifest, applied(patch)))
    raise Failure(415, f'There is no patch of the type "{media_type}", expected {JSON}, {MERGE}, {STRATEGIC} or {APPLY}.')


def applied(patch: bytes) -> Json:
    """The object of a server-side apply."""
    found, findings = decode.documents(patch.decode("utf-8", "replace"))
    if findings or len(found) != 1:
        raise Failure(400, str(findings[0]) if findings else "The body must be one object.")
    return dict(found[0].manifest)


def merged(value: Any, patch: Any) -> Any:
    """RFC 7396: "null values in the merge patch are given special meaning to indicate the removal of existing values"."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, change in patch.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), change)
    return result


def strategically_merged(value: Any, patch: Any, field: str = "") -> Any:
    """A merge in which lists of objects merge by their key, and `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` are obeyed."""
    if isinstance(patch, list):
        return _list_merged(value if isinstance(value, list) else [], patch, field)
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: change for key, change in patch.items() if key != "$patch"}
    result = dict(value) if isinstance(value, dict) else {}
    if isinstance(retained := patch.get("$retainKeys"), list):
        result = {key: kept for key, kept in result.items() if key in retained}
    for key, change in patch.items():
        _merge_field(result, key, change)
    return result


def _merge_field(result: Json, key: str, change: Any) -> None:
    if key.startswith("$deleteFromPrimitiveList/"):
        name = key.partition("/")[2]
        result[name] = [item for item in result.get(name) or [] if item not in change]
    elif key.startswith("$"):
        return  # $setElementOrder says an order only, $retainKeys was obeyed above.
    elif change is None:
        result.pop(key, None)
    else:
        result[key] = strategically_merged(result.get(key), change, key)


def _list_merged(items: list[Any], patch: list[Any], field: str) -> list[Any]:
    key = next((key for key in _MERGE_KEYS.get(field, ()) if all(isinstance(item, dict) and key in item for item in patch)), None)
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if not (isinstance(item, dict) and "$patch" in item)]
    if key is None or not patch:
        return patch
    result = list(items)
    for change in patch:
        at = next((index for index, item in enumerate(result) if isinstance(item, dict) and item.get(key) == change[key]), None)
        if change.get("$patch") == "delete":
            result = [item for index, item in enumerate(result) if index != at]
        elif at is None:
            result.append(change)
        else:
            result[at] = strategically_merged(result[at], change)
    return result


def _json_patched(manifest: Json, patch: bytes) -> Json:
    try:
        return _object(jsonpatch.JsonPatch(_decoded(patch)).apply(manifest))
    except jsonpatch.JsonPatchTestFailed as failed:
        raise Failure(422, f"The test in the patch does not hold: {failed}.") from failed
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as wrong:
        raise Failure(422, f"The patch does not fit the object: {wrong}.") from wrong


def _decoded(patch: bytes) -> Any:
    try:
        return msgspec.json.decode(patch)
    except msgspec.DecodeError as wrong:
        raise Failure(400, f"The patch is not JSON: {wrong}.") from wrong


def _object(value: Any) -> Json:
    if not isinstance(value, dict):
        raise Failure(400, "The patch must leave an object.")
    return value
