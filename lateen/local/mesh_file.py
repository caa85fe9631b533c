"""`mesh.yaml`: the services of a local mesh, written much as for Compose. Values, and reading with every mistake found at once."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lateen.agent.annotations import unreadable
from lateen.api import schema, text
from lateen.api.decode import SCHEMA_ERROR, path_text
from lateen.local import names
from lateen.local.names import Complaint
from lateen.values.finding import Finding, Position, Severity
from lateen.values.ref import Ref

NAME = "mesh.yaml"


class _Written(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """A part of the file."""


class Health(_Written, frozen=True):
    """How to ask an app whether it is well: a GET of `http`, a connection (`tcp: true`), or a `command` that ends with 0. Times are seconds."""

    http: str = ""
    tcp: bool = False
    command: Any = ""
    port: int = 0
    period: float = 1.0
    timeout: float = 1.0
    failures: int = 3
    delay: float = 0.0


class Metrics(_Written, frozen=True):
    """Where an app shows metrics in Prometheus' text: the sidecar's port 15020 shows them beside its own. `port` 0 is the app's first."""

    port: int = 0
    path: str = "/metrics"


class Version(_Written, frozen=True):
    """What one version of a service does differently."""

    command: Any = ""
    directory: str = ""
    replicas: int | None = None
    environment: Mapping[str, Any] = {}
    labels: Mapping[str, str] = {}
    service_account: str = ""
    health: Health | None = None


class ServiceSpec(_Written, frozen=True):
    """One service; `command` is text or a list of words.

    `ports` maps names (`http`, `tcp-db`: the part before `-` is the protocol) to a number, or to "service port:port of the app". `versions` are run
    side by side. `workload_group` names a WorkloadGroup, as whose members the workloads register themselves.
    """

    command: Any = ""
    directory: str = ""
    ports: Mapping[str, int | str] = {}
    replicas: int = 1
    versions: Mapping[str, Version] = {}
    environment: Mapping[str, Any] = {}
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    service_account: str = ""
    namespace: str = ""
    health: Health | None = None
    metrics: Metrics | None = None
    workload_group: str = ""
    restart: str = "Always"
    locality: str = ""


class GatewaySpec(_Written, frozen=True):
    """A gateway: a proxy without an app. `ports` maps ports of this machine (on 127.0.0.1) to ports of the gateway."""

    ports: Mapping[str, int] = {}
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    namespace: str = ""
    service_account: str = ""


class MeshFile(_Written, frozen=True):
    """The file. `config` is a folder of Istio YAML beside it. `capture` is `auto`, `transparent` or `explicit`."""

    name: str = "mesh"
    namespace: str = "default"
    config: str = ""
    capture: str = "auto"
    scope: str = "on-demand"
    services: Mapping[str, ServiceSpec] = {}
    gateways: Mapping[str, GatewaySpec] = {}


_FILE = Ref("Mesh", "", NAME)
_NOWHERE = Position()
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "capture": ("auto", "transparent", "explicit"),
    "scope": ("on-demand", "all"),
    "restart": ("Always", "OnFailure", "Never"),
}


def read(source: str, file: str = NAME) -> tuple[MeshFile | None, list[Finding]]:
    """The mesh that the text describes, and everything that is wrong with it; None when anything is."""
    findings: list[Finding] = []
    values = list(text.values(source, file))
    for _, mistakes in values:
        findings += [Finding(_FILE, "", Severity.ERROR, SCHEMA_ERROR, each.message, each.hint, each.position) for each in mistakes]
    value = values[0][0] if values else None
    if findings and not isinstance(value, dict):
        return None, findings
    if not isinstance(value, dict):
        message = f"This file is {'empty' if value is None else schema.described(value)}, expected a mapping with services."
        return None, [*findings, _finding("", message, position=Position(file, 1, 1))]
    places = text.Places(file, text.Nodes(source))
    cleaned, wrong = schema.check(value, MeshFile)
    findings += [_finding(path_text(each.path), each.message, each.hint, places.at(each.path)) for each in wrong]
    mesh = msgspec.convert(cleaned, MeshFile)
    # Of a mesh that could not be read, nothing is missing that is there.
    findings += [_finding(path_text(path), message, hint, places.at(path)) for path, message, hint in _meaning(mesh) if path or not wrong]
    return (None if findings else mesh), findings


