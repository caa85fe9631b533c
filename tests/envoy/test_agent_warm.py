"""What a group of workloads calls is remembered: replicas, restarted meshes and restarted control planes start with it, before any app asks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lateen.agent import mode

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.root,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or mode.choose_mode().mode != "transparent", reason="network namespaces cannot be made here"),
]
MESH = """
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}, replicas: 2}
  b: {command: PYTHON server.py, ports: {http: "80:8000"}}
  c: {command: PYTHON server.py, ports: {http: "80:8000"}}
"""
CALLED = "outbound|80||b.default.svc.cluster.local"


def hosts(mesh: Any, name: str) -> set[str]:
    """The hosts of which the Envoy of a workload has clusters; none while it does not answer."""
    admin = mesh.directory / f"{name}.default" / "admin.sock"
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(admin)), base_url="http://envoy", timeout=60) as client:
        try:
            found = client.get("/clusters", params={"format": "json"}).json()
        except httpx.HTTPError:
            return set()
    return {each["name"] for each in found.get("cluster_statuses", []) if each["name"].startswith("outbound|")}


def kept(folder: Path) -> str:
    file = folder / ".lateen" / "dependencies.json"
    return file.read_text() if file.exists() else ""


@pytest.mark.rule("AG-5")
async def test_who_comes_later_has_what_its_group_calls_before_its_app_asks(meshes: Any, until: Callable[..., Any]) -> None:
    folder = meshes.folder(MESH)
    mesh = await meshes.up(folder)
    assert (hosts(mesh, "a-0"), hosts(mesh, "a-1")) == (set(), set())
    async with mesh.traffic("a-0.default", "b") as traffic:
        await traffic.more(5)
        assert hosts(mesh, "a-0") == {CALLED}
        await until(lambda: hosts(mesh, "a-1") == {CALLED})
        await until(lambda: "b.default.svc.cluster.local" in kept(folder))
        old = mesh.kill("control")
        await until(lambda: mesh.is_another("control", old))
        (folder / "mesh.yaml").write_text((folder / "mesh.yaml").read_text().replace("replicas: 2", "replicas: 3"))
        await until(lambda: "a-2.default app" in {each.runs for each in mesh.made.processes})
        assert hosts(mesh, "a-2") == {CALLED}
        await traffic.more(20)
    assert traffic.failures == []
    envoy = mesh.kill("a-0.default envoy")
    await until(lambda: mesh.is_another("a-0.default envoy", envoy))
    await until(lambda: hosts(mesh, "a-0") == {CALLED})
    assert [each for each in json.loads(kept(folder)) if each["labels"] == {"app": "c"}] == []
    assert await mesh.stop() == 0
    again = await meshes.up(folder)
    assert [hosts(again, name) for name in ("a-0", "a-1", "a-2", "c")] == [{CALLED}, {CALLED}, {CALLED}, set()]
