"""What holds for one sidecar as a whole: where unknown calls go (SC-6), how HTTP is spoken, what is logged; and which ports its Sidecar
object has the workload called on (SC-5, SC-7). The imports of the Sidecar are the business of `scope`.
"""

from __future__ import annotations

import msgspec

from lateen.api import inputs, mesh
from lateen.api.mesh_config import AccessLogEncoding, NormalizationType
from lateen.api.mesh_proxy import ConnectionSettings, ForwardClientCertDetails, HeaderSwitch, ProxyHeaders, SetCurrentClientCertDetails
from lateen.api.networking.gateway import TLSMode
from lateen.api.networking.sidecar import CaptureMode, IstioIngressListener, OutboundTrafficPolicyMode, Sidecar
from lateen.api.networking.virtual_service import Destination
from lateen.flow import Graph, query
from lateen.ir.chain import Bounds, FileLog, HttpOptions, Observation, OwnServer
from lateen.ir.destination import BLACK_HOLE, PASSTHROUGH
from lateen.ir.view import Labels, Perspective
from lateen.translate.gateway_tls import own_server
from lateen.translate.scope import sidecar
from lateen.translate.targets import target
from lateen.translate.visibility import service_for
from lateen.values import hosts
from lateen.values.duration import Duration
from lateen.values.protocol import Protocol, named, of_port
from lateen.values.ref import Ref

_ENDING = frozenset({TLSMode.SIMPLE, TLSMode.MUTUAL, TLSMode.OPTIONAL_MUTUAL})

