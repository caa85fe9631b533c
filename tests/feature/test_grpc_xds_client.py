"""gRPC's own xDS client finds its way by our configuration: a program that is its own proxy (XD-14)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from lateen.api import inputs
from lateen.assembly import offline
from lateen.control.pusher import Pusher
from lateen.flow import Graph

WORLD = """
apiVersion: v1
kind: Service
metadata: {{name: echo, namespace: default}}
spec:
  clusterIP: 10.96.0.9
  selector: {{app: echo}}
  ports: [{{name: grpc, port: 7070}}]
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: echo-1, namespace: default, labels: {{app: echo}}}}
spec:
  address: 127.0.0.1
  labels: {{app: echo, version: v1}}
  ports: {{grpc: {first}}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {{name: echo-2, namespace: default, labels: {{app: echo}}}}
spec:
  address: 127.0.0.1
  labels: {{app: echo, version: v2}}
  ports: {{grpc: {second}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: echo, namespace: default}}
spec:
  host: echo
  subsets: [{{name: v1, labels: {{version: v1}}}}, {{name: v2, labels: {{version: v2}}}}]
"""

ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo, namespace: default}
spec:
  hosts: [echo]
  http:
  - match: [{headers: {user: {exact: jason}}}]
    route: [{destination: {host: echo, subset: v2}}]
  - route: [{destination: {host: echo, subset: v1}}]
    timeout: 5s
    retries: {attempts: 3, retryOn: "unavailable,5xx"}
    corsPolicy: {allowOrigins: [{exact: https://example.com}]}
"""

CLIENT = """
import sys
import grpc

with grpc.insecure_channel(sys.argv[1]) as channel:
    call = channel.unary_unary("/echo.Echo/Say")
    for user in sys.argv[2:]:
        print(call(b"hello", metadata=[("user", user)], timeout=20, wait_for_ready=True).decode())
"""


@pytest.fixture
async def mesh(tmp_path: Path) -> AsyncIterator[tuple[Pusher, dict[str, str]]]:
    """A control plane that serves xDS without TLS, and two echo servers that answer with their version."""
    async with _echo("v1") as first, _echo("v2") as second:
        pusher = Pusher(Graph(), lambda _context, _proxy: None)
        await pusher.write((each.ref, each) for each in offline.read(WORLD.format(first=first.port, second=second.port))[0])
        ports = await pusher.server.start({"127.0.0.1:0": None})
        bootstrap = tmp_path / "bootstrap.json"
        bootstrap.write_text(json.dumps(_bootstrap(ports["127.0.0.1:0"])))
        yield pusher, {**os.environ, "GRPC_XDS_BOOTSTRAP": str(bootstrap)}
        await pusher.server.stop()


class _echo:
    """A gRPC server that answers everything with one word."""

    def __init__(self, word: str) -> None:
        self._word = word.encode()
        self._server = grpc.aio.server()
        self.port = 0

    async def __aenter__(self) -> _echo:
        async def say(_request: bytes, _context: object) -> bytes:
            return self._word

        handler = grpc.method_handlers_generic_handler("echo.Echo", {"Say": grpc.unary_unary_rpc_method_handler(say)})
        self._server.add_generic_rpc_handlers((handler,))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(None)


def _bootstrap(port: int) -> dict[str, object]:
    metadata = {"GENERATOR": "grpc", "NAMESPACE": "default", "LABELS": {"app": "client"}}
    return {
        "xds_servers": [{"server_uri": f"127.0.0.1:{port}", "channel_creds": [{"type": "insecure"}], "server_features": ["xds_v3"]}],
        "node": {"id": "sidecar~127.0.0.1~client.default~default.svc.cluster.local", "metadata": metadata},
    }


async def _answers(environment: dict[str, str], target: str, *users: str) -> list[str]:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLIENT, target, *users), env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, wrong = await asyncio.wait_for(program.communicate(), 60)
    assert program.returncode == 0, out.decode() + wrong.decode()[-600:]
    return out.decode().split()


@pytest.mark.rule("XD-14")
async def test_a_program_without_a_proxy_calls_a_service_by_its_full_name(mesh: tuple[Pusher, dict[str, str]]) -> None:
    _, environment = mesh
    found = await _answers(environment, "xds:///echo.default.svc.cluster.local:7070", *["anybody"] * 6)
    assert set(found) == {"v1", "v2"}


@pytest.mark.rule("XD-14")
async def test_the_rules_of_a_virtual_service_hold_without_a_proxy_too(mesh: tuple[Pusher, dict[str, str]]) -> None:
    pusher, environment = mesh
    await pusher.write((each.ref, each) for each in offline.read(ROUTE)[0])
    assert await _answers(environment, "xds:///echo:7070", "jason", "anybody", "jason", "anybody") == ["v2", "v1", "v2", "v1"]
    assert not [state for states in pusher.states.streams.values() for state in states.values() if state.refusal is not None]
    assert inputs.names(pusher.g, "VirtualService", "default") == ("echo",)
