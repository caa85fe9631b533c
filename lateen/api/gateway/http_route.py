"""HTTPRoute: where HTTP requests go (https://gateway-api.sigs.k8s.io/api-types/httproute/)."""

from __future__ import annotations

from lateen.api.gateway.references import BackendObjectReference, LocalObjectReference, ParentReference
from lateen.api.shape import Tolerant
from lateen.values.duration import Duration


class HTTPPathMatch(Tolerant, frozen=True):
    """`type` is `Exact`, `PathPrefix` (by segment) or `RegularExpression`."""

    type: str = "PathPrefix"
    value: str = "/"


class HTTPHeaderMatch(Tolerant, frozen=True):
    """`type` is `Exact` or `RegularExpression`."""

    name: str
    value: str
    type: str = "Exact"


class HTTPQueryParamMatch(Tolerant, frozen=True):
    """`type` is `Exact` or `RegularExpression`."""

    name: str
    value: str
    type: str = "Exact"


class HTTPRouteMatch(Tolerant, frozen=True):
    """Conditions on a request; all must hold."""

    path: HTTPPathMatch = HTTPPathMatch()
    headers: tuple[HTTPHeaderMatch, ...] = ()
    query_params: tuple[HTTPQueryParamMatch, ...] = ()
    method: str = ""


class HTTPHeader(Tolerant, frozen=True):
    """A header and its value."""

    name: str
    value: str


class HTTPHeaderFilter(Tolerant, frozen=True):
    """Changes to headers."""

    set: tuple[HTTPHeader, ...] = ()
    add: tuple[HTTPHeader, ...] = ()
    remove: tuple[str, ...] = ()


class HTTPPathModifier(Tolerant, frozen=True):
    """`type` is `ReplaceFullPath` or `ReplacePrefixMatch`."""

    type: str
    replace_full_path: str | None = None
    replace_prefix_match: str | None = None


class HTTPRequestRedirectFilter(Tolerant, frozen=True):
    """The client is sent elsewhere."""

    scheme: str = ""
    hostname: str = ""
    path: HTTPPathModifier | None = None
    port: int | None = None
    status_code: int = 302


class HTTPURLRewriteFilter(Tolerant, frozen=True):
    """Changes to path and host before the request is sent on."""

    hostname: str = ""
    path: HTTPPathModifier | None = None


class Fraction(Tolerant, frozen=True):
    """A share of `numerator` in `denominator`."""

    numerator: int
    denominator: int = 100


class HTTPRequestMirrorFilter(Tolerant, frozen=True):
    """A copy of the requests goes here too; neither `percent` nor `fraction` means all of them."""

    backend_ref: BackendObjectReference
    percent: int | None = None
    fraction: Fraction | None = None


class HTTPCORSFilter(Tolerant, frozen=True):
    """Cross-origin resource sharing; `max_age` in seconds."""

    allow_origins: tuple[str, ...] = ()
    allow_credentials: bool | None = None
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int = 5


class ExternalAuthBody(Tolerant, frozen=True):
    """How much of the body is sent along."""

    max_size: int = 0


class GRPCAuthConfig(Tolerant, frozen=True):
    """What a gRPC authorizer is sent."""

    allowed_headers: tuple[str, ...] = ()


class HTTPAuthConfig(Tolerant, frozen=True):
    """What an HTTP authorizer is sent, and what of its answer is kept."""

    path: str = ""
    allowed_headers: tuple[str, ...] = ()
    allowed_response_headers: tuple[str, ...] = ()


class HTTPExternalAuthFilter(Tolerant, frozen=True):
    """Another service decides; `protocol` is `GRPC` or `HTTP`."""

    protocol: str
    backend_ref: BackendObjectReference
    grpc: GRPCAuthConfig | None = None
    http: HTTPAuthConfig | None = None
    forward_body: ExternalAuthBody | None = None


class HTTPRouteFilter(Tolerant, frozen=True):
    """A step on the way; `type` says which of the fields is given."""

    type: str
    request_header_modifier: HTTPHeaderFilter | None = None
    response_header_modifier: HTTPHeaderFilter | None = None
    request_mirror: HTTPRequestMirrorFilter | None = None
    request_redirect: HTTPRequestRedirectFilter | None = None
    url_rewrite: HTTPURLRewriteFilter | None = None
    cors: HTTPCORSFilter | None = None
    external_auth: HTTPExternalAuthFilter | None = None
    extension_ref: LocalObjectReference | None = None


class HTTPBackendRef(Tolerant, frozen=True):
    """Where a share of the requests goes, and what is done with that share alone."""

    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str = ""
    port: int | None = None
    weight: int = 1
    filters: tuple[HTTPRouteFilter, ...] = ()


class HTTPRouteTimeouts(Tolerant, frozen=True):
    """Of the whole request, and of one try."""

    request: Duration | None = None
    backend_request: Duration | None = None


class HTTPRouteRetry(Tolerant, frozen=True):
    """The answers after which a request is tried again."""

    codes: tuple[int, ...] = ()
    attempts: int | None = None
    backoff: Duration | None = None


class CookieConfig(Tolerant, frozen=True):
    """`lifetime_type` is `Session` or `Permanent`."""

    lifetime_type: str = "Session"


class SessionPersistence(Tolerant, frozen=True):
    """The requests of one session go to one endpoint; `type` is `Cookie` or `Header`."""

    session_name: str = ""
    absolute_timeout: Duration | None = None
    idle_timeout: Duration | None = None
    type: str = "Cookie"
    cookie_config: CookieConfig | None = None


class HTTPRouteRule(Tolerant, frozen=True):
    """What is done with the requests that fit one of `matches`; no match means all."""

    name: str = ""
    matches: tuple[HTTPRouteMatch, ...] = ()
    filters: tuple[HTTPRouteFilter, ...] = ()
    backend_refs: tuple[HTTPBackendRef, ...] = ()
    timeouts: HTTPRouteTimeouts | None = None
    retry: HTTPRouteRetry | None = None
    session_persistence: SessionPersistence | None = None


class HTTPRoute(Tolerant, frozen=True):
    """Rules for some hosts, attached to Gateways or to Services of the mesh."""

    parent_refs: tuple[ParentReference, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[HTTPRouteRule, ...] = ()
    use_default_gateways: str = ""
