"""What the API has, as clients discover it: groups, versions, resources, the version, and as much OpenAPI as kubectl asks for. Pure."""

from __future__ import annotations

from typing import Any, Final

import lateen
from lateen.api.kinds import GROUPS, KINDS, Kind

_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_KUBERNETES: Final = ("1", "32")
"""The version of Kubernetes whose conventions these are; clients warn of a difference of more than one."""

_PARAMETERS: Final = ("dryRun", "fieldManager", "fieldValidation", "force")


def api_versions() -> dict[str, Any]:
    """`/api`."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def api_groups() -> dict[str, Any]:
    """`/apis`."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in sorted(GROUPS) if name]}


def api_group(group: str) -> dict[str, Any] | None:
    """`/apis/GROUP`."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)} if group in GROUPS and group else None


def resources(group: str, version: str) -> dict[str, Any] | None:
    """`/api/v1` or `/apis/GROUP/VERSION`; None when there is no such version."""
    found = [kind for kind in KINDS.values() if kind.group == group and version in kind.versions]
    if not found:
        return None
    group_version = f"{group}/{version}" if group else version
    listed = [entry for kind in found for entry in _resources(kind)]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def version() -> dict[str, Any]:
    """`/version`."""
    major, minor = _KUBERNETES
    text = f"v{major}.{minor}.0+lateen{lateen.__version__}"
    return {"major": major, "minor": minor, "gitVersion": text, "platform": "linux/amd64", "lateen": lateen.__version__}


def openapi_paths() -> dict[str, Any]:
    """`/openapi/v3`: where the document of each version is."""
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in sorted(_versions())}}


def openapi(path: str) -> dict[str, Any] | None:
    """`/openapi/v3/…`: which objects can be patched, with which parameters. kubectl looks for `fieldValidation`, and then leaves checking to us."""
    found = _versions().get(path)
    if found is None:
        return None
    paths = {}
    for kind in found:
        scope = "namespaces/{namespace}/" if kind.namespaced else ""
        paths[f"/{path}/{scope}{kind.plural}/{{name}}"] = {"patch": _patch(kind, path)}
    return {"openapi": "3.0.0", "info": {"title": "Lateen", "version": lateen.__version__}, "paths": paths, "components": {"schemas": {}}}


def _patch(kind: Kind, path: str) -> dict[str, Any]:
    gvk = {"group": kind.group, "version": path.rpartition("/")[2], "kind": kind.kind}
    parameters = [{"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}} for name in _PARAMETERS]
    return {"x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": gvk, "parameters": parameters, "responses": {}}


def _versions() -> dict[str, list[Kind]]:
    found: dict[str, list[Kind]] = {}
    for kind in KINDS.values():
        for each in kind.versions:
            found.setdefault(f"apis/{kind.group}/{each}" if kind.group else f"api/{each}", []).append(kind)
    return found


def _group(name: str) -> dict[str, Any]:
    """A group; its preferred version is the one that most of its kinds are written in."""
    kinds = [kind for kind in KINDS.values() if kind.group == name]
    first = [kind.versions[0] for kind in kinds]
    known = sorted({each for kind in kinds for each in kind.versions}, key=lambda each: (-first.count(each), each))
    versions = [{"groupVersion": f"{name}/{each}", "version": each} for each in known]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _categories(kind: Kind) -> list[str]:
    """Words by which several kinds are asked for at once."""
    if kind.group.endswith(".istio.io"):
        return ["istio-io", "lateen"]
    return ["all", "lateen"] if kind.key in ("Service", "Pod") else ["lateen"]


def _resources(kind: Kind) -> list[dict[str, Any]]:
    entry: dict[str, Any] = {
        "name": kind.plural,
        "singularName": kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(_VERBS),
        "shortNames": list(kind.short_names),
        "categories": _categories(kind),
    }
    status = entry | {"name": f"{kind.plural}/status", "singularName": "", "verbs": ["get", "patch", "update"], "shortNames": []}
    return [entry, status] if kind.has_status else [entry]
