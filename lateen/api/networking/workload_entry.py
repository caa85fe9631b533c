"""WorkloadEntry: one workload outside Kubernetes (https://istio.io/latest/docs/reference/config/networking/workload-entry/)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from lateen.api.shape import Labels, ObjectName, Strict, Tolerant, UInt32


class WorkloadEntry(Strict, frozen=True):
    """An address (IP, DNS name or `unix://` path) with its ports by name. `locality` is `region/zone/subzone`; `weight` 0 stands for 1."""

    address: Annotated[str, Meta(max_length=256)] = ""
    ports: Annotated[Mapping[str, UInt32], Meta(max_length=128)] = {}
    labels: Labels = {}
    network: Annotated[str, Meta(max_length=2048)] = ""
    locality: Annotated[str, Meta(max_length=2048)] = ""
    weight: UInt32 = 0
    service_account: ObjectName = ""


class Condition(Tolerant, frozen=True):
    """One condition of a status. `status` is `True`, `False` or `Unknown`."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""
    last_probe_time: str = ""


class WorkloadEntryStatus(Tolerant, frozen=True):
    """What is known of the workload: its condition `Healthy` decides whether it is sent to (WE-2)."""

    conditions: tuple[Condition, ...] = ()
