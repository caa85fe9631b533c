"""The echo over HTTP/2, with prior knowledge or after TLS; gRPC calls get their answer as one message and trailers. Part of `actor`."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from stage.arrivals import Arrivals, Json


class _Connection:
    def __init__(self, connection: socket.socket, reached: Json, arrivals: Arrivals) -> None:
        self._socket = connection
        self._reached = reached
        self._arrivals = arrivals
        self._lock = threading.Lock()
        self._requests: dict[int, Json] = {}
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self._h2.initiate_connection()

    def run(self, received: bytes) -> None:
        self._flush()
        while received:
            with self._lock:
                events = self._h2.receive_data(received)
            for event in events:
                self._take(event)
            self._flush()
            received = self._socket.recv(65536)

    def _flush(self) -> None:
        with self._lock:
            if data := self._h2.data_to_send():
                self._socket.sendall(data)

    def _take(self, event: Any) -> None:
        match event:
            case RequestReceived():
                self._requests[event.stream_id] = {**self._reached, **_request([(str(name), str(value)) for name, value in event.headers])}
            case DataReceived():
                with self._lock:
                    self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                self._requests[event.stream_id]["body"] += event.data.decode("latin-1")
            case StreamReset():
                self._requests.pop(event.stream_id, None)
            case StreamEnded():
                threading.Thread(target=self._answer, args=(event.stream_id, self._requests.pop(event.stream_id)), daemon=True).start()

    def _answer(self, stream: int, arrival: Json) -> None:
        behaviour = self._arrivals.add(arrival)
        self._arrivals.wait(behaviour)
        with contextlib.suppress(OSError, ProtocolError):
            if behaviour.get("close"):
                self._socket.shutdown(socket.SHUT_RDWR)
                return
            with self._lock:
                if behaviour.get("reset"):
                    self._h2.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
                else:
                    self._respond(stream, arrival, behaviour)
            self._flush()

    def _respond(self, stream: int, arrival: Json, behaviour: Json) -> None:
        headers = {":status": str(behaviour.get("status", 200)), "content-type": "application/json", **behaviour.get("headers", {})}
        body = json.dumps(arrival).encode()
        is_grpc = dict(arrival["headers"]).get("content-type", "").startswith("application/grpc")
        if is_grpc:
            headers["content-type"] = "application/grpc"
            body = struct.pack(">?I", False, len(body)) + body
            if behaviour.get("grpc_status"):  # as servers do that have nothing to answer with: no body, and the status at once
                self._h2.send_headers(stream, [*headers.items(), ("grpc-status", str(behaviour["grpc_status"]))], end_stream=True)
                return
        self._h2.send_headers(stream, list(headers.items()), end_stream=arrival["method"] == "HEAD")
        if arrival["method"] == "HEAD":
            return
        size = self._h2.max_outbound_frame_size
        for at in range(0, len(body), size):
            self._h2.send_data(stream, body[at : at + size])
        if is_grpc:
            self._h2.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        else:
            self._h2.end_stream(stream)


def serve(connection: socket.socket, reached: Json, first: bytes, arrivals: Arrivals) -> None:
    """Answer requests until the client leaves."""
    _Connection(connection, reached, arrivals).run(first)


def _request(headers: list[tuple[str, str]]) -> Json:
    known = dict(headers)
    return {
        "protocol": "h2",
        "method": known.get(":method", ""),
        "path": known.get(":path", ""),
        "host": known.get(":authority", known.get("host", "")),
        "scheme": known.get(":scheme", ""),
        "headers": [(name, value) for name, value in headers if not name.startswith(":")],
        "body": "",
    }
