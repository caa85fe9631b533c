"""The probe of a WorkloadGroup, as the control plane tells it to the agents of its members (WE-2), as a health check. Pure.

"Readiness probe ... similar in function and syntax to Kubernetes readiness probes"
(https://istio.io/latest/docs/reference/config/networking/workload-group/), hence Kubernetes' defaults for what is 0.
"""

from __future__ import annotations

import msgspec

from lateen.agent.workload import HealthCheck

PERIOD, TIMEOUT, SUCCESSES, FAILURES = 10.0, 1.0, 1, 3
"""Kubernetes' defaults: seconds, seconds, in a row, in a row."""


class _Told(msgspec.Struct, frozen=True, rename="camel"):
    """A part of what is told."""


class _Header(_Told, frozen=True):
    name: str = ""
    value: str = ""


class _Http(_Told, frozen=True):
    port: int
    path: str = ""
    host: str = ""
    scheme: str = ""
    http_headers: tuple[_Header, ...] = ()


class _Tcp(_Told, frozen=True):
    port: int
    host: str = ""


class _Exec(_Told, frozen=True):
    command: tuple[str, ...]


class _Grpc(_Told, frozen=True):
    port: int = 0
    service: str = ""


class _Probe(_Told, frozen=True):
    initial_delay_seconds: int = 0
    timeout_seconds: int = 0
    period_seconds: int = 0
    success_threshold: int = 0
    failure_threshold: int = 0
    http_get: _Http | None = None
    tcp_socket: _Tcp | None = None
    exec: _Exec | None = None
    grpc: _Grpc | None = None


def check(told: bytes) -> HealthCheck | None:
    """The check that is told (JSON of a ReadinessProbe); None when nothing is, and the workload's own holds."""
    probe = msgspec.json.decode(told, type=_Probe | None) if told else None
    asking = _asking(probe) if probe is not None else None
    if probe is None or asking is None:
        return None
    return msgspec.structs.replace(
        asking,
        initial_delay=float(max(probe.initial_delay_seconds, 0)),
        timeout=float(probe.timeout_seconds or TIMEOUT),
        period=float(probe.period_seconds or PERIOD),
        successes=probe.success_threshold or SUCCESSES,
        failures=probe.failure_threshold or FAILURES,
    )


def _asking(probe: _Probe) -> HealthCheck | None:
    if (http := probe.http_get) is not None:
        headers = tuple((each.name, each.value) for each in http.http_headers if each.name)
        path = http.path if http.path.startswith("/") else f"/{http.path}"
        return HealthCheck(port=http.port, http_path=path, host=http.host, tls=http.scheme.upper() == "HTTPS", headers=headers)
    if (tcp := probe.tcp_socket) is not None:
        return HealthCheck(port=tcp.port, tcp=True, host=tcp.host)
    if probe.exec is not None:
        return HealthCheck(command=probe.exec.command)
    return HealthCheck(port=probe.grpc.port, grpc=probe.grpc.service) if probe.grpc is not None else None
