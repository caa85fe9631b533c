"""The one way by which objects change through the API: past the door, into the store; and what a client is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request

from lateen.api.kinds import KINDS
from lateen.api.schema import described
from lateen.control.api.failure import Failure, exists, invalid, missing, of_store
from lateen.control.api.paths import Target
from lateen.control.api.presentation import presented
from lateen.control.door import Refused
from lateen.control.manifests import Manifest, manifest_of
from lateen.control.plane import ControlPlane
from lateen.store.store import ABSENT, Conflict, Delete, Object, Operation, Put, PutStatus, Revision, StoreError
from lateen.values.finding import Finding, Severity
from lateen.values.ref import Ref

AUTHOR_HEADER: Final = "x-lateen-author"
REASON_HEADER: Final = "x-lateen-reason"


class Ask(msgspec.Struct, frozen=True):
    """Who wants a change, why, and whether only to see what it would be."""

    author: str
    reason: str
    dry_run: bool = False


class Written(msgspec.Struct, frozen=True):
    """What a write left: the manifest as a client sees it, and what is to be said about it."""

    manifest: Manifest
    findings: Sequence[Finding] = ()


def ask(request: Request, verb: str, about: str) -> Ask:
    """What a request says of itself."""
    client = request.query_params.get("fieldManager") or request.headers.get("user-agent", "").partition("/")[0] or "client"
    author = request.headers.get(AUTHOR_HEADER) or client
    return Ask(author, request.headers.get(REASON_HEADER) or f"{client}: {verb} {about}", is_dry(request))


def is_dry(request: Request) -> bool:
    """Whether the request is only to be tried. Raises `Failure` for words other than Kubernetes'."""
    words = request.query_params.getlist("dryRun")
    if any(word not in ("", "All") for word in words):
        raise Failure(400, f'dryRun is "{words[0]}", expected All.')
    return "All" in words


def metadata_of(manifest: Manifest) -> dict[str, Any]:
    """The metadata of an object as it was sent. Raises `Failure` for what is no mapping."""
    found = manifest.get("metadata") or {}
    if not isinstance(found, dict):
        raise Failure(400, f"metadata: found {described(found)}, expected a mapping with name, namespace, labels.")
    return found


def version_of(manifest: Manifest) -> int | None:
    """The version that a client believes the object has; None when it does not say. Raises `Failure` (400)."""
    told = metadata_of(manifest).get("resourceVersion")
    if told in (None, "", "0"):
        return None
    if not str(told).isdecimal():
        raise Failure(400, f'metadata.resourceVersion is "{told}", expected a number as this API gave it.')
    return int(told)


async def create(plane: ControlPlane, target: Target, manifest: Manifest, asked: Ask) -> Written:
    """Store a new object. Raises `Failure`."""
    return await _put(plane, target, manifest, None, asked)


async def replace(plane: ControlPlane, target: Target, manifest: Manifest, present: Object, asked: Ask) -> Written:
    """Store an object in place of the present one. Raises `Failure`."""
    return await _put(plane, target, manifest, present, asked)


async def _put(plane: ControlPlane, target: Target, manifest: Manifest, present: Object | None, asked: Ask) -> Written:
    before = manifest_of(present) if present is not None else None
    expected = ABSENT if present is None else (version_of(manifest) or present.version)
    admitted = plane.door.admit(_addressed(manifest, target), before, namespace=target.namespace or "default")
    if isinstance(admitted, Refused):
        plane.pusher.metrics.refused.inc()
        raise invalid(target.kind, target.name, _refusals(admitted, target))
    if present is not None and expected != present.version:
        plane.door.release([target.ref], {target.ref: before or {}})
        raise of_store(Conflict(target.ref, found=present.version, expected=expected), target.kind, target.name)
    if asked.dry_run:
        plane.door.release([target.ref], {} if before is None else {target.ref: before})
        return Written(presented(admitted.manifest, _imagined(present, target.ref, plane), target.api_version), admitted.findings)
    try:
        revision = await write(plane, [Put(target.ref, msgspec.json.encode(admitted.manifest), expected)], asked)
    except StoreError as error:
        plane.door.release([target.ref], {} if before is None else {target.ref: before})
        if expected == ABSENT and isinstance(error, Conflict):
            raise exists(target.kind, target.name) from error
        raise of_store(error, target.kind, target.name) from error
    after = revision.changes[0].after if revision.changes else present
    assert after is not None
    return Written(presented(manifest_of(after), after, target.api_version), admitted.findings)


