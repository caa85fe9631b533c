"""Many objects as one transaction: `POST /lateen/v1/apply` and `/lateen/v1/rollback`. One revision, or nothing and all findings at once.

On request the answer waits until every connected proxy has acknowledged the change, and says how long that took and what was refused.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lateen.api import decode
from lateen.api.text import Places
from lateen.check.offline import given_twice
from lateen.control.api import analysis, writes
from lateen.control.api.failure import Failure, of_store
from lateen.control.api.presentation import shown
from lateen.control.api.respond import json_response, plane_of
from lateen.control.door import Admitted, Refused
from lateen.control.feed import APPLIED
from lateen.control.manifests import Manifest, identify, manifest_of
from lateen.control.plane import ControlPlane
from lateen.store.store import ABSENT, Change, Conflict, Delete, Object, Operation, Put, Revision, StoreError
from lateen.store.transaction import transition
from lateen.values.finding import Finding, is_refused
from lateen.values.ref import Ref

LONGEST_WAIT: Final = 600.0
RUNNING_KINDS: Final = frozenset({"Pod", "Node", "EndpointSlice", "WorkloadEntry"})
"""What is running and not configured: a rollback leaves it alone."""
_TRIES: Final = 3
_SLICE: Final = 50
_MANY: Final = 100
"""More objects than this are read with one look at the whole store."""


class File(msgspec.Struct, frozen=True):
    """A file as a client read it."""

    name: str
    text: str


class Apply(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The body of an apply. `wait` is how many seconds to wait for proxies, 0 for not at all."""

    files: tuple[File, ...]
    namespace: str = "default"
    dry_run: bool = False
    wait: float = 0.0
    reason: str = ""


