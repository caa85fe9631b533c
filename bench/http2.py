"""One gRPC call over one HTTP/2 connection, as bytes in and bytes out: just what a client of a long stream needs, at the cost of a few slices.

Windows are one megabyte and frames have the default size, as Envoy's. https://httpwg.org/specs/rfc9113.html
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

METHOD: Final = b"/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_ACK = _END_STREAM = 1
_END_HEADERS = 4
_WINDOW_SIZE: Final = 1 << 20
_DEFAULT_WINDOW: Final = 65535
_FRAME_SIZE: Final = 16384
_INITIAL_WINDOW_SIZE: Final = 4

_LENGTH: Final = Struct(">BI")
_SETTING: Final = Struct(">HI")
_NUMBER: Final = Struct(">I")


class Ended(Exception):
    """The server ended the call or the connection."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + _NUMBER.pack(stream) + payload


def _headers(authority: bytes) -> bytes:
    """The request's headers by HPACK, all of them literals or of the static table."""

    def literal(name: bytes, value: bytes) -> bytes:
        return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value

    return b"".join(
        [
            b"\x83\x86\x04" + bytes((len(METHOD),)) + METHOD,
            b"\x01" + bytes((len(authority),)) + authority,
            literal(b"content-type", b"application/grpc"),
            literal(b"te", b"trailers"),
        ]
    )


class Call:
    """The client's side of the call. `outgoing` is what is to be written to the socket; `take` what was read from it, to messages."""

    def __init__(self, authority: str) -> None:
        self.outgoing = bytearray(
            _PREFACE
            + _frame(_SETTINGS, 0, 0, _SETTING.pack(2, 0) + _SETTING.pack(_INITIAL_WINDOW_SIZE, _WINDOW_SIZE))
            + _frame(_WINDOW, 0, 0, _NUMBER.pack(_WINDOW_SIZE - _DEFAULT_WINDOW))
            + _frame(_HEADERS, _END_HEADERS, 1, _headers(authority.encode()))
        )
        self._waiting = bytearray()
        self._windows = [_DEFAULT_WINDOW, _DEFAULT_WINDOW]  # of the connection and of the stream
        self._initial = _DEFAULT_WINDOW
        self._read = bytearray()
        self._message = bytearray()
        self._unacknowledged = 0

    def send(self, message: bytes) -> None:
        """Queue a message."""
        self._waiting += _LENGTH.pack(0, len(message)) + message
        self._flush()

    def _flush(self) -> None:
        while self._waiting and (room := min(*self._windows, len(self._waiting), _FRAME_SIZE)) > 0:
            self.outgoing += _frame(_DATA, 0, 1, bytes(self._waiting[:room]))
            del self._waiting[:room]
            self._windows = [window - room for window in self._windows]

    def take(self, received: bytes) -> Iterator[bytes]:
        """The messages that are complete with these bytes. Raises `Ended`."""
        if self._read:
            self._read += received
            received = bytes(self._read)
            self._read.clear()
        at, end = 0, len(received)
        while end - at >= 9:
            size = int.from_bytes(received[at : at + 3], "big")
            if end - at < 9 + size:
                break
            payload = received[at + 9 : at + 9 + size]
            kind, flags, stream = received[at + 3], received[at + 4], received[at + 8]
            at += 9 + size
            if kind == _DATA:
                self._message += payload
                self._acknowledge(size)
                yield from self._messages()
            elif kind == _WINDOW:
                self._widen(stream, payload)
            else:
                self._control(kind, flags, payload)
        self._read += received[at:]

    def _messages(self) -> Iterator[bytes]:
        while len(self._message) >= 5:
            _, size = _LENGTH.unpack_from(self._message)
            if len(self._message) < 5 + size:
                return
            message = bytes(memoryview(self._message)[5 : 5 + size])
            del self._message[: 5 + size]
            yield message

    def _acknowledge(self, size: int) -> None:
        self._unacknowledged += size
        if self._unacknowledged >= _WINDOW_SIZE // 2:
            update = _NUMBER.pack(self._unacknowledged)
            self.outgoing += _frame(_WINDOW, 0, 0, update) + _frame(_WINDOW, 0, 1, update)
            self._unacknowledged = 0

    def _control(self, kind: int, flags: int, payload: bytes) -> None:
        if kind == _SETTINGS and not flags & _ACK:
            self._settings(payload)
            self.outgoing += _frame(_SETTINGS, _ACK, 0, b"")
        elif kind == _PING and not flags & _ACK:
            self.outgoing += _frame(_PING, _ACK, 0, payload)
        elif kind in (_RESET, _GOAWAY) or (kind == _HEADERS and flags & _END_STREAM):
            raise Ended

    def _widen(self, stream: int, payload: bytes) -> None:
        self._windows[1 if stream else 0] += _NUMBER.unpack(payload)[0] & 0x7FFFFFFF
        self._flush()

    def _settings(self, payload: bytes) -> None:
        for name, value in _SETTING.iter_unpack(payload):
            if name == _INITIAL_WINDOW_SIZE:
                self._windows[1] += value - self._initial
                self._initial = value
        self._flush()
