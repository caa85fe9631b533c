"""The daemon's event loop: what gRPC has done is heard of at once."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import grpc

from lateen.control.loop import Loop, _Together


class PollerCompletionQueue:
    """gRPC's, as far as its reader goes: one byte for each call."""

    def __init__(self, ring: socket.socket) -> None:
        self.ring = ring
        self.taken: list[bytes] = []

    def read(self) -> None:
        self.taken.append(self.ring.recv(1))


class Other(PollerCompletionQueue):
    """Somebody else's reader."""


def run(act: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    with asyncio.Runner(loop_factory=Loop) as runner:
        return runner.run(act())


async def rung(kind: type[PollerCompletionQueue], rings: int) -> list[bytes]:
    """What a reader of this kind takes when so many bytes are there before it is called, until nothing is left."""
    ring, bell = socket.socketpair()
    ring.setblocking(False)
    reader = kind(ring)
    bell.send(bytes(range(rings)))
    loop = asyncio.get_running_loop()
    loop.add_reader(ring, reader.read)
    for _ in range(2 * rings):  # Each time the loop asks once what can be read.
        await asyncio.sleep(0)
    loop.remove_reader(ring)
    ring.close()
    bell.close()
    return reader.taken


def test_the_reader_of_completions_is_called_once_for_all_the_bytes_that_are_there() -> None:
    assert run(lambda: rung(PollerCompletionQueue, 5)) == [b"\4"]


def test_the_reader_of_completions_is_called_for_a_single_byte() -> None:
    assert run(lambda: rung(PollerCompletionQueue, 1)) == [b"\0"]


def test_another_reader_is_called_for_each_byte_that_it_takes() -> None:
    assert run(lambda: rung(Other, 3)) == [b"\0", b"\1", b"\2"]


class Echo(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        async def echo(request: bytes, _context: Any) -> bytes:
            return request

        return grpc.unary_unary_rpc_method_handler(echo)


def test_grpcs_reader_is_known_and_many_calls_at_once_are_all_answered() -> None:
    async def act() -> tuple[int, list[bytes]]:
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((Echo(),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary("/echo/echo", None, None)
            answers = await asyncio.gather(*[call(b"%d" % number) for number in range(300)])
        readers = [key.data[0]._callback for key in asyncio.get_running_loop()._selector.get_map().values()]  # type: ignore[attr-defined]
        await server.stop(None)
        return sum(isinstance(each, _Together) for each in readers), answers

    known, answers = run(act)
    assert known == 1
    assert answers == [b"%d" % number for number in range(300)]
