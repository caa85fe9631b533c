"""`Destination`: one place that calls can be sent to, and everything about how they are sent. Its endpoints are not part of it, except where nobody
else tells them: a change of endpoints leaves a destination as it is.

Two parts: what is its own (name, security, who it is), and its `Policy`, which most destinations of a mesh have in common, so that it
is rendered once. Times are whole nanoseconds.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.ir.endpoints import Assignment
from lateen.ir.tls import Tls
from lateen.values.ref import Ref

PASSTHROUGH = "PassthroughCluster"
BLACK_HOLE = "BlackHoleCluster"
INBOUND_PASSTHROUGH = "InboundPassthroughCluster"
DYNAMIC_DNS = "AllowAnyDynamicDNSCluster"
INBOUND_SOURCE = "127.0.0.6"
"""Calls to the workload itself leave from this address, by which capture knows not to send them round again (CL-2)."""
INBOUND_SOURCE_V6 = "::6"

_SECOND = 10**9


def inbound(port: int) -> str:
    """The name of a port of the workload itself (N-7)."""
    return f"inbound|{port}||"


def server_name(host: str, port: int, subset: str = "") -> str:
    """The SNI by which proxies of the mesh name a destination to each other (N-7, MC-3)."""
    return f"outbound_.{port}_.{subset}_.{host}"


class Discovery(StrEnum):
    """How endpoints become known."""

    ASSIGNED = "assigned"
    """Told by the control plane, as resources of their own."""
    DNS = "dns"
    """All addresses that the names of the endpoints have."""
    DNS_FIRST = "dns first"
    """One address that the name of the only endpoint has, whichever a new connection finds first."""
    ORIGINAL = "original"
    """Wherever the client was headed."""
    FIXED = "fixed"
    """The endpoints given here."""
    FORWARD = "forward"
    """Whatever name the request asks for, resolved as it comes."""


class Http(StrEnum):
    """Which HTTP is spoken where HTTP is spoken at all."""

    HTTP1 = "http1"
    HTTP2 = "http2"
    CLIENT = "client"
    """What the client speaks."""


class Choice(StrEnum):
    """How one endpoint is chosen."""

    LEAST_REQUEST = "least request"
    RANDOM = "random"
    ROUND_ROBIN = "round robin"
    RING_HASH = "ring hash"
    MAGLEV = "maglev"


class WarmUp(msgspec.Struct, frozen=True, cache_hash=True):
    """A new endpoint takes its full share only after `duration`, beginning at `minimum` percent; `aggression` 1 is a straight line."""

    duration: int
    minimum: float = 10.0
    aggression: float = 1.0


class Balancing(msgspec.Struct, frozen=True, cache_hash=True):
    """`table` is the least ring size or the Maglev table's size, 0 for the usual. `by_locality`: localities have weights of their own. `zones`: from
    how many endpoints on calls are kept in the proxy's zone, as far as that has its share of them; 0 for never, None where the proxy does not know
    its peers anyway.
    """

    choice: Choice = Choice.LEAST_REQUEST
    table: int = 0
    warm_up: WarmUp | None = None
    by_locality: bool = False
    zones: int | None = None


class Keepalive(msgspec.Struct, frozen=True, cache_hash=True):
    """Probes on idle connections; 0 leaves the operating system's setting."""

    probes: int = 0
    time: int = 0
    interval: int = 0


class RetryBudget(msgspec.Struct, frozen=True, cache_hash=True):
    """Retries may be `percent` of the calls under way, or of those of the last `interval` if that is not 0, and `least` in any case."""

    percent: float = 20.0
    least: int = 3
    interval: int = 0


class Limits(msgspec.Struct, frozen=True, cache_hash=True):
    """Bounds on connections and requests; 0 is no bound (DR-6), None for `idle_timeout` is the proxy's own default."""

    connect_timeout: int = 10 * _SECOND
    connections: int = 0
    pending_requests: int = 0
    requests: int = 0
    retries: int = 0
    retry_budget: RetryBudget | None = None
    requests_per_connection: int = 0
    streams: int = 0
    idle_timeout: int | None = None
    connection_duration: int | None = None
    keepalive: Keepalive | None = None
    ping_interval: int | None = None
    ping_timeout: int | None = None


class Ejection(msgspec.Struct, frozen=True, cache_hash=True):
    """Endpoints that fail are left out for a while (DR-7). None keeps the proxy's default; a count of 0 turns that detector off.

    `panic_threshold`: below this percentage of healthy endpoints all are used again, 0 for never. `error_codes` are what counts as an error, as
    half-open ranges of status codes; empty for 500 to 599.
    """

    server_errors: int | None = None
    gateway_errors: int | None = None
    local_errors: int | None = None
    split_local: bool = False
    interval: int | None = None
    duration: int | None = None
    maximum_percent: int | None = None
    panic_threshold: int = 0
    error_codes: tuple[tuple[int, int], ...] = ()


class Policy(msgspec.Struct, frozen=True, cache_hash=True):
    """How calls are sent, whoever they are sent to."""

    protocol: Http = Http.HTTP1
    balancing: Balancing = Balancing()
    limits: Limits = Limits()
    ejection: Ejection | None = None
    proxy_protocol: int = 0
    """The version of the PROXY protocol that connections begin with, 0 for none."""
    source_address: str = ""
    """The address that connections leave from, empty for any."""
    original_port: int = 0
    """The port that takes the place of the one the client was headed to, 0 for none; for `Discovery.ORIGINAL` only."""
    resolve_every: int = 60 * _SECOND
    """How often names are resolved, where the answer does not say itself."""
    preserve_case: bool = False
    """Whether names of headers keep their case in HTTP/1.1."""
    buffer: int = 0
    """The bytes that may wait on a connection, 0 for the usual number."""
    persistent: bool = False
    """Whether clients may go back to endpoints that drain."""
    unready: bool = False
    """Whether endpoints are told that are not ready, which are not to be called even when they are most."""


class ServiceName(msgspec.Struct, frozen=True, order=True, cache_hash=True):
    """The service that a destination belongs to, as telemetry reports it (CL-9)."""

    host: str
    name: str
    namespace: str


class Destination(msgspec.Struct, frozen=True, cache_hash=True):
    """One place that calls can be sent to.

    `tls` None is plain text. With `tls_by_endpoint` it is used only towards endpoints that say they take it (CL-3). `endpoints` are given
    for the kinds of discovery that need them here. `rule` is the object whose policy holds, if any; `statistics_name` replaces `name` in
    statistics unless empty.
    """

    name: str
    discovery: Discovery
    policy: Policy = Policy()
    tls: Tls | None = None
    tls_by_endpoint: bool = False
    endpoints: Assignment | None = None
    services: tuple[ServiceName, ...] = ()
    subset: str = ""
    statistics_name: str = ""
    rule: Ref | None = None
    origins: tuple[Ref, ...] = ()


class Tunnel(msgspec.Struct, frozen=True, cache_hash=True):
    """Connections are carried inside HTTP to `target` (`host:port`), by CONNECT or else by POST."""

    target: str
    by_post: bool = False


class ConnectionSettings(msgspec.Struct, frozen=True, cache_hash=True):
    """What whoever forwards whole connections to a destination must know of it; times are None where nothing is said. `longest` is how long a
    connection may last.
    """

    idle_timeout: int | None = None
    longest: int | None = None
    tunnel: Tunnel | None = None
    by_source_address: bool = False
