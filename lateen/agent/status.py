"""What the agent itself answers over HTTP, on a Unix socket that Envoy's ports 15020 and 15021 lead to (AG-6).

GET  /healthz/ready             200 when the workload's proxy is ready and neither draining nor stopping (AG-7)
GET  /stats/prometheus          Envoy's statistics under Istio's names, the agent's own, and the app's
GET  /app-health/<name>/readyz  (livez, startupz) 200 when the app is well, 503 with the reason when it is not
POST /drain                     drain now; the workload runs on until it is stopped, which is then done at once (AG-8)
POST /quitquitquit              drain and end

The last two are for the workload itself: port 15020 may be reached from outside, so Envoy says who is calling (`PEER`), and who does not call from
the loopback is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from ipaddress import ip_address
from pathlib import Path

import httpx
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lateen.agent import stats
from lateen.agent.app_calls import AppError
from lateen.agent.bootstrap import PEER_HEADER
from lateen.agent.capture import RETURN_PATH
from lateen.agent.metrics import Metrics
from lateen.telemetry.istio_labels import as_istio_labels

Text = Callable[[], Awaitable[str]]
ANSWER_TRAVELS = 0.5
"""Seconds between the answer to a command and what it commands."""
_TEXT = "text/plain; version=0.0.4"
_ASKED = frozenset({"livez", "readyz", "startupz"})


class Answers(msgspec.Struct, frozen=True):
    """Where the answers come from. `envoy` and `app` give Prometheus text (`app` None: it has no metrics); `own` are the workload's labels
    (`istio_labels.own_labels`). `obstacle` says why the app is not well, empty when it is; `names` are those by which it may be asked for."""

    is_ready: Callable[[], bool]
    envoy: Text
    metrics: Metrics
    own: Mapping[str, str] = {}
    app: Text | None = None
    obstacle: Text | None = None
    names: tuple[str, ...] = ()
    drain: Callable[[], None] = lambda: None
    quit: Callable[[], None] = lambda: None


def application(answers: Answers) -> Starlette:
    """The HTTP application."""
    return Starlette(routes=[*_asked(answers), *_commanded(answers)])


def _asked(answers: Answers) -> list[Route]:
    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready\n") if answers.is_ready() else PlainTextResponse("not ready\n", 503)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(await _merged(answers), media_type=_TEXT)

    async def app_health(request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params["kind"]
        if answers.obstacle is None or name not in answers.names or kind not in _ASKED:
            return PlainTextResponse(f"There is no health check {name}/{kind} here.\n", 404)
        reason = await answers.obstacle()
        return PlainTextResponse(f"{reason}\n", 503) if reason else PlainTextResponse("well\n")

    return [
        Route("/healthz/ready", ready),
        Route("/stats/prometheus", metrics),
        Route("/app-health/{name}/{kind}", app_health),
    ]


def _commanded(answers: Answers) -> list[Route]:
    def command(path: str, act: Callable[[], None], said: str) -> Route:
        async def obeyed(request: Request) -> Response:
            if not is_from_here(request.headers.get(PEER_HEADER, "")):
                return PlainTextResponse(f"{path} is for the workload itself: call it on the loopback.\n", 403)
            return PlainTextResponse(f"{said}\n", background=BackgroundTask(_later, act))

        return Route(path, obeyed, methods=["POST"])

    return [command("/drain", answers.drain, "draining"), command("/quitquitquit", answers.quit, "ending")]


async def _later(act: Callable[[], None]) -> None:
    """Obey when the answer has had time to travel: it goes through Envoy, which may be gone a moment after the agent obeys."""
    await asyncio.sleep(ANSWER_TRAVELS)
    act()


def is_from_here(peer: str) -> bool:
    """Whether an address is of the workload's own loopback; not the one from which its proxy passes on what came from outside."""
    try:
        return ip_address(peer).is_loopback and peer != RETURN_PATH
    except ValueError:
        return False


async def _merged(answers: Answers) -> str:
    """Envoy's text, the agent's and the app's: what one of them lacks does not take the others away."""
    counted = answers.metrics
    counted.scraped()
    envoy, app = await asyncio.gather(_text(answers.envoy, "envoy", counted), _text(answers.app, "application", counted))
    return "".join((as_istio_labels(stats.as_istio(envoy), answers.own), counted.text(), stats.appended(app)))


async def _text(source: Text | None, whose: str, counted: Metrics) -> str:
    if source is None:
        return ""
    try:
        return await source()
    except (httpx.HTTPError, OSError, TimeoutError, AppError) as error:
        counted.failed(whose)
        return f"# not available: {str(error).splitlines()[0] if str(error) else type(error).__name__}\n"


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
