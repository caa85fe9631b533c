"""A whole mesh, run by `lateen up` in a folder of its own, with ports of its own, and traffic in it."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

import lateen
from lateen.agent import leftovers
from lateen.agent.leftovers import Made
from lateen.local.wire import AgentSettings
from stage import network
from stage.foretold import Tally
from stage.stage import Stage

WITHIN = 120.0
_NOBODY = 65534
PYTHON_FOR_ALL = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")

SERVER = """
import http.server, os, signal, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/exit": os._exit(3)
        if self.path.startswith("/slow"): time.sleep(0.3)
        body = (os.environ["SERVICE"] + " " + os.environ["REPLICA"] + " " + os.environ.get("COLOUR", "")).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
print("listening", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""

TRAFFIC = """
import http.client, json, signal, sys, threading, time
url, path = sys.argv[1], sys.argv[2]
good, failures, running = [0], [], [True]
signal.signal(signal.SIGTERM, lambda *_: running.__setitem__(0, False))
def once():
    connection = http.client.HTTPConnection(url, 80, timeout=15)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return "" if answer.status == 200 else str(answer.status)
    except OSError as error:
        return repr(error)
    finally:
        connection.close()
def loop():
    while running[0]:
        began = time.time()
        failed = once()
        if failed: failures.append([began, failed])
        else: good[0] += 1
        sys.stdout.write(json.dumps({"good": good[0], "failures": failures}) + chr(10))
        sys.stdout.flush()
        time.sleep(0.02)
threads = [threading.Thread(target=loop) for _ in range(2)]
[each.start() for each in threads]
[each.join() for each in threads]
"""


class Traffic:
    """Requests without pause, from one workload's namespace to a service."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.good = 0
        self.failures: list[tuple[float, str]] = []
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told = json.loads(line)
            self.good, self.failures = told["good"], [(at, what) for at, what in told["failures"]]

    async def more(self, count: int) -> None:
        """Wait for so many more requests that succeed."""
        goal = self.good + count
        await eventually(lambda: self.good >= goal, lambda: f"{self.good} of {goal} requests succeeded; failed: {self.failures[-3:]}")

    async def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await asyncio.wait_for(self._process.wait(), WITHIN)
        await self._reading


class RunningMesh:
    """One `lateen up`."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.process = process
        self.output = ""
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while block := await self.process.stdout.read(65536):
            self.output += block.decode(errors="replace")

    @property
    def directory(self) -> Path:
        """Where the agent has its sockets."""
        return Path(self.settings.directory)

    @property
    def settings(self) -> AgentSettings:
        return msgspec.json.decode((self.folder / ".lateen" / "agent.json").read_bytes(), type=AgentSettings)

    @property
    def made(self) -> Made:
        found = leftovers.found(self.directory)
        assert found is not None, self.output
        return found

    def pid(self, runs: str) -> int:
        """The id of a process of the mesh: `agent`, `a.default envoy`, `a.default app`, or `control`; 0 when there is none at the moment."""
        if runs == "control":
            where = self.folder / ".lateen" / "connection.json"
            return int(json.loads(where.read_text())["pid"]) if where.exists() else 0
        return next((each.pid for each in reversed(self.made.processes) if each.runs == runs), 0)

    def is_another(self, runs: str, pid: int) -> bool:
        """Whether that is run by another process than that one."""
        return self.pid(runs) not in (0, pid)

    def kill(self, runs: str) -> int:
        """SIGKILL to one process of the mesh; its id."""
        pid = self.pid(runs)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def says(self, text: str, times: int = 1) -> None:
        """Wait until `lateen up` has said it."""
        await eventually(lambda: self.output.count(text) >= times, lambda: f"{text!r} was not said, but:\n{self.output}")

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), WITHIN)
        await asyncio.wait_for(self._reading, WITHIN)
        return code

    @contextlib.asynccontextmanager
    async def traffic(self, source: str, host: str, path: str = "/") -> AsyncIterator[Traffic]:
        """Requests from the namespace of a workload, as an app there sends them: the name is resolved each time."""
        namespace = next(each.namespace for each in self.made.lodgings if each.name == source)
        command = ["nsenter", f"--net={namespace}", "--", "/usr/bin/env", sys.executable, "-c", TRAFFIC, host, path]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        traffic = Traffic(process)
        try:
            yield traffic
        finally:
            await traffic.end()


async def eventually(true: Callable[[], object], otherwise: Callable[[], str] = lambda: "") -> None:
    """Wait for something to be true."""
    try:
        async with asyncio.timeout(WITHIN):
            while not true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(otherwise() or "it did not come true in time") from None


class Meshes:
    """Folders with a mesh.yaml, and `lateen up` in them. All that was started is ended at the end."""

    def __init__(self) -> None:
        self._started: list[RunningMesh] = []
        self._folders: list[Path] = []

    def folder(self, mesh: str, **files: str) -> Path:
        """A folder with this mesh.yaml and a server program, `server.py`."""
        folder = Path(tempfile.mkdtemp(prefix="ltup"))
        self._folders.append(folder)
        (folder / "server.py").write_text(SERVER)
        (folder / "mesh.yaml").write_text(mesh.replace("PYTHON", str(PYTHON_FOR_ALL or sys.executable)))
        for name, text in files.items():
            (folder / name).write_text(text)
        return folder

    async def up(self, folder: Path, *arguments: str, ready: bool = True, rootless: bool = False) -> RunningMesh:
        """Run `lateen up` in the folder, and wait until it is ready. `rootless`: as an ordinary user, whose the folder then is."""
        command = [sys.executable, "-m", "lateen.cli.main", "up", *arguments]
        environment = dict(os.environ)
        if rootless:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, _NOBODY, _NOBODY)
            command = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", str(PYTHON_FOR_ALL), *command[1:]]
            environment |= {"PYTHONPATH": ":".join((str(Path(lateen.__file__).parents[1]), *sys.path)), "HOME": str(folder)}
        pipe, out = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=pipe, stderr=out, process_group=0)
        running = RunningMesh(folder, process)
        self._started.append(running)
        if ready:
            await running.says("The mesh is ready")
        return running

    async def close(self) -> None:
        for each in self._started:
            if each.process.returncode is None:
                await each.stop()
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def meshes() -> AsyncIterator[Meshes]:
    """Runs meshes."""
    running = Meshes()
    try:
        yield running
    finally:
        await running.close()


@pytest.fixture
def until() -> Callable[..., object]:
    """Waits for something to be true."""
    return eventually


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


TALLY = pytest.StashKey[Tally]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """How many calls went as foretold."""
    if tally := config.stash.get(TALLY, None):
        terminalreporter.write_line(str(tally))


@pytest.fixture(scope="session")
def whole_stage(pytestconfig: pytest.Config) -> Iterator[Stage]:
    """The stage of this run."""
    if obstacle := network.obstacle():
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(f"there can be no stage: {obstacle}")
    made = Stage()
    pytestconfig.stash[TALLY] = made.oracle.tally
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def stage(whole_stage: Stage) -> Stage:
    """Real Envoys, before which a test sets a world. See the README here."""
    return whole_stage
