"""The two processes that `lateen up` keeps alive: the control plane and the agent. Each is started again when it dies, after a pause that grows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from lateen.kit.backoff import Backoff
from lateen.local.wire import Command, Event

Announce = Callable[[str], None]
Started = Callable[[asyncio.subprocess.Process], Awaitable[None]]
_GRACE = 10.0
_LAST_LINES = 5
_STEADY = 10.0
"""A child that ran this many seconds has a clean record."""


class Child:
    """One process, kept alive until `stop`. `inherited` is asked before each start for the descriptors that it gets; `started` is awaited
    after each, with the process."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, announce: Announce, started: Started, inherited: Callable[[], Sequence[int]] = tuple
    ) -> None:
        self._name = name
        self._command = command
        self._log = log
        self._announce = announce
        self._started = started
        self._inherited = inherited
        self._stopping = False
        self.process: asyncio.subprocess.Process | None = None

    async def keep(self) -> None:
        """Start it, and again whenever it ends, until `stop`."""
        loop, tries = asyncio.get_running_loop(), 0
        pauses = Backoff()
        while not self._stopping:
            began = loop.time()
            code = await self._once()
            if self._stopping:
                return
            tries = 1 if loop.time() - began > _STEADY else tries + 1
            pause = pauses.delay(tries)
            self._announce(f"The {self._name} has ended with code {code}; it is started again in {pause * 1000:.0f} ms. Its log is {self._log}.")
            await asyncio.sleep(pause)

    async def _once(self) -> int:
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                process_group=0,
                limit=1 << 24,
                pass_fds=self._inherited(),
            )
        after = asyncio.ensure_future(self._started(self.process))
        try:
            return await self.process.wait()
        finally:
            after.cancel()
            await asyncio.wait((after,))
            if not after.cancelled() and (error := after.exception()):
                self._announce(f"What the {self._name} said could not be understood: {error}.")

    async def stop(self) -> None:
        """Ask it to end; kill it when it takes longer than some seconds."""
        self._stopping = True
        process = self.process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_GRACE):
                await process.wait()
        except TimeoutError:
            self.kill()

    def last_words(self) -> str:
        """Where its log is, and the end of that."""
        try:
            lines = self._log.read_text(errors="replace").splitlines()[-_LAST_LINES:]
        except OSError:
            lines = []
        return "\n".join([f"Its log is {self._log}{', which ends:' if lines else '.'}", *lines])

    def kill(self) -> None:
        """End it now."""
        if self.process is not None and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def control_command(home: Path, discovery: str, api: str) -> list[str]:
    """How the control plane is started: it ends when `lateen up` does, even when that is killed."""
    setpriv = shutil.which("setpriv")
    tied = [setpriv, "--pdeathsig=SIGTERM", "--"] if setpriv else []
    return [*tied, sys.executable, "-m", "lateen.cli.main", "serve", "--home", str(home), "--xds", discovery, "--api", api]


def agent_command(file: Path) -> list[str]:
    """How the agent is started that finds its settings in the file."""
    return [sys.executable, "-m", "lateen.local.agent_process", str(file)]


class AgentLink:
    """Commands to the agent, and its events."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._process: asyncio.subprocess.Process | None = None

    def send(self, command: Command) -> None:
        """Tell the agent; dropped when it does not run, for it is told everything anew when it is started again."""
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(msgspec.json.encode(command) + b"\n")

    def attach(self, process: asyncio.subprocess.Process) -> None:
        """Talk to this process from now on."""
        self._process = process

    async def follow(self) -> None:
        """Take the events of the process until its output ends."""
        assert self._process is not None and self._process.stdout is not None
        while (line := await self._process.stdout.readline()).endswith(b"\n"):  # One that was killed may stop in the middle of a line.
            self._on_event(msgspec.json.decode(line, type=Event))
