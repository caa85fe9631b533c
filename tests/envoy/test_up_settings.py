"""How `lateen up` sets up each Envoy: as MeshConfig's `defaultConfig` and ProxyConfig objects say when it starts."""

from __future__ import annotations

import os
import subprocess
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
TWO = """
config: config
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}}
  b: {command: PYTHON server.py, ports: {http: "80:8000"}}
  c: {command: PYTHON server.py, ports: {http: "80:8000"}, annotations: {proxy.istio.io/config: "concurrency: 4"}}
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    defaultConfig:
      concurrency: 2
      drainDuration: 9s
      connectionSettings: {globalDownstreamConnectionLimit: 12345}
      runtimeValues: {lateen.test: "1"}
      proxyStatsMatcher: {inclusionPrefixes: [cluster.outbound]}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: a, namespace: default}
spec:
  workloadSelector: {labels: {app: a}}
  configPatches:
  - applyTo: BOOTSTRAP
    patch:
      operation: MERGE
      value:
        staticResources:
          clusters: [{name: another, type: STATIC, connectTimeout: 1s, loadAssignment: {clusterName: another}}]
---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: {name: b, namespace: default}
spec: {selector: {matchLabels: {app: b}}, concurrency: 3}
"""


def words(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def said(pid: int, option: str) -> str:
    found = words(pid)
    return found[found.index(option) + 1]


async def clusters(directory: Path) -> str:
    """What an Envoy says of its clusters."""
    async with httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(uds=str(directory / "admin.sock")), base_url="http://envoy", timeout=60
    ) as client:
        return (await client.get("/clusters")).text


@pytest.mark.rule("MESH-9")
@pytest.mark.rule("EX-1")
async def test_each_envoy_starts_as_the_mesh_says(meshes: Any, until: Callable[..., Any]) -> None:
    folder = meshes.folder(TWO)
    (folder / "config").mkdir()
    (folder / "config" / "settings.yaml").write_text(SETTINGS)
    running = await meshes.up(folder)
    pids = [running.pid(f"{name}.default envoy") for name in "abc"]
    assert [said(pid, "--concurrency") for pid in pids] == ["2", "3", "4"]
    assert [said(pid, "--drain-time-s") for pid in pids] == ["9", "9", "9"]
    config = (running.directory / "a.default" / "envoy.json").read_text()
    assert '"lateen.test": "1"' in config
    assert '"prefix": "cluster.outbound"' in config
    assert '"max_active_downstream_connections": 12345' in config
    assert ["another::" in await clusters(running.directory / f"{name}.default") for name in "ab"] == [True, False]
    async with running.traffic("a.default", "b") as traffic:
        await traffic.more(5)


@pytest.mark.rule("AG-11")
async def test_what_is_captured_of_a_workload_follows_its_annotations(meshes: Any, until: Callable[..., Any]) -> None:
    written = """
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: "7777"}}
  b: {command: PYTHON server.py, ports: {http: "80:8000"}}
"""
    running = await meshes.up(meshes.folder(written))

    def rules() -> str:
        (namespace,) = [each.namespace for each in running.made.lodgings if each.name == "a.default"]
        command = ["nsenter", f"--net={namespace}", "--", "nft", "list", "chain", "inet", "lateen", "outbound"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "tcp dport 7777 return" in rules()
    file = running.folder / "mesh.yaml"
    file.write_text(file.read_text().replace("7777", "8888"))
    await until(lambda: "tcp dport 8888 return" in rules(), rules)
    assert "7777" not in rules()
    await until(lambda: running.pid("a.default app"))
    async with running.traffic("a.default", "b") as traffic:
        await traffic.more(5)
