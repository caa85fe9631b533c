"""The DNS proxy's sockets: one server for all workloads of the host; the socket on which a query comes tells whose it is (AG-5).

`dns` decides what is answered. Here a query waits, for a bounded time, until the control plane has said what the name stands for and
Envoy has what it needs; all else is passed to the upstream resolvers of resolv.conf, in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

import msgspec

from lateen.agent import dns
from lateen.agent.on_demand import OnDemand

RESOLV_CONF = Path("/etc/resolv.conf")
ANSWER_WITHIN = 3.0
_UPSTREAM_TIMEOUT = 2.0
_IN_FLIGHT = 256

Address = tuple[str, int]
Answering = Callable[[bytes, str], Awaitable[bytes]]


class Resolvers(msgspec.Struct, frozen=True):
    """Upstream resolvers in order, the search domains, and the domain in which names that nobody knows are not passed on."""

    servers: tuple[Address, ...] = ()
    search: tuple[str, ...] = ()


def resolvers(text: str) -> Resolvers:
    """What a resolv.conf says; the last `search` or `domain` line counts."""
    servers: list[Address] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        match words:
            case ["nameserver", address, *_]:
                servers.append((address.split("%")[0], 53))
            case ["search" | "domain", *domains]:
                search = tuple(domain.rstrip(".").lower() for domain in domains if domain != ".")
            case _:
                continue
    return Resolvers(tuple(servers), search)


def system_resolvers(path: Path = RESOLV_CONF) -> Resolvers:
    """The host's own resolv.conf; none when there is no such file."""
    try:
        return resolvers(path.read_text())
    except OSError:
        return Resolvers()


class DnsServer:
    """Answers on sockets that are handed in. Must be closed."""

    def __init__(self, upstream: Resolvers, domain: str = "cluster.local", answer_within: float = ANSWER_WITHIN) -> None:
        self._upstream = upstream
        self._suffix = f".{domain}"
        self._answer_within = answer_within
        self._tasks: set[asyncio.Task[None]] = set()

    def serving(self, udp: socket.socket, tcp: socket.socket, hosts: OnDemand) -> AbstractAsyncContextManager[None]:
        """Answer one workload's app on these bound sockets for as long as the block runs; then they are closed."""

        async def answering(query: bytes, transport: str) -> bytes:
            return await self.answer(query, hosts, transport)

        return self._listening(udp, tcp, answering)

    def forwarding(self, udp: socket.socket, tcp: socket.socket) -> AbstractAsyncContextManager[None]:
        """Pass everything on: for Envoy's own questions, whose answers must not be virtual addresses."""
        return self._listening(udp, tcp, self._forwarded)

    async def close(self) -> None:
        """End what is in flight."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def answer(self, query: bytes, hosts: OnDemand, transport: str = "udp") -> bytes:
        """The reply to a query of the app whose names `hosts` holds."""
        asked = dns.question(query)
        if asked is None:
            return dns.servfail(query)
        if asked.is_for_addresses:
            for name in dns.candidates(asked.name, self._upstream.search):
                known = await hosts.host(name, self._answer_within)
                if known is not None and known.host is not None:
                    break
            reply = dns.answer(query, hosts.known, self._upstream.search, _shuffled)
            if reply is not None:
                return reply
            if self._is_of_mesh(asked.name) and hosts.known(asked.name) is None:
                return dns.servfail(query)  # The control plane has not said that there is no such host.
        return await self._forwarded(query, transport)

    def _is_of_mesh(self, name: str) -> bool:
        return name.endswith(self._suffix) or "." not in name

    async def _forwarded(self, query: bytes, transport: str) -> bytes:
        exchange = _by_tcp if transport == "tcp" else _by_udp
        for server in self._upstream.servers:
            with contextlib.suppress(OSError, asyncio.TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(_UPSTREAM_TIMEOUT):
                    return await exchange(query, server)
        return dns.servfail(query)

    @contextlib.asynccontextmanager
    async def _listening(self, udp: socket.socket, tcp: socket.socket, answering: Answering) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Udp(answering, self._tasks), sock=udp)
        server = await asyncio.start_server(_tcp_session(answering), sock=tcp)
        try:
            yield
        finally:
            transport.close()
            server.close()


class _Udp(asyncio.DatagramProtocol):
    """Queries by UDP; beyond a bound of queries in flight, more are dropped, as a resolver may."""

    def __init__(self, answering: Answering, tasks: set[asyncio.Task[None]]) -> None:
        self._answering = answering
        self._tasks = tasks
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, query: bytes, client: Address) -> None:
        if len(self._tasks) >= _IN_FLIGHT:
            return
        task = asyncio.get_running_loop().create_task(self._reply(query, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, query: bytes, client: Address) -> None:
        reply = dns.truncated(await self._answering(query, "udp"), query)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(reply, client)


def _tcp_session(answering: Answering) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                query = await _framed(reader)
                reply = await answering(query, "tcp")
                writer.write(len(reply).to_bytes(2, "big") + reply)
                await writer.drain()
        writer.close()

    return session


async def _framed(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))


async def _by_tcp(query: bytes, server: Address) -> bytes:
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        return await _framed(reader)
    finally:
        writer.close()


async def _by_udp(query: bytes, server: Address) -> bytes:
    """A socket of its own for each query: a fresh source port, and only that server may answer."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        await loop.sock_connect(sock, server)
        await loop.sock_sendall(sock, query)
        while True:
            reply = await loop.sock_recv(sock, 65535)
            if reply[:2] == query[:2]:
                return reply


def _shuffled(addresses: Sequence[str]) -> Sequence[str]:
    return random.sample(addresses, len(addresses))