async def put_status(plane: ControlPlane, target: Target, manifest: Manifest, present: Object, asked: Ask) -> Written:
    """Store the status of an object, and nothing else of it."""
    before = manifest_of(present)
    whole = before | {"status": manifest.get("status")} if manifest.get("status") else before
    admitted = plane.door.admit(whole, before, namespace=target.namespace or "default")
    if isinstance(admitted, Refused):
        raise invalid(target.kind, target.name, admitted.findings)
    if not asked.dry_run:
        status = msgspec.json.encode(manifest.get("status"))
        revision = await written(plane, [PutStatus(target.ref, status, version_of(manifest) or present.version)], asked, target)
        present = next((change.after for change in revision.changes if change.after is not None), present)
        whole = manifest_of(present)
    return Written(presented(whole, present, target.api_version))


async def delete(plane: ControlPlane, target: Target, present: Sequence[Object], asked: Ask) -> None:
    """Delete objects, as one revision."""
    if not asked.dry_run and present:
        await written(plane, [Delete(stored.ref, stored.version) for stored in present], asked, target)


async def written(plane: ControlPlane, operations: Sequence[Operation], asked: Ask, target: Target) -> Revision:
    """Write; errors of the store as a `Failure`."""
    try:
        return await write(plane, operations, asked)
    except StoreError as error:
        raise of_store(error, target.kind, target.name) from error


async def write(plane: ControlPlane, operations: Sequence[Operation], asked: Ask) -> Revision:
    """Write to the store. Raises `StoreError`."""
    return await plane.store.write(operations, author=asked.author, reason=asked.reason)


async def found(plane: ControlPlane, target: Target) -> Object:
    """The object that a request is about. Raises `Failure` (404)."""
    try:
        stored = await plane.store.get(target.ref)
    except StoreError as error:
        raise of_store(error, target.kind, target.name) from error
    if stored is None:
        raise missing(target.kind, target.name)
    return stored


def _addressed(manifest: Manifest, target: Target) -> Manifest:
    """The manifest, which must be of the kind and name that the URL says. Raises `Failure` (400)."""
    metadata = dict(metadata_of(manifest))
    for field, wanted in (("name", target.name), ("namespace", target.namespace)):
        if metadata.get(field, wanted) != wanted and (field == "name" or wanted):
            raise Failure(400, f"the {field} of the object ({metadata[field]}) does not match the {field} on the URL ({wanted})")
        metadata[field] = wanted
    if not target.namespace:
        metadata.pop("namespace")
    manifest = {"apiVersion": target.api_version, "kind": target.kind.kind} | manifest | {"metadata": metadata}
    if (manifest["kind"], str(manifest["apiVersion"]).rpartition("/")[0]) != (target.kind.kind, target.kind.group):
        given = f"{manifest['apiVersion']} {manifest['kind']}"
        raise Failure(400, f"{given} in the body does not match {target.api_version} {target.kind.kind} in the URL.")
    return manifest


def _refusals(refused: Refused, target: Target) -> Sequence[Finding]:
    is_wrong = any(finding.severity is Severity.ERROR for finding in refused.findings)
    return refused.findings if is_wrong else [Finding(target.ref, "", Severity.ERROR, "", "a mesh has no use for this object.")]


def _imagined(present: Object | None, ref: Ref, plane: ControlPlane) -> Object:
    return present or Object(ref, b"{}", 0, plane.now().strftime("%Y-%m-%dT%H:%M:%SZ"))


def kind_words(ref: Ref) -> str:
    """`virtualservice.networking.istio.io/reviews`, as kubectl names an object with `-o name`."""
    kind = KINDS[ref.kind]
    return f"{kind.kind.lower()}{f'.{kind.group}' if kind.group else ''}/{ref.name}"
