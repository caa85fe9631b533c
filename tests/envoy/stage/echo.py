"""The echo: one program that is every app of the stage. It is sent all TCP that reaches its namespace, on whatever address and port, and says in JSON
where and how it was reached. What is spoken is found out by the first bytes: PROXY protocol, TLS, HTTP/1, HTTP/2, else plain bytes.

Part of `actor`. A thread for each connection; ports in `SERVER_FIRST` are greeted before the client says anything.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading

from stage import echo_http1, echo_http2
from stage.arrivals import Arrivals, Json
from stage.certificates import Certificates
from stage.peeking import peeked, proxy_protocol

PORT = 9
SERVER_FIRST = frozenset({25, 3306})
_ORIGINAL = 80
_METHODS = (b"GET ", b"HEAD", b"POST", b"PUT ", b"DELE", b"OPTI", b"PATC", b"CONN", b"TRAC")


class Echo:
    """Listens, once `start` was called, until the process ends."""

    def __init__(self, arrivals: Arrivals, certificates: Certificates) -> None:
        self._arrivals = arrivals
        self._certificates = certificates
        self._open: dict[int, tuple[socket.socket, str, int]] = {}  # by the thread that serves it

    def cut(self, at: str | None, port: int | None) -> None:
        """End the open connections to an address and port; None is any."""
        for connection, address, number in list(self._open.values()):
            if at in (None, address) and port in (None, number):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def start(self) -> None:
        for family in (socket.AF_INET, socket.AF_INET6):
            with contextlib.suppress(OSError):  # a kernel without IPv6
                listener = socket.socket(family)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", PORT))
                listener.listen(512)
                threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, source = listener.accept()
            threading.Thread(target=self._guarded, args=(connection, f"{source[0]}"), daemon=True).start()

    def _guarded(self, connection: socket.socket, source: str) -> None:
        with contextlib.suppress(OSError, EOFError, ValueError):
            try:
                self._serve(connection, source)
            finally:
                self._open.pop(threading.get_ident(), None)
                connection.close()

    def _serve(self, connection: socket.socket, source: str) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        at, port = original(connection)
        self._open[threading.get_ident()] = connection, at, port
        reached: Json = {"at": at, "port": port, "source": source, "tls": None, "proxy": None}
        if port in SERVER_FIRST:
            self._speak(connection, reached, b"")
            return
        reached["proxy"] = proxy_protocol(connection)
        if peeked(connection, 1) == b"\x16":
            connection, reached["tls"] = self._certificates.accept(connection, at)
            self._open[threading.get_ident()] = connection, at, port
            first = connection.recv(65536)
        else:
            first = peeked(connection, 4)
            first = connection.recv(65536) if first else b""
        self._converse(connection, reached, first)

    def _converse(self, connection: socket.socket, reached: Json, first: bytes) -> None:
        while first and len(first) < 4 and (more := connection.recv(65536)):
            first += more
        if first.startswith(b"PRI "):
            echo_http2.serve(connection, reached, first, self._arrivals)
        elif first.startswith(_METHODS):
            echo_http1.serve(connection, reached, first, self._arrivals)
        elif first:
            self._speak(connection, reached, first)

    def _speak(self, connection: socket.socket, reached: Json, first: bytes) -> None:
        """Plain bytes: a line of JSON for what comes first (or as a greeting), and for whatever comes later."""
        received = first
        while True:
            arrival = {**reached, "protocol": "tcp", "received": received.decode("latin-1")}
            behaviour = self._arrivals.add(arrival)
            self._arrivals.wait(behaviour)
            if not answer_or_end(connection, behaviour):
                return
            connection.sendall(json.dumps(arrival).encode() + b"\n")
            received = connection.recv(65536)
            if not received:
                return


def answer_or_end(connection: socket.socket, behaviour: Json) -> bool:
    """False when the behaviour says to end the connection, which is then done."""
    if behaviour.get("reset"):
        reset(connection)
        return False
    return not behaviour.get("close")


def reset(connection: socket.socket) -> None:
    """End with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def original(connection: socket.socket) -> tuple[str, int]:
    """The address and port that the client had in mind."""
    with contextlib.suppress(OSError):
        if connection.family == socket.AF_INET6:
            raw = connection.getsockopt(socket.IPPROTO_IPV6, _ORIGINAL, 28)
            return socket.inet_ntop(socket.AF_INET6, raw[8:24]), int.from_bytes(raw[2:4], "big")
        raw = connection.getsockopt(socket.SOL_IP, _ORIGINAL, 16)
        return socket.inet_ntoa(raw[4:8]), int.from_bytes(raw[2:4], "big")
    name = connection.getsockname()
    return name[0], name[1]
