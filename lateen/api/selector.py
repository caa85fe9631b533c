"""What policies point at, shared by security, telemetry and extensions (https://istio.io/latest/docs/reference/config/type/workload-selector/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from lateen.api.shape import LabelValue, ObjectName, Strict, UInt32


class WorkloadSelector(Strict, frozen=True):
    """The workloads that carry all of these labels; none means all workloads."""

    match_labels: Annotated[Mapping[str, LabelValue], Meta(max_length=4096)] = {}


class PolicyTargetReference(Strict, frozen=True):
    """The object that a policy is attached to. `namespace` must be that of the policy, or empty."""

    kind: str
    name: ObjectName
    group: ObjectName = ""
    namespace: str = ""


TargetRefs = Annotated[tuple[PolicyTargetReference, ...], Meta(max_length=16)]
"""The objects of one policy."""


class WorkloadMode(StrEnum):
    """The side of a call."""

    UNDEFINED = "UNDEFINED"
    CLIENT = "CLIENT"
    SERVER = "SERVER"
    CLIENT_AND_SERVER = "CLIENT_AND_SERVER"


class PortSelector(Strict, frozen=True):
    """A port by its number."""

    number: UInt32
