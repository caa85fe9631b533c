"""What a gateway listens on: ports, each shared by the servers that agree on one, and the route tables of those that speak HTTP.

Values only. A server is what one object asks for on one port; a port is what the workload does about it, conflicts resolved.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.ir.chain import ServerTls
from lateen.values.ref import Ref


class Traffic(StrEnum):
    """What comes in at a server, once TLS that ends there is taken off."""

    REQUESTS = "requests"
    BYTES = "bytes"
    NAMED = "named"
    """TLS that does not end there; whom the client asks for decides where it goes."""
    MESH = "mesh"
    """The same, from other networks of the mesh: the name asked for is itself that of a destination (MC-3)."""


class ServedHost(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """A host, or a wildcard, that rules of `namespace` may speak of; of any namespace if that is empty. In lower case."""

    namespace: str
    host: str


class Server(msgspec.Struct, frozen=True, cache_hash=True):
    """One server of the gateway called `gateway`. `number` and `name` are those of its port as written. `tls` is TLS that ends here.

    With `redirects` plain requests are told to come back by TLS. With `quic` they may come by HTTP/3 as well, at the same port of UDP.
    """

    gateway: str
    number: int
    name: str
    hosts: tuple[ServedHost, ...]
    traffic: Traffic
    tls: ServerTls | None = None
    redirects: bool = False
    quic: bool = False
    origin: Ref | None = None

    @property
    def plain(self) -> bool:
        """Whether connections begin without TLS."""
        return self.tls is None and self.traffic in (Traffic.REQUESTS, Traffic.BYTES)

    @property
    def names(self) -> tuple[str, ...]:
        """The server names that it answers to; none at all for any, and where clients name none."""
        if self.plain:
            return ()
        found = tuple(sorted({each.host for each in self.hosts}))
        return () if "*" in found else found


class Port(msgspec.Struct, frozen=True, cache_hash=True):
    """A port that is really listened on, at the address `bind` unless empty, with its servers, those that win first."""

    port: int
    bind: str
    servers: tuple[Server, ...]


class Place(msgspec.Struct, frozen=True, cache_hash=True):
    """A gateway's part in a route table: rules that name the gateway hold for these hosts."""

    gateway: str
    hosts: tuple[ServedHost, ...]
    redirects: bool = False


class Table(msgspec.Struct, frozen=True, cache_hash=True):
    """A route table: its name, the port as rules know it, whether TLS ends in front of it, and where its rules come from. `quic`: its requests may
    as well come by HTTP/3, at the same port, and responses say so.
    """

    name: str
    number: int
    secure: bool
    places: tuple[Place, ...]
    quic: bool = False
