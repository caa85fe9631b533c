"""What a mesh has made on this host, written down before it is made, so that a later run can remove what a crashed one left, and nothing else.

The record is a JSON file beside the sockets. Processes are known by id, start time and boot, for ids are used again.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import msgspec

FILE = "made.json"


class Process(msgspec.Struct, frozen=True):
    """A process: `started` is clock ticks since boot, as the kernel tells."""

    pid: int
    started: int


class Made(msgspec.Struct, frozen=True):
    """All that a run of a mesh made: network namespaces (files), links and the bridge (names), other files, processes."""

    owner: Process
    boot: str
    links: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    processes: tuple[Process, ...] = ()


class Record:
    """The record of this run; every `add` is on disk when it returns."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._made = Made(process(os.getpid()) or Process(os.getpid(), 0), boot_id())
        self._write()

    @property
    def made(self) -> Made:
        """What was made so far."""
        return self._made

    def add(self, links: tuple[str, ...] = (), namespaces: tuple[str, ...] = (), files: tuple[str, ...] = ()) -> None:
        """Write down what is about to be made."""
        made = self._made
        self._made = msgspec.structs.replace(
            made, links=made.links + links, namespaces=made.namespaces + namespaces, files=made.files + files
        )
        self._write()

    def add_process(self, pid: int) -> None:
        """Write down a process that was started; processes that have ended are dropped from the record."""
        started = process(pid)
        if started is not None:
            alive = tuple(each for each in self._made.processes if is_alive(each))
            self._made = msgspec.structs.replace(self._made, processes=(*alive, started))
            self._write()

    def close(self) -> None:
        """Everything was removed: so is the record."""
        self._path.unlink(missing_ok=True)

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
    return process(known.pid) == known


def boot_id() -> str:
    """Which boot of the machine this is."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
