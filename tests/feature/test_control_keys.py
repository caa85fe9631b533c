"""Keys of tokens that a control plane fetches for the objects that it is given."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lateen.control.plane import ControlPlane
from lateen.translate import keys

KEYS = '{"keys": [{"kid": "1"}]}'


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{KEYS}".encode())
    await writer.drain()
    writer.close()


@pytest.mark.rule("JW-4")
async def test_keys_that_an_object_names_are_fetched_and_reach_the_graph(control_plane: ControlPlane, client: Any) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    async with server:
        await client.apply(f"""
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens}}
spec: {{jwtRules: [{{issuer: somebody, jwksUri: "{uri}"}}]}}
""")
        async with asyncio.timeout(60):
            while keys.jwks(control_plane.pusher.g, uri) != KEYS:
                await asyncio.sleep(0.02)
