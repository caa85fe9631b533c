"""The real agent in explicit mode, which needs no rights, under the real control plane with all its services. For what lies between the two."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from lateen.agent import envoy_binary
from lateen.agent.certificates import ControlPlane as Where
from lateen.agent.lifecycle import Policy
from lateen.agent.mode import Choice
from lateen.agent.run import Agent, Settings
from lateen.agent.sidecar import Listener
from lateen.agent.workload import Workload
from lateen.cli.connection import Mesh
from lateen.cli.connection import Settings as Command
from lateen.control.home import Home
from lateen.control.main import running
from lateen.control.plane import ControlPlane, Options
from lateen.identity.join_token import Claims, mint_token

WITHIN = 60.0


class Joined:
    """Workloads of an agent, and the mesh that they are in. `directory` is the agent's, `announced` are its sentences; `sent` are type and
    size of what the control plane has sent."""

    def __init__(self, plane: ControlPlane, directory: Path) -> None:
        self.plane = plane
        self.directory = directory
        self.workloads: dict[str, Workload] = {}
        self.announced: list[str] = []
        self.ready: set[str] = set()
        self.sent: list[tuple[str, int]] = []
        self._mesh = Mesh(Command(home=str(plane.options.home.path)))
        passed_on = plane.pusher.sent

        def sent(stream: Any, type_url: str, size: int) -> None:
            self.sent.append((type_url.rpartition(".")[2], size))
            passed_on(stream, type_url, size)

        plane.pusher.sent = sent  # type: ignore[method-assign]

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """A call of the mesh's API."""
        return await asyncio.to_thread(self._mesh.call, method, path, body=body, query=query)

    async def apply(self, text: str, *, wait: bool = True) -> Any:
        """Apply documents; return when every proxy has what follows."""
        told = await self.call("POST", "/lateen/v1/apply", {"files": [{"name": "mesh.yaml", "text": text}]})
        if wait:
            await self.settle()
        return told

    async def settle(self) -> None:
        """Wait until all that is stored has come to the proxies, and they have acknowledged it."""
        await self.plane.feed.landed((await self.plane.store.list()).revision)
        await eventually(lambda: all(stream.session.behind is None for stream in self.plane.pusher.server.streams))

    async def ask(self, name: str, url: str, method: str = "GET") -> tuple[int, str]:
        """A request through the HTTP proxy of a workload's sidecar, or to the first port of a gateway: status and body."""
        workload = self.workloads[name]
        if workload.kind == "gateway":
            return await self._asked_at(workload, url, method)
        async with httpx.AsyncClient(proxy=f"http://{workload.proxy.address}:{workload.proxy.http_proxy}", trust_env=False, timeout=WITHIN) as client:
            answer = await client.request(method, url)
        return answer.status_code, answer.text

    async def _asked_at(self, gateway: Workload, url: str, method: str) -> tuple[int, str]:
        assert gateway.explicit is not None
        meant, (_, bind) = httpx.URL(url), gateway.explicit.inbound[0]
        async with httpx.AsyncClient(trust_env=False, timeout=WITHIN) as client:
            where = meant.copy_with(host=gateway.proxy.address, port=bind)
            answer = await client.request(method, where, headers={"host": meant.host})
        return answer.status_code, answer.text


class Calls:
    """Requests without pause through a workload's sidecar while the block lasts; none may fail."""

    def __init__(self, mesh: Joined, name: str, url: str) -> None:
        self._mesh = mesh
        self._name = name
        self._url = url
        self.good = 0
        self.failures: list[object] = []

    async def __aenter__(self) -> Calls:
        self._task = asyncio.create_task(self._call())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        assert (self.failures, self.good > 0) == ([], True), (self.failures[:5], self.good, len(self.failures))

    async def _call(self) -> None:
        while True:
            status, body = await self._mesh.ask(self._name, self._url)
            if status == 200:
                self.good += 1
            else:
                self.failures.append((status, body))

    async def more(self, count: int) -> None:
        """Wait for so many more that succeed."""
        goal = self.good + count
        await eventually(lambda: self.good >= goal, lambda: self.failures[-3:])


async def eventually(true: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """Wait until it is true. Fails with what is `told` then."""
    for _ in range(int(WITHIN / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"This did not come about in {WITHIN:.0f} s. {told()}")


@contextlib.asynccontextmanager
async def joined(workloads: Sequence[Workload], lifetime: float = 86_400.0) -> AsyncIterator[Joined]:
    """A mesh of these workloads, from when their Envoys are ready until the block ends."""
    with tempfile.TemporaryDirectory(prefix="lj") as folder:
        options = Options(home=Home(Path(folder) / "home"), discovery="127.0.0.1:0", api="127.0.0.1:0")
        async with running(options) as plane:
            mesh = Joined(plane, Path(folder) / "a")
            async with Agent(_settings(Path(folder), plane, lifetime), lambda each: _token(plane, each), _listener(mesh)) as agent:
                for each in workloads:
                    mesh.workloads[each.name] = await agent.prepare(each)
                tasks = [asyncio.create_task(agent.run(each)) for each in mesh.workloads.values()]
                try:
                    await eventually(lambda: len(mesh.ready) == len(tasks) or any(each.done() for each in tasks), lambda: mesh.announced)
                    yield mesh
                finally:
                    agent.stop(hurried=True)
                    await asyncio.gather(*tasks)


def _settings(folder: Path, plane: ControlPlane, lifetime: float) -> Settings:
    where = Where(plane.connection.discovery, plane.connection.roots.encode())
    choice = Choice("explicit", False, False, "")
    policy = Policy(drain=0.1)
    return Settings(folder / "a", f"joined-{os.getpid()}", envoy_binary.find(), choice, where, policy=policy, lifetime=lifetime)


def _token(plane: ControlPlane, workload: Workload) -> str:
    return mint_token(plane.join_key, Claims(plane.trust_domain, workload.namespace, workload.service_account), datetime.now(UTC))


def _listener(mesh: Joined) -> Listener:
    def healthy(key: str, is_healthy: bool) -> None:
        if is_healthy:
            mesh.ready.add(key)

    return Listener(lambda *_: None, lambda key, text: mesh.announced.append(f"{key}: {text}"), healthy, lambda _pid: None)
