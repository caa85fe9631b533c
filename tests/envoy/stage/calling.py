"""Calls out of a namespace, as an app makes them. Part of `actor`: one function for each manner, JSON in, JSON out, nothing raised.

A call that fails has `error`: `refused`, `reset`, `closed`, `timeout`, `tls: …`, `unreachable`.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

from stage.calling_http3 import Failed, http3

Json = dict[str, Any]


def call(asked: Json) -> Json:
    """Make one call; how long it took is in `seconds`."""
    began = time.monotonic()
    try:
        if asked["manner"] == "http3":
            return {"error": "", **http3(asked), "seconds": time.monotonic() - began}
        with _connected(asked) as connection:
            found = {"error": "", **_shown(connection), **MANNERS[asked["manner"]](connection, asked)}
    except Exception as error:
        found = {"error": _said(error)}
    return {**found, "seconds": time.monotonic() - began}


def spread(asked: Json, count: int) -> list[Json]:
    """Make a call many times, over one connection as long as it lasts, if it is HTTP/1; else each over its own."""
    if asked["manner"] != "http1":
        return [call(asked) for _ in range(count)]
    answers: list[Json] = []
    connection: socket.socket | None = None
    try:
        while len(answers) < count:
            try:
                connection = connection or _connected(asked)
                answers.append({"error": "", **_http1(connection, asked)})
                if dict(answers[-1]["headers"]).get("connection") == "close":
                    connection.close()
                    connection = None
            except Exception as error:
                answers.append({"error": _said(error)})
                connection = None
    finally:
        if connection is not None:
            connection.close()
    return answers


def _connected(asked: Json) -> socket.socket:
    family = socket.AF_INET6 if ":" in asked["address"] else socket.AF_INET
    connection = socket.socket(family)
    connection.settimeout(asked["timeout"])
    try:
        if asked.get("source"):
            connection.bind((asked["source"], 0))
        connection.connect((asked["address"], asked["port"]))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if asked.get("before"):
            connection.sendall(asked["before"].encode("latin-1"))
        return _inside_tls(connection, asked["tls"]) if asked.get("tls") is not None else connection
    except BaseException:
        connection.close()
        raise


def _inside_tls(connection: socket.socket, tls: Json) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if tls.get("roots"):
        context.load_verify_locations(tls["roots"])
        context.verify_mode = ssl.CERT_REQUIRED
    if tls.get("alpn"):
        context.set_alpn_protocols(tls["alpn"])
    if tls.get("certificate"):
        context.load_cert_chain(tls["certificate"])
    if tls.get("version"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion[tls["version"]]
    if tls.get("ciphers"):
        context.set_ciphers(tls["ciphers"])
    return context.wrap_socket(connection, server_hostname=tls.get("sni") or None)


def _shown(connection: socket.socket) -> Json:
    if not isinstance(connection, ssl.SSLSocket):
        return {"tls": None}
    certificate = connection.getpeercert(binary_form=True) or b""
    shown = {"alpn": connection.selected_alpn_protocol() or "", "version": connection.version(), "cipher": (connection.cipher() or ("",))[0]}
    return {"tls": {**shown, "certificate": base64.b64encode(certificate).decode()}}


def _http1(connection: socket.socket, asked: Json) -> Json:
    client = http.client.HTTPConnection("unused")
    client.sock = connection
    client.putrequest(asked["method"], asked["path"], skip_host=True, skip_accept_encoding=True)
    _put_headers(client, asked)
    client.endheaders(asked["body"].encode("latin-1") if asked["body"] else None)
    answer = client.response_class(connection, method=asked["method"])
    answer.begin()
    body = b"" if answer.status == 101 else answer.read()
    found = {"status": answer.status, "headers": _pairs(answer.getheaders()), "body": body.decode("latin-1")}
    return found if answer.status != 101 else {**found, **_frame(answer)}


def _put_headers(client: http.client.HTTPConnection, asked: Json) -> None:
    headers = [(name, value) for name, value in asked["headers"] if name.lower() != "host"]
    client.putheader("host", next((value for name, value in asked["headers"] if name.lower() == "host"), asked["host"]))
    for name, value in headers:
        client.putheader(name, value)
    if asked["body"]:
        client.putheader("content-length", str(len(asked["body"])))


def _frame(answer: http.client.HTTPResponse) -> Json:
    """The first text frame behind an upgrade."""
    stream = answer.fp
    size = stream.read(2)[1] & 0x7F
    if size == 126:
        size = int.from_bytes(stream.read(2), "big")
    return {"body": stream.read(size).decode()}


def _http10(connection: socket.socket, asked: Json) -> Json:
    """HTTP/1.0, which http.client cannot speak."""
    lines = [f"{asked['method']} {asked['path']} HTTP/1.0", f"host: {asked['host']}", *(f"{name}: {value}" for name, value in asked["headers"])]
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    answer = http.client.HTTPResponse(connection, method=asked["method"])
    answer.begin()
    return {"status": answer.status, "headers": _pairs(answer.getheaders()), "body": answer.read().decode("latin-1")}


def _http2(connection: socket.socket, asked: Json) -> Json:
    client = H2Connection(H2Configuration(header_encoding="latin-1"))
    client.initiate_connection()
    stream = client.get_next_available_stream_id()
    body = asked["body"].encode("latin-1")
    scheme = "http" if asked.get("tls") is None else "https"
    pseudo = [(":method", asked["method"]), (":scheme", scheme), (":authority", asked["host"]), (":path", asked["path"])]
    client.send_headers(stream, [*pseudo, *((name.lower(), value) for name, value in asked["headers"])], end_stream=not body)
    if body:
        client.send_data(stream, body, end_stream=True)
    found: Json = {"status": 0, "headers": [], "body": "", "trailers": []}
    connection.sendall(client.data_to_send())
    ended = False
    while not ended:
        received = connection.recv(65536)
        if not received:
            raise EOFError
        ended = True in [_took(client, event, found) for event in client.receive_data(received)]
        connection.sendall(client.data_to_send())
    return found


def _took(client: H2Connection, event: Event, found: Json) -> bool:
    match event:
        case ResponseReceived():
            headers = [(str(name), str(value)) for name, value in event.headers]
            found["status"] = int(dict(headers)[":status"])
            found["headers"] = [pair for pair in headers if not pair[0].startswith(":")]
        case DataReceived():
            client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            found["body"] += event.data.decode("latin-1")
        case TrailersReceived():
            found["trailers"] = list(event.headers)
        case StreamReset():
            raise ConnectionResetError
        case StreamEnded():
            return True
    return False


def _grpc(connection: socket.socket, asked: Json) -> Json:
    """A unary call with one message."""
    message = asked["body"]
    framed = struct.pack(">?I", False, len(message)).decode("latin-1") + message
    headers = [["content-type", "application/grpc"], ["te", "trailers"], *asked["headers"]]
    found = _http2(connection, {**asked, "method": "POST", "headers": headers, "body": framed})
    told = dict(found["trailers"] or found["headers"])
    return {**found, "body": found["body"][5:], "grpc_status": int(told.get("grpc-status", -1)), "grpc_message": told.get("grpc-message", "")}


def _bytes(connection: socket.socket, asked: Json) -> Json:
    """Send, and read up to the end of a line or of the connection."""
    if asked["body"]:
        connection.sendall(asked["body"].encode("latin-1"))
    received = b""
    while not received.endswith(b"\n"):
        more = connection.recv(65536)
        if not more:
            break
        received += more
    if not received:
        raise EOFError
    return {"status": 0, "headers": [], "body": received.decode("latin-1")}


def _pairs(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers]


def _said(error: Exception) -> str:
    match error:
        case Failed():
            return str(error)
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError():
            return "refused"
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | http.client.RemoteDisconnected() | EOFError():
            return "closed"
        case ssl.SSLError():
            return f"tls: {error.reason or error}"
        case ConnectionResetError() | BrokenPipeError():
            return "reset"
        case OSError() if error.errno in (101, 113):
            return "unreachable"
    return f"{type(error).__name__}: {error}"


MANNERS: dict[str, Callable[[socket.socket, Json], Json]] = {
    "http1": _http1,
    "http1.0": _http10,
    "http2": _http2,
    "grpc": _grpc,
    "bytes": _bytes,
}
