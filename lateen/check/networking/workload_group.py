"""WorkloadGroup: what is refused."""

from __future__ import annotations

from lateen.api.networking.workload_group import HTTPHealthCheckConfig, ReadinessProbe, WorkloadGroup
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import headers, ports
from lateen.check.labels import labels
from lateen.check.networking.workload_entry import entry
from lateen.check.remark import Remarks, wrong


def workload_group(of: Resource[WorkloadGroup]) -> Remarks:
    """A template without address (WE-3: each workload brings its own), and a probe that asks something."""
    spec = of.spec
    if spec.metadata is not None:
        yield from labels(spec.metadata.labels, ("spec", "metadata", "labels"))
    if spec.template.address:
        yield wrong(("spec", "template", "address"), "an address is given, but each workload that joins brings its own.", "Leave it out.")
    else:
        yield from entry(spec.template, ("spec", "template"))
    if spec.probe is not None:
        yield from _probe(spec.probe, ("spec", "probe"))


def _probe(probe: ReadinessProbe, path: Path) -> Remarks:
    for field, value in (
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ):
        if value < 0:
            yield wrong((*path, field), f"found {value}, expected 0 (the default) or more.")
    if probe.http_get is not None:
        yield from _http(probe.http_get, (*path, "httpGet"))
    elif probe.tcp_socket is not None:
        yield from ports.number(probe.tcp_socket.port, (*path, "tcpSocket", "port"))
    elif probe.exec is not None:
        if not probe.exec.command:
            yield wrong((*path, "exec", "command"), "the command is empty.")
    elif probe.grpc is not None:
        yield from ports.number(probe.grpc.port, (*path, "grpc", "port"))
    else:
        yield wrong(path, "the probe asks nothing.", "Give httpGet, tcpSocket, exec or grpc.")


def _http(get: HTTPHealthCheckConfig, path: Path) -> Remarks:
    yield from ports.number(get.port, (*path, "port"))
    if get.scheme not in ("", "HTTP", "HTTPS"):
        yield wrong((*path, "scheme"), f'found the scheme "{get.scheme}", expected HTTP or HTTPS.')
    for index, header in enumerate(get.http_headers):
        yield from headers.plain_name(header.name, (*path, "httpHeaders", index, "name"))
