"""Kubernetes' verbs on the mesh's objects: get, list, create, replace, patch, delete (https://kubernetes.io/docs/reference/using-api/api-concepts/)."""

from __future__ import annotations

import secrets
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lateen.api import decode
from lateen.control.api import patches, selection, tables, watching, writes
from lateen.control.api.failure import Failure, details, missing, of_store, success, warnings
from lateen.control.api.paths import Target, target
from lateen.control.api.presentation import listed, shown, uid
from lateen.control.api.respond import body_text, json_response, plane_of
from lateen.control.manifests import Manifest, manifest_of
from lateen.control.plane import ControlPlane
from lateen.store.store import Object, StoreError

_TRIES: Final = 5
"""How often a patch without a version is tried again when somebody else was faster."""


async def core(request: Request) -> Response:
    """`/api/v1/…`."""
    return await _serve(request, target("", request.path_params["version"], request.path_params["rest"]))


async def grouped(request: Request) -> Response:
    """`/apis/GROUP/VERSION/…`."""
    found = request.path_params
    return await _serve(request, target(found["group"], found["version"], found["rest"]))


async def _serve(request: Request, asked: Target) -> Response:
    plane = plane_of(request)
    match request.method, bool(asked.name):
        case (("GET" | "HEAD"), True):
            return await _get(request, plane, asked)
        case (("GET" | "HEAD"), False):
            return await _list(request, plane, asked)
        case "POST", False:
            return await _create(request, plane, asked)
        case "PUT", True:
            return await _replace(request, plane, asked)
        case "PATCH", True:
            return await _patch(request, plane, asked)
        case "DELETE", True:
            return await _delete(request, plane, asked)
        case "DELETE", False:
            return await _delete_many(request, plane, asked)
    raise Failure(405, f"{request.method} is not possible on {request.url.path}.")


async def _get(request: Request, plane: ControlPlane, asked: Target) -> Response:
    stored = await writes.found(plane, asked)
    return _one(request, plane, asked, shown(stored, asked.api_version))


def _one(request: Request, plane: ControlPlane, asked: Target, manifest: Manifest, code: int = 200) -> Response:
    if tables.is_wanted(request.headers.get("accept", "")):
        include = request.query_params.get("includeObject", "Metadata")
        return json_response(tables.table(asked.kind.key, [manifest], manifest["metadata"]["resourceVersion"], plane.now(), include), code)
    return json_response(manifest, code)


def _selects(request: Request) -> selection.Selects:
    by_labels = selection.labels(request.query_params.get("labelSelector", ""))
    by_fields = selection.fields(request.query_params.get("fieldSelector", ""))
    return lambda manifest: by_labels(manifest) and by_fields(manifest)


async def _list(request: Request, plane: ControlPlane, asked: Target) -> Response:
    selects = _selects(request)
    if request.query_params.get("watch", "false") in ("true", "1"):
        return await watching.response(request, plane, asked, selects)
    try:
        snapshot = await plane.store.list(asked.kind.key, asked.namespace or None)
    except StoreError as error:
        raise of_store(error, asked.kind) from error
    items = [manifest for stored in snapshot.objects if selects(manifest := shown(stored, asked.api_version))]
    if tables.is_wanted(request.headers.get("accept", "")):
        include = request.query_params.get("includeObject", "Metadata")
        return json_response(tables.table(asked.kind.key, items, str(snapshot.revision), plane.now(), include))
    return json_response(listed(items, asked.kind.kind, asked.api_version, snapshot.revision))


async def _create(request: Request, plane: ControlPlane, asked: Target) -> Response:
    manifest = await _body(request)
    metadata = writes.metadata_of(manifest)
    if not metadata.get("name") and metadata.get("generateName"):
        manifest = manifest | {"metadata": metadata | {"name": f"{metadata['generateName']}{secrets.token_hex(3)[:5]}"}}
    name = (manifest.get("metadata") or {}).get("name")
    if not name or not isinstance(name, str):
        raise Failure(422, f"This {asked.kind.kind} has no name: write one under metadata.name.")
    namespace = asked.namespace or (str(metadata.get("namespace") or "default") if asked.kind.namespaced else "")
    one = msgspec.structs.replace(asked, name=name, namespace=namespace)
    written = await writes.create(plane, one, manifest, writes.ask(request, "create", str(one.ref)))
    return _written(written, 201)


