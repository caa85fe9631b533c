"""The ProxyConfig inside MeshConfig, and in the annotation `proxy.istio.io/config` (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig).

Every field is None when it is not given, because several of these are laid over each other field by field; `BUILT_IN` is the one below them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from lateen.api.networking.destination_rule import ClientTLSSettings, TcpKeepalive
from lateen.api.networking.proxy_config import ProxyImage
from lateen.api.networking.workload_group import ReadinessProbe
from lateen.api.shape import Int32, OneOf, Strict, UInt32
from lateen.api.telemetry.telemetry import CustomTag
from lateen.values.duration import Duration


class AuthenticationPolicy(StrEnum):
    """How the proxy speaks to the control plane."""

    NONE = "NONE"
    MUTUAL_TLS = "MUTUAL_TLS"
    INHERIT = "INHERIT"


class Address(Strict, frozen=True):
    """Where a tracer's collector is."""

    address: str = ""


class Lightstep(Strict, frozen=True):
    """A Lightstep tracer; deprecated."""

    address: str = ""
    access_token: str = ""


class Stackdriver(Strict, frozen=True):
    """A Stackdriver tracer; deprecated."""

    debug: bool = False
    max_number_of_attributes: Int32 | None = None
    max_number_of_annotations: Int32 | None = None
    max_number_of_message_events: Int32 | None = None


class TraceContext(StrEnum):
    """How a trace is carried from call to call."""

    UNSPECIFIED = "UNSPECIFIED"
    W3C_TRACE_CONTEXT = "W3C_TRACE_CONTEXT"
    GRPC_BIN = "GRPC_BIN"
    CLOUD_TRACE_CONTEXT = "CLOUD_TRACE_CONTEXT"
    B3 = "B3"


class OpenCensusAgent(Strict, frozen=True):
    """An OpenCensus tracer; deprecated."""

    address: str = ""
    context: tuple[TraceContext, ...] = ()


class Tracing(OneOf, frozen=True):
    """How the proxy traces; `sampling` is from 0.0 to 100.0."""

    zipkin: Address | None = None
    lightstep: Lightstep | None = None
    datadog: Address | None = None
    stackdriver: Stackdriver | None = None
    open_census_agent: OpenCensusAgent | None = None
    custom_tags: Mapping[str, CustomTag] = {}
    max_path_tag_length: UInt32 = 0
    sampling: float | None = None
    tls_settings: ClientTLSSettings | None = None
    enable_istio_tags: bool | None = None

    one_of = (("zipkin", "lightstep", "datadog", "stackdriver", "open_census_agent"),)


class ForwardClientCertDetails(StrEnum):
    """What is done with the header `x-forwarded-client-cert`."""

    UNDEFINED = "UNDEFINED"
    SANITIZE = "SANITIZE"
    FORWARD_ONLY = "FORWARD_ONLY"
    APPEND_FORWARD = "APPEND_FORWARD"
    SANITIZE_SET = "SANITIZE_SET"
    ALWAYS_FORWARD_ONLY = "ALWAYS_FORWARD_ONLY"


class ProxyProtocolConfiguration(Strict, frozen=True):
    """Connections begin with the PROXY protocol."""


class Topology(Strict, frozen=True):
    """What stands in front of the gateways."""

    num_trusted_proxies: UInt32 = 0
    forward_client_cert_details: ForwardClientCertDetails = ForwardClientCertDetails.UNDEFINED
    proxy_protocol: ProxyProtocolConfiguration | None = None


class CryptoMb(Strict, frozen=True):
    """Keys handled by CryptoMB."""

    poll_delay: Duration | None = None
    fallback: bool | None = None


class Qat(Strict, frozen=True):
    """Keys handled by QAT."""

    poll_delay: Duration | None = None
    fallback: bool | None = None


class PrivateKeyProvider(OneOf, frozen=True):
    """Who handles private keys."""

    cryptomb: CryptoMb | None = None
    qat: Qat | None = None

    one_of = (("cryptomb", "qat"),)


class ProxyStatsMatcher(Strict, frozen=True):
    """Statistics that are kept beside the minimal ones."""

    inclusion_prefixes: tuple[str, ...] = ()
    inclusion_suffixes: tuple[str, ...] = ()
    inclusion_regexps: tuple[str, ...] = ()


class RemoteService(Strict, frozen=True):
    """A service that receives logs or metrics."""

    address: str = ""
    tls_settings: ClientTLSSettings | None = None
    tcp_keepalive: TcpKeepalive | None = None


