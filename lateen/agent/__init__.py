"""What runs beside workloads: one agent for all workloads of a host, one Envoy for each workload.

Reading order: `workload` (values), `lifecycle` and `supervisor` (what happens when; no I/O), `rotator` (certificates; no I/O),
`bootstrap` and `stats` (what Envoy is started with), `discovery`, `probe`, `secrets`, `on_demand`, `dns` (what is said on the sockets),
`capture`, `network`, `egress`, `mode` (how traffic is led), then the drivers: `tail`, `process`, `admin`, `app_calls`, `health`, `sds`, `xds_proxy`,
`local_grpc`, `dns_server`, `metrics`, `status`, `certificates`, `namespaces`, `leftovers`, `kept` (what is left to the agent after this one),
`sidecar`, and `run`, which puts them together.

Names are imported when first used: who only asks how traffic is led must not wait until gRPC has been read.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lateen.agent.capture import Capture
    from lateen.agent.certificates import ControlPlane
    from lateen.agent.envoy_binary import EnvoyBinary, NoEnvoyError, find
    from lateen.agent.kept import HeldSockets
    from lateen.agent.lifecycle import Policy
    from lateen.agent.local_grpc import SocketTakenError
    from lateen.agent.mode import Choice, ModeError, choose_mode, enter_user_namespace
    from lateen.agent.namespaces import NetworkError, cleanup, clear
    from lateen.agent.run import Agent, Settings
    from lateen.agent.sidecar import Listener
    from lateen.agent.workload import HealthCheck, Port, Workload

__all__ = [
    "Agent",
    "Capture",
    "Choice",
    "ControlPlane",
    "EnvoyBinary",
    "HealthCheck",
    "HeldSockets",
    "Listener",
    "ModeError",
    "NetworkError",
    "NoEnvoyError",
    "Policy",
    "Port",
    "Settings",
    "SocketTakenError",
    "Workload",
    "choose_mode",
    "cleanup",
    "clear",
    "enter_user_namespace",
    "find",
]

_WHERE = {
    "Agent": "run",
    "Capture": "capture",
    "Choice": "mode",
    "ControlPlane": "certificates",
    "EnvoyBinary": "envoy_binary",
    "HealthCheck": "workload",
    "HeldSockets": "kept",
    "Listener": "sidecar",
    "ModeError": "mode",
    "NetworkError": "namespaces",
    "NoEnvoyError": "envoy_binary",
    "Policy": "lifecycle",
    "Port": "workload",
    "Settings": "run",
    "SocketTakenError": "local_grpc",
    "Workload": "workload",
    "choose_mode": "mode",
    "cleanup": "namespaces",
    "clear": "namespaces",
    "enter_user_namespace": "mode",
    "find": "envoy_binary",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"lateen.agent.{_WHERE[name]}"), name)
