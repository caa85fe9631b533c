"""What outlives a control plane that is killed, and what keeps one from starting."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from lateen.cli.connection import Mesh, Settings
from tests.given.running import free_port

WORLD = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out}
spec:
  hosts: [a.example.com]
  resolution: DNS
  ports: [{number: 443, name: tls, protocol: TLS}]
"""


@asynccontextmanager
async def serving(home: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    words = ("-m", "lateen.cli.main", "serve", "--home", str(home), "--xds", "127.0.0.1:0", "--api", "127.0.0.1:0", *options)
    (home / "connection.json").unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=asyncio.subprocess.PIPE, env=os.environ | {"LATEEN_DEBUG": "1"})
    assert process.stderr is not None
    while b"is ready" not in (line := await asyncio.wait_for(process.stderr.readline(), 60)):
        assert line, "the control plane ended"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def refused(home: Path, *options: str) -> tuple[int, str]:
    words = ("-m", "lateen.cli.main", "serve", "--home", str(home), *options)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stderr=asyncio.subprocess.PIPE)
    _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, err.decode()


async def call(home: Path, method: str, path: str, body: Any = None) -> Any:
    return await asyncio.to_thread(Mesh(Settings(home=str(home))).call, method, path, body=body)


ENTRIES = "/apis/networking.istio.io/v1/namespaces/default/serviceentries"


async def test_all_that_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    async with serving(tmp_path) as process:
        await call(tmp_path, "POST", "/lateen/v1/apply", {"files": [{"name": "x", "text": WORLD}]})
        before = await call(tmp_path, "GET", f"{ENTRIES}/out")
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with serving(tmp_path):
        assert await call(tmp_path, "GET", f"{ENTRIES}/out") == before
        assert len((await call(tmp_path, "GET", "/lateen/v1/history"))["revisions"]) == 1


async def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    async with serving(tmp_path) as process:
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    assert not (tmp_path / "connection.json").exists()


async def test_a_taken_port_is_named_with_who_has_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, err = await refused(tmp_path, "--xds", "127.0.0.1:0", "--api", f"127.0.0.1:{port}")
    assert code == 1
    assert err.startswith(f"Port {port} (--api) is taken by process {os.getpid()} (")
    assert err.count("\n") == 1


async def test_a_second_control_plane_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as first:
        code, err = await refused(tmp_path, "--xds", "127.0.0.1:0", "--api", "127.0.0.1:0")
    assert code == 1
    assert f"is in use by another control plane, process {first.pid}" in err


async def test_a_state_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, err = await refused(tmp_path / "file" / "home", "--xds", "127.0.0.1:0", "--api", "127.0.0.1:0")
    assert (code, err.count("\n")) == (1, 1)
    assert f"The state folder {tmp_path}/file/home cannot be written" in err


async def test_a_folder_of_yaml_is_served_and_cannot_be_written(tmp_path: Path) -> None:
    from lateen.cli.connection import Refused

    folder = tmp_path / "mesh"
    folder.mkdir()
    (folder / "out.yaml").write_text(WORLD)
    home = tmp_path / "home"
    async with serving(home, "--store", f"directory://{folder}"):
        found = await call(home, "GET", f"{ENTRIES}/out")
        assert any(each["value"].startswith("240.240.") for each in found["status"]["addresses"])
        try:
            await call(home, "DELETE", f"{ENTRIES}/out")
        except Refused as refusal:
            assert refusal.status == 403
            assert "Edit them" in str(refusal)
        else:
            raise AssertionError("it was deleted")


async def test_where_it_is_and_its_token_are_its_owners_alone(tmp_path: Path) -> None:
    async with serving(tmp_path):
        connection = msgspec.json.decode((tmp_path / "connection.json").read_bytes())
        assert connection["server"].startswith("https://127.0.0.1:")
        assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("connection.json", "api-token", "join-key")] == [0o600] * 3


async def test_where_proxies_connect_in_plain_text_unnamed_ports_give_way(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path / "first", "--xds-plaintext", f"127.0.0.1:{port}"):
        code, err = await refused(tmp_path / "second", "--xds", "127.0.0.1:0", "--api", "127.0.0.1:0", "--xds-plaintext", f"127.0.0.1:{port}")
        assert (code, f"Port {port} (--xds-plaintext) is taken by" in err) == (1, True)


async def test_a_client_that_leaves_its_watch_and_one_that_stays_leave_no_trace(tmp_path: Path) -> None:
    async with serving(tmp_path) as process:
        assert process.stderr is not None
        mesh = Mesh(Settings(home=str(tmp_path)))
        await asyncio.to_thread(lambda: next(leaving(mesh)))
        staying = asyncio.create_task(asyncio.to_thread(lambda: list(mesh.lines(ENTRIES, {"watch": "true"}))))
        await call(tmp_path, "POST", "/lateen/v1/apply", {"files": [{"name": "x", "text": WORLD}]})
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
        await staying
        assert await process.stderr.read() == b""


def leaving(mesh: Mesh) -> Any:
    """A client that reads one line of a watch and goes."""
    mesh.call("POST", "/api/v1/namespaces", body={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    yield from mesh.lines("/api/v1/namespaces", {"watch": "true"})
