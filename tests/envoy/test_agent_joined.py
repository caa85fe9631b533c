"""Services of a mesh.yaml that join a WorkloadGroup: they register themselves, are asked as the group says, and come and go under traffic."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lateen.agent import mode

pytestmark = [pytest.mark.envoy, pytest.mark.root, pytest.mark.slow]
transparent = pytest.mark.skipif(os.geteuid() != 0 or mode.choose_mode().mode != "transparent", reason="network namespaces cannot be made here")
MESH = """
config: config
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}}
  b: {command: PYTHON server.py, ports: {http: "80:8000"}, replicas: 3, environment: {COLOUR: red}, workloadGroup: machines}
"""
GROUP = """
apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: {name: machines}
spec:
  metadata: {labels: {floor: third}}
  template: {serviceAccount: b}
  probe: {periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 30, httpGet: {port: 8000, path: /}}
"""


def entries(mesh: Any) -> dict[str, Any]:
    """The WorkloadEntries of the mesh, by name."""
    command = [sys.executable, "-m", "lateen.cli.main", "get", "workloadentries", "-o", "json", "--home", str(mesh.folder / ".lateen")]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {each["metadata"]["name"]: each for each in found["items"]}


def folder_of(meshes: Any, text: str = MESH) -> Path:
    folder: Path = meshes.folder(text)
    (folder / "config").mkdir()
    (folder / "config" / "group.yaml").write_text(GROUP)
    return folder


@transparent
@pytest.mark.rule("WE-2", "WE-3", "AG-8", "AG-12")
async def test_what_joins_a_group_is_stopped_edited_and_restarted_under_traffic_without_a_failed_request(
    meshes: Any, until: Callable[..., Any]
) -> None:
    mesh = await meshes.up(folder_of(meshes))
    file = mesh.folder / "mesh.yaml"
    await until(lambda: [each["status"]["conditions"][0]["status"] for each in entries(mesh).values() if "status" in each] == ["True"] * 3)
    registered = {name: each for name, each in entries(mesh).items() if name.startswith("machines-")}
    assert len(registered) == 3 and set(entries(mesh)) == {"a", *registered}
    for each in registered.values():
        assert (each["spec"]["serviceAccount"], each["metadata"]["labels"]["floor"], each["spec"]["labels"]["app"]) == ("b", "third", "b")
    async with mesh.traffic("a.default", "b", "/slow") as slow, mesh.traffic("a.default", "b") as traffic:
        await traffic.more(20)
        removed, edited = mesh.pid("b-2.default app"), [mesh.pid(f"b-{number}.default app") for number in range(2)]
        file.write_text(file.read_text().replace("replicas: 3", "replicas: 2"))
        await until(lambda: not Path(f"/proc/{removed}").exists())
        await traffic.more(50)
        file.write_text(file.read_text().replace("COLOUR: red", "COLOUR: blue"))
        await until(lambda: all(mesh.is_another(f"b-{number}.default app", pid) for number, pid in enumerate(edited)))
        await traffic.more(100)
    assert (traffic.failures, slow.failures) == ([], [])


@pytest.mark.rule("WE-3", "AG-12")
async def test_where_nothing_is_captured_the_entry_has_the_ports_of_the_sidecar(meshes: Any, until: Callable[..., Any]) -> None:
    served = "sh -c 'exec PYTHON -m http.server --bind $LATEEN_ADDRESS 8000'"
    one = f'{{command: "{served}", ports: {{http: "80:8000"}}, workloadGroup: machines}}'
    mesh = await meshes.up(folder_of(meshes, f"capture: explicit\nconfig: config\nservices: {{b: {one}}}\n"))
    registered = [each for name, each in entries(mesh).items() if name.startswith("machines-")]
    assert {tuple(each["spec"]["ports"].items()) for each in registered} == {(("http", 20000),)}
