"""Extension providers of MeshConfig: who is asked, logged to, traced to (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider).

`service` is `[namespace/]host` and `port` its port, throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from lateen.api.mesh_proxy import TraceContext
from lateen.api.shape import Int32, OneOf, Strict, UInt32
from lateen.values.duration import Duration


class EnvoyExternalAuthorizationRequestBody(Strict, frozen=True):
    """How much of the body the authorizer sees."""

    max_request_bytes: UInt32 = 0
    allow_partial_message: bool = False
    pack_as_bytes: bool = False


class EnvoyExternalAuthorizationHttpProvider(Strict, frozen=True):
    """An authorizer that speaks HTTP. Header names may be exact, `prefix*` or `*suffix`."""

    service: str
    port: UInt32
    timeout: Duration | None = None
    path_prefix: str = ""
    fail_open: bool = False
    clear_route_cache: bool = False
    status_on_error: str = ""
    include_headers_in_check: tuple[str, ...] = ()
    include_request_headers_in_check: tuple[str, ...] = ()
    include_additional_headers_in_check: Mapping[str, str] = {}
    include_request_body_in_check: EnvoyExternalAuthorizationRequestBody | None = None
    headers_to_upstream_on_allow: tuple[str, ...] = ()
    headers_to_downstream_on_deny: tuple[str, ...] = ()
    headers_to_downstream_on_allow: tuple[str, ...] = ()


class EnvoyExternalAuthorizationGrpcProvider(Strict, frozen=True):
    """An authorizer that speaks gRPC."""

    service: str
    port: UInt32
    timeout: Duration | None = None
    fail_open: bool = False
    clear_route_cache: bool = False
    status_on_error: str = ""
    include_request_body_in_check: EnvoyExternalAuthorizationRequestBody | None = None


class ZipkinTraceContextOption(StrEnum):
    """The headers that carry the trace."""

    USE_B3 = "USE_B3"
    USE_B3_WITH_W3C_PROPAGATION = "USE_B3_WITH_W3C_PROPAGATION"


class ZipkinTracingProvider(Strict, frozen=True):
    """A Zipkin collector."""

    service: str
    port: UInt32
    max_tag_length: UInt32 = 0
    enable_64bit_trace_id: bool = msgspec.field(default=False, name="enable64bitTraceId")
    path: str = ""
    trace_context_option: ZipkinTraceContextOption = ZipkinTraceContextOption.USE_B3
    timeout: Duration | None = None
    headers: tuple[HttpHeader, ...] = ()


class LightstepTracingProvider(Strict, frozen=True):
    """A Lightstep collector; deprecated."""

    service: str
    port: UInt32
    access_token: str = ""
    max_tag_length: UInt32 = 0


class DatadogTracingProvider(Strict, frozen=True):
    """A Datadog agent."""

    service: str
    port: UInt32
    max_tag_length: UInt32 = 0


class SkyWalkingTracingProvider(Strict, frozen=True):
    """A SkyWalking receiver."""

    service: str
    port: UInt32
    access_token: str = ""


class StackdriverLogging(Strict, frozen=True):
    """Labels of log entries, as expressions."""

    labels: Mapping[str, str] = {}


class StackdriverProvider(Strict, frozen=True):
    """Stackdriver."""

    debug: bool = False
    max_number_of_attributes: Int32 | None = None
    max_number_of_annotations: Int32 | None = None
    max_number_of_message_events: Int32 | None = None
    max_tag_length: UInt32 = 0
    logging: StackdriverLogging | None = None


class OpenCensusAgentTracingProvider(Strict, frozen=True):
    """An OpenCensus agent; deprecated."""

    service: str
    port: UInt32
    context: tuple[TraceContext, ...] = ()
    max_tag_length: UInt32 = 0


class PrometheusMetricsProvider(Strict, frozen=True):
    """Metrics are kept for Prometheus to fetch."""


class FileLogFormat(OneOf, frozen=True):
    """A line of text, or JSON with these labels."""

    text: str | None = None
    labels: Mapping[str, Any] | None = None

    one_of = (("text", "labels"),)


class EnvoyFileAccessLogProvider(Strict, frozen=True):
    """An access log in a file; no path means standard output."""

    path: str = ""
    log_format: FileLogFormat | None = None
    omit_empty_values: bool = False


class EnvoyHttpGrpcV3LogProvider(Strict, frozen=True):
    """An access log over gRPC, of HTTP requests."""

    service: str
    port: UInt32
    log_name: str = ""
    filter_state_objects_to_log: tuple[str, ...] = ()
    additional_request_headers_to_log: tuple[str, ...] = ()
    additional_response_headers_to_log: tuple[str, ...] = ()
    additional_response_trailers_to_log: tuple[str, ...] = ()


class EnvoyTcpGrpcV3LogProvider(Strict, frozen=True):
    """An access log over gRPC, of connections."""

    service: str
    port: UInt32
    log_name: str = ""
    filter_state_objects_to_log: tuple[str, ...] = ()


class OpenTelemetryLogFormat(Strict, frozen=True):
    """The body, and further attributes."""

    text: str = ""
    labels: Mapping[str, Any] | None = None


class EnvoyOpenTelemetryLogProvider(Strict, frozen=True):
    """An access log over OpenTelemetry."""

    service: str
    port: UInt32
    log_name: str = ""
    log_format: OpenTelemetryLogFormat | None = None


class HttpHeader(OneOf, frozen=True):
    """A header with a fixed value, or that of an environment variable."""

    name: str
    value: str | None = None
    env_name: str | None = None

    one_of = (("value", "env_name"),)


class HttpService(Strict, frozen=True):
    """How a collector is reached over HTTP."""

    path: str = ""
    timeout: Duration | None = None
    headers: tuple[HttpHeader, ...] = ()


class GrpcService(Strict, frozen=True):
    """How a collector is reached over gRPC."""

    timeout: Duration | None = None
    initial_metadata: tuple[HttpHeader, ...] = ()


class Detector(Strict, frozen=True):
    """Turns a resource detector on."""


class ResourceDetectors(Strict, frozen=True):
    """Where attributes of the traced process come from."""

    environment: Detector | None = None
    dynatrace: Detector | None = None


class DynatraceApi(Strict, frozen=True):
    """Where Dynatrace's sampling is asked for."""

    service: str
    port: UInt32
    http: HttpService | None = None


