"""`Call`: one call as a value, as it stands before one proxy: what is asked, by whom, and how it looks on the wire.

It is the application's call where it enters the client's proxy, and again the changed call where it enters the server's. Nothing here
is looked up; what is not known is empty. No step of an explanation changes a call: it makes another one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lateen.ir.token import USUAL_PLACES, Place
from lateen.ir.view import View

Pairs = tuple[tuple[str, str], ...]


class Protocol(StrEnum):
    """What is spoken, under any TLS that a proxy adds or takes away."""

    HTTP = "http"
    """HTTP/1.1."""
    HTTP2 = "http2"
    GRPC = "grpc"
    TCP = "tcp"
    """Bytes of which nothing is known."""
    TLS = "tls"
    """TLS that the application itself speaks: bytes that begin with a server name."""

    @property
    def is_http(self) -> bool:
        """Whether there are requests, with a method, a path and headers."""
        return self in (Protocol.HTTP, Protocol.HTTP2, Protocol.GRPC)


class Wire(StrEnum):
    """What the proxy that the call comes to sees on the connection."""

    PLAIN = "plain"
    MESH = "mesh"
    """Mutual TLS between proxies of the mesh, which prove identities."""
    TLS = "tls"
    """Other TLS that is to end at the proxy, as of `https://` to a gateway."""


class Token(msgspec.Struct, frozen=True):
    """A JSON Web Token that the request carries. `claims` is its payload, a JSON object as text; `place` is where it is carried.

    Whether its signature is right is not known here: it counts as signed by whom it names, unless `forged`.
    """

    claims: str
    place: Place = USUAL_PLACES[0]
    forged: bool = False

    @property
    def payload(self) -> dict[str, Any]:
        """The claims by name. Raises `ValueError` when they are no JSON object."""
        found = msgspec.json.decode(self.claims)
        if not isinstance(found, dict):
            raise ValueError("The claims of a token are a JSON object.")
        return found


class Call(msgspec.Struct, frozen=True):
    """One call.

    `client` is the workload that calls, None from outside of the mesh. `host` and `port` are what it asks for (without a port in the host);
    `address` is the IP that it connects to, empty where it looks the host up. `path` begins with `/` and keeps its query. `headers` have
    lower-case names, without `host` and pseudo headers; `authority` is the Host header where it is not what follows from `host` and `port`.

    `sni` is the server name that the TLS on the wire, or the application's own, asks for; `alpn` what it offers. `source` is the caller's IP.
    `identity` is the SPIFFE id that the caller proves on this wire, empty for none.
    """

    host: str
    port: int
    client: View | None = None
    address: str = ""
    protocol: Protocol = Protocol.HTTP
    method: str = "GET"
    path: str = "/"
    headers: Pairs = ()
    authority: str = ""
    wire: Wire = Wire.PLAIN
    sni: str = ""
    alpn: tuple[str, ...] = ()
    source: str = ""
    identity: str = ""
    tokens: tuple[Token, ...] = ()
    now: int = 0
    """When it is made, in seconds since 1970, for tokens that expire; 0 where nobody looks at the time."""
    namespace: str = "default"
    """Where the short names of a caller without a proxy are meant."""

    @property
    def bare_path(self) -> str:
        """The path without query and fragment."""
        return self.path.partition("#")[0].partition("?")[0]

    @property
    def parameters(self) -> Pairs:
        """The query, in its order."""
        return tuple(parse_qsl(self.path.partition("#")[0].partition("?")[2], keep_blank_values=True))

    @property
    def scheme(self) -> str:
        """As the proxy sees it: `https` only where it ends the TLS itself."""
        return "http" if self.wire is Wire.PLAIN else "https"

    def header(self, name: str) -> str | None:
        """The values of a header, joined by commas, as a proxy compares them; also of `host` and the pseudo headers. None when it is not there."""
        pseudo = {":method": self.method, ":path": self.path, ":scheme": self.scheme, ":authority": self.host_header}
        pseudo["host"] = self.host_header
        if name in pseudo:
            return pseudo[name]
        found = [value for key, value in self.headers if key == name]
        return ",".join(found) if found else None

    @property
    def host_header(self) -> str:
        """What stands in the Host header: the `authority`, else the host, with its port where that does not go without saying."""
        usual = 443 if self.scheme == "https" else 80
        return self.authority or (self.host if self.port == usual else f"{self.host}:{self.port}")