async def _replace(request: Request, plane: ControlPlane, asked: Target) -> Response:
    manifest, present = await _body(request), await writes.found(plane, asked)
    change = writes.put_status if asked.subresource == "status" else writes.replace
    return _written(await change(plane, asked, manifest, present, writes.ask(request, "replace", str(asked.ref))))


async def _patch(request: Request, plane: ControlPlane, asked: Target) -> Response:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip()
    patch, ask = await request.body(), writes.ask(request, "patch", str(asked.ref))
    for tries in range(_TRIES):
        stored = await plane.store.get(asked.ref)
        if stored is None and media_type == patches.APPLY:
            return _written(await writes.create(plane, asked, patches.applied(patch), ask), 201)
        if stored is None:
            raise missing(asked.kind, asked.name)
        try:
            return _written(await _patched(plane, asked, stored, media_type, patch, ask))
        except Failure as failure:
            if failure.code != 409 or tries == _TRIES - 1 or b'"resourceVersion"' in patch:
                raise
    raise AssertionError("unreachable")


async def _patched(plane: ControlPlane, asked: Target, stored: Object, media_type: str, patch: bytes, ask: writes.Ask) -> writes.Written:
    manifest = patches.patched(media_type, shown(stored, asked.api_version), patch)
    change = writes.put_status if asked.subresource == "status" else writes.replace
    return await change(plane, asked, manifest, stored, ask)


async def _delete(request: Request, plane: ControlPlane, asked: Target) -> Response:
    options = await _options(request)
    stored = await writes.found(plane, asked)
    _ensure(options.get("preconditions") or {}, stored, asked)
    ask = writes.ask(request, "delete", str(asked.ref))
    if "All" in (options.get("dryRun") or ()):
        ask = msgspec.structs.replace(ask, dry_run=True)
    await writes.delete(plane, asked, [stored], ask)
    return json_response(success(details(asked.kind, asked.name) | {"uid": shown(stored)["metadata"]["uid"]}))


def _ensure(preconditions: dict[str, Any], stored: Object, asked: Target) -> None:
    metadata = manifest_of(stored).get("metadata") or {}
    for field, found in (("uid", metadata.get("uid") or uid(stored)), ("resourceVersion", str(stored.version))):
        if preconditions.get(field) not in (None, found):
            sentence = f"{asked.ref} has the {field} {found}, and was expected with {preconditions[field]}."
            raise Failure(409, sentence, details=details(asked.kind, asked.name))


async def _delete_many(request: Request, plane: ControlPlane, asked: Target) -> Response:
    selects = _selects(request)
    snapshot = await plane.store.list(asked.kind.key, asked.namespace or None)
    chosen = [stored for stored in snapshot.objects if selects(manifest_of(stored))]
    where = f"{asked.kind.plural} in {asked.namespace}" if asked.namespace else asked.kind.plural
    await writes.delete(plane, asked, chosen, writes.ask(request, "delete", where))
    return json_response(listed([shown(stored, asked.api_version) for stored in chosen], asked.kind.kind, asked.api_version, snapshot.revision))


def _written(written: writes.Written, code: int = 200) -> Response:
    return json_response(written.manifest, code, warnings(written.findings))


async def _body(request: Request) -> Manifest:
    """The object in the body, JSON or YAML. Raises `Failure` (400)."""
    media_type = request.headers.get("content-type", "")
    if "protobuf" in media_type or "cbor" in media_type:
        raise Failure(415, f"Bodies of the type {media_type} are not understood, expected JSON or YAML: use kubectl apply -f, or kubectl create -f.")
    found, findings = decode.documents(await body_text(request))
    if findings:
        raise Failure(400, str(findings[0]))
    if len(found) != 1:
        raise Failure(400, f"The body has {len(found)} objects, expected one.")
    return dict(found[0].manifest)


async def _options(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        found = msgspec.json.decode(raw) if raw.strip() else {}
    except msgspec.DecodeError as wrong:
        raise Failure(400, f"The body is not JSON: {wrong}.") from wrong
    return found if isinstance(found, dict) else {}
