"""The rotation of the mesh's root, with real agents, Envoys and calls over mutual TLS: running agents hear of each step at once."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from lateen.agent.secrets import Certificate
from lateen.agent.workload import Port, Workload
from lateen.identity import material
from stage.joined import Calls, Joined, eventually, joined

pytestmark = pytest.mark.envoy

SERVING = (
    "import http.server as h\n"
    "class Answer(h.BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200); self.send_header('content-length', '0'); self.end_headers()\n"
    "    def log_message(self, *_): pass\n"
    "import os; h.ThreadingHTTPServer((os.environ['LATEEN_ADDRESS'], 8000), Answer).serve_forever()\n"
)
STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: server}
spec: {host: server.example, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: server}
spec:
  hosts: [server.example]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8000}]
  workloadSelector: {labels: {app: server}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: server}
spec: {address: ADDRESS, labels: {app: server}, serviceAccount: server, ports: {http: PORT}}
"""
CLIENT = Workload("client", "", command=("sleep", "600"), service_account="client")
SERVER = Workload(
    "server", "", command=(sys.executable, "-c", SERVING), service_account="server", labels=(("app", "server"),), ports=(Port(8000, "http", "HTTP"),)
)


@contextlib.asynccontextmanager
async def calling(lifetime: float) -> AsyncIterator[tuple[Joined, Calls]]:
    """A client that calls a server over mutual TLS, on a new connection each time."""
    async with joined([CLIENT, SERVER], lifetime) as mesh:
        server = mesh.workloads["server"]
        assert server.explicit is not None
        await mesh.apply(STRICT.replace("ADDRESS", server.address).replace("PORT", str(server.explicit.inbound[0][1])))
        async with Calls(mesh, "client", "http://server.example/") as calls:
            await calls.more(5)
            yield mesh, calls


def held(mesh: Joined) -> list[Certificate]:
    """What each workload proves itself with, as its agent keeps it."""
    files = [mesh.directory / each.key / "certificate.json" for each in mesh.workloads.values()]
    return [msgspec.json.decode(Path(file).read_bytes(), type=Certificate) for file in files]


def trusted(mesh: Joined) -> list[int]:
    """How many roots each workload trusts."""
    return [len(x509.load_pem_x509_certificates(each.roots)) for each in held(mesh)]


def is_signed_now(mesh: Joined, each: Certificate) -> bool:
    """Whether what signs at present has signed it."""
    leaf, authority = x509.load_pem_x509_certificate(each.chain), mesh.plane.certificates.authority().certificate
    try:
        leaf.verify_directly_issued_by(authority)
    except InvalidSignature:
        return False
    return True


@pytest.mark.rule("CA-4")
@pytest.mark.rule("AG-4")
async def test_each_step_of_a_rotation_reaches_running_agents_at_once_and_no_call_fails() -> None:
    async with calling(lifetime=86_400.0) as (mesh, calls):
        assert trusted(mesh) == [1, 1]
        await mesh.call("POST", "/lateen/v1/ca/announce", {})
        await eventually(lambda: trusted(mesh) == [2, 2], lambda: mesh.announced)
        await eventually(lambda: mesh.plane.pusher.behind_on_roots() == ())
        await calls.more(10)
        await mesh.call("POST", "/lateen/v1/ca/switch", {})
        await eventually(lambda: all(is_signed_now(mesh, each) for each in held(mesh)), lambda: mesh.announced)
        await calls.more(10)
        certificates = mesh.plane.certificates
        certificates.adopt(material.settled(certificates.material, datetime.now(UTC) + timedelta(seconds=1), timedelta(0)))
        await eventually(lambda: trusted(mesh) == [1, 1], lambda: mesh.announced)
        await calls.more(10)
        for stream in list(mesh.plane.pusher.server.streams):
            stream.drop("Come again.")
        await eventually(lambda: len(mesh.plane.pusher.server.streams) == 2, lambda: mesh.announced)
        await calls.more(10)
