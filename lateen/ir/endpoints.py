"""Where a destination is served: endpoints by locality, as every proxy that sees them alike is told."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lateen.ir.view import Locality
from lateen.values.ref import Ref


class Condition(StrEnum):
    """Whether an endpoint takes new sessions. Unhealthy ones take nothing; they are told only where it matters how many of all are well."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"


class Endpoint(msgspec.Struct, frozen=True, cache_hash=True):
    """One address (IP, DNS name, or `unix://` path with port 0). `workload` is the word by which telemetry knows it (CL-9), empty for none.

    `mutual_tls`: it takes the mesh's mutual TLS on this port. `weight` is relative to its neighbours.
    """

    address: str
    port: int
    mutual_tls: bool = False
    workload: str = ""
    weight: int = 1
    condition: Condition = Condition.HEALTHY


class Group(msgspec.Struct, frozen=True):
    """The endpoints of one locality that stand at one priority; lower priorities are used when those above have too few healthy endpoints."""

    locality: Locality
    endpoints: tuple[Endpoint, ...]
    weight: int
    priority: int = 0


class Assignment(msgspec.Struct, frozen=True):
    """All endpoints of the destination called `name`; priorities run from 0 without gaps."""

    name: str
    groups: tuple[Group, ...] = ()
    origins: tuple[Ref, ...] = ()

    @property
    def size(self) -> int:
        """How many endpoints there are in all."""
        return sum(len(group.endpoints) for group in self.groups)
