"""A resource as the manifest that a user would write: `decode(encode(resource))` is that resource.

Fields at their default are left out, and what `decode` passed over is not here: who needs every byte of a user's manifest keeps the manifest.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lateen.api.kinds import KINDS, Kind
from lateen.api.resource import Resource, as_written
from lateen.values.duration import Duration


def encode(resource: Resource[Any]) -> dict[str, Any]:
    """The manifest. Raises `KeyError` when the kind is not in the table."""
    kind = KINDS[resource.ref.kind]
    envelope = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": _metadata(resource)}
    return envelope | _body(kind, resource)


def plain(value: Any) -> Any:
    """A struct of ours as plain values with the names that users write."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_text))  # to_builtins would leave tuples, which no manifest has


def _text(value: Any) -> str:
    if isinstance(value, Duration):
        return str.__str__(value)
    raise TypeError(f"no text for a {type(value).__name__}")


def _body(kind: Kind, resource: Resource[Any]) -> dict[str, Any]:
    spec: dict[str, Any] = plain(resource.spec)
    if kind.is_whole_body:
        return spec
    return {"spec": spec, "status": plain(resource.status)} if resource.status is not None else {"spec": spec}


def _metadata(resource: Resource[Any]) -> dict[str, Any]:
    fields = {
        "name": resource.ref.name,
        "namespace": resource.ref.namespace,
        "labels": dict(resource.labels),
        "annotations": dict(resource.annotations),
        "creationTimestamp": as_written(resource.created),
        "deletionTimestamp": as_written(resource.deleted),
        "generation": resource.generation,
        "resourceVersion": str(resource.version or ""),
        "uid": resource.uid,
        "ownerReferences": [plain(owner) for owner in resource.owners],
    }
    return {name: value for name, value in fields.items() if value}