class Rollback(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The body of a rollback: make the configuration what it was at a revision."""

    revision: int
    dry_run: bool = False
    wait: float = 0.0
    reason: str = ""


class _Transaction(msgspec.Struct, frozen=True):
    """Operations to be carried out together, what is to be said about them, and the objects that they are about as they are now.

    `places` says where the objects stand in files, as far as they do.
    """

    operations: tuple[Operation, ...]
    findings: tuple[Finding, ...]
    present: Mapping[Ref, Manifest]
    refs: tuple[Ref, ...]
    places: Mapping[Ref, Places] = {}


async def apply(request: Request) -> Response:
    """`POST /lateen/v1/apply`."""
    body = await _body(request, Apply)
    plane = plane_of(request)
    names = ", ".join(file.name for file in body.files[:3]) + (", …" if len(body.files) > 3 else "")
    ask = writes.ask(request, "apply", names)
    asked = msgspec.structs.replace(ask, reason=f"{APPLIED}: {body.reason or names}", dry_run=body.dry_run)
    began = time.monotonic()
    for tries in range(_TRIES):
        transaction = await _applied(plane, body)
        if is_refused(list(transaction.findings)):
            plane.pusher.metrics.refused.inc()
            return json_response(_answer(transaction, None, ()) | {"refused": True}, 422)
        try:
            return await _carried_out(plane, transaction, asked, body.wait, began)
        except Conflict as conflict:
            if tries == _TRIES - 1:
                raise of_store(conflict) from conflict
    raise AssertionError("unreachable")


async def rollback(request: Request) -> Response:
    """`POST /lateen/v1/rollback`."""
    body = await _body(request, Rollback)
    plane = plane_of(request)
    reason = f"{APPLIED}: back to revision {body.revision}{body.reason and f': {body.reason}'}"
    asked = msgspec.structs.replace(writes.ask(request, "rollback", ""), reason=reason, dry_run=body.dry_run)
    try:
        wanted, present = await plane.store.at(body.revision), await plane.store.list()
        transaction = _restored(plane, wanted.objects, present.objects)
        if is_refused(list(transaction.findings)):
            return json_response(_answer(transaction, None, ()) | {"refused": True}, 422)
        return await _carried_out(plane, transaction, asked, body.wait, time.monotonic())
    except StoreError as error:
        raise of_store(error) from error


# What is to be done


async def _applied(plane: ControlPlane, body: Apply) -> _Transaction:
    """What an apply is to do; parsing large files is left to a thread, and checking them lets others run in between."""
    documents, findings = await asyncio.to_thread(_documents, body.files, body.namespace)
    stored = await _present(plane, documents)
    present = {ref: manifest_of(found) for ref, found in stored.items()}
    operations: dict[Ref, Operation] = {}
    places: dict[Ref, Places] = {}
    for number, (ref, document) in enumerate(documents):
        if number % _SLICE == 0:
            await asyncio.sleep(0)
        before = present.get(ref) if isinstance(ref, Ref) else None
        admitted = plane.door.admit(dict(document.manifest), before, document.places, body.namespace)
        findings += admitted.findings
        if isinstance(ref, Ref):
            if ref in places:
                findings.append(given_twice(ref, document.places, places[ref], refused=True))
            places[ref] = document.places
        if isinstance(admitted, Refused):
            continue
        found = stored.get(admitted.ref)
        operations[admitted.ref] = Put(admitted.ref, msgspec.json.encode(admitted.manifest), found.version if found else ABSENT)
    transaction = _Transaction(tuple(operations.values()), tuple(findings), present, tuple(operations), places)
    if is_refused(findings):
        plane.door.release(transaction.refs, present)
    return transaction


def _documents(files: Sequence[File], namespace: str) -> tuple[list[tuple[Ref | str, decode.Document]], list[Finding]]:
    """The documents of all files, each with the object that it is."""
    documents: list[tuple[Ref | str, decode.Document]] = []
    findings: list[Finding] = []
    for file in files:
        found, said = decode.documents(file.text, file.name, namespace)
        documents += [(identify(dict(document.manifest), namespace), document) for document in found]
        findings += said
    return documents, findings


async def _present(plane: ControlPlane, documents: Sequence[tuple[Ref | str, decode.Document]]) -> dict[Ref, Object]:
    """What is stored of the objects that the documents are about."""
    refs = {ref for ref, _ in documents if isinstance(ref, Ref)}
    if len(refs) > _MANY:
        return {stored.ref: stored for stored in (await plane.store.list()).objects if stored.ref in refs}
    found = [await plane.store.get(ref) for ref in refs]
    return {stored.ref: stored for stored in found if stored is not None}


def _restored(plane: ControlPlane, wanted: Sequence[Object], present: Sequence[Object]) -> _Transaction:
    now = {stored.ref: stored for stored in present if stored.ref.kind not in RUNNING_KINDS}
    then = {stored.ref: stored for stored in wanted if stored.ref.kind not in RUNNING_KINDS}
    findings: list[Finding] = []
    operations: list[Operation] = [Delete(ref, stored.version) for ref, stored in now.items() if ref not in then]
    manifests = {ref: manifest_of(stored) for ref, stored in now.items()}
    for ref, stored in then.items():
        if ref in now and now[ref].manifest == stored.manifest:
            continue
        manifest = {key: value for key, value in manifest_of(stored).items() if key != "status" or ref not in now}
        admitted = plane.door.admit(manifest, manifests.get(ref), namespace=ref.namespace)
        findings += admitted.findings
        if isinstance(admitted, Admitted):
            operations.append(Put(ref, msgspec.json.encode(admitted.manifest), now[ref].version if ref in now else ABSENT))
    refs = tuple(operation.ref for operation in operations)
    return _Transaction(tuple(operations), tuple(findings), {ref: manifests[ref] for ref in refs if ref in manifests}, refs)


# Doing it


async def _carried_out(plane: ControlPlane, transaction: _Transaction, asked: writes.Ask, wait: float, began: float) -> Response:
    if asked.dry_run:
        plane.door.release(transaction.refs, transaction.present)
        changes = await _imagined(plane, transaction)
        foreseen = [finding.as_json() for finding in await analysis.foreseen(plane, transaction.refs, transaction.places, changes)]
        return json_response(_answer(transaction, None, changes, with_manifests=True) | {"dryRun": True, "analysis": foreseen})
    try:
        revision = await writes.write(plane, transaction.operations, asked)
    except Conflict:
        plane.door.release(transaction.refs, transaction.present)
        raise
    except StoreError as error:
        plane.door.release(transaction.refs, transaction.present)
        raise of_store(error) from error
    answer = _answer(transaction, revision, revision.changes)
    answer["analysis"] = [finding.as_json() for finding in await analysis.landed(plane, transaction.refs, transaction.places, revision.number)]
    if wait > 0:
        answer |= await _arrival(plane, revision, transaction.refs, min(wait, LONGEST_WAIT), began)
    return json_response(answer)


async def _imagined(plane: ControlPlane, transaction: _Transaction) -> tuple[Change, ...]:
    """What the operations would change."""
    present = {ref: stored for ref in transaction.refs if (stored := await plane.store.get(ref)) is not None}
    return transition(present.get, transaction.operations, 0, plane.now())


async def _arrival(plane: ControlPlane, revision: Revision, refs: Sequence[Ref], wait: float, began: float) -> dict[str, Any]:
    """How long it took until every proxy has the change, and who has not, or has refused it."""
    states = plane.pusher.states
    landing = None
    try:
        async with asyncio.timeout(wait):
            landing = await plane.feed.landed(revision.number)
            await states.arrived(landing.graph)
    except TimeoutError:
        pass
    waiting = states.behind(landing.graph) if landing else list(states.streams)
    refusals = [
        {"proxy": proxy, "names": refusal.names, "message": refusal.message, "refs": [str(ref) for ref in refusal.refs]}
        for proxy, refusal in states.refusals(refs)
    ]
    return {
        "milliseconds": round((time.monotonic() - began) * 1000),
        "proxies": len(states.streams),
        "arrived": not waiting,
        "behind": sorted(stream.proxy.id for stream in waiting),
        "refusedBy": refusals,
    }


# Telling


def _answer(transaction: _Transaction, revision: Revision | None, changes: Sequence[Change], *, with_manifests: bool = False) -> dict[str, Any]:
    changed = {change.ref: change for change in changes}
    return {
        "revision": revision.number if revision else None,
        "changed": [str(ref) for ref in changed],
        "objects": [_object(ref, changed.get(ref), with_manifests=with_manifests) for ref in transaction.refs],
        "findings": [finding.as_json() for finding in sorted(transaction.findings, key=lambda finding: finding.position)],
    }


def _object(ref: Ref, change: Change | None, *, with_manifests: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"ref": str(ref), "name": writes.kind_words(ref), "namespace": ref.namespace, "action": action(change)}
    if with_manifests and change is not None:
        told["before"] = shown(change.before) if change.before else None
        told["after"] = shown(change.after) if change.after else None
    return told


def action(change: Change | None) -> str:
    """What kubectl calls a change."""
    if change is None:
        return "unchanged"
    if change.after is None:
        return "deleted"
    return "created" if change.before is None else "configured"


async def _body(request: Request, type_: type[Any]) -> Any:
    try:
        return msgspec.json.decode(await request.body(), type=type_)
    except msgspec.DecodeError as wrong:
        raise Failure(400, f"The body is not as it should be: {wrong}.") from wrong
