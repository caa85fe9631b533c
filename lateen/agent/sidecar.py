"""One workload and its Envoy, driven: carries out what the `Supervisor` commands and tells it what happens.

Everything is decided in `supervisor`; here are the processes, the probes and the clock. All tasks belong to `run`, and whatever
started is gone when it returns, however it ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

import msgspec

from lateen.agent import health
from lateen.agent.admin import Admin
from lateen.agent.app_calls import Place
from lateen.agent.leftovers import Record
from lateen.agent.lifecycle import (
    Announce,
    AppExited,
    AppHealthy,
    AppUnhealthy,
    Command,
    ConnectionsCounted,
    DrainEnvoy,
    DrainRequested,
    EnvoyExited,
    EnvoyNotReady,
    EnvoyReady,
    Event,
    Finish,
    KillApp,
    KillEnvoy,
    OutputSeen,
    Policy,
    ReportHealth,
    Source,
    StartApp,
    StartEnvoy,
    StartRequested,
    StopApp,
    StopRequested,
    Tick,
)
from lateen.agent.process import Launch, Process, StartError, adopt, start
from lateen.agent.supervisor import App, Phase, Supervisor
from lateen.agent.tail import Tails
from lateen.agent.workload import HealthCheck, Workload

_READINESS_EVERY = 0.05
_CONNECTIONS_EVERY = 0.2
_COULD_NOT_START = 127
_HEARD_WITHIN = 1.0
"""Seconds in which callers hear that a workload leaves which says so only by its own stream: for so long, at least, it goes on."""


class Listener(msgspec.Struct, frozen=True):
    """Whom to tell: lines of output, sentences, health, and started processes."""

    line: Callable[[str, Source, str], None]
    announce: Callable[[str, str], None]
    health: Callable[[str, bool], None]
    started: Callable[[int], None]


class Launches(msgspec.Struct, frozen=True):
    """How to start the two processes of a workload; `app` None for a gateway. `admin` is Envoy's admin socket."""

    envoy: Launch
    app: Launch | None
    admin: Path


