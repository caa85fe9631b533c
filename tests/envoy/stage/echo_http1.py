"""The echo over HTTP/1.0 and 1.1, keep-alive, chunked bodies, and WebSocket upgrades. Part of `actor`."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
from http import HTTPStatus

from stage.arrivals import Arrivals, Json

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_WITHOUT_BODY = frozenset({204, 304})
PATIENCE = 1.0
"""Seconds for which the rest of a body of unknown length is waited for."""


class _Requests:
    """Reads from a connection of which the first bytes are known already."""

    def __init__(self, connection: socket.socket, first: bytes) -> None:
        self._connection = connection
        self._buffer = first

    def line(self) -> bytes:
        while b"\n" not in self._buffer:
            if not self._more():
                raise EOFError
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not self._more():
                raise EOFError
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def patient(self, seconds: float | None) -> None:
        """For how long what comes next is waited for; None for as long as it takes."""
        self._connection.settimeout(seconds)

    def some(self) -> bytes:
        found, self._buffer = self._buffer, b""
        return found or self._connection.recv(65536)

    def _more(self) -> bool:
        more = self._connection.recv(65536)
        self._buffer += more
        return bool(more)


def serve(connection: socket.socket, reached: Json, first: bytes, arrivals: Arrivals) -> None:
    """Answer requests until the client leaves or a behaviour ends the connection."""
    requests = _Requests(connection, first)
    while True:
        arrival = {**reached, **_request(requests)}
        headers = dict(arrival["headers"])
        if headers.get("upgrade", "").lower() == "websocket":
            _upgraded(connection, requests, arrival, arrivals)
            return
        behaviour = arrivals.add(arrival)
        arrivals.wait(behaviour)
        if behaviour.get("reset"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if behaviour.get("close"):
            return
        connection.sendall(_response(arrival, behaviour))
        if arrival["protocol"] == "http/1.0" or headers.get("connection", "").lower() == "close":
            return


def _request(requests: _Requests) -> Json:
    method, path, version = requests.line().decode("latin-1").split(" ", 2)
    headers: list[tuple[str, str]] = []
    while line := requests.line().decode("latin-1"):
        name, _, value = line.partition(":")
        headers.append((name.strip().lower(), value.strip()))
    known = dict(headers)
    return {
        "protocol": version.lower(),
        "method": method,
        "path": path,
        "host": known.get("host", ""),
        "headers": headers,
        "body": _body(requests, known).decode("latin-1"),
    }


def _body(requests: _Requests, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return requests.exactly(int(headers.get("content-length", 0)))
    body = b""
    requests.patient(PATIENCE)
    try:
        while size := int(requests.line().split(b";")[0], 16):
            body += requests.exactly(size)
            requests.line()
        while requests.line():
            pass
    except TimeoutError:  # Whoever tunnels waits for an answer before it sends anything: what came is worth telling.
        return body
    finally:
        requests.patient(None)
    return body


def _response(arrival: Json, behaviour: Json) -> bytes:
    status = behaviour.get("status", 200)
    body = b"" if status in _WITHOUT_BODY else json.dumps(arrival).encode()
    headers = {"content-type": "application/json", **behaviour.get("headers", {})}
    if status not in _WITHOUT_BODY:
        headers["content-length"] = str(len(body))
    reason = HTTPStatus(status).phrase if status in iter(HTTPStatus) else "Unknown"
    head = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*head, "", ""]).encode() + (b"" if arrival["method"] == "HEAD" else body)


def _upgraded(connection: socket.socket, requests: _Requests, arrival: Json, arrivals: Arrivals) -> None:
    """Answer 101, then one text frame with the arrival; afterwards bytes go back as they come."""
    arrival["protocol"] = "websocket"
    arrivals.add(arrival)
    key = dict(arrival["headers"]).get("sec-websocket-key", "")
    accepted = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
    head = f"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: {accepted}\r\n\r\n"
    text = json.dumps(arrival).encode()
    connection.sendall(head.encode() + b"\x81" + (b"\x7e" + struct.pack(">H", len(text)) if len(text) > 125 else bytes([len(text)])) + text)
    while received := requests.some():
        connection.sendall(received)
