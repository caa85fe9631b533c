"""Sidecar: what a proxy beside a workload may see and listen on (https://istio.io/latest/docs/reference/config/networking/sidecar/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from lateen.api.networking.destination_rule import ConnectionPoolSettings
from lateen.api.networking.gateway import ServerTLSSettings
from lateen.api.networking.virtual_service import Destination
from lateen.api.shape import LabelValue, Strict, UInt32


class WorkloadSelector(Strict, frozen=True):
    """The workloads of the same namespace that carry all of these labels."""

    labels: Annotated[Mapping[str, LabelValue], Meta(max_length=256)] = {}


class CaptureMode(StrEnum):
    """How traffic comes to a listener; with `NONE` the application connects to it itself (SC-7)."""

    DEFAULT = "DEFAULT"
    IPTABLES = "IPTABLES"
    NONE = "NONE"


class SidecarPort(Strict, frozen=True):
    """A port of a listener. `target_port` is deprecated and without effect."""

    number: UInt32 = 0
    protocol: str = ""
    name: str = ""
    target_port: UInt32 = 0


class IstioIngressListener(Strict, frozen=True):
    """A port on which the workload is called."""

    port: SidecarPort
    bind: str = ""
    capture_mode: CaptureMode = CaptureMode.DEFAULT
    default_endpoint: str = ""
    tls: ServerTLSSettings | None = None
    connection_pool: ConnectionPoolSettings | None = None


class IstioEgressListener(Strict, frozen=True):
    """What the workload may call, as `namespace/host`; without a port it stands for all ports not named elsewhere."""

    hosts: tuple[str, ...]
    port: SidecarPort | None = None
    bind: str = ""
    capture_mode: CaptureMode = CaptureMode.DEFAULT


class OutboundTrafficPolicyMode(StrEnum):
    """What becomes of calls to places that the registry does not know."""

    REGISTRY_ONLY = "REGISTRY_ONLY"
    ALLOW_ANY = "ALLOW_ANY"
    ALLOW_ANY_DYNAMIC_DNS = "ALLOW_ANY_DYNAMIC_DNS"


class OutboundTrafficPolicy(Strict, frozen=True):
    """What becomes of calls to unknown places; they go through `egress_proxy` if one is given."""

    mode: OutboundTrafficPolicyMode = OutboundTrafficPolicyMode.REGISTRY_ONLY
    egress_proxy: Destination | None = None


class Sidecar(Strict, frozen=True):
    """The scope of the selected workloads."""

    workload_selector: WorkloadSelector | None = None
    ingress: tuple[IstioIngressListener, ...] = ()
    egress: tuple[IstioEgressListener, ...] = ()
    inbound_connection_pool: ConnectionPoolSettings | None = None
    outbound_traffic_policy: OutboundTrafficPolicy | None = None
