"""Ports 15020 and 15021 of real sidecars, asked from inside and from outside, and what comes of it."""

from __future__ import annotations

import asyncio
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
SHOWING = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"app_orders_total 3" if self.path == "/numbers" else b"hello"
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
MESH = """
services:
  a: {command: PYTHON server.py, ports: {http: "80:8000"}}
  b: {command: PYTHON showing.py, ports: {http: "80:8000"}, health: {http: /}, metrics: {path: /numbers}}
  c: {command: PYTHON server.py, ports: {http: "80:8000"}, annotations: {prometheus.io/scrape: "true", prometheus.io/port: "1"}}
"""


def address(mesh: Any, name: str) -> str:
    return str(next(each.address for each in mesh.made.lodgings if each.name == f"{name}.default"))


async def inside(mesh: Any, name: str, *words: str) -> str:
    """What `curl` says from the namespace of a workload."""
    namespace = next(each.namespace for each in mesh.made.lodgings if each.name == f"{name}.default")
    command = ["nsenter", f"--net={namespace}", "--", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", *words]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    return said.decode()


@pytest.mark.rule("AG-6", "AG-8")
async def test_the_status_port_shows_metrics_and_health_to_all_and_obeys_the_workload_alone(meshes: Any, until: Callable[..., Any]) -> None:
    mesh = await meshes.up(meshes.folder(MESH, **{"showing.py": SHOWING}))
    b, c = address(mesh, "b"), address(mesh, "c")
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        merged = (await client.get(f"http://{b}:15020/stats/prometheus")).text
        assert "app_orders_total 3" in merged and "envoy_server_live{} 1" in merged and "istio_agent_cert_expiry_seconds" in merged
        others = (await client.get(f"http://{c}:15020/stats/prometheus")).text
        assert "envoy_server_live{} 1" in others and 'istio_agent_scrape_failures_total{type="application"} 1.0' in others
        assert (await client.get(f"http://{b}:15020/app-health/b/readyz")).status_code == 200
        forged = {"x-lateen-peer": "127.0.0.1", "x-forwarded-for": "127.0.0.1"}
        for path in ("/drain", "/quitquitquit"):
            assert (await client.post(f"http://{b}:15020{path}", headers=forged)).status_code == 403
        assert (await client.get(f"http://{b}:15021/healthz/ready")).status_code == 200
        assert await inside(mesh, "a", "-X", "POST", f"http://{b}:15020/quitquitquit") == "403"
        assert await inside(mesh, "b", "-X", "POST", "http://127.0.0.1:15020/drain") == "200"
        async with asyncio.timeout(60):
            while (await client.get(f"http://{b}:15020/healthz/ready")).status_code != 503:
                await asyncio.sleep(0.05)
        assert (await client.get(f"http://{b}:15020/app-health/b/readyz")).status_code == 200
    app = mesh.pid("b.default app")
    assert await inside(mesh, "b", "-X", "POST", "http://localhost:15020/quitquitquit") == "200"
    await until(lambda: not Path(f"/proc/{app}").exists())
    async with mesh.traffic("a.default", "c") as traffic:
        await traffic.more(5)
