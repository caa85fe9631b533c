"""What the supervisor hears and what it says: events in the past tense, commands in the imperative, and the policy it follows.

Every event carries `at`, monotonic seconds; nobody here asks a clock.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from lateen.agent.workload import Restart
from lateen.kit.backoff import Backoff

Source = Literal["app", "envoy"]


class Policy(msgspec.Struct, frozen=True):
    """Times in seconds. `drain` is Istio's terminationDrainDuration; with `drain_until_idle` it is the least time, and draining ends
    when no connection is left, or after `drain_longest`. `envoy_budget` restarts are granted to Envoy until its configuration changes."""

    drain: float = 5.0
    drain_until_idle: bool = False
    drain_longest: float = 45.0
    app_grace: float = 10.0
    app_deadline: float = 30.0
    envoy_deadline: float = 30.0
    envoy_budget: int = 10
    envoy_backoff: Backoff = Backoff(0.2)
    app_backoff: Backoff = Backoff(0.2, ceiling=30.0)
    restart: Restart = "Always"


class StartRequested(msgspec.Struct, frozen=True):
    """Begin."""

    at: float


class StopRequested(msgspec.Struct, frozen=True):
    """SIGTERM or Ctrl-C. A second one ends everything at once. `hurried`: its callers go too, so there is nobody to drain for."""

    at: float
    hurried: bool = False


class DrainRequested(msgspec.Struct, frozen=True):
    """Somebody wants it drained before it is stopped."""

    at: float


class EnvoyReady(msgspec.Struct, frozen=True):
    """Envoy has clusters and listeners, and its workers run (AG-7)."""

    at: float


class EnvoyNotReady(msgspec.Struct, frozen=True):
    """Envoy was asked and is not ready; `reason` reads on after "because"."""

    at: float
    reason: str


class EnvoyExited(msgspec.Struct, frozen=True):
    """Envoy's process ended; negative codes are signals, None is not known, for another agent had started it."""

    at: float
    code: int | None


class AppExited(msgspec.Struct, frozen=True):
    """The app's process ended; negative codes are signals, None is not known, for another agent had started it."""

    at: float
    code: int | None


class AppHealthy(msgspec.Struct, frozen=True):
    """The health check passed; sent right after the start for apps without one."""

    at: float


class AppUnhealthy(msgspec.Struct, frozen=True):
    """The health check failed as often as it may; `reason` reads on after "because"."""

    at: float
    reason: str


class OutputSeen(msgspec.Struct, frozen=True):
    """A line that the app or Envoy wrote."""

    at: float
    source: Source
    line: str


class ConnectionsCounted(msgspec.Struct, frozen=True):
    """How many downstream connections are open while draining."""

    at: float
    active: int


class ConfigurationChanged(msgspec.Struct, frozen=True):
    """Envoy's own configuration is another one now, so its restart budget is full again."""

    at: float


class Tick(msgspec.Struct, frozen=True):
    """Time has passed."""

    at: float


Event = (
    StartRequested
    | StopRequested
    | DrainRequested
    | EnvoyReady
    | EnvoyNotReady
    | EnvoyExited
    | AppExited
    | AppHealthy
    | AppUnhealthy
    | OutputSeen
    | ConnectionsCounted
    | ConfigurationChanged
    | Tick
)


class StartEnvoy(msgspec.Struct, frozen=True):
    """Start Envoy and watch for its readiness."""


class StartApp(msgspec.Struct, frozen=True):
    """Start the app and watch its health."""


class StopApp(msgspec.Struct, frozen=True):
    """SIGTERM to the app's process group."""


class KillApp(msgspec.Struct, frozen=True):
    """SIGKILL to the app's process group."""


class DrainEnvoy(msgspec.Struct, frozen=True):
    """POST drain_listeners?graceful; of inbound listeners only for sidecars, so that calls in flight can still go out (AG-8)."""

    inbound_only: bool


class KillEnvoy(msgspec.Struct, frozen=True):
    """SIGKILL to Envoy."""


class Announce(msgspec.Struct, frozen=True):
    """A sentence for the user."""

    text: str


class ReportHealth(msgspec.Struct, frozen=True):
    """Tell the control plane whether this workload may be sent requests."""

    healthy: bool


class Finish(msgspec.Struct, frozen=True):
    """Nothing runs any more and nothing will; `code` is the exit code that describes how it went."""

    code: int


Command = StartEnvoy | StartApp | StopApp | KillApp | DrainEnvoy | KillEnvoy | Announce | ReportHealth | Finish
