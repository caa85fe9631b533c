"""What explicit mode offers an app: tunnels through the HTTP proxy; and gateways that share a host with others."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from lateen.agent.workload import Port, Workload
from stage.joined import Joined, joined

pytestmark = pytest.mark.envoy

CLIENT = Workload("client", "", command=("sleep", "600"))
EDGE = Workload("edge", "", kind="gateway", labels=(("istio", "edge"),), ports=(Port(80),))
WORLD = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: vault}
spec:
  hosts: [vault.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports:
  - {number: 443, name: tls, protocol: TLS, targetPort: PORT}
  - {number: 80, name: http, protocol: HTTP, targetPort: PORT}
  endpoints: [{address: 127.0.20.1}]
"""
REGISTRY_ONLY = """
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec: {outboundTrafficPolicy: {mode: REGISTRY_ONLY}}
"""
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge}
spec: {selector: {istio: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge}
spec: {hosts: ["*"], gateways: [edge], http: [{directResponse: {status: 418}}]}
"""


@contextlib.asynccontextmanager
async def echo() -> AsyncIterator[int]:
    """A server of bytes on every loopback address, which says where it was reached and then each line again."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(writer.get_extra_info("sockname")[0].encode() + b"\n")
        while line := await reader.readline():
            writer.write(b"again: " + line)
        writer.close()

    async with await asyncio.start_server(answer, "0.0.0.0", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def tunnel(mesh: Joined, target: str) -> tuple[str, str]:
    """Ask the sidecar for a tunnel and say a line through it: the status, and all that comes back."""
    ports = mesh.workloads["client"].proxy
    reader, writer = await asyncio.open_connection(ports.address, ports.http_proxy)
    with contextlib.closing(writer):
        writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        status = head.split()[1].decode()
        if status != "200":
            said = re.search(rb"content-length: (\d+)", head)
            return status, (await reader.readexactly(int(said.group(1)))).decode() if said else ""
        first = await asyncio.wait_for(reader.readline(), 10)
        writer.write(b"not HTTP\n")
        return status, (first + await asyncio.wait_for(reader.readline(), 10)).decode()


async def test_an_app_reaches_a_service_of_bytes_and_a_place_outside_by_tunnels_through_the_http_proxy() -> None:
    async with echo() as port, joined([CLIENT]) as mesh:
        await mesh.apply(WORLD.replace("PORT", str(port)))
        assert await tunnel(mesh, "vault.example:443") == ("200", "127.0.20.1\nagain: not HTTP\n")
        assert await tunnel(mesh, f"127.0.30.1:{port}") == ("200", "127.0.30.1\nagain: not HTTP\n")
        why = "This port speaks HTTP: ask the proxy for http://HOST:PORT/PATH, without a tunnel.\n"
        assert await tunnel(mesh, "vault.example:80") == ("405", why)


async def test_a_tunnel_to_a_place_that_the_mesh_does_not_know_is_refused_where_only_known_ones_are_allowed() -> None:
    async with echo() as port, joined([CLIENT]) as mesh:
        await mesh.apply(WORLD.replace("PORT", str(port)) + REGISTRY_ONLY)
        assert await tunnel(mesh, "vault.example:443") == ("200", "127.0.20.1\nagain: not HTTP\n")
        assert await tunnel(mesh, f"127.0.30.1:{port}") == ("502", "")


async def test_a_gateway_in_explicit_mode_listens_at_its_own_address_and_on_a_port_that_needs_no_rights() -> None:
    async with joined([EDGE]) as mesh:
        await mesh.apply(GATEWAY)
        edge = mesh.workloads["edge"]
        assert edge.explicit is not None
        bind = dict(edge.explicit.inbound)[80]
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"http://{edge.address}:{bind}/")).status_code == 418
            with pytest.raises(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{bind}/")
