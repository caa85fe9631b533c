"""`lateen up`: keeps a whole mesh running as `mesh.yaml` and the folder of Istio YAML beside it say, until it is stopped.

Two child processes do the work: the control plane and the agent with all Envoys and apps. This one starts them again when they die, tells the
control plane what there is, tells the agent what to run, and watches the files.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import yaml

from lateen.agent import clear
from lateen.agent.mode import Choice
from lateen.agent.workload import ProxyPorts, Workload
from lateen.control.home import Home
from lateen.kit import file_watch
from lateen.local import mesh_file, objects, reconcile
from lateen.local.api import ControlApi, RefusedError
from lateen.local.children import AgentLink, Child, agent_command, control_command
from lateen.local.config_folder import ConfigFolder
from lateen.local.forward import free_port
from lateen.local.front_ports import LOOPBACK, FrontPorts, Sockets
from lateen.local.held_sockets import Holder
from lateen.local.mesh_file import MeshFile
from lateen.local.proxy_settings import proxy_settings
from lateen.local.turns import Turns
from lateen.local.wire import AgentSettings, Announced, Command, Ended, Event, Failed, Healthy, Keep, Prepare, Prepared, Run, Said, Stop
from lateen.local.workloads import workloads

_READY_WITHIN = 30.0
_STEP = 0.02
_LEFT_WITHIN = 3.0
"""So long callers may take to hear that a workload leaves; then it goes all the same."""


class Told(msgspec.Struct, frozen=True):
    """Whom `Up` tells: lines of apps and Envoys (key, source, text), and sentences (key or "", text)."""

    line: Callable[[str, str, str], None]
    sentence: Callable[[str, str], None]


class Place(msgspec.Struct, frozen=True):
    """Where a mesh lives: its file, its state folder, the folder of its sockets (short), and how traffic is captured."""

    file: Path
    home: Home
    run: Path
    choice: Choice
    mesh_id: str
    envoy: str = ""
    app_user: int | None = None


class Up:
    """A mesh of local processes. `run` until `stop`; `ready` is set once every workload is healthy."""

    def __init__(self, place: Place, mesh: MeshFile, sockets: Sockets, told: Told) -> None:
        self.mesh = mesh
        self.api = ControlApi(place.home)
        self.ready = asyncio.Event()
        self.healthy: set[str] = set()
        self._stopped = asyncio.Event()
        self._is_ending = False
        self._is_behind = False
        self._place = place
        self._told = told
        self._wanted: dict[str, Workload] = {}
        self._placed: dict[str, Workload] = {}
        self.ports = FrontPorts(sockets, self.say)
        self._link = AgentLink(self._take)
        self._is_told = asyncio.Event()
        self._prepared: list[Workload] = []
        self._due: asyncio.Queue[tuple[int, Workload]] = asyncio.Queue()
        self._agents = 0
        self._leaving: dict[str, Command] = {}
        self._turns = Turns()
        self._doubts: frozenset[str] = frozenset()
        self._config = ConfigFolder(self._folder(), place.home.path / "applied.json", self.api)
        self._dirty = asyncio.Event()
        api = self.ports.api_port or free_port()
        discovery = next(port for port in iter(free_port, None) if port != api)
        logs = place.home.path
        self._control = Child(
            "control plane",
            control_command(place.home.path, f"{LOOPBACK}:{discovery}", f"{LOOPBACK}:{api}"),
            logs / "control.log",
            self.say,
            self._no_start,
        )
        self._holder = Holder()
        log, command = logs / "agent.log", agent_command(self._agent_file)
        self._agent = Child("agent", command, log, self.say, self._agent_started, self._inherited)

    def say(self, text: str) -> None:
        """Tell the user a sentence."""
        self._told.sentence("", text)

    async def run(self) -> None:
        """Start everything and keep it until `stop`; then end everything, apps before their proxies."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.api.close)
            stack.callback(self._holder.close)
            self._holder.start()
            stack.callback(self.ports.close)
            await self.ports.start()
            async with asyncio.TaskGroup() as group:
                # Both at once: much of a start is reading programs, and the places of workloads need no control plane.
                keeping = [group.create_task(self._control.keep()), group.create_task(self._agent.keep())]
                following = group.create_task(self._follow())
                try:
                    await self._stopped.wait()
                finally:
                    self._is_ending = True
                    following.cancel()
                    await self.api.close()  # A server waits for its connections.
                    await asyncio.gather(self._agent.stop(), self._control.stop())
                    for task in keeping:
                        task.cancel()
            # What an agent leaves that had to be killed.
            await asyncio.to_thread(clear, self._place.run)
            with contextlib.suppress(OSError):
                self._place.run.rmdir()

    async def _follow(self) -> None:
        """Tell the control plane and the agent what is wanted, and whatever changes."""
        await self._control_ready()
        await self._begin()
        self._is_told.set()
        for workload in self._prepared:
            self._due.put_nowait((self._agents, workload))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run_due())
            group.create_task(self._watch())
            group.create_task(self._tell_objects())

    def placed(self, key: str) -> Workload:
        """A workload that runs, with its address."""
        return self._placed[key]

    def stop(self) -> None:
        """End everything; asked again, at once."""
        if self._stopped.is_set():
            self._agent.kill()
            self._control.kill()
        self._stopped.set()

    async def _control_ready(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + _READY_WITHIN
        while not await self.api.is_ready():
            if loop.time() > end:
                raise TimeoutError(f"The control plane was not ready within {_READY_WITHIN:.0f} s. {self._control.last_words()}")
            await asyncio.sleep(_STEP)

    @staticmethod
    async def _no_start(process: asyncio.subprocess.Process) -> None:
        await process.wait()

    # The agent

    async def _agent_started(self, process: asyncio.subprocess.Process) -> None:
        """A new agent is told everything. What was well before is taken to be well until it says otherwise."""
        self._link.attach(process)
        self._prepared.clear()
        self._leaving.clear()
        self._turns.clear()
        self._agents += 1
        wanted = workloads(self.mesh, str(self._place.file.parent))
        self._wanted = {each.key: each for each in wanted}
        self._link.send(Keep(tuple(self._wanted)))
        for workload in wanted:
            self._link.send(Prepare(workload))
        await self._link.follow()

    def _inherited(self) -> tuple[int, ...]:
        place, holder = self._place, self._holder
        settings = AgentSettings(
            str(place.run),
            str(place.home.path),
            place.mesh_id,
            place.choice,
            place.envoy,
            place.app_user,
            owner=os.getpid(),
            on_demand=self.mesh.scope == "on-demand",
            link=holder.link,
            held=dict(holder.held),
        )
        fresh = self._agent_file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(settings))
        fresh.replace(self._agent_file)
        return holder.inherited

    @property
    def _agent_file(self) -> Path:
        return self._place.home.path / "agent.json"

    def _order(self, wanted: tuple[Workload, ...]) -> None:
        """Have the agent do what has changed. What callers may be sent to is taken out of the mesh first, and then stopped; what is to be run anew
        waits for its turn."""
        todo = reconcile.steps(self._wanted, wanted)
        self._wanted = {each.key: each for each in wanted}
        for key in todo.stop:
            self._turns.drop(key)
            self._leave(key, Stop((key,)))
        for each in todo.start:
            if each.key in self.healthy:
                self._turns.add(each)
            else:
                self._link.send(Prepare(each))
        self._take_turns()
        self._dirty.set()

    def _take_turns(self) -> None:
        for each in self._turns.due():
            self._leave(each.key, Prepare(each))
        self._dirty.set()

    def _leave(self, key: str, order: Command) -> None:
        if key in self.healthy:
            self._leaving[key] = order
        else:
            self._link.send(order)

    async def _run_due(self) -> None:
        """Have the agent run workloads, their proxies set up as the mesh says now."""
        while True:
            agent, workload = await self._due.get()
            settings = workload.settings
            try:
                settings = proxy_settings(await self.api.proxy_settings(workload))
            except (OSError, httpx.HTTPError) as failure:
                self.say(f"The control plane did not say how the proxy of {workload.key} is to be set up ({failure}): as usual, then.")
            if agent == self._agents and self._wanted.get(workload.key) == _unplaced(workload):  # Much may have changed meanwhile.
                self._link.send(Run(msgspec.structs.replace(workload, settings=settings)))

    def _take(self, event: Event) -> None:
        match event:
            case Prepared(workload) if self._wanted.get(workload.key) != _unplaced(workload):
                return  # It has been changed or taken away meanwhile.
            case Prepared(workload):
                self._placed[workload.key] = workload
                self.ports.lead(self.mesh, workload)
                if self._is_told.is_set():
                    self._due.put_nowait((self._agents, workload))
                else:
                    self._prepared.append(workload)
            case Said(key, source, text):
                self._told.line(key, source, text)
            case Announced(key, text):
                if not self._is_ending:
                    self._told.sentence(key, text)
            case Healthy(key, healthy):
                (self.healthy.add if healthy else self.healthy.discard)(key)
                if healthy:
                    self._turns.arrived(key)
                self._take_turns()
            case Ended(key, _):
                self.healthy.discard(key)
                self._dirty.set()
            case Failed(key, text):
                self._told.sentence(key, text)

    # The control plane

    async def _tell_objects(self) -> None:
        """Keep the control plane told of what runs and is well. A workload that is not well is no endpoint."""
        told: str | None = None
        while True:
            leaving = dict(self._leaving)
            here = self.healthy - leaving.keys()
            well = [self._placed[key] for key in self._wanted if key in here and key in self._placed]
            text = _text(objects.manifests(self.mesh, well))
            if text != told and await self._apply_own(text, _LEFT_WITHIN if leaving else 0.0):
                told = text
            if text == told:
                for key in leaving:
                    if self._leaving.pop(key, None) is not None:
                        self.healthy.discard(key)  # It says so later, and callers must not be sent to it meanwhile.
                        self._link.send(leaving[key])
            if self._wanted and len(well) == len(self._wanted):
                self.ready.set()
            await self._dirty.wait()
            self._dirty.clear()

    async def _apply_own(self, text: str, wait: float) -> bool:
        """Whether it was taken; `wait` is for how many seconds at most it is waited until all proxies have it."""
        try:
            await self._config.own(self._place.file.name, text, wait)
        except RefusedError as refused:
            self.say(str(refused))
        except (OSError, httpx.HTTPError):
            await asyncio.sleep(0.2)  # The control plane is being started again.
            self._dirty.set()
            return False
        return True

    async def _begin(self) -> None:
        """The folder and what mesh.yaml stands for, before anything runs; where the folder is refused, the mesh goes on with what it had."""
        try:
            await self._config.refresh(self._place.file.name, _text(objects.manifests(self.mesh, ())))
        except RefusedError as refused:
            self.say(f"{refused}\nThe configuration stays as it was.")
        except (OSError, httpx.HTTPError) as failure:
            self._is_behind = True
            self.say(f"The control plane did not take the configuration: {failure}. It is told again.")

    # The files

    async def _watch(self) -> None:
        """Act on edits of mesh.yaml and of the folder."""
        folders = [self._place.file.parent]
        await self._read_again()  # It may have been edited while all this started.
        async for changed in file_watch.changes(folders):
            if any(path.resolve() == self._place.file.resolve() for path in changed):
                await self._read_again()
            if self._is_behind or self._config.concerns(changed):
                await self._reapply()

    async def _reapply(self) -> None:
        try:
            doubts = await self._config.refresh()
        except RefusedError as refused:
            self.say(f"{refused}\nThe configuration stays as it was.")
        except (OSError, httpx.HTTPError):
            self._is_behind = True  # It is being started again; the next look at the folder tells it.
            return
        else:
            file = self._place.file.name
            self.say(f"{self.mesh.config} was applied." if self.mesh.config else f"{file} names no folder now: what it says itself is all.")
            self._say_new(doubts)
        self._is_behind = False

    def _say_new(self, doubts: list[str]) -> None:
        """What is doubtful in the folder, where that was not said when it was last taken."""
        for doubt in doubts:
            if doubt not in self._doubts:
                self.say(doubt)
        self._doubts = frozenset(doubts)

    def _folder(self) -> Path | None:
        return self._place.file.parent / self.mesh.config if self.mesh.config else None

    async def _read_again(self) -> None:
        name = self._place.file.name
        try:
            mesh, findings = mesh_file.read(self._place.file.read_text(), name)
        except (OSError, UnicodeDecodeError) as failure:
            why = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
            self.say(f"{name} cannot be read: {why}. The mesh stays as it is.")
            return
        if mesh is None:
            self.say("\n".join(str(each) for each in findings) + f"\nThe mesh stays as it is until {name} is mended.")
            return
        if mesh != self.mesh:
            self._say_later(mesh)
            self.mesh = mesh
            self._is_behind |= self._config.follow(self._folder())
            self._order(workloads(mesh, str(self._place.file.parent)))
            await self.ports.follow(mesh)
            for placed in self._placed.values():
                self.ports.lead(mesh, placed)
            self._dirty.set()
            self.say(f"{name} has changed: {len(self._wanted)} workload{'s are' if len(self._wanted) != 1 else ' is'} wanted now.")

    def _say_later(self, mesh: MeshFile) -> None:
        """What of a changed file takes effect by a new start alone."""
        for field in ("capture", "scope"):
            if getattr(mesh, field) != getattr(self.mesh, field):
                self.say(f"`{field}` counts when `lateen up` is started again; until then it is as it was.")


def _unplaced(workload: Workload) -> Workload:
    """A workload as mesh.yaml has it, before it was given its place."""
    return msgspec.structs.replace(workload, address="", proxy=ProxyPorts(), explicit=None)


def _text(manifests: list[objects.Manifest]) -> str:
    return yaml.safe_dump_all(manifests, sort_keys=False)
