"""A real agent with its Envoy joins a group of a real control plane, is called while its app is well, and leaves."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from lateen.agent import envoy_binary
from lateen.agent.certificates import ControlPlane as Where
from lateen.agent.lifecycle import Policy
from lateen.agent.mode import Choice
from lateen.agent.run import Agent, Settings
from lateen.agent.sidecar import Listener
from lateen.agent.workload import HealthCheck, Port, Workload
from lateen.control import registrar
from lateen.control.home import Home
from lateen.control.main import running
from lateen.control.plane import ControlPlane, Options
from lateen.identity.join_token import Claims, mint_token
from lateen.registry import endpoints
from lateen.registry.service import Health
from lateen.store import Put
from lateen.values.ref import Ref

pytestmark = pytest.mark.envoy

HOST = "vm.example.com"
GROUP = Ref("WorkloadGroup", "default", "vm")
TEMPLATE = {"serviceAccount": "robot", "labels": {"app": "vm"}}
OBJECTS: dict[Ref, dict[str, object]] = {
    GROUP: {"template": TEMPLATE},
    Ref("ServiceEntry", "default", "vm"): {
        "hosts": [HOST],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        "ports": [{"number": 80, "name": "http", "protocol": "HTTP", "targetPort": 8080}],
        "workloadSelector": {"labels": {"app": "vm"}},
    },
}
APP = (
    "import http.server, os, pathlib\n"
    "class Answer(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(503 if pathlib.Path('ill').exists() else 200)\n"
    "        self.end_headers()\n"
    "http.server.HTTPServer((os.environ['LATEEN_ADDRESS'], 8080), Answer).serve_forever()\n"
)


def registered(plane: ControlPlane) -> dict[str, Health]:
    """Who serves the host, as the control plane knows it, and whether it is well."""
    found = endpoints.endpoints(plane.pusher.g, "default", HOST, 80)
    return {each.address: each.workload.health for each in found}


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.02)


async def put(plane: ControlPlane, ref: Ref, spec: dict[str, object]) -> None:
    manifest = {"apiVersion": "networking.istio.io/v1", "kind": ref.kind, "metadata": {"name": ref.name}, "spec": spec}
    await plane.store.write([Put(ref, msgspec.json.encode(manifest))], author="me", reason="test")


async def message(plane: ControlPlane, address: str) -> str:
    """What the condition `Healthy` of the workload's entry says."""
    stored = await plane.store.get(Ref("WorkloadEntry", "default", f"vm-{address}"))
    assert stored is not None
    return str(msgspec.json.decode(stored.manifest)["status"]["conditions"][0]["message"])


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[tuple[ControlPlane, Agent]]:
    async with running(Options(home=Home(folder / "home"), discovery="127.0.0.1:0", api="127.0.0.1:0")) as plane:
        for ref, spec in OBJECTS.items():
            await put(plane, ref, spec)

        def token(workload: Workload) -> str:
            return mint_token(plane.join_key, Claims("cluster.local", workload.namespace, workload.service_account), datetime.now(UTC))

        where = Where(plane.connection.discovery, plane.certificates.roots().encode())
        choice, name = Choice("explicit", False, False, ""), f"registration-{os.getpid()}"
        settings = Settings(folder / "m", name, envoy_binary.find(), choice, where, policy=Policy(drain=0.0))
        async with Agent(settings, token, Listener(lambda *_: None, lambda *_: None, lambda *_: None, lambda _: None)) as agent:
            yield plane, agent


@pytest.mark.rule("WE-2", "WE-3")
async def test_a_workload_is_an_endpoint_while_it_is_connected_and_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrar, "GRACE", 0.2)
    with tempfile.TemporaryDirectory(prefix="lt") as name:
        folder = Path(name)
        async with world(folder) as (plane, agent):
            check = HealthCheck(port=8080, http_path="/", period=0.05, failures=1, timeout=60.0)
            app = Workload("vm", "", service_account="robot", command=(sys.executable, "-c", APP), cwd=name, ports=(Port(8080),), health=check)
            prepared = await agent.prepare(msgspec.structs.replace(app, joins="vm"))
            life = asyncio.create_task(agent.run(prepared))
            await eventually(lambda: registered(plane) == {prepared.address: Health.HEALTHY})
            (folder / "ill").touch()
            await eventually(lambda: registered(plane) == {prepared.address: Health.UNHEALTHY})
            (folder / "ill").unlink()
            await eventually(lambda: registered(plane) == {prepared.address: Health.HEALTHY})
            agent.stop()
            await life
            await eventually(lambda: registered(plane) == {})


@pytest.mark.rule("WE-2")
async def test_the_probe_of_its_group_is_run_and_believed_and_may_change_while_it_runs() -> None:
    with tempfile.TemporaryDirectory(prefix="lt") as name:
        folder = Path(name)
        async with world(folder) as (plane, agent):
            http = {"httpGet": {"port": 8080, "path": "/"}, "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 60}
            await put(plane, GROUP, {"template": TEMPLATE, "probe": http})
            app = Workload("vm", "", service_account="robot", command=(sys.executable, "-c", APP), cwd=name, ports=(Port(8080),), joins="vm")
            prepared = await agent.prepare(app)
            (folder / "ill").touch()
            life = asyncio.create_task(agent.run(prepared))
            await eventually(lambda: registered(plane) == {prepared.address: Health.UNHEALTHY})
            (folder / "ill").unlink()
            await eventually(lambda: registered(plane) == {prepared.address: Health.HEALTHY})
            (folder / "ill").touch()
            await eventually(lambda: registered(plane) == {prepared.address: Health.UNHEALTHY})
            assert await message(plane, prepared.address) == "GET / on port 8080 answered 503"
            await put(plane, GROUP, {"template": TEMPLATE, "probe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "timeoutSeconds": 60}})
            await eventually(lambda: registered(plane) == {prepared.address: Health.HEALTHY})
            await put(
                plane,
                GROUP,
                {"template": TEMPLATE, "probe": {"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1, "timeoutSeconds": 60}},
            )
            await eventually(lambda: registered(plane) == {prepared.address: Health.UNHEALTHY})
            await put(plane, GROUP, {"template": TEMPLATE})
            await eventually(lambda: registered(plane) == {prepared.address: Health.HEALTHY})
            agent.stop()
            await life