def _finding(path: str, message: str, hint: str = "", position: Position = _NOWHERE) -> Finding:
    return Finding(_FILE, path, Severity.ERROR, SCHEMA_ERROR, message, hint, position)


def _meaning(mesh: MeshFile) -> Iterator[Complaint]:
    """What the types do not tell."""
    yield from _choice((), "capture", mesh.capture)
    yield from _choice((), "scope", mesh.scope)
    if not mesh.services and not mesh.gateways:
        yield (), "There are no services, expected at least one.", "`lateen init` writes an example."
    yield from names.of_mesh(mesh.namespace, mesh.services, mesh.gateways)
    for name, service in mesh.services.items():
        yield from _of_service(("services", name), service)
    holders: dict[str, str] = {}
    for name, gateway in mesh.gateways.items():
        for port, number in gateway.ports.items():
            if (holder := holders.setdefault(port, name)) != name:
                yield ("gateways", name, "ports", port), f"Port {port} of this machine is gateway {holder}'s already.", "Name another."
            if not port.isdecimal() or not 0 < int(port) < 65536:
                yield ("gateways", name, "ports", port), f'The port is "{port}", expected a number of this machine from 1 to 65535.', ""
            if not 0 < number < 65536:
                yield ("gateways", name, "ports", port), f"The gateway's port is {number}, expected 1 to 65535.", ""


def _of_service(path: tuple[str, str], service: ServiceSpec) -> Iterator[Complaint]:
    yield from _choice(path, "restart", service.restart)
    if service.replicas < 0:
        yield (*path, "replicas"), f"There are {service.replicas} replicas, expected 0 or more.", ""
    for name, port in service.ports.items():
        if _port(port) is None:
            yield (*path, "ports", name), f'The port is "{port}", expected a number from 1 to 65535, or two as "80:8080" (service, app).', ""
    for name, value in service.environment.items():
        if isinstance(value, (dict, list)) or value is None:
            yield (*path, "environment", name), f"The value is {schema.described(value)}, expected text, a number, true or false.", ""
    for name, wrong in unreadable(service.annotations):
        yield (*path, "annotations", name), f"The annotation is not readable: {wrong}", ""
    commands = [service.command, *(version.command for version in service.versions.values())]
    if not any(commands):
        yield path, "There is no command, expected what to run.", "Add `command: python3 app.py`."
    for command in commands:
        if isinstance(command, str) and not _is_shell_word_list(command):
            yield (*path, "command"), f"The command is `{command}`, whose quotes do not match.", ""
        if not isinstance(command, str) and not (isinstance(command, list) and all(isinstance(word, str) for word in command)):
            yield (*path, "command"), f"The command is {schema.described(command)}, expected text or a list of words.", ""


def _choice(path: tuple[str | int, ...], field: str, word: str) -> Iterator[Complaint]:
    known = _CHOICES[field]
    if word not in known:
        yield (*path, field), f'The value is "{word}", expected one of {", ".join(known)}.', schema.did_you_mean(word, known)


def _is_shell_word_list(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return False
    return True


def words(command: Any) -> tuple[str, ...]:
    """A command (text or a list of words) as words; text is split as a shell splits it, and given to no shell."""
    return tuple(shlex.split(command)) if isinstance(command, str) else tuple(command)


def _port(written: int | str) -> tuple[int, int] | None:
    parts = str(written).split(":")
    if not 1 <= len(parts) <= 2 or not all(part.isdecimal() and 0 < int(part) < 65536 for part in parts):
        return None
    return int(parts[0]), int(parts[-1])


def ports(service: ServiceSpec) -> tuple[tuple[str, int, int], ...]:
    """Name, the service's port and the app's port of each port."""
    return tuple((name, *(_port(port) or (0, 0))) for name, port in service.ports.items())


def environment(*layers: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Environments on top of each other, the later winning, values as text (`true`, not `True`)."""
    merged: dict[str, str] = {}
    for layer in layers:
        merged.update({name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in layer.items()})
    return tuple(merged.items())
