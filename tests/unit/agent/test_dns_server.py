"""The DNS proxy on real sockets of the loopback, with a resolver behind it."""

import asyncio
import socket

import msgspec
import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from lateen.agent.discovery import HOST, DeltaResponse, Resource
from lateen.agent.dns_server import DnsServer, Resolvers, resolvers
from lateen.agent.namespaces import bound
from lateen.agent.on_demand import OnDemand


class Upstream(asyncio.DatagramProtocol):
    """A resolver that knows every name as 192.0.2.1."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, query: bytes, client: tuple[str, int]) -> None:
        asked = DNSRecord.parse(query)
        reply = asked.reply()
        reply.add_answer(RR(asked.q.qname, QTYPE.A, rdata=A("192.0.2.1")))
        self.transport.sendto(reply.pack(), client)


async def upstream() -> tuple[asyncio.DatagramTransport, tuple[str, int]]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Upstream, local_addr=("127.0.0.1", 0))
    return transport, transport.get_extra_info("sockname")


def connected(name: str, host: str | None) -> OnDemand:
    """A subscription whose control plane has said what one name stands for, and never says more."""
    on_demand = OnDemand()
    on_demand.attach([].append)
    value = msgspec.json.encode({"host": host, "addresses": ["240.240.0.1"] if host else [], "ttl": 30})
    on_demand.receive(DeltaResponse(HOST, "1", (Resource(name, "1", value),)))
    return on_demand


def addresses(reply: bytes) -> list[str]:
    return [str(record.rdata) for record in DNSRecord.parse(reply).rr]


def ask(name: str) -> bytes:
    return bytes(DNSRecord.question(name).pack())


@pytest.mark.rule("AG-5")
async def test_a_host_of_the_mesh_is_answered_by_udp_and_by_tcp() -> None:
    server = DnsServer(Resolvers())
    udp, tcp = bound("127.0.0.1", 0, "udp"), bound("127.0.0.1", 0, "tcp")
    async with server.serving(udp, tcp, connected("reviews", "reviews.default.svc.cluster.local")):
        with socket.socket(type=socket.SOCK_DGRAM) as app:
            app.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_sendto(app, ask("reviews"), udp.getsockname())
            assert addresses(await asyncio.wait_for(loop.sock_recv(app, 512), 10)) == ["240.240.0.1"]
        reader, writer = await asyncio.open_connection(*tcp.getsockname())
        for _ in range(2):
            writer.write(len(ask("reviews")).to_bytes(2, "big") + ask("reviews"))
            size = int.from_bytes(await reader.readexactly(2), "big")
            assert addresses(await reader.readexactly(size)) == ["240.240.0.1"]
        writer.close()
    await server.close()


@pytest.mark.rule("AG-5")
async def test_a_name_that_is_no_host_of_the_mesh_goes_to_the_resolvers_in_order() -> None:
    transport, address = await upstream()
    silent = bound("127.0.0.1", 0, "udp")
    port = silent.getsockname()[1]
    silent.close()
    server = DnsServer(Resolvers((("127.0.0.1", port), address)))
    assert addresses(await server.answer(ask("example.com"), connected("example.com", None))) == ["192.0.2.1"]
    transport.close()


@pytest.mark.rule("AG-5")
async def test_when_all_resolvers_fail_the_answer_is_a_server_failure() -> None:
    server = DnsServer(Resolvers())
    assert DNSRecord.parse(await server.answer(ask("example.com"), connected("example.com", None))).header.rcode == 2


@pytest.mark.rule("AG-5")
async def test_while_the_control_plane_has_not_spoken_names_of_the_mesh_fail_and_others_go_upstream() -> None:
    transport, address = await upstream()
    server, away = DnsServer(Resolvers((address,)), answer_within=0), OnDemand()
    for name in ("reviews", "reviews.default.svc.cluster.local"):
        assert DNSRecord.parse(await server.answer(ask(name), away)).header.rcode == 2
    assert addresses(await server.answer(ask("example.com"), away)) == ["192.0.2.1"]
    transport.close()


@pytest.mark.rule("AG-5")
async def test_a_name_that_a_search_domain_expanded_is_asked_for_without_it() -> None:
    server = DnsServer(Resolvers((), ("corp.example",)), answer_within=0.01)
    reply = await server.answer(ask("reviews.corp.example"), connected("reviews", "reviews.default.svc.cluster.local"))
    assert addresses(reply) == ["reviews.", "240.240.0.1"]


def test_resolv_conf_is_read_as_resolvers_read_it() -> None:
    text = "# local\nnameserver 10.0.0.2\nsearch old.example\nnameserver fe80::1%eth0 ; link\nsearch Corp.Example. svc.example .\noptions ndots:5\n"
    assert resolvers(text) == Resolvers((("10.0.0.2", 53), ("fe80::1", 53)), ("corp.example", "svc.example"))