class Sidecar:
    """One workload's life. `run` it once; `stop` it from anywhere, twice to end it at once."""

    def __init__(self, workload: Workload, launches: Launches, listener: Listener, tails: Tails, record: Record, usual: Policy | None = None) -> None:
        self.workload = workload
        self._launches = launches
        self._listener = listener
        self._tails = tails
        self._record = record
        self._policy = policy(usual or Policy(), workload)
        self.supervisor = Supervisor(workload.name, launches.app is not None, workload.kind, self._policy)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._envoy: Process | None = None
        self._app: Process | None = None
        self._admin = Admin(launches.admin)
        self._watching: dict[Source, set[asyncio.Task[None]]] = {"app": set(), "envoy": set()}
        self._exit_code = 0
        self._told: bool | None = None
        self._check = workload.health
        self._is_check_known = asyncio.Event()
        self._reason = ""
        if not workload.joins:
            self._is_check_known.set()

    @property
    def is_ready(self) -> bool:
        """Whether its Envoy takes traffic, and is to go on (AG-7)."""
        return self.supervisor.is_ready

    @property
    def place(self) -> Place:
        """Where its app is."""
        explicit, launch = self.workload.explicit, self._launches.app or self._launches.envoy
        return Place(self.workload.address if explicit is None else explicit.app_address, launch.namespace)

    def examine(self, check: HealthCheck | None) -> None:
        """From now on its app is asked in this way whether it is well; a workload that joins a group is not asked before its group has said how."""
        if self._is_check_known.is_set() and check == self._check:
            return
        self._check = check
        self._is_check_known.set()
        if self._app is not None:
            self._unwatch("app")
            self._watch("app", self._watch_health())

    async def obstacle(self) -> str:
        """Why its app is not well, asked now; empty when it is."""
        if self._app is None:
            return "it does not run"
        return await health.probe(self._check, self.place) if self._check is not None else ""

    @property
    def reason(self) -> str:
        """Why it was last told to be not well."""
        return self._reason or "The app is not ready."

    def drain(self) -> None:
        """Drain now, and go on until it is stopped."""
        self._events.put_nowait(DrainRequested(_now()))

    def stop(self, hurried: bool = False) -> None:
        """Drain, unless `hurried`, and end; called again: end now."""
        self._events.put_nowait(StopRequested(_now(), hurried))

    async def run(self) -> int:
        """Live until all has ended; the exit code that says how. Cancelling kills both processes."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._events.put_nowait(StartRequested(_now()))
                while not self.supervisor.is_finished:
                    await self._step()
                self._unwatch("app", "envoy")
        finally:
            await self._end()
        return self._exit_code

    async def _step(self) -> None:
        event = await self._next_event()
        for command in self.supervisor.receive(event):
            await self._carry_out(command)

    async def _next_event(self) -> Event:
        due = self.supervisor.next_tick
        try:
            async with asyncio.timeout_at(due):
                return await self._events.get()
        except TimeoutError:
            return Tick(max(_now(), due or 0))

    async def _carry_out(self, command: Command) -> None:
        match command:
            case StartEnvoy() | StartApp():
                await self._start("envoy" if isinstance(command, StartEnvoy) else "app")
            case StopApp() | KillApp() | KillEnvoy():
                self._signal(command)
            case DrainEnvoy():
                await self._drain(command.inbound_only)
            case Announce():
                self._listener.announce(self.workload.key, command.text)
            case ReportHealth():
                self._tell(command.healthy)
            case Finish():
                self._exit_code = command.code
            case _:
                assert_never(command)

    async def _start(self, source: Source) -> None:
        try:
            process = self._adopted(source) or self._new(source)
        except StartError as error:
            self._said(source, str(error))
            self._events.put_nowait(_exit(source, _COULD_NOT_START))
            return
        if source == "envoy":
            self._envoy = process
            self._watch(source, self._await_readiness())
        else:
            self._app = process
            self._watch(source, self._watch_health())
        self._group.create_task(self._await_exit(source, process))

    def _launch(self, source: Source) -> Launch:
        launch = self._launches.envoy if source == "envoy" else self._launches.app
        assert launch is not None
        return launch

    def _adopted(self, source: Source) -> Process | None:
        """What an earlier agent has started and would be started in the same way now."""
        known = self._record.running(self._runs(source))
        return adopt(known, self._launch(source), lambda line: self._said(source, line), self._tails) if known is not None else None

    def _new(self, source: Source) -> Process:
        launch = self._launch(source)
        self._record.kill(self._runs(source))
        self._tell(False)
        if source == "envoy":
            self._launches.admin.unlink(missing_ok=True)
        process = start(launch, lambda line: self._said(source, line), self._tails)
        self._record.add_process(process.pid, self._runs(source), launch.digest)
        self._listener.started(process.pid)
        return process

    def _runs(self, source: Source) -> str:
        return f"{self.workload.key} {source}"

    def _tell(self, healthy: bool) -> None:
        """That it is not well is told from the start, for an earlier agent may have said otherwise."""
        if healthy != self._told:
            self._told = healthy
            self._listener.health(self.workload.key, healthy)

    def _said(self, source: Source, line: str) -> None:
        """A line is only noted and never commands anything, so it need not queue: an app may talk faster than events are taken."""
        self._listener.line(self.workload.key, source, line)
        self.supervisor.receive(OutputSeen(_now(), source, line))

    async def _await_exit(self, source: Source, process: Process) -> None:
        code = await process.exit_code()
        process.signal(signal.SIGKILL)  # What it started and left behind in its group.
        if source == "envoy":
            self._envoy = None
        else:
            self._app = None
        self._unwatch(source)
        self._events.put_nowait(_exit(source, code))

    async def _await_readiness(self) -> None:
        while reason := await self._admin.obstacle():
            self._events.put_nowait(EnvoyNotReady(_now(), reason))
            await asyncio.sleep(_READINESS_EVERY)
        self._events.put_nowait(EnvoyReady(_now()))

    async def _watch_health(self) -> None:
        await self._is_check_known.wait()
        if self._check is None:
            self._events.put_nowait(AppHealthy(_now()))
            return

        def say(reason: str) -> None:
            self._reason = reason
            self._events.put_nowait(AppUnhealthy(_now(), reason) if reason else AppHealthy(_now()))
            if reason and self.supervisor.app is not App.HEALTHY:
                self._tell(False)

        await health.watch(self._check, self.place, say)

    def _signal(self, command: StopApp | KillApp | KillEnvoy) -> None:
        process = self._envoy if isinstance(command, KillEnvoy) else self._app
        if process is not None:
            process.signal(signal.SIGTERM if isinstance(command, StopApp) else signal.SIGKILL)

    async def _drain(self, inbound_only: bool) -> None:
        await self._admin.drain(inbound_only)
        if self._policy.drain_until_idle and self.supervisor.phase is Phase.DRAINING:
            self._watch("envoy", self._count_connections(inbound_only))

    async def _count_connections(self, inbound_only: bool) -> None:
        while True:
            self._events.put_nowait(ConnectionsCounted(_now(), await self._admin.active_connections(inbound_only)))
            await asyncio.sleep(_CONNECTIONS_EVERY)

    def _watch(self, source: Source, work: asyncio._CoroutineLike[None]) -> None:
        task = self._group.create_task(work)
        self._watching[source].add(task)
        task.add_done_callback(self._watching[source].discard)

    def _unwatch(self, *sources: Source) -> None:
        for source in sources:
            for task in list(self._watching[source]):
                task.cancel()

    async def _end(self) -> None:
        for process in (self._app, self._envoy):
            if process is not None:
                process.signal(signal.SIGKILL)
                await process.exit_code()
        await self._admin.close()


def policy(usual: Policy, workload: Workload) -> Policy:
    """The policy as the workload's own settings change it (AG-8)."""
    settings = workload.settings
    drain = usual.drain if settings.ending is None else settings.ending
    longest = max(usual.drain_longest, Policy().drain_longest) if settings.until_idle else usual.drain_longest
    return msgspec.structs.replace(
        usual,
        restart=workload.restart,
        drain=max(drain, _HEARD_WITHIN) if workload.joins and usual.drain > 0 else drain,
        drain_until_idle=usual.drain_until_idle or settings.until_idle,
        drain_longest=longest,
    )


