"""`POST /lateen/v1/explain`: what becomes of one call in the mesh as it is. The body is a `Question`, the answer what `telling` says."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lateen.assembly.views import view
from lateen.control.api.failure import Failure
from lateen.control.api.respond import json_response, plane_of
from lateen.control.plane import ControlPlane
from lateen.explain.onward import explained
from lateen.explain.question import Question, Unanswerable, answering, meant
from lateen.explain.telling import telling
from lateen.ir.view import View


async def explain(request: Request) -> Response:
    """Explain a call. 400 when the question is none, 422 when it cannot be answered."""
    plane = plane_of(request)
    try:
        asked = msgspec.json.decode(await request.body(), type=Question)
    except msgspec.DecodeError as wrong:
        raise Failure(400, f"The body is no question: {wrong}.") from wrong
    for newest in await plane.store.history(limit=1):
        await plane.feed.landed(newest.number)
    named = dict(_named(plane))
    try:
        call, gateway = meant(plane.pusher.g, asked, named)
    except Unanswerable as wrong:
        raise Failure(422, str(wrong)) from wrong
    return json_response(telling(explained(plane.pusher.g, call, gateway, answering(named))))


def _named(plane: ControlPlane) -> Iterator[tuple[str, View]]:
    """The connected proxies by every name that they go by; a short name that several have is the first one's."""
    streams = sorted(plane.pusher.states.streams, key=lambda stream: stream.proxy.id, reverse=True)
    for stream in streams:
        who = stream.proxy
        found = view(who, plane.pusher.dependencies.of(who))
        for name in (who.name, f"{who.namespace}/{who.name}", f"{who.name}.{who.namespace}", who.id):
            yield name, found
