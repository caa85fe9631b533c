"""What a mesh has made on this host, written down before it is made, so that a later run can remove what a crashed one left, and nothing else;
and so that an agent that is started again finds what the one before it had.

The record is a JSON file beside the sockets. Processes are known by id, start time and boot, for ids are used again.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import msgspec

from lateen.agent.network import Network

FILE = "made.json"


class Process(msgspec.Struct, frozen=True):
    """A process: `started` is clock ticks since boot, as the kernel tells. `runs` says what it is (`web.default app`), `launch` how it was
    started."""

    pid: int
    started: int
    runs: str = ""
    launch: str = ""


class Lodging(msgspec.Struct, frozen=True):
    """The network namespace of a workload: whose it is, its file, the host's end of its link, the workload's address."""

    name: str
    namespace: str
    link: str
    address: str


class Made(msgspec.Struct, frozen=True):
    """All that a run of a mesh made: its network, namespaces, files, processes. `owner` is who runs the mesh; `egress` says whether its
    packets to the outside bear the host's address."""

    owner: Process
    boot: str
    network: Network | None = None
    egress: bool = False
    lodgings: tuple[Lodging, ...] = ()
    files: tuple[str, ...] = ()
    processes: tuple[Process, ...] = ()


class Record:
    """The record of a run, continued when its owner's run has one already; every change is on disk when its call returns.

    `owner` is the id of the process that runs the mesh, by default this one."""

    def __init__(self, directory: Path, owner: int = 0) -> None:
        self._path = directory / FILE
        pid = owner or os.getpid()
        who = process(pid) or Process(pid, 0)
        earlier = found(directory)
        is_same_run = earlier is not None and earlier.owner == who and earlier.boot == boot_id()
        self._made = earlier if earlier is not None and is_same_run else Made(who, boot_id())
        self._write()

    @property
    def made(self) -> Made:
        """What was made so far."""
        return self._made

    def add(self, lodgings: tuple[Lodging, ...] = (), files: tuple[str, ...] = ()) -> None:
        """Write down what is about to be made."""
        self._replace(lodgings=self._made.lodgings + lodgings, files=self._made.files + files)

    def add_network(self, network: Network, *, egress: bool) -> None:
        """Write down the network that is about to be made."""
        self._replace(network=network, egress=egress)

    def add_process(self, pid: int, runs: str = "", launch: str = "") -> None:
        """Write down a process that was started; processes that have ended are dropped from the record."""
        started = process(pid)
        if started is not None:
            alive = tuple(each for each in self._made.processes if is_alive(each) and each.pid != pid)
            self._replace(processes=(*alive, msgspec.structs.replace(started, runs=runs, launch=launch)))

    def lodging(self, name: str) -> Lodging | None:
        """The lodging of that name, as far as it was written down."""
        return next((each for each in self._made.lodgings if each.name == name), None)

    def running(self, runs: str) -> Process | None:
        """The process that is recorded as that, or None when none is or it has ended."""
        return next((each for each in self._made.processes if each.runs == runs and is_alive(each)), None)

    def kill(self, *runs: str) -> None:
        """End the processes that are recorded as these, if they still run."""
        kill(msgspec.structs.replace(self._made, processes=tuple(each for each in self._made.processes if each.runs in runs)))

    def close(self) -> None:
        """Everything was removed: so is the record."""
        self._path.unlink(missing_ok=True)

    def _replace(self, **changes: object) -> None:
        self._made = msgspec.structs.replace(self._made, **changes)
        self._write()

    def _write(self) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self._made))
        fresh.replace(self._path)


def found(directory: Path) -> Made | None:
    """The record of an earlier run, or None when there is none or it cannot be read."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Made)
    except (OSError, msgspec.DecodeError):
        return None


def is_running(made: Made) -> bool:
    """Whether the run that made it still runs."""
    return made.boot == boot_id() and is_alive(made.owner)


def kill(made: Made) -> None:
    """SIGKILL to each process group of the record that is still the one it was."""
    if made.boot != boot_id():
        return
    for each in made.processes:
        if is_alive(each):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(each.pid, signal.SIGKILL)


def process(pid: int) -> Process | None:
    """The running process of that id, or None; zombies do not run."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Process(pid, int(fields[19]))


def is_alive(known: Process) -> bool:
    """Whether that very process still runs."""
    now = process(known.pid)
    return now is not None and now.started == known.started


def boot_id() -> str:
    """Which boot of the machine this is."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
