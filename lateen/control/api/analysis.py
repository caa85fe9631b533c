"""Is the whole mesh right? Every object by itself and among the others, as `lateen analyze` tells it of files: of the mesh as it is
(`GET /lateen/v1/analyze`), of what a transaction changed (`landed`), and of what it would change (`foreseen`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lateen.api import inputs
from lateen.api.kinds import KINDS
from lateen.api.resource import Resource
from lateen.api.text import Places
from lateen.assembly import left_out
from lateen.assembly.analysis import objects, placed, standing, unsuppressed
from lateen.assembly.offline import graph
from lateen.control.api.respond import json_response, plane_of
from lateen.control.manifests import stored_resource
from lateen.control.plane import ControlPlane
from lateen.render.patch_values import faults
from lateen.store.store import Change
from lateen.values.finding import FILE, Finding, Severity
from lateen.values.ref import Ref

MOST_CHANGES: Final = 100
"""Of more changed objects nothing is said among the others: `lateen analyze` is there for that."""
MOST_OBJECTS: Final = 5_000
"""In a mesh of more objects nothing is foreseen."""
_SOON: Final = 2.0
"""Seconds in which the mesh is to know what was stored, for something to be said of it."""
_SLICE: Final = 20
"""So many objects are looked at before others may run."""


async def analyze(request: Request) -> Response:
    """`GET /lateen/v1/analyze?namespace=NAME`: what is to be said of the objects of a namespace, or of all. Others are served in between."""
    plane = plane_of(request)
    namespace = request.query_params.get("namespace") or None
    g = plane.pusher.g
    refs = objects(g, namespace)
    findings = [finding for finding in plane.told() if namespace in (None, finding.ref.namespace) or finding.ref.kind == FILE]
    for number, ref in enumerate(refs):
        if number % _SLICE == 0:
            await asyncio.sleep(0)
        findings += standing(g, ref, faults)
    return json_response({"objects": len(refs), "findings": [finding.as_json() for finding in findings]})


async def landed(plane: ControlPlane, refs: Sequence[Ref], places: Mapping[Ref, Places], stored: int) -> list[Finding]:
    """What is to be said of the objects among all others, once the mesh knows that revision of them; nothing if it does not come to know it soon."""
    if len(refs) > MOST_CHANGES:
        return []
    try:
        async with asyncio.timeout(_SOON):
            await plane.feed.landed(stored)
    except TimeoutError:
        return []
    found = [finding for ref in refs for finding in unsuppressed(plane.pusher.g, ref)]
    filters = {ref for ref in refs if ref.kind == "EnvoyFilter"}
    if filters:  # To ask of all proxies what was left out for them is dear, and nothing else is ever blamed for it.
        found += left_out.findings(plane.pusher.left_out(), filters)
    return _by_position(found, places)


async def foreseen(plane: ControlPlane, refs: Sequence[Ref], places: Mapping[Ref, Places], changes: Sequence[Change]) -> list[Finding]:
    """What would be to be said of the objects among all others, were the changes made."""
    present = list(islice(inputs.everything(plane.pusher.g, KINDS), MOST_OBJECTS + 1))
    if len(refs) > MOST_CHANGES or len(present) > MOST_OBJECTS:
        return []
    changed = {change.ref: stored_resource(change.after)[0] if change.after is not None else None for change in changes}
    imagined = {each.ref: each for each in present} | changed
    return _by_position(await asyncio.to_thread(_said, [each for each in imagined.values() if each is not None], refs), places)


def _said(resources: Iterable[Resource[Any]], refs: Iterable[Ref]) -> list[Finding]:
    g = graph(resources)
    return [finding for ref in refs for finding in unsuppressed(g, ref)]


def _by_position(findings: Iterable[Finding], places: Mapping[Ref, Places]) -> list[Finding]:
    told = (placed(finding, places) for finding in findings if finding.severity is not Severity.INFO)
    return sorted(told, key=lambda finding: finding.position)
