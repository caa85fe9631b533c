"""What else a mesh is asked under `/lateen/v1`: its history, what is to be said of an object, its roots, join tokens, and its state in numbers."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lateen.api import kinds
from lateen.assembly import analysis, left_out
from lateen.control.api.failure import Failure, of_store
from lateen.control.api.presentation import shown
from lateen.control.api.respond import json_response, plane_of
from lateen.control.api.transactions import action
from lateen.control.certificates import roots_of
from lateen.control.plane import ControlPlane
from lateen.identity.join_token import Claims, mint_token
from lateen.render.patch_values import faults
from lateen.store.store import Change, Revision, StoreError
from lateen.values.finding import Finding
from lateen.values.ref import Ref

MOST_REVISIONS: Final = 1000
LONGEST_TOKEN: Final = timedelta(days=365)


async def history(request: Request) -> Response:
    """`GET /lateen/v1/history?ref=KIND/NAMESPACE/NAME&before=N&limit=N&full=true`: revisions, the newest first."""
    query, plane = request.query_params, plane_of(request)
    ref = _ref(query["ref"]) if query.get("ref") else None
    before = _number(query.get("before", ""), "before")
    limit = min(_number(query.get("limit", ""), "limit") or 100, MOST_REVISIONS)
    try:
        revisions = await plane.store.history(ref, before=before, limit=limit)
    except StoreError as error:
        raise of_store(error) from error
    return json_response({"revisions": [_revision(each, full=query.get("full") == "true") for each in revisions]})


async def standing(request: Request) -> Response:
    """`GET /lateen/v1/standing?ref=KIND/NAMESPACE/NAME`: what is to be said of one object: findings, and proxies that refused what came of it."""
    plane, ref = plane_of(request), _ref(request.query_params.get("ref", ""))
    refusals = plane.pusher.states.refusals([ref])
    analysed = analysis.standing(plane.pusher.g, ref, faults)
    live = [each for each in _of_trust_domain(plane) if each.ref == ref]
    findings = (*(each for each in plane.told() if each.ref == ref), *live, *analysed, *left_out.findings(plane.pusher.left_out(), {ref}))
    return json_response(
        {
            "findings": [finding.as_json() for finding in findings],
            "refusedBy": [{"proxy": proxy, "names": refusal.names, "message": refusal.message} for proxy, refusal in refusals],
        }
    )


async def state(request: Request) -> Response:
    """`GET /lateen/v1/state`: the mesh in a few numbers, and what is wrong with it."""
    plane = plane_of(request)
    findings = [finding.as_json() for finding in (*plane.told(), *_of_trust_domain(plane), *left_out.findings(plane.pusher.left_out()))]
    return json_response(
        {
            "revision": plane.feed.revision,
            "proxies": len(plane.pusher.states.streams),
            "trustDomain": plane.trust_domain,
            "discovery": plane.connection.discovery,
            "writable": plane.store.writable,
            "findings": findings,
            "failures": {str(key): str(error.__cause__ or error) for key, error in plane.pusher.failures.items()},
        }
    )


async def roots(request: Request) -> Response:
    """`GET /lateen/v1/ca`: the roots that the mesh trusts."""
    certificates = plane_of(request).certificates
    told = [msgspec.to_builtins(root) for root in roots_of(certificates.material)]
    signing = certificates.authority().certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    announced = certificates.material.next_root is not None and certificates.material.next_root != certificates.material.root
    return json_response({"roots": told, "pem": certificates.roots(), "intermediateEnds": signing, "announced": announced})


async def rotate(request: Request) -> Response:
    """`POST /lateen/v1/ca/STEP`: one step of a rotation of the root: `announce`, `switch`, or `settle`."""
    plane = plane_of(request)
    certificates = plane.certificates
    steps = {"announce": certificates.announce, "switch": certificates.switch, "settle": certificates.settle}
    step = steps.get(request.path_params["step"])
    if step is None:
        raise Failure(404, f"There is no step {request.path_params['step']}, expected {', '.join(steps)}.")
    if step == certificates.switch and (behind := plane.pusher.behind_on_roots()):
        told = f"{', '.join(behind[:3])}{', …' if len(behind) > 3 else ''}"
        raise Failure(409, f"{len(behind)} of the proxies ({told}) do not trust the announced root yet. Try again when they have taken it.")
    step()
    return await roots(request)


class TokenRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The body of a request for a join token; `ttl` in seconds."""

    namespace: str = "default"
    service_account: str = "default"
    ttl: float = 3600.0


async def token(request: Request) -> Response:
    """`POST /lateen/v1/tokens`: a join token."""
    plane = plane_of(request)
    try:
        wanted = msgspec.json.decode(await request.body() or b"{}", type=TokenRequest)
    except msgspec.DecodeError as wrong:
        raise Failure(400, f"The body is not as it should be: {wrong}.") from wrong
    lifetime = timedelta(seconds=wanted.ttl)
    if not timedelta(0) < lifetime <= LONGEST_TOKEN:
        raise Failure(400, f"ttl is {wanted.ttl} s, expected more than 0 and at most {LONGEST_TOKEN.days} days.")
    claims = Claims(plane.trust_domain, wanted.namespace, wanted.service_account, secrets.token_hex(8))
    now = plane.now()
    minted = mint_token(plane.join_key, claims, now, lifetime)
    plane.tokens.note(claims, now, now + lifetime)
    ends = (now + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
    where = {"discovery": plane.connection.discovery, "roots": plane.certificates.roots()}
    return json_response({"token": minted, "id": claims.id, "ends": ends, **where})


async def tokens(request: Request) -> Response:
    """`GET /lateen/v1/tokens`: the join tokens that have not ended, without what would let anybody in."""
    plane = plane_of(request)
    return json_response({"tokens": [msgspec.to_builtins(each) for each in plane.tokens.present(plane.now())]})


async def revoke(request: Request) -> Response:
    """`POST /lateen/v1/tokens/ID/revoke`: nobody joins by this token from now on, and who has joined by it gets no further certificate."""
    plane, token_id = plane_of(request), request.path_params["id"]
    found = plane.tokens.revoke(token_id, plane.now())
    if found is None:
        raise Failure(404, f"There is no join token {token_id}; `lateen token list` shows those that have not ended.")
    return json_response(msgspec.to_builtins(found))


def _of_trust_domain(plane: ControlPlane) -> tuple[Finding, ...]:
    found = plane.trust_domain_finding()
    return () if found is None else (found,)


def _ref(text: str) -> Ref:
    """`VirtualService/default/reviews`, `vs/default/reviews` or `Namespace/default`. Raises `Failure` (400)."""
    parts = text.split("/")
    kind = kinds.named(parts[0])
    if kind is None or len(parts) != (3 if kind.namespaced else 2):
        raise Failure(400, f'ref is "{text}", expected KIND/NAMESPACE/NAME, or KIND/NAME for a kind without namespaces.')
    return Ref(kind.key, parts[1] if kind.namespaced else "", parts[-1])


def _number(text: str, what: str) -> int | None:
    if text and not text.isdecimal():
        raise Failure(400, f'{what} is "{text}", expected a number.')
    return int(text) if text else None


def _revision(revision: Revision, *, full: bool) -> dict[str, Any]:
    return {
        "revision": revision.number,
        "at": revision.at,
        "author": revision.author,
        "reason": revision.reason,
        "changes": [_change(change, full=full) for change in revision.changes],
    }


def _change(change: Change, *, full: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"ref": str(change.ref), "action": action(change)}
    if full:
        told |= {"before": shown(change.before) if change.before else None, "after": shown(change.after) if change.after else None}
    return told
