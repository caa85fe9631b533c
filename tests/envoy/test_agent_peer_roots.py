"""`caCertificates` of MeshConfig with a real agent and a real Envoy: who has a certificate of another authority is let in, as long as they say so."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lateen.agent.workload import Port, Workload
from lateen.identity import ca, csr
from lateen.values.spiffe import Identity
from stage.joined import Calls, Joined, joined
from test_agent_roots import SERVING, STRICT

pytestmark = [pytest.mark.envoy, pytest.mark.rule("CA-4")]

CLIENT = Workload("client", "", command=("sleep", "600"), service_account="client")
SERVER = Workload(
    "server", "", command=(sys.executable, "-c", SERVING), service_account="server", labels=(("app", "server"),), ports=(Port(8000, "http", "HTTP"),)
)
ROOT = ca.new_root("partner", datetime.now(UTC))
PARTNER = ca.new_intermediate(ROOT, datetime.now(UTC))
PEM = ROOT.certificate.public_bytes(Encoding.PEM).decode()
THEIRS = Identity("partner.example", "shop", "web")
FORGED = Identity("cluster.local", "default", "client")


def mesh_config(*trusted: object) -> str:
    settings = {"trustDomainAliases": ["partner.example"], "caCertificates": trusted}
    data = json.dumps({"mesh": json.dumps(settings)})
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata: {data}\n"


class Peer:
    """Calls the server with a certificate of the partner's authority, on a new connection each time."""

    def __init__(self, mesh: Joined, folder: Path) -> None:
        self._explicit = mesh.workloads["server"].explicit
        self._address = mesh.workloads["server"].address
        self._folder = folder

    async def is_let_in(self, name: Identity) -> bool:
        file, key = self._folder / "peer.pem", csr.new_key()
        chain = ca.issue(PARTNER, name, key.public_key(), timedelta(hours=1), datetime.now(UTC))
        file.write_text("".join((*chain[:-1], csr.key_pem(key))))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(file)
        assert self._explicit is not None
        try:
            reader, writer = await asyncio.open_connection(self._address, self._explicit.inbound[0][1], ssl=context)
            writer.write(b"GET / HTTP/1.1\r\nhost: server.example\r\nconnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
        except (ssl.SSLError, ConnectionError):
            return False
        return answer.startswith(b"HTTP/1.1 200")


async def test_who_has_a_certificate_of_another_root_is_let_in_as_long_as_the_mesh_says_so(tmp_path: Path) -> None:
    async with joined([CLIENT, SERVER]) as mesh:
        explicit = mesh.workloads["server"].explicit
        assert explicit is not None
        peer = Peer(mesh, tmp_path)
        await mesh.apply(STRICT.replace("ADDRESS", mesh.workloads["server"].address).replace("PORT", str(explicit.inbound[0][1])))
        await mesh.apply(mesh_config())
        async with Calls(mesh, "client", "http://server.example/") as calls:
            assert not await peer.is_let_in(THEIRS)
            await mesh.apply(mesh_config({"pem": PEM}))
            await until(peer, THEIRS, True)
            assert await peer.is_let_in(FORGED)
            await mesh.apply(mesh_config({"pem": PEM, "trustDomains": ["partner.example"]}))
            await until(peer, FORGED, False)
            assert await peer.is_let_in(THEIRS)
            await calls.more(10)
            await mesh.apply(mesh_config())
            await until(peer, THEIRS, False)
            await calls.more(10)


async def until(peer: Peer, name: Identity, let_in: bool) -> None:
    """An Envoy says nothing of when it has taken up a secret."""
    found = not let_in

    async def ask() -> None:
        nonlocal found
        while found != let_in:
            found = await peer.is_let_in(name)

    await asyncio.wait_for(ask(), 10)