class HeaderSwitch(Strict, frozen=True):
    """Turns a header off."""

    disabled: bool | None = None


class HeaderAddition(Strict, frozen=True):
    """Turns a header on that is not usually there."""

    enabled: bool | None = None


class ServerHeader(Strict, frozen=True):
    """The header `server`: turned off, or of this value."""

    disabled: bool | None = None
    value: str = ""


class MetadataExchangeMode(StrEnum):
    """Whether peers tell each other who they are in headers."""

    UNDEFINED = "UNDEFINED"
    IN_MESH = "IN_MESH"


class MetadataExchangeHeaders(Strict, frozen=True):
    """Headers in which peers tell each other who they are."""

    mode: MetadataExchangeMode = MetadataExchangeMode.UNDEFINED


class SetCurrentClientCertDetails(Strict, frozen=True):
    """What of the client's certificate is put into `x-forwarded-client-cert`."""

    subject: bool | None = None
    cert: bool | None = None
    chain: bool | None = None
    dns: bool | None = None
    uri: bool | None = None


class ProxyHeaders(Strict, frozen=True):
    """Headers that the proxy adds (HC-3)."""

    forwarded_client_cert: ForwardClientCertDetails = ForwardClientCertDetails.UNDEFINED
    set_current_client_cert_details: SetCurrentClientCertDetails | None = None
    request_id: HeaderSwitch | None = None
    server: ServerHeader | None = None
    attempt_count: HeaderSwitch | None = None
    envoy_debug_headers: HeaderSwitch | None = None
    metadata_exchange_headers: MetadataExchangeHeaders | None = None
    preserve_http1_header_case: bool | None = None
    x_forwarded_host: HeaderAddition | None = None
    x_forwarded_port: HeaderAddition | None = None


class TracingServiceName(StrEnum):
    """How the proxy is named in traces."""

    APP_LABEL_AND_NAMESPACE = "APP_LABEL_AND_NAMESPACE"
    CANONICAL_NAME_ONLY = "CANONICAL_NAME_ONLY"
    CANONICAL_NAME_AND_NAMESPACE = "CANONICAL_NAME_AND_NAMESPACE"


class InboundInterceptionMode(StrEnum):
    """How inbound traffic comes to the proxy."""

    REDIRECT = "REDIRECT"
    TPROXY = "TPROXY"
    NONE = "NONE"


class SDS(Strict, frozen=True):
    """Secret discovery; without effect."""

    enabled: bool = False
    k8s_sa_jwt_path: str = ""


class ConnectionProfile(StrEnum):
    """What holds where a setting of connections is not given: what Envoy advises for proxies at the edge, at gateways; or what usually does."""

    SIDECAR = "SIDECAR"
    EDGE = "EDGE"


class HeadersWithUnderscores(StrEnum):
    """What is done with headers whose names have underscores."""

    ALLOW = "ALLOW"
    REJECT_REQUEST = "REJECT_REQUEST"
    DROP_HEADER = "DROP_HEADER"


class EscapedSlashes(StrEnum):
    """What is done with `%2F` and `%5C` in paths."""

    KEEP_UNCHANGED = "KEEP_UNCHANGED"
    REJECT_REQUEST = "REJECT_REQUEST"
    UNESCAPE_AND_REDIRECT = "UNESCAPE_AND_REDIRECT"
    UNESCAPE_AND_FORWARD = "UNESCAPE_AND_FORWARD"


class ConnectionSettings(Strict, frozen=True):
    """How the proxy treats connections (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig-ConnectionSettings)."""

    profile: ConnectionProfile | None = None
    listener_per_connection_buffer_limit_bytes: UInt32 | None = None
    cluster_per_connection_buffer_limit_bytes: UInt32 | None = None
    http_idle_timeout: Duration | None = None
    http_request_timeout: Duration | None = None
    http_stream_idle_timeout: Duration | None = None
    http_request_headers_timeout: Duration | None = None
    http_max_concurrent_streams: UInt32 | None = None
    http2_initial_stream_window_size: UInt32 | None = None
    http2_initial_connection_window_size: UInt32 | None = None
    http_headers_with_underscores_action: HeadersWithUnderscores | None = None
    http_merge_slashes: bool | None = None
    http_path_with_escaped_slashes_action: EscapedSlashes | None = None
    global_downstream_connection_limit: UInt32 | None = None


