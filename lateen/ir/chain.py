"""`Chain`: what becomes of one kind of connection at a listener. First a match, then perhaps TLS that ends here, then bytes or requests.

Of all chains of a listener the most specific match decides, criterion by criterion in the order of `Match`'s fields, with no way back; the
bytes are only looked at where some chain asks. Values only: `translate` makes them, `render` tells Envoy, `explain` walks them. Times are
whole nanoseconds.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.ir.destination import Tunnel
from lateen.ir.routes import VirtualHost
from lateen.ir.tls import Secret
from lateen.values.ref import Ref

SNIFFED_HTTP = ("http/1.1", "h2c")
"""What the first bytes of plain HTTP are told apart as."""
SNIFFED_HTTP_10 = "http/1.0"
"""The same for HTTP/1.0, which is only looked for where it is allowed (LI-5)."""
MESH_HTTP = ("istio-http/1.0", "istio-http/1.1", "istio-h2")
"""What proxies of the mesh say in ALPN when they send requests (RULE 0.1)."""
MESH_BYTES = ("istio", "istio-peer-exchange")
"""What proxies of the mesh say in ALPN when they send bytes."""


class Transport(StrEnum):
    """What a connection begins with."""

    ANY = ""
    PLAIN = "plain"
    TLS = "tls"


class Match(msgspec.Struct, frozen=True, cache_hash=True):
    """All of these must hold; what is empty or 0 always does. `prefixes` are networks that the destination is in, `server_names` are SNI or
    `*.x`, `protocols` what the client offers in ALPN or what its first bytes look like.
    """

    port: int = 0
    prefixes: tuple[str, ...] = ()
    server_names: tuple[str, ...] = ()
    transport: Transport = Transport.ANY
    protocols: tuple[str, ...] = ()


ANYTHING = Match()


class MeshServer(msgspec.Struct, frozen=True, cache_hash=True):
    """Mutual TLS with the mesh's identities: peers must be of one of the trust domains (SEC-5), or have one of `names` where any are given.
    `version` is the least of TLS, "1.2" or "1.3".
    """

    trust_domains: tuple[str, ...]
    names: tuple[str, ...] = ()
    certificate: Secret = Secret("default")
    roots: Secret = Secret("ROOTCA")
    version: str = "1.2"
    ciphers: tuple[str, ...] = ()
    curves: tuple[str, ...] = ()


class OwnServer(msgspec.Struct, frozen=True, cache_hash=True):
    """TLS that users set up themselves. With `roots` clients must show a certificate of theirs, and one of `names` if any are given. `revoked` is a
    file of revocation lists. Not `verified`, clients must show some certificate, whoever signed it. `quic`: it is the TLS inside QUIC, which is 1.3.
    """

    certificates: tuple[Secret, ...]
    roots: Secret | None = None
    names: tuple[str, ...] = ()
    spki: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    optional: bool = False
    """Clients may also come without a certificate."""
    version: str = ""
    maximum: str = ""
    ciphers: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ("h2", "http/1.1")
    curves: tuple[str, ...] = ()
    revoked: str = ""
    verified: bool = True
    quic: bool = False


ServerTls = MeshServer | OwnServer


class Side(StrEnum):
    """Which way a connection goes, seen from the workload."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    GATEWAY = "gateway"


class FileLog(msgspec.Struct, frozen=True, cache_hash=True):
    """A line for each request or connection, into the file at `path`. `fields` (JSON) replaces `text` where there are any; both empty is
    Istio's text.
    """

    path: str
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    condition: str = ""
    """A CEL expression that must hold for a line to be written; empty for always."""


class Observation(msgspec.Struct, frozen=True, cache_hash=True):
    """What is told of the traffic. `logs` are `FileLog` or other values that `render.access_log` knows; `metrics` are those of Istio
    (TE-1). `refused`: the logs also tell of connections that no chain of a listener takes (LI-9).
    """

    logs: tuple[FileLog | msgspec.Struct, ...] = ()
    metrics: bool = True
    refused: bool = True
    tracing: msgspec.Struct | None = None

    @property
    def of_listeners(self) -> tuple[FileLog | msgspec.Struct, ...]:
        """The logs that tell of connections that no chain takes."""
        return self.logs if self.refused else ()


UNOBSERVED = Observation(metrics=False)


class Bytes(msgspec.Struct, frozen=True, cache_hash=True):
    """Forward the bytes to one of the destinations by weight. `policy` is asked before anything is sent."""

    to: tuple[tuple[str, int], ...]
    side: Side = Side.OUTBOUND
    policy: tuple[msgspec.Struct, ...] = ()
    observation: Observation = Observation()
    statistics_name: str = ""
    idle_timeout: int | None = None
    longest: int | None = None
    """How long a connection may last, None for as long as it does."""
    by_source_address: bool = False
    tunnel: Tunnel | None = None
    looked_up: int = 0
    """The port at which the host that the client's TLS names is called, once looked up; 0 where the destination knows its endpoints."""


