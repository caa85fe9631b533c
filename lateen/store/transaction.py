"""What a write does, as a pure function: from the objects that are there and the operations to the changes. The same for every backend.

Nothing is stored here and no time is read. Operations of one write see each other's effects in order; versions are expected as they were
before the write, so a client need not know how its operations are grouped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from lateen.store.store import ABSENT, Change, Conflict, Delete, Object, Operation, Put, PutStatus
from lateen.values.ref import Ref

Json: TypeAlias = dict[str, Any]

_decoder = msgspec.json.Decoder(dict[str, Any])
_encoded = msgspec.json.Encoder().encode
# Python has True == 1 == 1.0, JSON does not: manifests are compared as text, with their keys in one order.
_comparable = msgspec.json.Encoder(order="deterministic").encode


def transition(present: Callable[[Ref], Object | None], operations: Iterable[Operation], version: int, now: datetime) -> tuple[Change, ...]:
    """The changes that `operations` make to what is `present`, in the order of their refs; `version` is the revision they become.

    Raises `Conflict` where an expected version is not the one present, and `ValueError` for a manifest that is no JSON object.
    """
    before: dict[Ref, Object | None] = {}
    after: dict[Ref, Object | None] = {}
    for operation in operations:
        ref = operation.ref
        if ref not in before:
            before[ref] = after[ref] = present(ref)
        _expect(operation, before[ref])
        after[ref] = _applied(operation, after[ref], version, now)
    return tuple(Change(ref, before[ref], after[ref]) for ref in sorted(after) if not _same(before[ref], after[ref]))


def moment(now: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as revisions carry it."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def second(now: datetime) -> str:
    """RFC 3339 in UTC with seconds, as Kubernetes writes creation times."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _expect(operation: Operation, before: Object | None) -> None:
    found = before.version if before else ABSENT
    if operation.expected is not None and operation.expected != found:
        raise Conflict(operation.ref, found=found, expected=operation.expected)


def _applied(operation: Operation, present: Object | None, version: int, now: datetime) -> Object | None:
    match operation:
        case Delete():
            return None
        case PutStatus():
            return _with_status(operation, present, version)
        case Put():
            return _put(operation, present, version, now)


def _decoded(manifest: bytes) -> Json:
    try:
        return _decoder.decode(manifest)
    except msgspec.DecodeError as failure:
        raise ValueError(f"A manifest must be a JSON object: {failure}.") from failure


def _put(put: Put, present: Object | None, version: int, now: datetime) -> Object:
    manifest = _decoded(put.manifest)
    given = manifest.get("metadata")
    metadata: Json = given if isinstance(given, dict) else {}
    metadata.pop("resourceVersion", None)
    old = _decoded(present.manifest) if present else None
    if old is not None and "status" not in manifest and "status" in old:
        manifest["status"] = old["status"]
    created = present.created if present else _given_time(metadata) or second(now)
    generation = _generation(manifest, metadata, old)
    manifest["metadata"] = metadata | _identity(put.ref) | {"creationTimestamp": created, "generation": generation}
    if not put.ref.namespace:
        manifest["metadata"].pop("namespace", None)
    return _written(put.ref, manifest, version, created)


def _with_status(operation: PutStatus, present: Object | None, version: int) -> Object:
    if present is None:
        raise Conflict(operation.ref, found=ABSENT, expected=operation.expected)
    manifest = _decoded(present.manifest)
    status = msgspec.json.decode(operation.status)
    if status is None:
        manifest.pop("status", None)
    else:
        manifest["status"] = status
    return _written(operation.ref, manifest, version, present.created)


def _identity(ref: Ref) -> Json:
    return {"name": ref.name, "namespace": ref.namespace} if ref.namespace else {"name": ref.name}


def _given_time(metadata: Json) -> str:
    given = metadata.get("creationTimestamp")
    return given if isinstance(given, str) else ""


def _generation(manifest: Json, metadata: Json, old: Json | None) -> int:
    """Kubernetes: "metadata.generation … is incremented for all changes, except for changes to .metadata or .status"."""
    if old is None:
        given = metadata.get("generation")
        return given if isinstance(given, int) and given > 0 else 1
    known: int = old["metadata"]["generation"]
    return known if _comparable(_wanted(manifest)) == _comparable(_wanted(old)) else known + 1


def _wanted(manifest: Json) -> Json:
    return {key: value for key, value in manifest.items() if key not in ("metadata", "status")}


def _written(ref: Ref, manifest: Json, version: int, created: str) -> Object:
    return Object(ref, _encoded(manifest), version, created)


def _same(before: Object | None, after: Object | None) -> bool:
    if before is None or after is None or before.manifest == after.manifest:
        return (before and before.manifest) == (after and after.manifest)
    return _comparable(_decoded(before.manifest)) == _comparable(_decoded(after.manifest))
