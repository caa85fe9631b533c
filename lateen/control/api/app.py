"""The application: which URL is answered by whom, who may ask, and how errors look. Answers without a token: health, readiness, metrics."""

from __future__ import annotations

import hmac
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lateen.control.api import analysis, discovery, explaining, mesh_state, objects, proxies, transactions
from lateen.control.api.failure import Failure
from lateen.control.api.respond import json_response, plane_of
from lateen.control.plane import ControlPlane
from lateen.kit.logging import logger

OPEN: Final = frozenset({"/healthz", "/livez", "/readyz", "/metrics", "/ready"})
"""What anybody may ask."""
VERBS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]

_log = logger("api")


def application(plane: ControlPlane) -> Starlette:
    """The API of a control plane, to be served by any ASGI server."""
    handlers: dict[Any, Any] = {Failure: _failed, HTTPException: _http_failed, Exception: _bug}
    app = Starlette(routes=_routes(), exception_handlers=handlers)
    app.state.plane = plane
    app.add_middleware(_Authorized, plane=plane)
    return app


def _routes() -> list[Route]:
    return [
        Route("/healthz", _health),
        Route("/livez", _health),
        Route("/readyz", _ready),
        Route("/ready", _ready),
        Route("/metrics", _metrics),
        Route("/version", lambda _request: json_response(discovery.version())),
        Route("/api", lambda _request: json_response(discovery.api_versions())),
        Route("/apis", lambda _request: json_response(discovery.api_groups())),
        Route("/apis/{group}", _group),
        Route("/api/{version}", _resources),
        Route("/apis/{group}/{version}", _resources),
        Route("/openapi/v3", lambda _request: json_response(discovery.openapi_paths())),
        Route("/openapi/v3/{path:path}", _openapi),
        Route("/api/{version}/{rest:path}", objects.core, methods=VERBS),
        Route("/apis/{group}/{version}/{rest:path}", objects.grouped, methods=VERBS),
        Route("/lateen/v1/apply", transactions.apply, methods=["POST"]),
        Route("/lateen/v1/rollback", transactions.rollback, methods=["POST"]),
        Route("/lateen/v1/analyze", analysis.analyze),
        Route("/lateen/v1/explain", explaining.explain, methods=["POST"]),
        Route("/lateen/v1/proxies", proxies.proxies),
        Route("/lateen/v1/proxies/{id}", proxies.proxy),
        Route("/lateen/v1/proxies/{id}/config", proxies.config),
        Route("/lateen/v1/proxy-settings", proxies.settings),
        Route("/lateen/v1/history", mesh_state.history),
        Route("/lateen/v1/standing", mesh_state.standing),
        Route("/lateen/v1/state", mesh_state.state),
        Route("/lateen/v1/ca", mesh_state.roots),
        Route("/lateen/v1/ca/{step}", mesh_state.rotate, methods=["POST"]),
        Route("/lateen/v1/tokens", mesh_state.token, methods=["POST"]),
        Route("/lateen/v1/tokens", mesh_state.tokens),
        Route("/lateen/v1/tokens/{id}/revoke", mesh_state.revoke, methods=["POST"]),
    ]


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _ready(request: Request) -> Response:
    is_ready = plane_of(request).is_ready
    return PlainTextResponse("ok" if is_ready else "The control plane is starting or stopping.", 200 if is_ready else 503)


async def _metrics(request: Request) -> Response:
    return Response(plane_of(request).pusher.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _group(request: Request) -> Response:
    return _found(discovery.api_group(request.path_params["group"]))


async def _resources(request: Request) -> Response:
    return _found(discovery.resources(request.path_params.get("group", ""), request.path_params["version"]))


async def _openapi(request: Request) -> Response:
    return _found(discovery.openapi(request.path_params["path"]))


def _found(document: dict[str, Any] | None) -> Response:
    if document is None:
        raise Failure(404, "the server could not find the requested resource")
    return json_response(document)


async def _failed(_request: Request, failure: Exception) -> Response:
    assert isinstance(failure, Failure)
    return json_response(failure.body(), failure.code, failure.headers)


async def _http_failed(request: Request, failure: Exception) -> Response:
    assert isinstance(failure, HTTPException)
    words = f"{failure.detail}: {request.method} {request.url.path}"
    return json_response(Failure(failure.status_code, words).body(), failure.status_code)


async def _bug(request: Request, error: Exception) -> Response:
    _log.error(f"A mistake in Lateen, while answering {request.method} {request.url.path}.", exc_info=error)
    return json_response(Failure(500, f"This is a mistake in Lateen: {type(error).__name__}: {error}").body(), 500)


class _Authorized:
    """Lets through who shows the token."""

    def __init__(self, app: ASGIApp, plane: ControlPlane) -> None:
        self._app = app
        self._plane = plane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] in OPEN or self._shows_token(scope):
            await self._app(scope, receive, send)
            return
        sentence = "The request shows no token, or another than this mesh's: send `Authorization: Bearer TOKEN`, with the token of the state folder."
        await json_response(Failure(401, sentence).body(), 401)(scope, receive, send)

    def _shows_token(self, scope: Scope) -> bool:
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        scheme, _, token = shown.partition(b" ")
        return scheme.lower() == b"bearer" and bool(self._plane.token) and hmac.compare_digest(token.strip(), self._plane.token.encode())
