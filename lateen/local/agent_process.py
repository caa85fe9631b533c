"""The agent of a local mesh as a process: commands in, events out (`wire`). Started by `lateen up`, never by users."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lateen.agent import Agent, ControlPlane, Listener, NetworkError, NoEnvoyError, Policy, Settings, SocketTakenError, Workload, find
from lateen.control.home import Connection, Home
from lateen.identity.join_token import Claims, mint_token
from lateen.local.held_sockets import Held
from lateen.local.wire import AgentSettings, Announced, Command, Ended, Event, Failed, Healthy, Keep, Prepare, Prepared, Run, Said, Stop

_POLICY = Policy(drain=0.1, drain_until_idle=True, drain_longest=5.0, app_grace=3.0)
"""On one host all callers have heard that a workload goes before it is told so: what is in flight is finished, and then it goes."""


class Process:
    """Carries out commands with an `Agent`."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._running: dict[str, asyncio.Task[None]] = {}
        self._places: dict[str, Workload] = {}
        self._preparing: set[asyncio.Task[None]] = set()
        self._out = threading.Lock()

    async def serve(self) -> None:
        """Until standard input ends; then everything is ended, gracefully."""
        settings = self._settings
        home = Home(Path(settings.home))

        def token(workload: Workload) -> str:
            key = home.join_key.read_text().strip().encode()
            return mint_token(key, Claims(settings.trust_domain, workload.namespace, workload.service_account), datetime.now(UTC))

        made = Settings(
            directory=Path(settings.directory),
            mesh_id=settings.mesh_id,
            envoy=find(settings.envoy),
            choice=settings.choice,
            trust_domain=settings.trust_domain,
            app_user=settings.app_user,
            lifetime=settings.lifetime,
            on_demand=settings.on_demand,
            policy=_POLICY,
            owner=settings.owner,
            tied=False,
        )
        async with Agent(made, token, self._listener(), Held(settings.link, settings.held)) as agent:
            async for command in _commands():
                self._carry_out(agent, command)
            agent.stop(hurried=True)
            await asyncio.gather(*self._preparing, *self._running.values(), return_exceptions=True)

    def _listener(self) -> Listener:
        return Listener(
            line=lambda key, source, text: self.emit(Said(key, source, text)),
            announce=lambda key, text: self.emit(Announced(key, text)),
            health=lambda key, healthy: self.emit(Healthy(key, healthy)),
            started=lambda pid: None,
        )

    def emit(self, event: Event) -> None:
        """Tell an event."""
        with self._out, contextlib.suppress(BrokenPipeError):
            sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
            sys.stdout.buffer.flush()

    def _carry_out(self, agent: Agent, command: Command) -> None:
        match command:
            case Keep(keys):
                agent.keep_only(keys)
            case Prepare(workload):
                task = asyncio.create_task(self._prepare(agent, workload))
                self._preparing.add(task)
                task.add_done_callback(self._preparing.discard)
            case Run(workload):
                before = self._running.get(workload.key)
                self._running[workload.key] = asyncio.create_task(self._run(agent, workload, before))
            case Stop(keys):
                agent.stop(key for key in (keys or tuple(self._running)) if key in self._running)

    async def _prepare(self, agent: Agent, workload: Workload) -> None:
        known = self._places.get(workload.key)
        try:
            placed = known or await agent.prepare(workload)
        except NetworkError as error:
            self.emit(Failed(workload.key, str(error)))
            return
        self._places[workload.key] = placed
        self.emit(Prepared(msgspec.structs.replace(workload, address=placed.address, proxy=placed.proxy, explicit=placed.explicit)))

    async def _run(self, agent: Agent, workload: Workload, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            agent.stop((workload.key,))
            await asyncio.wait((before,))
        if agent.control.address == "":
            where = msgspec.json.decode(Home(Path(self._settings.home)).connection.read_bytes(), type=Connection)
            agent.control = ControlPlane(where.discovery, where.roots.encode())
        try:
            self.emit(Ended(workload.key, await agent.run(workload)))
        except (NetworkError, SocketTakenError) as error:
            self.emit(Failed(workload.key, str(error)))


async def _commands() -> AsyncIterator[Command]:
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield msgspec.json.decode(line, type=Command)


def main(settings_file: str) -> int:
    """Run until standard input ends. The exit code is 1 when it could not start."""
    settings = msgspec.json.decode(Path(settings_file).read_bytes(), type=AgentSettings)
    process = Process(settings)
    # It ends when its input does, and not before its workloads have. A handler, for what is ignored would be ignored by the workloads too.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        asyncio.run(process.serve())
    except (NetworkError, NoEnvoyError, OSError) as error:
        process.emit(Failed("", str(error)))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
