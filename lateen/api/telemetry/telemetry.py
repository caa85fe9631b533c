"""Telemetry: what is measured, logged and traced (https://istio.io/latest/docs/reference/config/telemetry/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from lateen.api.selector import PolicyTargetReference, TargetRefs, WorkloadMode, WorkloadSelector
from lateen.api.shape import OneOf, Strict
from lateen.values.duration import Duration


class ProviderRef(Strict, frozen=True):
    """An extension provider of the mesh configuration, by its name."""

    name: str


class LiteralTag(Strict, frozen=True):
    """A fixed value."""

    value: str


class EnvironmentTag(Strict, frozen=True):
    """The value of an environment variable of the proxy."""

    name: str
    default_value: str = ""


class RequestHeaderTag(Strict, frozen=True):
    """The value of a request header."""

    name: str
    default_value: str = ""


class FormatterTag(Strict, frozen=True):
    """A value made of Envoy's command operators."""

    value: str


class CustomTag(OneOf, frozen=True):
    """A tag on each span."""

    literal: LiteralTag | None = None
    environment: EnvironmentTag | None = None
    header: RequestHeaderTag | None = None
    formatter: FormatterTag | None = None

    one_of = (("literal", "environment", "header", "formatter"),)


class ModeMatch(Strict, frozen=True):
    """The side of the calls that is meant; none means both."""

    mode: WorkloadMode = WorkloadMode.UNDEFINED


class Tracing(Strict, frozen=True):
    """How calls are traced; `random_sampling_percentage` is from 0.0 to 100.0."""

    match: ModeMatch | None = None
    providers: tuple[ProviderRef, ...] = ()
    random_sampling_percentage: float | None = None
    disable_span_reporting: bool | None = None
    custom_tags: Mapping[str, CustomTag] = {}
    use_request_id_for_trace_sampling: bool | None = None
    enable_istio_tags: bool | None = None
    disable_context_propagation: bool | None = None


class IstioMetric(StrEnum):
    """Istio's standard metrics."""

    ALL_METRICS = "ALL_METRICS"
    REQUEST_COUNT = "REQUEST_COUNT"
    REQUEST_DURATION = "REQUEST_DURATION"
    REQUEST_SIZE = "REQUEST_SIZE"
    RESPONSE_SIZE = "RESPONSE_SIZE"
    TCP_OPENED_CONNECTIONS = "TCP_OPENED_CONNECTIONS"
    TCP_CLOSED_CONNECTIONS = "TCP_CLOSED_CONNECTIONS"
    TCP_SENT_BYTES = "TCP_SENT_BYTES"
    TCP_RECEIVED_BYTES = "TCP_RECEIVED_BYTES"
    GRPC_REQUEST_MESSAGES = "GRPC_REQUEST_MESSAGES"
    GRPC_RESPONSE_MESSAGES = "GRPC_RESPONSE_MESSAGES"


class MetricSelector(OneOf, frozen=True):
    """A metric, of one side of the calls."""

    metric: IstioMetric | None = None
    custom_metric: str | None = None
    mode: WorkloadMode = WorkloadMode.UNDEFINED

    one_of = (("metric", "custom_metric"),)


class TagOperation(StrEnum):
    """What is done with a label."""

    UPSERT = "UPSERT"
    REMOVE = "REMOVE"


class TagOverride(Strict, frozen=True):
    """A label that is set to a CEL expression, or removed."""

    operation: TagOperation = TagOperation.UPSERT
    value: str = ""


class MetricsOverrides(Strict, frozen=True):
    """Changes to the selected metrics."""

    match: MetricSelector | None = None
    disabled: bool | None = None
    tag_overrides: Mapping[str, TagOverride] = {}


class Metrics(Strict, frozen=True):
    """Which metrics go where."""

    providers: tuple[ProviderRef, ...] = ()
    overrides: tuple[MetricsOverrides, ...] = ()
    reporting_interval: Duration | None = None


class LogFilter(Strict, frozen=True):
    """A CEL expression; only calls for which it is true are logged."""

    expression: str = ""


class AccessLogging(Strict, frozen=True):
    """Which calls are logged where."""

    match: ModeMatch | None = None
    providers: tuple[ProviderRef, ...] = ()
    disabled: bool | None = None
    filter: LogFilter | None = None


class Telemetry(Strict, frozen=True):
    """The telemetry of the selected workloads."""

    selector: WorkloadSelector | None = None
    target_ref: PolicyTargetReference | None = None
    target_refs: TargetRefs = ()
    tracing: tuple[Tracing, ...] = ()
    metrics: tuple[Metrics, ...] = ()
    access_logging: tuple[AccessLogging, ...] = ()
