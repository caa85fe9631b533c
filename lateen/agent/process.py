"""A child process in a group of its own, its output handed on line by line; at home in a network namespace and under a user id of choice.

The child is the program itself, not a wrapper: `nsenter` and `setpriv` replace themselves. When the agent dies, so does the child.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from lateen.agent.namespaces import entering

OnLine = Callable[[str], None]
_LONGEST_LINE = 1 << 16
_LAST_OUTPUT_WITHIN = 1.0


class Launch(msgspec.Struct, frozen=True):
    """How to start a process. `user` (id of user and group) needs root. `program` is opened by the agent and run by descriptor, so that
    it may lie where `user` cannot look; it stands for the first word of `command`."""

    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    cwd: str = ""
    namespace: Path | None = None
    user: int | None = None
    program: Path | None = None


class StartError(Exception):
    """The process could not be started; the sentence says why."""


class Process:
    """A started process. `on_line` takes each line of its output, without the line end."""

    def __init__(self, child: asyncio.subprocess.Process, on_line: OnLine) -> None:
        self._child = child
        self._reading = asyncio.ensure_future(_read(child, on_line))

    @property
    def pid(self) -> int:
        """Its id, which is also that of its group."""
        return self._child.pid

    async def exit_code(self) -> int:
        """Wait until it has ended and its output was read; negative for signals."""
        code = await self._child.wait()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._reading), _LAST_OUTPUT_WITHIN)  # A grandchild may keep the pipe open.
        self._reading.cancel()
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its group; no error when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, number)


async def start(launch: Launch, on_line: OnLine) -> Process:
    """Start a process. Raises `StartError`."""
    descriptor = os.open(launch.program, os.O_RDONLY) if launch.program else None
    try:
        child = await asyncio.create_subprocess_exec(
            *words(launch, descriptor),
            env=launch.environment,
            cwd=launch.cwd or None,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LONGEST_LINE,
            process_group=0,
            pass_fds=() if descriptor is None else (descriptor,),
        )
    except OSError as error:
        raise StartError(f"{launch.command[0]} could not be started: {error.strerror} ({error.filename}).") from error
    finally:
        if descriptor is not None:
            os.close(descriptor)
    return Process(child, on_line)


def words(launch: Launch, descriptor: int | None) -> list[str]:
    """The whole command line, wrappers first."""
    command = list(launch.command)
    if descriptor is not None:
        command[0] = f"/proc/self/fd/{descriptor}"
    return [*(entering(launch.namespace) if launch.namespace else []), *_privileges(launch.user), *command]


def _privileges(user: int | None) -> Sequence[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    identity = () if user is None else (f"--reuid={user}", f"--regid={user}", "--clear-groups")
    return (setpriv, *identity, "--pdeathsig=SIGKILL", "--")


async def _read(child: asyncio.subprocess.Process, on_line: OnLine) -> None:
    assert child.stdout is not None
    while True:
        try:
            line = await child.stdout.readline()
        except ValueError:
            continue  # Longer than anybody reads: asyncio has dropped it.
        if not line:
            return
        on_line(line.decode(errors="replace").rstrip("\r\n"))
