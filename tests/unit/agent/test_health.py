"""Asking an app whether it is well."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest

from lateen.agent import health
from lateen.agent.app_calls import Place
from lateen.agent.workload import HealthCheck
from lateen.values.envoy_resource import length_delimited
from tests.given.running import free_port

HERE = Place("127.0.0.1")
SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


@contextlib.asynccontextmanager
async def answering(reply: bytes, heard: list[bytes]) -> AsyncIterator[int]:
    """A server that says the same to each request."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply)
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@contextlib.asynccontextmanager
async def grpc_health(states: dict[bytes, bytes]) -> AsyncIterator[int]:
    """gRPC's protocol of health over raw bytes, by service as a request names it."""

    async def check(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        if request not in states:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return states[request]

    server = grpc.aio.server()
    handler = grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)})
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(0)


@pytest.mark.rule("WE-2")
async def test_an_http_answer_below_400_is_well_and_the_headers_are_sent() -> None:
    heard: list[bytes] = []
    async with answering(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", heard) as port:
        check = HealthCheck(port=port, http_path="/ready", headers=(("host", "shop"), ("x-asked-by", "mesh")))
        assert await health.probe(check, HERE) == ""
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "GET /ready HTTP/1.1"
    assert {"Host: shop", "X-Asked-By: mesh", "User-Agent: lateen-probe"} <= set(lines)
    assert not [line for line in lines if line.startswith("Host: 127")]


@pytest.mark.rule("WE-2")
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", "answered 503"),
        (b"SSH-2.0-x\r\n", "was not answered in HTTP"),
        (b"", "was not answered in HTTP"),
    ],
)
async def test_what_else_is_answered_is_told_as_the_reason(reply: bytes, expected: str) -> None:
    async with answering(reply, []) as port:
        assert await health.probe(HealthCheck(port=port, http_path="/"), HERE) == f"GET / on port {port} {expected}"


@pytest.mark.rule("WE-2")
async def test_grpc_services_are_well_while_they_say_that_they_serve() -> None:
    states = {b"": SERVING, length_delimited(1, b"shop"): NOT_SERVING}
    async with grpc_health(states) as port:
        what = f"gRPC's health check on port {port}"
        assert await health.probe(HealthCheck(port=port, grpc="", timeout=10.0), HERE) == ""
        assert await health.probe(HealthCheck(port=port, grpc="shop", timeout=10.0), HERE) == f"{what} was answered, but not with SERVING"
        assert await health.probe(HealthCheck(port=port, grpc="other", timeout=10.0), HERE) == f"{what} was answered NOT_FOUND"


@pytest.mark.rule("WE-2")
async def test_nobody_listening_is_no_health() -> None:
    port = free_port()
    assert (await health.probe(HealthCheck(port=port, tcp=True), HERE)).startswith(f"a connection to port {port} was not possible")
    assert await health.probe(HealthCheck(port=port, grpc="", timeout=10.0), HERE) == f"gRPC's health check on port {port} was answered UNAVAILABLE"


@pytest.mark.rule("WE-2")
async def test_a_command_is_well_when_it_ends_with_0() -> None:
    assert await health.probe(HealthCheck(command=("true",)), HERE) == ""
    assert await health.probe(HealthCheck(command=("sh", "-c", "exit 4")), HERE) == "`sh -c exit 4` exited with code 4"
    assert await health.probe(HealthCheck(command=("sleep", "60"), timeout=0.05), HERE) == "`sleep 60` took longer than 0.05 s"


async def test_the_place_to_ask_may_be_another_than_the_app() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []) as port:
        assert await health.probe(HealthCheck(port=port, http_path="/", host="127.0.0.1"), Place("127.0.0.2")) == ""


@pytest.mark.rule("WE-2")
async def test_an_app_is_well_after_as_many_successes_as_are_wanted() -> None:
    said: list[str] = []
    heard: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", heard) as port:
        check = HealthCheck(port=port, http_path="/", period=0.01, successes=3)

        def say(reason: str) -> None:
            said.append(f"{reason}after {len(heard)}")

        watching = asyncio.create_task(health.watch(check, HERE, say))
        async with asyncio.timeout(60):
            while not said:
                await asyncio.sleep(0.005)
        watching.cancel()
    assert said[0] == "after 3"


@pytest.mark.parametrize("turns", range(12))
async def test_nobody_is_asked_any_more_once_that_is_over_also_when_an_answer_comes_at_that_moment(turns: int) -> None:
    heard: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", heard) as port:
        watching = asyncio.create_task(health.watch(HealthCheck(port=port, http_path="/", period=0.01, timeout=60.0), HERE, lambda _: None))
        while not heard:
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        watching.cancel()
        ended, _ = await asyncio.wait([watching], timeout=60)
        assert ended == {watching}
