"""A mesh to measure: the daemon as a process, an agent in this one, real Envoys in namespaces of their own; and commands run beside a workload."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from bench.plane import Plane, serving
from lateen.agent import Agent, ControlPlane, HealthCheck, Listener, Policy, Port, Settings, Workload, choose_mode, cleanup, find
from lateen.agent.namespaces import entering
from lateen.control.home import Connection, Home
from lateen.identity.join_token import Claims, mint_token
from lateen.local.preflight import run_folder

DAY: Final = 86_400.0
_READY_WITHIN: Final = 60.0
_KEPT: Final = 20
_NAMESPACE: Final = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n"


class Trouble(Exception):
    """What was to be measured did not run."""


class Mesh:
    """A running mesh."""

    def __init__(self, plane: Plane, directory: Path) -> None:
        self.plane = plane
        self.addresses: dict[str, str] = {}
        self.healthy: set[str] = set()
        self.said: deque[str] = deque(maxlen=_KEPT)
        self._directory = directory

    def namespace(self, name: str) -> Path:
        """The network namespace of a workload."""
        return self._directory / f"{name}.default.net"

    async def apply(self, documents: Iterable[str]) -> None:
        """Apply documents as one revision, while the agent works on."""
        told = list(documents)
        await asyncio.to_thread(self.plane.apply, told)

    async def settle(self) -> None:
        """Wait until the control plane is idle."""
        await asyncio.to_thread(self.plane.settle)

    async def run(self, name: str, *command: str, stdin: str = "", within: float = 300.0) -> str:
        """The output of a Python module of ours, run inside of a workload's namespace."""
        return await inside(self.namespace(name), [sys.executable, "-m", *command], stdin, within)

    def envoy(self, name: str) -> int:
        """The process of a workload's Envoy."""
        config = str(self._directory / f"{name}.default" / "envoy.json").encode()
        return next(pid for pid, words in _commands() if config in words and b"--concurrency" in words)

    async def admin(self, name: str, path: str, **told: str) -> str:
        """What a workload's Envoy answers at its admin interface."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._directory / f"{name}.default" / "admin.sock"))
        async with httpx.AsyncClient(transport=transport, base_url="http://envoy", timeout=30) as client:
            return (await client.get(path, params=told)).text

    async def statistic(self, name: str, pattern: str) -> int:
        """The sum of a workload's Envoy statistics whose names match."""
        text = await self.admin(name, "/stats", filter=pattern)
        return sum(int(number) for number in re.findall(r": (\d+)$", text, re.MULTILINE))

    async def until_healthy(self, count: int) -> None:
        """Wait for that many workloads. Raises `Trouble`."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _READY_WITHIN
        while len(self.healthy) < count:
            if loop.time() > end:
                raise Trouble(f"Only {sorted(self.healthy)} were ready within {_READY_WITHIN:g} s:\n" + "\n".join(self.said))
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def mesh(name: str, workloads: Sequence[Workload], lifetime: float = DAY, statistics: tuple[str, ...] = ()) -> AsyncIterator[Mesh]:
    """A mesh of these workloads and no other objects, all of them ready. `statistics` are prefixes of Envoy's, kept beside the usual ones."""
    directory = fresh_folder(name)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        plane = stack.enter_context(serving([_NAMESPACE]))
        made = Mesh(plane, directory)
        settings, join_key = _settings(f"bench-{name}", plane, directory, lifetime)
        settings = msgspec.structs.replace(settings, stat_prefixes=statistics)

        def token(workload: Workload) -> str:
            return mint_token(join_key, Claims("cluster.local", workload.namespace, workload.service_account), datetime.now(UTC))

        agent = await stack.enter_async_context(Agent(settings, token, _listener(made)))
        placed = [await agent.prepare(each) for each in workloads]
        made.addresses = {each.name: each.address for each in placed}
        running = [asyncio.create_task(agent.run(each)) for each in placed]
        try:
            await made.until_healthy(len(placed))
            yield made
        finally:
            agent.stop()
            agent.stop()
            await asyncio.gather(*running, return_exceptions=True)


def fresh_folder(name: str) -> Path:
    """The empty folder of a mesh; what an earlier run of it has left is ended and removed. Raises `NetworkError` when that still runs."""
    directory = run_folder(f"bench-{name}")
    cleanup(directory)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o711)
    return directory


def _settings(mesh_id: str, plane: Plane, directory: Path, lifetime: float) -> tuple[Settings, bytes]:
    home = Home(plane.home)
    where = msgspec.json.decode(home.connection.read_bytes(), type=Connection)
    settings = Settings(
        directory=directory,
        mesh_id=mesh_id,
        envoy=find(""),
        choice=choose_mode("transparent"),
        control=ControlPlane(where.discovery, where.roots.encode()),
        lifetime=lifetime,
        policy=Policy(drain=0.1, app_grace=1.0),
    )
    return settings, home.join_key.read_text().strip().encode()


def _listener(made: Mesh) -> Listener:
    def health(key: str, healthy: bool) -> None:
        (made.healthy.add if healthy else made.healthy.discard)(key)

    def line(key: str, source: str, text: str) -> None:
        if "Deprecated field" not in text:
            made.said.append(f"{key} ({source}): {text}")

    return Listener(
        line=line,
        announce=lambda key, text: made.said.append(f"{key}: {text}"),
        health=health,
        started=lambda pid: None,
    )


async def inside(namespace: Path, command: Sequence[str], stdin: str = "", within: float = 300.0) -> str:
    """The output of a command run in a namespace. Raises `Trouble`."""
    child = await asyncio.create_subprocess_exec(
        *entering(namespace), *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(child.communicate(stdin.encode()), within)
    except BaseException:
        child.kill()
        await child.wait()
        raise
    if child.returncode:
        raise Trouble(f"{' '.join(command)} ended with {child.returncode}: {err.decode()[-1000:]}")
    return out.decode()


async def load(namespace: Path, host: str, port: int, rate: float, warm: float, seconds: float) -> dict[str, Any]:
    """Requests at a rate from inside a namespace, as `bench.dataplane.load` tells of them."""
    sizes = {"--rate": rate, "--warm": warm, "--seconds": seconds}
    words = [word for key, value in sizes.items() for word in (key, str(value))]
    command = [sys.executable, "-m", "bench.dataplane.load", host, str(port), *words]
    told: dict[str, Any] = json.loads(await inside(namespace, command, within=warm + seconds + 60))
    return told


def idle(name: str) -> Workload:
    """A workload whose app does nothing: what it is asked to do is run beside it."""
    return Workload(name=name, address="", service_account=name, labels=(("app", name),), command=("sleep", "infinity"))


def origin(name: str, port: int = 8080) -> Workload:
    """A workload that answers with 1 kB."""
    root = str(Path(__file__).parents[2])
    return Workload(
        name=name,
        address="",
        service_account=name,
        labels=(("app", name),),
        ports=(Port(port, "http"),),
        command=(sys.executable, "-m", "bench.dataplane.origin", str(port)),
        cwd=root,
        health=HealthCheck(port=port, tcp=True),
    )


def _commands() -> Iterable[tuple[int, list[bytes]]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes().split(b"\0")
