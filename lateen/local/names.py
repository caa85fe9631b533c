"""Names in a mesh.yaml, which become those of objects, identities and labels: what none of these could be called is told where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from lateen.check import ports
from lateen.check.labels import labels
from lateen.check.remark import Remarks

Complaint = tuple[tuple[str | int, ...], str, str]
"""Where, what, and what to do."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_VERSION = re.compile(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")


class Named(Protocol):
    """What services and gateways have in common."""

    @property
    def namespace(self) -> str: ...
    @property
    def labels(self) -> Mapping[str, str]: ...


class Service(Named, Protocol):
    """What services have beside."""

    @property
    def service_account(self) -> str: ...
    @property
    def ports(self) -> Mapping[str, int | str]: ...
    @property
    def versions(self) -> Mapping[str, object]: ...


def of_mesh(namespace: str, services: Mapping[str, Service], gateways: Mapping[str, Named]) -> Iterator[Complaint]:
    """What is wrong with the names of a mesh, and with those in its services and gateways."""
    yield from _name(namespace, ("namespace",))
    for kind, group in (("services", services), ("gateways", gateways)):
        for name, named in group.items():
            path = (kind, name)
            yield from _name(name, path)
            if named.namespace:
                yield from _name(named.namespace, (*path, "namespace"))
            yield from (
                (remark.path, f"{remark.message[0].upper()}{remark.message[1:]}", remark.hint) for remark in labels(named.labels, (*path, "labels"))
            )
    for name, service in services.items():
        yield from _of_service(service, ("services", name))


def _of_service(service: Service, path: tuple[str, str]) -> Iterator[Complaint]:
    if service.service_account:
        yield from _name(service.service_account, (*path, "serviceAccount"))
    for version in service.versions:
        if not _VERSION.fullmatch(version):
            yield (*path, "versions", version), f'The version is "{version}", expected lower-case letters, digits, "-" and ".".', ""
    for port in service.ports:
        yield from _told(ports.name(port, (*path, "ports", port)))


def _told(remarks: Remarks) -> Iterator[Complaint]:
    for remark in remarks:
        yield remark.path, f"{remark.message[0].upper()}{remark.message[1:]}", remark.hint


def _name(name: str, path: tuple[str, ...]) -> Iterator[Complaint]:
    if not _NAME.fullmatch(name):
        yield path, f'The name is "{name}", expected at most 63 lower-case letters, digits and "-", with a letter or digit at both ends.', ""
