"""A stored object as a client sees it: in the version asked for, with `resourceVersion` and `uid`. Pure."""

from __future__ import annotations

import uuid
from typing import Any

from lateen.api.kinds import KINDS
from lateen.control.manifests import Manifest, manifest_of
from lateen.store.store import Object

_NAMESPACE = uuid.UUID("6f1c0a52-9d0e-5a3e-8f63-0c8c7a2f5b10")


def shown(stored: Object, api_version: str = "") -> Manifest:
    """The manifest of a stored object; in the kind's preferred version unless another is asked for."""
    return presented(manifest_of(stored), stored, api_version)


def presented(manifest: Manifest, stored: Object, api_version: str = "") -> Manifest:
    """A manifest that became `stored`."""
    metadata = dict(manifest.get("metadata") or {})
    metadata.setdefault("uid", uid(stored))
    metadata["resourceVersion"] = str(stored.version)
    kind = KINDS.get(stored.ref.kind)
    version = api_version or (kind.api_version if kind else str(manifest.get("apiVersion")))
    rest = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    return {"apiVersion": version, "kind": kind.kind if kind else stored.ref.kind, "metadata": metadata, **rest}


def uid(stored: Object) -> str:
    """The uid of an object that was stored without one: the same as long as the object lives."""
    return str(uuid.uuid5(_NAMESPACE, f"{stored.ref.kind}/{stored.ref.namespace}/{stored.ref.name}/{stored.created}"))


def listed(items: list[Manifest], kind: str, api_version: str, revision: int) -> dict[str, Any]:
    """A list of objects."""
    return {"kind": f"{kind}List", "apiVersion": api_version, "metadata": {"resourceVersion": str(revision)}, "items": items}
