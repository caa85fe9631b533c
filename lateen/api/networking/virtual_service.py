"""VirtualService: where calls to a host go (https://istio.io/latest/docs/reference/config/networking/virtual-service/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from lateen.api.shape import Int32, OneOf, Strict, UInt32
from lateen.values.duration import Duration


class StringMatch(OneOf, frozen=True):
    """How a text is matched; at most one is given, none means that the thing is merely present (VS-23)."""

    exact: str | None = None
    prefix: str | None = None
    regex: str | None = None

    one_of = (("exact", "prefix", "regex"),)


class PortSelector(Strict, frozen=True):
    """A port of a service by its number."""

    number: UInt32 = 0


class Destination(Strict, frozen=True):
    """A service of the registry, or one subset of it."""

    host: str
    subset: str = ""
    port: PortSelector | None = None


class Percent(Strict, frozen=True):
    """A share from 0.0 to 100.0."""

    value: float = 0.0


class HeaderOperations(Strict, frozen=True):
    """Changes to the headers of one direction."""

    set: Mapping[str, str] = {}
    add: Mapping[str, str] = {}
    remove: tuple[str, ...] = ()


class Headers(Strict, frozen=True):
    """Changes to the headers of requests and responses."""

    request: HeaderOperations | None = None
    response: HeaderOperations | None = None


class HTTPRouteDestination(Strict, frozen=True):
    """One of the destinations of a route, with its share of the calls."""

    destination: Destination
    weight: Int32 = 0
    headers: Headers | None = None


class HTTPMatchRequest(Strict, frozen=True):
    """Conditions on a request; all must hold."""

    name: str = ""
    uri: StringMatch | None = None
    scheme: StringMatch | None = None
    method: StringMatch | None = None
    authority: StringMatch | None = None
    headers: Mapping[str, StringMatch] = {}
    port: UInt32 = 0
    source_labels: Mapping[str, str] = {}
    gateways: tuple[str, ...] = ()
    query_params: Mapping[str, StringMatch] = {}
    ignore_uri_case: bool = False
    without_headers: Mapping[str, StringMatch] = {}
    source_namespace: str = ""
    stat_prefix: str = ""


class RedirectPortSelection(StrEnum):
    """Which port a redirect names when it names none itself."""

    FROM_PROTOCOL_DEFAULT = "FROM_PROTOCOL_DEFAULT"
    FROM_REQUEST_PORT = "FROM_REQUEST_PORT"


class HTTPRedirect(OneOf, frozen=True):
    """The client is sent elsewhere; `redirect_code` 0 stands for 301."""

    uri: str = ""
    authority: str = ""
    port: UInt32 | None = None
    derive_port: RedirectPortSelection | None = None
    scheme: str = ""
    redirect_code: UInt32 = 0
    prefix_rewrite: str = ""

    one_of = (("port", "derive_port"),)


class HTTPBody(OneOf, frozen=True):
    """A body as text, or as bytes in base64."""

    string: str | None = None
    bytes: str | None = None

    one_of = (("string", "bytes"),)


class HTTPDirectResponse(Strict, frozen=True):
    """The proxy itself answers."""

    status: UInt32
    body: HTTPBody | None = None


class Delegate(Strict, frozen=True):
    """Another VirtualService, whose routes are taken over."""

    name: str = ""
    namespace: str = ""


class RegexRewrite(Strict, frozen=True):
    """A rewrite of the path by an RE2 expression."""

    match: str = ""
    rewrite: str = ""


class HTTPRewrite(Strict, frozen=True):
    """Changes to path and host before the call is sent on."""

    uri: str = ""
    authority: str = ""
    uri_regex_rewrite: RegexRewrite | None = None


class HTTPRetry(Strict, frozen=True):
    """How often and when a call is tried again. `attempts` 0 turns retries off."""

    attempts: Int32 = 0
    per_try_timeout: Duration | None = None
    retry_on: str = ""
    retry_remote_localities: bool | None = None
    retry_ignore_previous_hosts: bool | None = None
    backoff: Duration | None = None


class Delay(OneOf, frozen=True):
    """A share of the calls is held back; `percent` is the deprecated integer form of `percentage`."""

    percent: Int32 | None = None
    fixed_delay: Duration | None = None
    exponential_delay: Duration | None = None
    percentage: Percent | None = None

    one_of = (("fixed_delay", "exponential_delay"),)


class Abort(OneOf, frozen=True):
    """A share of the calls is answered with an error."""

    http_status: Int32 | None = None
    grpc_status: str | None = None
    http2_error: str | None = None
    percentage: Percent | None = None

    one_of = (("http_status", "grpc_status", "http2_error"),)


class HTTPFaultInjection(Strict, frozen=True):
    """Faults made on purpose, at the client."""

    delay: Delay | None = None
    abort: Abort | None = None


class HTTPMirrorPolicy(Strict, frozen=True):
    """A copy of a share of the calls goes here too; no percentage means all."""

    destination: Destination
    percentage: Percent | None = None


class UnmatchedPreflights(StrEnum):
    """What becomes of a CORS preflight that matches no allowed origin."""

    UNSPECIFIED = "UNSPECIFIED"
    FORWARD = "FORWARD"
    IGNORE = "IGNORE"


class CorsPolicy(Strict, frozen=True):
    """Cross-origin resource sharing. `allow_origin` is the deprecated form of `allow_origins`."""

    allow_origin: tuple[str, ...] = ()
    allow_origins: tuple[StringMatch, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: Duration | None = None
    allow_credentials: bool | None = None
    unmatched_preflights: UnmatchedPreflights = UnmatchedPreflights.UNSPECIFIED


class HTTPRoute(Strict, frozen=True):
    """What is done with the requests that fit one of `match`."""

    name: str = ""
    match: tuple[HTTPMatchRequest, ...] = ()
    route: tuple[HTTPRouteDestination, ...] = ()
    redirect: HTTPRedirect | None = None
    direct_response: HTTPDirectResponse | None = None
    delegate: Delegate | None = None
    rewrite: HTTPRewrite | None = None
    timeout: Duration | None = None
    retries: HTTPRetry | None = None
    fault: HTTPFaultInjection | None = None
    mirror: Destination | None = None
    mirrors: tuple[HTTPMirrorPolicy, ...] = ()
    mirror_percent: UInt32 | None = None
    mirror_percent_old: UInt32 | None = msgspec.field(default=None, name="mirror_percent")
    mirror_percentage: Percent | None = None
    cors_policy: CorsPolicy | None = None
    headers: Headers | None = None


class RouteDestination(Strict, frozen=True):
    """One of the destinations of connections, with its share of them."""

    destination: Destination
    weight: Int32 = 0


class TLSMatchAttributes(Strict, frozen=True):
    """Conditions on a TLS connection; all must hold."""

    sni_hosts: tuple[str, ...]
    destination_subnets: tuple[str, ...] = ()
    port: UInt32 = 0
    source_labels: Mapping[str, str] = {}
    gateways: tuple[str, ...] = ()
    source_namespace: str = ""


class TLSRoute(Strict, frozen=True):
    """Where TLS connections go that are passed through unopened."""

    match: tuple[TLSMatchAttributes, ...]
    route: tuple[RouteDestination, ...] = ()


class L4MatchAttributes(Strict, frozen=True):
    """Conditions on a TCP connection; all must hold."""

    destination_subnets: tuple[str, ...] = ()
    port: UInt32 = 0
    source_subnet: str = ""
    source_labels: Mapping[str, str] = {}
    gateways: tuple[str, ...] = ()
    source_namespace: str = ""


class TCPRoute(Strict, frozen=True):
    """Where TCP connections go."""

    match: tuple[L4MatchAttributes, ...] = ()
    route: tuple[RouteDestination, ...] = ()


class VirtualService(Strict, frozen=True):
    """Routes for `hosts`, at the sidecars (`mesh`) or at `gateways`."""

    hosts: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    http: tuple[HTTPRoute, ...] = ()
    tls: tuple[TLSRoute, ...] = ()
    tcp: tuple[TCPRoute, ...] = ()
    export_to: tuple[str, ...] = ()
