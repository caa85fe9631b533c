"""Ask an app whether it is well: an HTTP request, a TCP connection, a command, or gRPC's protocol of health, as `app_calls` calls it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable

import msgspec

from lateen.agent import app_calls
from lateen.agent.app_calls import AppError, Place
from lateen.agent.namespaces import entering
from lateen.agent.workload import HealthCheck

Say = Callable[[str], None]
_FIRST_PAUSE = 0.03
_USER_AGENT = "lateen-probe"


async def watch(check: HealthCheck, place: Place, say: Say) -> None:
    """Probe for ever; `say` gets "" after as many successes in a row as the check wants, and the reason after as many failures as it allows.

    An app that starts is asked more often than each `period`, until it is well for the first time; this often does not count as failed."""
    await asyncio.sleep(check.initial_delay)
    failures, successes, pause, since_counted = 0, 0, _FIRST_PAUSE, 0.0
    while True:
        reason = await probe(check, place)
        since_counted += pause
        if not reason:
            failures, successes, pause = 0, successes + 1, check.period
            if successes >= check.successes:
                say("")
        elif since_counted >= check.period:
            failures, successes, since_counted = failures + 1, 0, 0.0
            if failures >= check.failures:
                say(reason)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, check.period)


async def probe(check: HealthCheck, place: Place) -> str:
    """Why the app is not well; empty when it is. Never raises."""
    there = msgspec.structs.replace(place, address=check.host or place.address)
    if check.http_path:
        what, asking = f"GET {check.http_path} on port {check.port}", _http(check, there)
    elif check.grpc is not None:
        what, asking = f"gRPC's health check on port {check.port}", _grpc(check, check.grpc, there)
    elif check.tcp or not check.command:
        what, asking = f"a connection to port {check.port}", _tcp(check, there)
    else:
        what, asking = f"`{' '.join(check.command)}`", _command(check, there)
    return await _answer(what, asking, check.timeout)


async def _answer(what: str, asking: Awaitable[str], timeout: float) -> str:
    try:
        async with asyncio.timeout(timeout):
            said = await asking
    except TimeoutError:
        said = f"took longer than {timeout:g} s"
    except AppError as error:
        said = str(error)
    except OSError as error:
        said = f"was not possible ({error})"
    return f"{what} {said}" if said else ""


async def _tcp(check: HealthCheck, place: Place) -> str:
    _, writer = await app_calls.connected(place, check.port)
    writer.close()
    return ""


async def _http(check: HealthCheck, place: Place) -> str:
    answer = await app_calls.get(place, check.port, check.http_path, {"User-Agent": _USER_AGENT, **dict(check.headers)}, check.tls)
    return "" if 200 <= answer.status < 400 else f"answered {answer.status}"


async def _grpc(check: HealthCheck, service: str, place: Place) -> str:
    return "" if await app_calls.grpc_is_serving(place, check.port, service) else "was answered, but not with SERVING"


async def _command(check: HealthCheck, place: Place) -> str:
    words = [*(entering(place.namespace) if place.namespace else []), *check.command]
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdin=nothing, stdout=nothing, stderr=nothing, process_group=0)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    return f"exited with code {code}" if code else ""