def app_environment(workload: Workload, own: dict[str, str] | None = None) -> dict[str, str]:
    """What the app finds in its environment: the agent's own, how to reach the mesh in explicit mode, and what the user set, last."""
    environment = dict(os.environ if own is None else own)
    if workload.explicit is not None:
        environment |= explicit_environment(workload)
    environment["LATEEN_ADDRESS"] = workload.address if workload.explicit is None else workload.explicit.app_address
    return environment | dict(workload.environment)


def explicit_environment(workload: Workload) -> dict[str, str]:
    """HTTP through the proxy variables, HTTPS through tunnels of it, TCP as Kubernetes tells services: `MYSQL_SERVICE_HOST`, `MYSQL_SERVICE_PORT`."""
    explicit, address = workload.explicit, workload.proxy.address
    if explicit is None:
        return {}
    proxy = f"http://{address}:{workload.proxy.http_proxy}"
    near = f"localhost,127.0.0.1,{explicit.app_address},{address}"
    environment = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), proxy) | {"no_proxy": near, "NO_PROXY": near}
    for destination, port in explicit.outbound_tcp:
        name = destination.split(".")[0].split(":")[0].upper().replace("-", "_")
        environment |= {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(port)}
    return environment


def _exit(source: Source, code: int | None) -> Event:
    return EnvoyExited(_now(), code) if source == "envoy" else AppExited(_now(), code)


def _now() -> float:
    return asyncio.get_running_loop().time()
