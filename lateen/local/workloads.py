"""From `mesh.yaml` to the workloads of this host: one for each replica of each version, and one for each gateway. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lateen.agent.workload import HealthCheck, Port, ProxyPorts, Restart, Scrape, Workload
from lateen.local import mesh_file
from lateen.local.mesh_file import GatewaySpec, Health, MeshFile, ServiceSpec, Version
from lateen.values.protocol import Protocol, of_port

APP, VERSION = "app", "version"
NO_VERSION = ""
MERGED = ProxyPorts().merged_metrics
"""The port of the sidecar's own metrics; who names it for the app's means these."""


def workloads(mesh: MeshFile, folder: str) -> tuple[Workload, ...]:
    """All workloads, without addresses yet. `folder` is where the file lies; directories are relative to it."""
    found = [workload for name, service in mesh.services.items() for workload in _of_service(mesh, folder, name, service)]
    found += [_of_gateway(mesh, name, gateway) for name, gateway in mesh.gateways.items()]
    return tuple(found)


def _of_service(mesh: MeshFile, folder: str, name: str, service: ServiceSpec) -> Iterator[Workload]:
    versions: Mapping[str, Version] = service.versions or {NO_VERSION: Version()}
    for word, version in versions.items():
        count = service.replicas if version.replicas is None else version.replicas
        for index in range(count):
            yield _replica(mesh, folder, name, service, word, version, index, count)


def _replica(mesh: MeshFile, folder: str, name: str, service: ServiceSpec, word: str, version: Version, index: int, count: int) -> Workload:
    group = "-".join(part for part in (name, word) if part)
    numbers = mesh_file.ports(service)
    labels = {APP: name, **({VERSION: word} if word else {}), **service.labels, **version.labels}
    own = {"SERVICE": name, "VERSION": word or "v1", "REPLICA": str(index), **({"PORT": str(numbers[0][2])} if numbers else {})}
    return Workload(
        name=f"{group}-{index}" if count > 1 else group,
        address="",
        namespace=service.namespace or mesh.namespace,
        service_account=version.service_account or service.service_account or name,
        labels=tuple(sorted(labels.items())),
        annotations=tuple(sorted(service.annotations.items())),
        ports=tuple(Port(number, port) for port, _, number in numbers),
        command=mesh_file.words(version.command or service.command),
        cwd="/".join(part for part in (folder, version.directory or service.directory) if part),
        environment=mesh_file.environment(own, service.environment, version.environment),
        health=_health(version.health or service.health, numbers),
        restart=_RESTART[service.restart],
        metrics=_metrics(service, numbers),
        group=group,
        joins=service.workload_group,
        locality=service.locality,
        tcp_destinations=_tcp(mesh),
        kind="sidecar",
    )


def _tcp(mesh: MeshFile) -> tuple[str, ...]:
    """`host:port` of each port that carries bytes: in explicit mode each has a local port at every sidecar."""
    found = [
        f"{name}.{service.namespace or mesh.namespace}.svc.cluster.local:{number}"
        for name, service in mesh.services.items()
        for port, number, _ in mesh_file.ports(service)
        if of_port(number, port) in (Protocol.TCP, Protocol.TLS, Protocol.HTTPS, Protocol.MYSQL, Protocol.MONGO, Protocol.REDIS)
    ]
    return tuple(sorted(found))


_RESTART: Mapping[str, Restart] = {"Always": "Always", "OnFailure": "OnFailure", "Never": "Never"}


def _health(health: Health | None, numbers: tuple[tuple[str, int, int], ...]) -> HealthCheck | None:
    """As written; where nothing is, an app that has a port is well once it can be connected to."""
    first = numbers[0][2] if numbers else 0
    if health is None:
        return HealthCheck(port=first, tcp=True) if first else None
    return HealthCheck(
        port=health.port or first,
        http_path=health.http,
        tcp=health.tcp,
        command=mesh_file.words(health.command),
        period=health.period,
        timeout=health.timeout,
        failures=health.failures,
        initial_delay=health.delay,
    )


def _metrics(service: ServiceSpec, numbers: tuple[tuple[str, int, int], ...]) -> Scrape | None:
    """As written, else as the annotations `prometheus.io/…` say."""
    first, told = numbers[0][2] if numbers else 0, service.annotations
    if service.metrics is not None:
        port, path, scheme = service.metrics.port or first, service.metrics.path, ""
    elif told.get("prometheus.io/scrape") == "true":
        written = told.get("prometheus.io/port", "")
        port, path = int(written) if written.isdecimal() else first, told.get("prometheus.io/path") or "/metrics"
        scheme = told.get("prometheus.io/scheme", "")
    else:
        return None
    return Scrape(port, path if path.startswith("/") else f"/{path}", scheme == "https") if port not in (0, MERGED) else None


def _of_gateway(mesh: MeshFile, name: str, gateway: GatewaySpec) -> Workload:
    labels = {"istio": "ingressgateway", APP: name, **gateway.labels}
    return Workload(
        name=name,
        address="",
        namespace=gateway.namespace or mesh.namespace,
        service_account=gateway.service_account or name,
        labels=tuple(sorted(labels.items())),
        annotations=tuple(sorted(gateway.annotations.items())),
        ports=tuple(Port(number) for number in sorted(set(gateway.ports.values()))),
        group=name,
        kind="gateway",
    )
