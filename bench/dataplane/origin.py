"""The app behind the measured sidecar: answers every GET on a port with 1 kB, from one thread. `python -m bench.dataplane.origin PORT`."""

from __future__ import annotations

import gc
import select
import socket
import sys
from typing import Final

BODY: Final = b"x" * 1024
_ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1024\r\n\r\n" + BODY
_END: Final = b"\r\n\r\n"


def serve(port: int) -> None:
    """Answer until killed."""
    gc.disable()
    listening = socket.create_server(("0.0.0.0", port), backlog=512)
    poll = select.epoll()
    poll.register(listening, select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    while True:
        for number, _ in poll.poll():
            if number == listening.fileno():
                connection, _address = listening.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
            elif not _answered(connections[number]):
                poll.unregister(number)
                connections.pop(number).close()


def _answered(connection: socket.socket) -> bool:
    try:
        received = connection.recv(1 << 16)
        while received and not received.endswith(_END):
            received += connection.recv(1 << 16)
        if received:
            connection.sendall(_ANSWER * received.count(_END))
    except OSError:
        return False
    return bool(received)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
