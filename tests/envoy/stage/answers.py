"""What comes of a call, and what an echo saw of it. Values only."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec
from cryptography import x509


class Tls(msgspec.Struct, frozen=True):
    """What a server saw of TLS: the name asked for, the protocol agreed on, and the names in the client's certificate."""

    sni: str = ""
    alpn: str = ""
    version: str = ""
    peer: tuple[str, ...] = ()


class Arrival(msgspec.Struct, frozen=True):
    """What reached an echo. `at` and `port` are where, as the last proxy before it was headed; `source` is the address it came from.

    `protocol` is `tcp`, `http/1.0`, `http/1.1`, `h2` or `websocket`; `received` what came as plain bytes; `proxy` the PROXY protocol's word.
    `number` counts what reached this address and port in this world, from 1.
    """

    at: str
    port: int
    source: str
    protocol: str
    number: int = 0
    method: str = ""
    path: str = ""
    host: str = ""
    scheme: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    received: str = ""
    tls: Tls | None = None
    proxy: str | None = None

    def header(self, name: str) -> str | None:
        """The value of a request header, joined by commas when it came several times; None when it did not come."""
        return _header(self.headers, name)


class Certificate(msgspec.Struct, frozen=True):
    """What a client saw of TLS. `names` are those in the server's certificate."""

    alpn: str
    version: str
    cipher: str
    names: tuple[str, ...]
    serial: int


class Answer:
    """What comes of a call.

    `error` says why there is no answer: `refused`, `reset`, `closed`, `timeout`, `unreachable`, `tls: …`; `status` is 0 then, and for plain bytes.
    `echo` is what the echo saw that answered, None when something else did (a proxy itself, or nobody).
    """

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.error: str = told["error"]
        self.status: int = told.get("status", 0)
        self.headers: tuple[tuple[str, str], ...] = tuple((name, value) for name, value in told.get("headers", ()))
        self.body: str = told.get("body", "")
        self.trailers: dict[str, str] = dict(told.get("trailers", ()))
        self.grpc_status: int = told.get("grpc_status", -1)
        self.seconds: float = told.get("seconds", 0.0)
        self._tls = told.get("tls")

    def __repr__(self) -> str:
        return f"Answer({self.error or self.status} from {self.at or 'no echo'}, {self.body[:200]!r}, {self.headers})"

    def header(self, name: str) -> str | None:
        """The value of a response header, joined by commas when it came several times; None when it did not come."""
        return _header(self.headers, name)

    @cached_property
    def echo(self) -> Arrival | None:
        """What the echo saw."""
        try:
            return msgspec.json.decode(self.body.encode("latin-1"), type=Arrival)
        except msgspec.MsgspecError:
            return None

    @property
    def seen(self) -> Arrival:
        """What the echo saw; fails the test when no echo answered."""
        assert self.echo is not None, f"no echo answered: {self!r}"
        return self.echo

    @property
    def at(self) -> str:
        """The address of the endpoint that answered; "" when none did."""
        return self.echo.at if self.echo else ""

    @property
    def outcome(self) -> str:
        """In one word: the address that answered 200, else the error, else the status."""
        return self.at if self.at and self.status in (0, 200) else self.error or str(self.status)

    @property
    def certificate(self) -> Certificate:
        """What the server showed; fails the test when it was no TLS."""
        assert self._tls is not None, f"that was no TLS: {self!r}"
        der = base64.b64decode(self._tls["certificate"])
        found = x509.load_der_x509_certificate(der)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        told = {key: self._tls[key] for key in ("alpn", "version", "cipher")}
        return Certificate(**told, names=tuple(str(each.value) for each in names), serial=found.serial_number)


def _header(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    found = [value for each, value in headers if each == name.lower()]
    return ",".join(found) if found else None
