"""Calls to an app from inside its own network namespace: a connection, a GET, a question in gRPC's own protocol of health.

From there a call does not pass the sidecar, which would refuse what is not mutual TLS. All of them raise `OSError` or `AppError` when there is no
answer; how long to wait is the caller's affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import h11
import msgspec

from lateen.agent import discovery
from lateen.agent.namespaces import within
from lateen.agent.workload import Scrape
from lateen.values.envoy_resource import length_delimited

LARGEST = 16 << 20
"""Bytes of a body that are read, at most."""
SCRAPED_WITHIN = 5.0
"""Seconds that an app may take to show its metrics."""
_HEALTH = "/grpc.health.v1.Health/Check"
_SERVING = b"\x01"
_READ = 1 << 16
_numbers = itertools.count()


class AppError(Exception):
    """The app answered in a way that cannot be understood; the words read on after what was asked."""


class Place(msgspec.Struct, frozen=True):
    """Where an app is: its address, and its network namespace (None: the agent's own)."""

    address: str
    namespace: Path | None = None


class Answer(msgspec.Struct, frozen=True):
    """An answer over HTTP."""

    status: int
    body: bytes


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connected(place: Place, port: int, tls: ssl.SSLContext | None = None) -> Connection:
    """A connection. A socket belongs to the namespace in which it was opened, wherever it is used."""
    sock = socket.socket() if place.namespace is None else within(place.namespace, socket.socket)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (place.address, port))
    except BaseException:
        sock.close()
        raise
    return await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=place.address if tls is not None else None)


async def get(place: Place, port: int, path: str, headers: Mapping[str, str], tls: bool = False) -> Answer:
    """GET a path. As a kubelet does, it takes any certificate."""
    reader, writer = await connected(place, port, _any_certificate() if tls else None)
    usual = {"Host": f"{place.address}:{port}", "Connection": "close"}
    shown = {**{name.title(): value for name, value in usual.items()}, **{name.title(): value for name, value in headers.items()}}
    client = h11.Connection(h11.CLIENT)
    try:
        writer.write(client.send(h11.Request(method="GET", target=path, headers=list(shown.items()))) or b"")
        writer.write(client.send(h11.EndOfMessage()) or b"")
        return await _answer(client, reader)
    except h11.ProtocolError as error:
        raise AppError("was not answered in HTTP") from error
    finally:
        writer.close()


async def metrics(place: Place, where: Scrape) -> str:
    """The metrics that the app shows, in Prometheus' text. Raises `TimeoutError` as well."""
    async with asyncio.timeout(SCRAPED_WITHIN):
        answer = await get(place, where.port, where.path, {"Accept": "text/plain;version=0.0.4"}, where.tls)
    if answer.status != 200:
        raise AppError(f"GET {where.path} on port {where.port} answered {answer.status}")
    return answer.body.decode(errors="replace")


async def _answer(client: h11.Connection, reader: asyncio.StreamReader) -> Answer:
    status, body = 0, bytearray()
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(await reader.read(_READ))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST:
                raise AppError(f"was answered with more than {LARGEST} bytes")
        elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
            return Answer(status, bytes(body))


def _any_certificate() -> ssl.SSLContext:
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


async def grpc_is_serving(place: Place, port: int, service: str) -> bool:
    """Whether the app says of a service that it is serving (https://github.com/grpc/grpc/blob/master/doc/health-checking.md)."""
    async with _relayed(place, port) as target, grpc.aio.insecure_channel(target, options=_ALONE) as channel:
        request = length_delimited(1, service.encode()) if service else b""
        try:
            reply = await _asked(channel, request)
        except grpc.aio.AioRpcError as error:
            raise AppError(f"was answered {error.code().name}") from error
        return dict(discovery.fields(reply)).get(1) == _SERVING


async def _asked(channel: Any, request: bytes) -> bytes:
    reply: bytes = await channel.unary_unary(_HEALTH)(request)
    return reply


_ALONE = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))


@contextlib.asynccontextmanager
async def _relayed(place: Place, port: int) -> AsyncIterator[str]:
    """gRPC opens its sockets by itself, in the agent's namespace: it is given one there that leads to the app."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await connected(place, port)
            await asyncio.gather(_copied(reader, back), _copied(there, writer))
        writer.close()

    name = f"lateen-probe-{os.getpid()}-{next(_numbers)}"
    server = await asyncio.start_unix_server(relay, f"\0{name}")
    try:
        yield f"unix-abstract:{name}"
    finally:
        server.close()


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await source.read(_READ):
            sink.write(block)
            await sink.drain()
    sink.close()
