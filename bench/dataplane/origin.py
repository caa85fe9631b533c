"""The app behind the measured proxy: answers every GET on a port with 1 kB, from one thread.

`python -m bench.dataplane.origin PORT [SECONDS]`; each answer takes so long.
"""

from __future__ import annotations

import gc
import select
import socket
import sys
import time
from collections import deque
from typing import Final

BODY: Final = b"x" * 1024
_ANSWER: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1024\r\n\r\n" + BODY
_END: Final = b"\r\n\r\n"


class Origin:
    """The server; `delay` in seconds."""

    def __init__(self, port: int, delay: float = 0.0) -> None:
        self._delay = delay
        self._listening = socket.create_server(("0.0.0.0", port), backlog=512)
        self._poll = select.epoll()
        self._poll.register(self._listening, select.EPOLLIN)
        self._connections: dict[int, socket.socket] = {}
        self._owed: deque[tuple[float, socket.socket, int]] = deque()

    def serve(self) -> None:
        """Answer until killed."""
        gc.disable()
        while True:
            for number, _ in self._poll.poll(self._patience()):
                if number == self._listening.fileno():
                    self._accept()
                elif not self._take(self._connections[number]):
                    self._poll.unregister(number)
                    self._connections.pop(number).close()
            self._pay()

    def _accept(self) -> None:
        connection, _address = self._listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._poll.register(connection, select.EPOLLIN)

    def _take(self, connection: socket.socket) -> bool:
        """Read what has come; tells whether the other end is still there."""
        try:
            received = more = connection.recv(1 << 16)
            while more and not received.endswith(_END):
                more = connection.recv(1 << 16)
                received += more
        except OSError:
            return False
        if more:
            self._owed.append((time.monotonic() + self._delay, connection, received.count(_END)))
        return bool(more)

    def _patience(self) -> float:
        return max(0.0, self._owed[0][0] - time.monotonic()) if self._owed else -1

    def _pay(self) -> None:
        """Send the answers that are due. Whoever has left meanwhile is noticed when it is read from."""
        while self._owed and self._owed[0][0] <= time.monotonic():
            _, connection, count = self._owed.popleft()
            try:
                connection.sendall(_ANSWER * count)
            except OSError:
                continue


if __name__ == "__main__":
    Origin(int(sys.argv[1]), float((*sys.argv, "0")[2])).serve()
