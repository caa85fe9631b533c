"""A real control plane on loopback ports, and a client of its API; and its command line as processes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lateen.cli.connection import Mesh, Settings
from lateen.control.home import Home
from lateen.control.main import running
from lateen.control.plane import ControlPlane, Options


class Client:
    """The API of a control plane, for tests: `Mesh` without blocking the loop that the control plane runs on."""

    def __init__(self, home: Path) -> None:
        self.mesh = Mesh(Settings(home=str(home)))

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return await asyncio.to_thread(self.mesh.call, method, path, body=body, query=query)

    async def get(self, path: str, **query: Any) -> Any:
        return await self.call("GET", path, **query)

    async def apply(self, text: str, **options: Any) -> Any:
        return await self.call("POST", "/lateen/v1/apply", {"files": [{"name": "mesh.yaml", "text": text}]} | options)


class Ended(NamedTuple):
    """A process that has ended."""

    code: int
    out: str
    err: str


async def run_process(*words: str, stdin: str = "", cwd: Path | None = None, **environment: str) -> Ended:
    """Run a program to its end, at most a minute."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe, cwd=cwd, env=os.environ | environment)
    out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def control_plane(tmp_path: Path) -> AsyncIterator[ControlPlane]:
    options = Options(home=Home(tmp_path / "home"), discovery="127.0.0.1:0", api="127.0.0.1:0", plaintext="127.0.0.1:0")
    async with running(options) as plane:
        yield plane


@pytest.fixture
def client(control_plane: ControlPlane) -> Client:
    return Client(control_plane.options.home.path)


Run = Callable[..., Coroutine[Any, Any, Ended]]


@pytest.fixture
def lateen(control_plane: ControlPlane, tmp_path: Path) -> Run:
    """The command line, beside the state folder of the running control plane."""

    async def run(*words: str, stdin: str = "") -> Ended:
        home = str(control_plane.options.home.path)
        return await run_process(sys.executable, "-m", "lateen.cli.main", *words, stdin=stdin, cwd=tmp_path, LATEEN_HOME=home, NO_COLOR="1")

    return run
