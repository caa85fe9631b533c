"""What every answer of the API needs: the control plane that answers, bodies in, JSON out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from lateen.control.api.failure import Failure
from lateen.control.plane import ControlPlane


def plane_of(request: Request) -> ControlPlane:
    """The control plane that this application belongs to."""
    plane: ControlPlane = request.app.state.plane
    return plane


def json_response(value: Any, code: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """An answer; `headers` may have a name several times."""
    response = Response(msgspec.json.encode(value), code, media_type="application/json")
    for name, text in headers:
        response.headers.append(name, text.encode("ascii", "backslashreplace").decode())
    return response


async def body_text(request: Request) -> str:
    """The body as text. Raises `Failure` (400)."""
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError as wrong:
        raise Failure(400, "The body is not UTF-8.") from wrong