JSON_FIELDS = (
    ("authority", "%REQ(:AUTHORITY)%"),
    ("bytes_received", "%BYTES_RECEIVED%"),
    ("bytes_sent", "%BYTES_SENT%"),
    ("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
    ("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
    ("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
    ("duration", "%DURATION%"),
    ("method", "%REQ(:METHOD)%"),
    ("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
    ("protocol", "%PROTOCOL%"),
    ("request_id", "%REQ(X-REQUEST-ID)%"),
    ("requested_server_name", "%REQUESTED_SERVER_NAME%"),
    ("response_code", "%RESPONSE_CODE%"),
    ("response_code_details", "%RESPONSE_CODE_DETAILS%"),
    ("response_flags", "%RESPONSE_FLAGS%"),
    ("route_name", "%ROUTE_NAME%"),
    ("start_time", "%START_TIME%"),
    ("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"),
    ("upstream_host", "%UPSTREAM_HOST%"),
    ("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
    ("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
    ("upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
    ("user_agent", "%REQ(USER-AGENT)%"),
    ("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
)
"""Istio's fields of an access log in JSON (TE-6)."""


class Elsewhere(msgspec.Struct, frozen=True, cache_hash=True):
    """What becomes of calls to places that nobody declares: where they go, and whether requests are looked up by their host instead."""

    destination: str = PASSTHROUGH
    resolves: bool = False


class Ingress(msgspec.Struct, frozen=True, cache_hash=True):
    """A port that a Sidecar has its workload called on. `endpoint` is where the workload listens, as written, empty for the port itself.

    `bound` at `bind`, the proxy really listens there (SC-7); with captured traffic `bind` has no meaning.
    """

    port: int
    protocol: Protocol
    endpoint: str = ""
    bind: str = ""
    bound: bool = False
    tls: OwnServer | None = None
    origin: Ref | None = None


@query
def elsewhere(g: Graph, namespace: str, labels: Labels) -> Elsewhere:
    """SC-6: "outboundTrafficPolicy of the Sidecar beats mesh"."""
    spec = _specification(g, sidecar(g, namespace, labels))
    policy = spec.outbound_traffic_policy if spec is not None else None
    mode = policy.mode if policy is not None else mesh.outbound_mode(g)
    if policy is not None and policy.egress_proxy is not None:
        return Elsewhere(target(g, Perspective(namespace), _proxy_host(g, namespace, policy.egress_proxy), policy.egress_proxy, 0).name)
    if mode is OutboundTrafficPolicyMode.REGISTRY_ONLY:
        return Elsewhere(BLACK_HOLE)
    return Elsewhere(PASSTHROUGH, resolves=mode is OutboundTrafficPolicyMode.ALLOW_ANY_DYNAMIC_DNS)


@query
def egress_proxy(g: Graph, namespace: str, labels: Labels) -> tuple[tuple[str, str], ...]:
    """The service through which calls to unknown places go (GW-12): the namespace that declares it and its host; nothing where there is none."""
    spec = _specification(g, sidecar(g, namespace, labels))
    policy = spec.outbound_traffic_policy if spec is not None else None
    if policy is None or policy.egress_proxy is None:
        return ()
    host = _proxy_host(g, namespace, policy.egress_proxy)
    service = service_for(g, Perspective(namespace), host)
    return ((service.namespace, host),) if service is not None else ()


def _proxy_host(g: Graph, namespace: str, of: Destination) -> str:
    return hosts.qualified(of.host, namespace, inputs.domain(g))


@query
def ingress(g: Graph, namespace: str, labels: Labels) -> tuple[Ingress, ...]:
    """The ports that the workload's Sidecar names; with any at all, these are the only ones (SC-5)."""
    ref = sidecar(g, namespace, labels)
    spec = _specification(g, ref)
    return tuple(_ingress(g, each, ref) for each in spec.ingress) if spec is not None else ()


NO_SETTINGS = ConnectionSettings()
_MOST = 2**31 - 1
_LEAST_WINDOW = 65_535


@query
def options(g: Graph, headers: ProxyHeaders, http10: str = "", idle: str = "", settings: ConnectionSettings = NO_SETTINGS) -> HttpOptions:
    """How a proxy speaks HTTP: MeshConfig's normalization (HC-2), its own settings of headers (HC-3) and connections; `http10` and `idle` are the
    proxy's own words for HTTP/1.0 (LI-5) and for how long an idle connection is kept, a duration.
    """
    normalization = mesh.normalization(g)
    forwarded = headers.forwarded_client_cert
    return HttpOptions(
        normalization="BASE" if normalization is NormalizationType.DEFAULT else normalization.value,
        http10=http10.lower() in ("1", "true"),
        preserve_case=bool(headers.preserve_http1_header_case),
        server=headers.server.value if headers.server is not None else "",
        hides_server=bool(headers.server is not None and headers.server.disabled),
        forwarded_certificate="" if forwarded is ForwardClientCertDetails.UNDEFINED else forwarded.value,
        forwarded_details=_details(headers.set_current_client_cert_details),
        forwarded_port=bool(headers.x_forwarded_port is not None and headers.x_forwarded_port.enabled),
        debug_headers=not _off(headers.envoy_debug_headers),
        idle_timeout=_nanoseconds(idle) if settings.http_idle_timeout is None else settings.http_idle_timeout.nanoseconds,
        request_id=not _off(headers.request_id),
        bounds=_bounds(settings),
        underscores=settings.http_headers_with_underscores_action or "",
        merges_slashes=settings.http_merge_slashes,
        escaped_slashes=settings.http_path_with_escaped_slashes_action or "",
    )


def _bounds(of: ConnectionSettings) -> Bounds:
    def time(said: Duration | None) -> int | None:
        return said.nanoseconds if said is not None else None

    return Bounds(
        request=time(of.http_request_timeout),
        headers=time(of.http_request_headers_timeout),
        silence=time(of.http_stream_idle_timeout),
        streams=_within(1, of.http_max_concurrent_streams),
        stream_window=_within(_LEAST_WINDOW, of.http2_initial_stream_window_size),
        connection_window=_within(_LEAST_WINDOW, of.http2_initial_connection_window_size),
    )


def _within(least: int, given: int | None) -> int | None:
    """What no proxy could take is not said: an annotation is read whether or not anybody has checked it."""
    return given if given is not None and least <= given <= _MOST else None


def _off(switch: HeaderSwitch | None) -> bool:
    return switch is not None and bool(switch.disabled)


def _details(of: SetCurrentClientCertDetails | None) -> tuple[str, ...] | None:
    return tuple(name for name in of.__struct_fields__ if getattr(of, name)) if of is not None else None


def _nanoseconds(text: str) -> int | None:
    """None where nothing is said, or nothing that could be meant."""
    try:
        return Duration(text).nanoseconds if text else None
    except ValueError:
        return None


@query
def observation(g: Graph) -> Observation:
    """What is told of traffic where no Telemetry says otherwise: metrics, and access logs if MeshConfig has a file for them (TE-6)."""
    path = mesh.access_log_file(g)
    if not path:
        return Observation()
    text, refused = mesh.access_log_format(g), mesh.logs_listeners(g)
    if mesh.access_log_encoding(g) is AccessLogEncoding.JSON:
        return Observation((FileLog(path, fields=_fields(text) or JSON_FIELDS),), refused=refused)
    return Observation((FileLog(path, text if not text or text.endswith("\n") else f"{text}\n"),), refused=refused)


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    """The fields of a JSON format; none where there is no such format, or it cannot be read."""
    try:
        found = msgspec.json.decode(text or "{}", type=dict[str, str])
    except msgspec.DecodeError:
        return ()
    return tuple(sorted(found.items()))


def _specification(g: Graph, ref: Ref | None) -> Sidecar | None:
    found = inputs.resource(g, ref) if ref is not None else None
    return found.spec if found is not None else None


def _ingress(g: Graph, of: IstioIngressListener, origin: Ref | None) -> Ingress:
    protocol = named(of.port.protocol) or of_port(of.port.number, of.port.name)
    http = protocol is Protocol.HTTPS or protocol.is_http
    tls = own_server(g, of.tls, http=http) if of.tls is not None and of.tls.mode in _ENDING else None
    bound = of.capture_mode is CaptureMode.NONE
    return Ingress(of.port.number, protocol, of.default_endpoint, of.bind, bound, tls, origin)