EDGE = ConnectionSettings(
    listener_per_connection_buffer_limit_bytes=32_768,
    cluster_per_connection_buffer_limit_bytes=32_768,
    http_idle_timeout=Duration("3600s"),
    http_request_timeout=Duration("300s"),
    http_stream_idle_timeout=Duration("300s"),
    http_request_headers_timeout=Duration("60s"),
    http_max_concurrent_streams=100,
    http2_initial_stream_window_size=65_536,
    http2_initial_connection_window_size=1_048_576,
    http_headers_with_underscores_action=HeadersWithUnderscores.REJECT_REQUEST,
    http_merge_slashes=True,
    http_path_with_escaped_slashes_action=EscapedSlashes.UNESCAPE_AND_REDIRECT,
)
"""What the profile of that name means, at gateways only."""


def at_edge(given: ConnectionSettings) -> ConnectionSettings:
    """The settings as a gateway has them, its profile filled in."""
    if given.profile is not ConnectionProfile.EDGE:
        return given
    said = {name: value for name in ConnectionSettings.__struct_fields__ if (value := getattr(given, name)) is not None}
    return msgspec.structs.replace(EDGE, **said)


class ProxyConfig(OneOf, frozen=True):
    """Settings of one proxy. `concurrency` 0 means one thread for each core."""

    config_path: str | None = None
    binary_path: str | None = None
    service_cluster: str | None = None
    tracing_service_name: TracingServiceName | None = None
    drain_duration: Duration | None = None
    parent_shutdown_duration: Duration | None = None
    discovery_address: str | None = None
    discovery_refresh_delay: Duration | None = None
    zipkin_address: str | None = None
    statsd_udp_address: str | None = None
    envoy_metrics_service_address: str | None = None
    proxy_admin_port: Int32 | None = None
    availability_zone: str | None = None
    control_plane_auth_policy: AuthenticationPolicy | None = None
    custom_config_file: str | None = None
    stat_name_length: Int32 | None = None
    concurrency: Int32 | None = None
    proxy_bootstrap_template_path: str | None = None
    interception_mode: InboundInterceptionMode | None = None
    tracing: Tracing | None = None
    sds: SDS | None = None
    envoy_access_log_service: RemoteService | None = None
    envoy_metrics_service: RemoteService | None = None
    proxy_metadata: Mapping[str, str] | None = None
    runtime_values: Mapping[str, str] | None = None
    status_port: Int32 | None = None
    extra_stat_tags: tuple[str, ...] | None = None
    gateway_topology: Topology | None = None
    termination_drain_duration: Duration | None = None
    mesh_id: str | None = None
    readiness_probe: ReadinessProbe | None = None
    proxy_stats_matcher: ProxyStatsMatcher | None = None
    hold_application_until_proxy_starts: bool | None = None
    ca_certificates_pem: tuple[str, ...] | None = None
    image: ProxyImage | None = None
    private_key_provider: PrivateKeyProvider | None = None
    proxy_headers: ProxyHeaders | None = None
    file_flush_interval: Duration | None = None
    file_flush_min_size_kb: UInt32 | None = None
    stats_compression: bool | None = None
    connection_settings: ConnectionSettings | None = None

    one_of = (("service_cluster", "tracing_service_name"),)


BUILT_IN = ProxyConfig(
    config_path="./etc/istio/proxy",
    binary_path="/usr/local/bin/envoy",
    service_cluster="istio-proxy",
    drain_duration=Duration("45s"),
    parent_shutdown_duration=Duration("60s"),
    termination_drain_duration=Duration("5s"),
    discovery_address="istiod.istio-system.svc:15012",
    proxy_admin_port=15000,
    status_port=15020,
    control_plane_auth_policy=AuthenticationPolicy.MUTUAL_TLS,
    stat_name_length=189,
    interception_mode=InboundInterceptionMode.REDIRECT,
)
"""What holds where nothing is said, as in Istio."""

_CLUSTER_NAMES = ("service_cluster", "tracing_service_name")


def merged(under: ProxyConfig, over: ProxyConfig) -> ProxyConfig:
    """`over` laid over `under`: "the field set in annotation will fully replace the field from mesh config defaults"; only metadata is united."""
    said = {name: value for name in ProxyConfig.__struct_fields__ if (value := getattr(over, name)) is not None}
    if any(name in said for name in _CLUSTER_NAMES):
        said = dict.fromkeys(_CLUSTER_NAMES) | said
    if under.proxy_metadata and over.proxy_metadata:
        said["proxy_metadata"] = {**under.proxy_metadata, **over.proxy_metadata}
    return msgspec.structs.replace(under, **said)
