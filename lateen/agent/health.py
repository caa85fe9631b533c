"""Ask an app whether it is well: an HTTP request, a TCP connection or a command, from inside its own network namespace.

From there the question does not pass the sidecar, which would refuse what is not mutual TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from lateen.agent.namespaces import entering, within
from lateen.agent.workload import HealthCheck

Say = Callable[[str], None]
_FIRST_PAUSE = 0.03


async def watch(check: HealthCheck, address: str, namespace: Path | None, say: Say) -> None:
    """Probe for ever; `say` gets "" after each success, and the reason after as many failures in a row as the check allows.

    An app that starts is asked more often than each `period`, until it is well for the first time; this often does not count as failed."""
    await asyncio.sleep(check.initial_delay)
    failures, pause, since_counted = 0, _FIRST_PAUSE, 0.0
    while True:
        reason = await probe(check, address, namespace)
        since_counted += pause
        if not reason:
            failures, pause = 0, check.period
            say("")
        elif since_counted >= check.period:
            failures, since_counted = failures + 1, 0.0
            if failures >= check.failures:
                say(reason)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, check.period)


async def probe(check: HealthCheck, address: str, namespace: Path | None) -> str:
    """Why the app is not well; empty when it is. Never raises."""
    if check.http_path:
        what, asking = f"GET {check.http_path} on port {check.port}", _http(check, address, namespace)
    elif check.tcp or not check.command:
        what, asking = f"a connection to port {check.port}", _tcp(check, address, namespace)
    else:
        what, asking = f"`{' '.join(check.command)}`", _command(check, namespace)
    return await _answer(what, asking, check.timeout)


async def _answer(what: str, asking: Awaitable[str], timeout: float) -> str:
    try:
        said = await asyncio.wait_for(asking, timeout)
    except TimeoutError:
        said = f"took longer than {timeout:g} s"
    except (OSError, asyncio.IncompleteReadError) as error:
        said = f"was not possible ({error})"
    return f"{what} {said}" if said else ""


async def _tcp(check: HealthCheck, address: str, namespace: Path | None) -> str:
    _, writer = await _connected(address, check.port, namespace)
    writer.close()
    return ""


async def _http(check: HealthCheck, address: str, namespace: Path | None) -> str:
    reader, writer = await _connected(address, check.port, namespace)
    try:
        host = f"{address}:{check.port}"
        writer.write(f"GET {check.http_path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: lateen-probe\r\nConnection: close\r\n\r\n".encode())
        status = (await reader.readline()).split()
    finally:
        writer.close()
    if len(status) < 2 or not status[1].isdigit():
        return "was not answered in HTTP"
    code = int(status[1])
    return "" if 200 <= code < 400 else f"answered {code}"


async def _command(check: HealthCheck, namespace: Path | None) -> str:
    words = [*(entering(namespace) if namespace else []), *check.command]
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*words, stdin=nothing, stdout=nothing, stderr=nothing, process_group=0)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise
    return f"exited with code {code}" if code else ""


async def _connected(address: str, port: int, namespace: Path | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket belongs to the namespace in which it was opened, wherever it is used."""
    sock = socket.socket() if namespace is None else within(namespace, socket.socket)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return await asyncio.open_connection(sock=sock)
