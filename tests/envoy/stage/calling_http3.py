"""A request by HTTP/3, with a client of somebody else's (aioquic). Part of `calling`: JSON in, JSON out; what fails is raised.

With `resumes` in `tls` a call for that server name comes first, and the session of it is taken up again, with 0-RTT where the server allows that
(`version` tells). The certificate told of is that of the first call, for there is none in the second.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from typing import Any

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, QuicEvent
from aioquic.tls import SessionTicket
from cryptography.hazmat.primitives.serialization import Encoding

Json = dict[str, Any]
_TICKET_SECONDS = 8.0


class Failed(Exception):
    """The server ended the connection; the text says why."""


class Client(QuicConnectionProtocol):
    """One connection, with one request on it."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.http = H3Connection(self._quic)
        self.answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.begun = "TLSv1.3"
        self._found: Json = {"status": 0, "headers": [], "body": ""}

    def quic_event_received(self, event: QuicEvent) -> None:
        if isinstance(event, HandshakeCompleted):
            self.begun = "0-RTT" if event.early_data_accepted else "resumed" if event.session_resumed else self.begun
        if isinstance(event, ConnectionTerminated) and not self.answered.done():
            self.answered.set_exception(Failed(f"tls: {event.reason_phrase}" if event.error_code >= 0x100 else f"closed: {event.reason_phrase}"))
        for each in self.http.handle_event(event):
            self._take(each)

    def _take(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived):
            headers = [(name.decode(), value.decode("latin-1")) for name, value in event.headers]
            self._found["status"] = int(dict(headers).get(":status", "0")) or self._found["status"]
            self._found["headers"] += [pair for pair in headers if not pair[0].startswith(":")]
        if isinstance(event, DataReceived):
            self._found["body"] += event.data.decode("latin-1")
        if isinstance(event, HeadersReceived | DataReceived) and event.stream_ended and not self.answered.done():
            self.answered.set_result(self._found)

    async def ask(self, asked: Json, name: str) -> Json:
        """Send the request; what came of it, and what was seen of TLS."""
        stream = self._quic.get_next_available_stream_id()
        pseudo = {":method": asked["method"], ":scheme": "https", ":authority": name, ":path": asked["path"]}
        headers = [*pseudo.items(), *((name.lower(), value) for name, value in asked["headers"])]
        body = asked["body"].encode("latin-1")
        self.http.send_headers(stream, [(key.encode(), value.encode("latin-1")) for key, value in headers], end_stream=not body)
        if body:
            self.http.send_data(stream, body, end_stream=True)
        self.transmit()
        found = await self.answered
        shown = self._quic.tls._peer_certificate
        certificate = base64.b64encode(shown.public_bytes(Encoding.DER)).decode() if shown is not None else ""
        return {**found, "tls": {"alpn": "h3", "version": self.begun, "cipher": "", "certificate": certificate}}


def http3(asked: Json) -> Json:
    """One request, over a connection of its own."""
    return asyncio.run(asyncio.wait_for(_calls(asked), asked["timeout"]))


async def _calls(asked: Json) -> Json:
    tls = asked["tls"] or {}
    name = tls.get("sni") or asked["host"].partition(":")[0]
    if not tls.get("resumes"):
        return await _call(asked, _configuration(tls, name), asked["host"])
    given: asyncio.Future[SessionTicket] = asyncio.get_running_loop().create_future()
    before = await _call(asked, _configuration(tls, tls["resumes"]), tls["resumes"], given)
    after = _configuration({}, name)
    after.session_ticket = given.result()
    after.session_ticket.server_name = name
    found = await _call(asked, after, asked["host"])
    return {**found, "tls": {**found["tls"], "certificate": before["tls"]["certificate"]}}


def _configuration(tls: Json, name: str) -> QuicConfiguration:
    out = QuicConfiguration(alpn_protocols=tls.get("alpn") or H3_ALPN, server_name=name, verify_mode=ssl.CERT_NONE)
    if tls.get("roots"):
        out.load_verify_locations(tls["roots"])
        out.verify_mode = ssl.CERT_REQUIRED
    if tls.get("certificate"):
        out.load_cert_chain(tls["certificate"], tls["certificate"])
    return out


async def _call(asked: Json, configuration: QuicConfiguration, name: str, given: asyncio.Future[SessionTicket] | None = None) -> Json:
    def keep(ticket: SessionTicket) -> None:
        if given is not None and not given.done():
            given.set_result(ticket)

    place = asked["address"], asked["port"]
    async with connect(*place, configuration=configuration, create_protocol=Client, session_ticket_handler=keep, wait_connected=False) as client:
        assert isinstance(client, Client)
        found = await client.ask(asked, name)
        if given is not None:
            await asyncio.wait_for(asyncio.shield(given), _TICKET_SECONDS)
        return found