class Bounds(msgspec.Struct, frozen=True, cache_hash=True):
    """What clients' requests are held to; None is the usual. Times are nanoseconds: `request` for the whole of one to arrive and `headers` for its
    beginning, `silence` in which nothing happens on it, 0 for ever. Of HTTP/2, `streams` at once on a connection, and the windows in bytes.
    """

    request: int | None = None
    headers: int | None = None
    silence: int | None = None
    streams: int | None = None
    stream_window: int | None = None
    connection_window: int | None = None


class HttpOptions(msgspec.Struct, frozen=True, cache_hash=True):
    """How HTTP is spoken with clients. `normalization` is MeshConfig's word (HC-2)."""

    normalization: str = "BASE"
    http10: bool = False
    preserve_case: bool = False
    server: str = ""
    """The `server` header of responses; empty is the usual one (HC-3)."""
    hides_server: bool = False
    """Whether the upstream's `server` header is left as it is."""
    trusted_hops: int = 0
    forwarded_certificate: str = ""
    """What is done with `x-forwarded-client-cert`, in the API's words; empty is the usual."""
    forwarded_details: tuple[str, ...] | None = None
    """What of the client's certificate is put into that header: `subject`, `cert`, `chain`, `dns`, `uri`; None is the usual."""
    forwarded_port: bool = False
    """Whether `x-forwarded-port` is added."""
    debug_headers: bool = True
    """Whether the upstream and the client get the headers in which the proxy tells how it went (`x-envoy-upstream-service-time` and so on)."""
    idle_timeout: int | None = None
    request_id: bool = True
    statistics: bool = True
    """Whether answers are counted by destination and status beside the mesh's metrics, which takes some of the time of each request."""
    bounds: Bounds = Bounds()
    underscores: str = ""
    """What is done with headers that have underscores in their names, in the API's words; empty lets them pass."""
    merges_slashes: bool | None = None
    """Whether slashes in a row count as one; None leaves that to `normalization`."""
    escaped_slashes: str = ""
    """What is done with slashes that are escaped, in the API's words; empty leaves that to `normalization`."""


class Requests(msgspec.Struct, frozen=True, cache_hash=True):
    """Understand HTTP, and let a route table decide: the one called `table` that is told separately, or the virtual `hosts` given here, which users
    know as `known_as`.

    `policy` is asked in order before the request goes on (HC-1).
    """

    name: str
    table: str = ""
    hosts: tuple[VirtualHost, ...] = ()
    known_as: str = ""
    side: Side = Side.OUTBOUND
    policy: tuple[msgspec.Struct, ...] = ()
    observation: Observation = Observation()
    options: HttpOptions = HttpOptions()
    resolves: bool = False
    """Whether hosts are looked up as requests ask for them."""
    tunnels: bool = False
    """Whether requests may ask for tunnels."""


Handler = Bytes | Requests


class Chain(msgspec.Struct, frozen=True, cache_hash=True):
    """One kind of connection. `tls` None leaves the bytes as they come."""

    name: str
    handler: Handler
    match: Match = ANYTHING
    tls: ServerTls | None = None
    origins: tuple[Ref, ...] = ()


class Listener(msgspec.Struct, frozen=True, cache_hash=True):
    """Where connections come in. The first of `addresses` names the place, others are further addresses of it (IPv6).

    Not `bound`, it is reached only through the listener that takes captured traffic, which has `capture`. `otherwise` takes what fits no
    chain; None refuses it. `sniff` looks into the first bytes for HTTP, `inspect_tls` for TLS, both at most for `patience` (0: for as long
    as it takes), and not on the ports of `unsniffed` and `uninspected`: there the server may speak first. `proxied` connections begin with
    the PROXY protocol. `logs` tell of connections that no chain takes. `quic`: they come by QUIC, over UDP, and all chains have the TLS for it.
    `buffer` are the bytes that may wait on a connection, 0 for the usual number.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    side: Side
    chains: tuple[Chain, ...] = ()
    otherwise: Chain | None = None
    bound: bool = False
    capture: bool = False
    transparent: bool = False
    inspect_tls: bool = False
    uninspected: tuple[int, ...] = ()
    sniff: bool = False
    unsniffed: tuple[int, ...] = ()
    patience: int = 0
    proxied: bool = False
    quic: bool = False
    buffer: int = 0
    logs: tuple[FileLog | msgspec.Struct, ...] = ()
    origins: tuple[Ref, ...] = ()
