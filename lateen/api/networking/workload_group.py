"""WorkloadGroup: what the workloads of one kind on VMs have in common (https://istio.io/latest/docs/reference/config/networking/workload-group/)."""

from __future__ import annotations

from lateen.api.networking.workload_entry import WorkloadEntry
from lateen.api.shape import Given, Int32, Labels, OneOf, Strict, UInt32


class ObjectMeta(Strict, frozen=True):
    """Labels and annotations that each entry of the group gets."""

    labels: Labels = {}
    annotations: Labels = {}


class HTTPHeader(Strict, frozen=True):
    """A header sent by a probe."""

    name: str = ""
    value: str = ""


class HTTPHealthCheckConfig(Strict, frozen=True):
    """Healthy when an HTTP GET is answered with 200 to 399."""

    port: UInt32
    path: str = ""
    host: str = ""
    scheme: str = ""
    http_headers: tuple[HTTPHeader, ...] = ()


class TCPHealthCheckConfig(Strict, frozen=True):
    """Healthy when a connection is accepted."""

    port: UInt32
    host: str = ""


class ExecHealthCheckConfig(Strict, frozen=True):
    """Healthy when the command ends with 0."""

    command: tuple[Given, ...]


class GrpcHealthCheckConfig(Strict, frozen=True):
    """Healthy when the gRPC health service says so."""

    port: UInt32 = 0
    service: str = ""


class ReadinessProbe(OneOf, frozen=True):
    """How and how often a workload is asked whether it is healthy; times in seconds, 0 stands for Kubernetes' default."""

    initial_delay_seconds: Int32 = 0
    timeout_seconds: Int32 = 0
    period_seconds: Int32 = 0
    success_threshold: Int32 = 0
    failure_threshold: Int32 = 0
    http_get: HTTPHealthCheckConfig | None = None
    tcp_socket: TCPHealthCheckConfig | None = None
    exec: ExecHealthCheckConfig | None = None
    grpc: GrpcHealthCheckConfig | None = None

    one_of = (("http_get", "tcp_socket", "exec", "grpc"),)


class WorkloadGroup(Strict, frozen=True):
    """The template of which each workload that joins becomes a WorkloadEntry."""

    template: WorkloadEntry
    metadata: ObjectMeta | None = None
    probe: ReadinessProbe | None = None
