"""PeerAuthentication: whether callers must speak mutual TLS (https://istio.io/latest/docs/reference/config/security/peer_authentication/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from lateen.api.selector import WorkloadSelector
from lateen.api.shape import Strict


class Mode(StrEnum):
    """`UNSET` takes the mode of the level above (SEC-2)."""

    UNSET = "UNSET"
    DISABLE = "DISABLE"
    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"


class MutualTLS(Strict, frozen=True):
    """The mode of a workload or of one of its ports."""

    mode: Mode = Mode.UNSET


class PeerAuthentication(Strict, frozen=True):
    """The mode of the selected workloads. The keys of `port_level_mtls` are numbers of workload ports, as text; None when it is not given at all."""

    selector: WorkloadSelector | None = None
    mtls: MutualTLS | None = None
    port_level_mtls: Mapping[str, MutualTLS] | None = None
