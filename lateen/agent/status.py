"""What the agent itself answers over HTTP, on a Unix socket that Envoy's ports 15020 and 15021 lead to (AG-6).

/healthz/ready       200 when the workload's proxy is ready and not stopping
/stats/prometheus    Envoy's statistics under Istio's names, and the app's own metrics behind them
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lateen.agent import stats
from lateen.telemetry.istio_labels import as_istio_labels

Text = Callable[[], Awaitable[str]]


def application(is_ready: Callable[[], bool], envoy: Text, own: Mapping[str, str], app: Text | None = None) -> Starlette:
    """The HTTP application. `envoy` and `app` give Prometheus text; what one of them lacks does not take the other away. `own` are the labels
    of the workload itself (`istio_labels.own_labels`)."""

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready\n") if is_ready() else PlainTextResponse("not ready\n", 503)

    async def metrics(_: Request) -> Response:
        texts = [as_istio_labels(stats.as_istio(await _text(envoy)), own), await _text(app) if app else ""]
        return PlainTextResponse("".join(texts), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[Route("/healthz/ready", ready), Route("/stats/prometheus", metrics)])


@contextlib.asynccontextmanager
async def served(path: Path, app: Starlette) -> AsyncIterator[None]:
    """Serve the application on a Unix socket for as long as the block runs."""
    path.unlink(missing_ok=True)
    server = _Server(uvicorn.Config(app, uds=str(path), log_level="error", lifespan="off", access_log=False, ws="none"))
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        yield
    finally:
        server.should_exit = server.force_exit = True
        await serving


class _Server(uvicorn.Server):
    """Signals belong to the program, not to one of its servers."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


async def _text(source: Text) -> str:
    try:
        return await source()
    except (httpx.HTTPError, OSError) as error:
        return f"# not available: {type(error).__name__}\n"
