"""A child process in a group of its own, its output handed on line by line; at home in a network namespace and under a user id of choice.

The child is the program itself, not a wrapper: `nsenter` and `setpriv` replace themselves. It writes to a file (`tail`) and so needs no agent to
go on; `adopt` takes over a process that another agent has started. Of such a one the exit code cannot be known.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lateen.agent import leftovers
from lateen.agent.namespaces import entering
from lateen.agent.tail import OnLine, Tail, Tails


class Launch(msgspec.Struct, frozen=True):
    """How to start a process, and the file that takes its output. `user` (id of user and group) needs root. `program` is opened by the agent
    and run by descriptor, so that it may lie where `user` cannot look; it stands for the first word of `command`. `configuration` is what else
    decides what will run, such as the content of the file it reads. When `tied`, the process dies with the agent."""

    command: tuple[str, ...]
    output: Path
    environment: Mapping[str, str] | None = None
    cwd: str = ""
    namespace: Path | None = None
    user: int | None = None
    program: Path | None = None
    configuration: str = ""
    tied: bool = True

    @property
    def digest(self) -> str:
        """Equal for equal launches, and short."""
        return hashlib.blake2b(msgspec.json.encode(self, enc_hook=str, order="deterministic"), digest_size=16).hexdigest()


class StartError(Exception):
    """The process could not be started; the sentence says why."""


class Process:
    """A running process. `on_line` takes each line of its output, without the line end."""

    def __init__(self, pid: int, tail: Tail, child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self._tail = tail
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[int | None] = self._loop.create_future()
        self._descriptor = os.pidfd_open(pid)
        self._loop.add_reader(self._descriptor, self._ended)

    async def exit_code(self) -> int | None:
        """Wait until it has ended and its output was read; negative for signals, None when it cannot be known."""
        return await asyncio.shield(self._exit)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to its group; no error when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _ended(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        code = self._child.wait() if self._child is not None else None
        self._tail.close()
        self._exit.set_result(code)


def start(launch: Launch, on_line: OnLine, tails: Tails) -> Process:
    """Start a process. Raises `StartError`."""
    program = os.open(launch.program, os.O_RDONLY) if launch.program else None
    tail = tails.follow(launch.output, on_line)
    try:
        with launch.output.open("ab") as output:
            child = subprocess.Popen(
                words(launch, program),
                env=launch.environment,
                cwd=launch.cwd or None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                pass_fds=() if program is None else (program,),
            )
    except OSError as error:
        tail.close()
        raise StartError(f"{launch.command[0]} could not be started: {error.strerror} ({error.filename}).") from error
    finally:
        if program is not None:
            os.close(program)
    return Process(child.pid, tail, child)


def adopt(known: leftovers.Process, launch: Launch, on_line: OnLine, tails: Tails) -> Process | None:
    """The process that an earlier agent has started with the same launch; None when it is not or no longer there."""
    if known.launch != launch.digest or not leftovers.is_alive(known):
        return None
    try:
        process = Process(known.pid, tails.follow(launch.output, on_line), None)
    except ProcessLookupError:
        return None
    return process if leftovers.is_alive(known) else None


def words(launch: Launch, program: int | None) -> list[str]:
    """The whole command line, wrappers first."""
    command = list(launch.command)
    if program is not None:
        command[0] = f"/proc/self/fd/{program}"
    return [*(entering(launch.namespace) if launch.namespace else []), *_privileges(launch), *command]


def _privileges(launch: Launch) -> Sequence[str]:
    setpriv = shutil.which("setpriv")
    if setpriv is None or (launch.user is None and not launch.tied):
        return ()
    identity = () if launch.user is None else (f"--reuid={launch.user}", f"--regid={launch.user}", "--clear-groups")
    return (setpriv, *identity, *(("--pdeathsig=SIGKILL",) if launch.tied else ()), "--")
