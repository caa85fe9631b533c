"""Looking at the first bytes of a connection without taking them, and the PROXY protocol in front of them. Part of `actor`."""

from __future__ import annotations

import socket
import time

_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def peeked(connection: socket.socket, count: int) -> bytes:
    """The first `count` bytes, left where they are; fewer when there are no more."""
    before = -1
    while True:
        found = connection.recv(count, socket.MSG_PEEK)
        if len(found) >= count or not found:
            return found
        if len(found) == before:
            time.sleep(0.002)
        before = len(found)


def proxy_protocol(connection: socket.socket) -> str | None:
    """Take a PROXY header, version 1 or 2, from the connection; what it says, or None."""
    first = peeked(connection, 1)
    if first == b"P" and peeked(connection, 6) == b"PROXY ":
        line = b""
        while not line.endswith(b"\r\n"):
            line += connection.recv(1)
        return line.decode().strip()
    if first == b"\r" and peeked(connection, 12) == _SIGNATURE:
        return _second_version(connection)
    return None


def _second_version(connection: socket.socket) -> str:
    head = _exactly(connection, 16)
    body = _exactly(connection, int.from_bytes(head[14:16], "big"))
    size = {0x11: 4, 0x21: 16}.get(head[13], 0)
    if not size:
        return "PROXY2 LOCAL"
    family = socket.AF_INET if size == 4 else socket.AF_INET6
    source, target = (socket.inet_ntop(family, body[at : at + size]) for at in (0, size))
    ports = [int.from_bytes(body[2 * size + at : 2 * size + at + 2], "big") for at in (0, 2)]
    return f"PROXY2 {source} {target} {ports[0]} {ports[1]}"


def _exactly(connection: socket.socket, count: int) -> bytes:
    return connection.recv(count, socket.MSG_WAITALL)
