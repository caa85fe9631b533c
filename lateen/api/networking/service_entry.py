"""ServiceEntry: a service that no registry knows (https://istio.io/latest/docs/reference/config/networking/service-entry/)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from lateen.api.networking.sidecar import WorkloadSelector
from lateen.api.networking.workload_entry import Condition, WorkloadEntry
from lateen.api.shape import Strict, Tolerant, UInt32


class Location(StrEnum):
    """Whether the service is part of the mesh."""

    MESH_EXTERNAL = "MESH_EXTERNAL"
    MESH_INTERNAL = "MESH_INTERNAL"


class Resolution(StrEnum):
    """How its addresses are found (SE-3)."""

    NONE = "NONE"
    STATIC = "STATIC"
    DNS = "DNS"
    DNS_ROUND_ROBIN = "DNS_ROUND_ROBIN"
    DYNAMIC_DNS = "DYNAMIC_DNS"


class ServicePort(Strict, frozen=True):
    """A port of the service; `target_port` 0 means the same number."""

    number: UInt32
    name: Annotated[str, Meta(max_length=256)]
    protocol: Annotated[str, Meta(max_length=256)] = ""
    target_port: Annotated[int, Meta(ge=1, le=65535)] = 0


class ServiceEntry(Strict, frozen=True):
    """Hosts, their ports, and where their endpoints are."""

    hosts: Annotated[tuple[str, ...], Meta(max_length=256)]
    addresses: Annotated[tuple[str, ...], Meta(max_length=256)] = ()
    ports: Annotated[tuple[ServicePort, ...], Meta(max_length=256)] = ()
    location: Location = Location.MESH_EXTERNAL
    resolution: Resolution = Resolution.NONE
    endpoints: Annotated[tuple[WorkloadEntry, ...], Meta(max_length=4096)] = ()
    workload_selector: WorkloadSelector | None = None
    export_to: tuple[str, ...] = ()
    subject_alt_names: tuple[str, ...] = ()


class ServiceEntryAddress(Tolerant, frozen=True):
    """An address given to the host by the control plane (SE-9)."""

    value: str = ""
    host: str = ""


class ServiceEntryStatus(Tolerant, frozen=True):
    """The addresses that the control plane has given."""

    addresses: tuple[ServiceEntryAddress, ...] = ()
    conditions: tuple[Condition, ...] = ()