class DynatraceSampler(Strict, frozen=True):
    """Sampling as Dynatrace says."""

    tenant: str
    cluster_id: Int32
    root_spans_per_minute: UInt32 = 0
    http_service: DynatraceApi | None = None


class OpenTelemetryTracingProvider(OneOf, frozen=True):
    """An OpenTelemetry collector; gRPC unless `http` is given."""

    service: str
    port: UInt32
    max_tag_length: UInt32 = 0
    http: HttpService | None = None
    grpc: GrpcService | None = None
    resource_detectors: ResourceDetectors | None = None
    dynatrace_sampler: DynatraceSampler | None = None
    service_attribute_enrichment: str = ""

    one_of = (("http", "grpc"),)


class SecretProvider(Strict, frozen=True):
    """A secret discovery service of someone else."""

    name: str = ""
    service: str = ""
    port: UInt32 = 0


class ExtensionProvider(OneOf, frozen=True):
    """A named provider of exactly one sort."""

    name: str
    envoy_ext_authz_http: EnvoyExternalAuthorizationHttpProvider | None = None
    envoy_ext_authz_grpc: EnvoyExternalAuthorizationGrpcProvider | None = None
    zipkin: ZipkinTracingProvider | None = None
    lightstep: LightstepTracingProvider | None = None
    datadog: DatadogTracingProvider | None = None
    stackdriver: StackdriverProvider | None = None
    opencensus: OpenCensusAgentTracingProvider | None = None
    skywalking: SkyWalkingTracingProvider | None = None
    opentelemetry: OpenTelemetryTracingProvider | None = None
    prometheus: PrometheusMetricsProvider | None = None
    envoy_file_access_log: EnvoyFileAccessLogProvider | None = None
    envoy_http_als: EnvoyHttpGrpcV3LogProvider | None = None
    envoy_tcp_als: EnvoyTcpGrpcV3LogProvider | None = None
    envoy_otel_als: EnvoyOpenTelemetryLogProvider | None = None
    sds: SecretProvider | None = None

    one_of = (
        (
            "envoy_ext_authz_http",
            "envoy_ext_authz_grpc",
            "zipkin",
            "lightstep",
            "datadog",
            "stackdriver",
            "opencensus",
            "skywalking",
            "opentelemetry",
            "prometheus",
            "envoy_file_access_log",
            "envoy_http_als",
            "envoy_tcp_als",
            "envoy_otel_als",
            "sds",
        ),
    )
