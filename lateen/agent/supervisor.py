"""The life of one workload and its Envoy, as a state machine without I/O: events go in by `receive`, commands come out.

Promises: the app starts only after its proxy is ready, and the proxy stops only after the app (AG-7, AG-9); stopping drains
first (AG-8); a crashed Envoy comes back after 0.2, 0.4, 0.8 … s, ten times, then the workload is given up; a crashed app comes
back after a pause that is announced; an app that never becomes healthy is reported with its last words.
What may not enter: processes, sockets, clocks. Time travels in the events; `next_tick` says when the machine wants a `Tick`.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import assert_never

from lateen.agent import wording
from lateen.agent.lifecycle import (
    Announce,
    AppExited,
    AppHealthy,
    AppUnhealthy,
    Command,
    ConfigurationChanged,
    ConnectionsCounted,
    DrainEnvoy,
    DrainRequested,
    EnvoyExited,
    EnvoyNotReady,
    EnvoyReady,
    Event,
    Finish,
    KillApp,
    KillEnvoy,
    OutputSeen,
    Policy,
    ReportHealth,
    Source,
    StartApp,
    StartEnvoy,
    StartRequested,
    StopApp,
    StopRequested,
    Tick,
)
from lateen.agent.workload import Kind


class Proxy(Enum):
    """Envoy's state."""

    ABSENT = auto()
    STARTING = auto()
    READY = auto()
    CRASHED = auto()


class App(Enum):
    """The app's state."""

    ABSENT = auto()
    STARTING = auto()
    HEALTHY = auto()
    UNHEALTHY = auto()
    CRASHED = auto()
    STOPPING = auto()


class Phase(Enum):
    """The whole's direction."""

    RUNNING = auto()
    DRAINING = auto()
    STOPPING_APP = auto()
    STOPPING_ENVOY = auto()
    FINISHED = auto()


_APP_RUNS = frozenset({App.STARTING, App.HEALTHY, App.UNHEALTHY, App.STOPPING})
_PROXY_RUNS = frozenset({Proxy.STARTING, Proxy.READY})


class Supervisor:
    """One workload's life. `name` is how it is called in sentences; without `has_app` it is a proxy alone (a gateway)."""

    def __init__(self, name: str, has_app: bool = True, kind: Kind = "sidecar", policy: Policy | None = None) -> None:
        self.name = name
        self.proxy = Proxy.ABSENT
        self.app = App.ABSENT
        self.phase = Phase.RUNNING
        self._policy = policy or Policy()
        self._has_app = has_app
        self._kind: Kind = kind
        self._commands: list[Command] = []
        self._timers: dict[str, float] = {}
        self._lines: dict[Source, deque[str]] = {"app": deque(maxlen=10), "envoy": deque(maxlen=3)}
        self._envoy_restarts = 0
        self._app_crashes = 0
        self._app_began = 0.0
        self._not_ready_because = "it does not answer yet"
        self._reported: bool | None = None
        self._exit_code = 0
        self._is_drained = False

    @property
    def next_tick(self) -> float | None:
        """When the machine wants a `Tick`, or None."""
        return min(self._timers.values(), default=None)

    @property
    def is_finished(self) -> bool:
        """Whether all has ended."""
        return self.phase is Phase.FINISHED

    @property
    def is_ready(self) -> bool:
        """AG-7: its proxy is ready, and it is to go on."""
        return self.proxy is Proxy.READY and self.phase is Phase.RUNNING and not self._is_drained

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Take one event; the commands to carry out, in order."""
        if not self.is_finished:
            self._take(event)
            self._report_health()
        commands, self._commands = tuple(self._commands), []
        return commands

    def _take(self, event: Event) -> None:
        match event:
            case StartRequested():
                self._start_envoy(event.at)
            case StopRequested():
                self._stop_requested(event.at, event.hurried)
            case DrainRequested():
                self._drain_requested()
            case EnvoyReady():
                self._envoy_ready(event.at)
            case EnvoyExited():
                self._envoy_exited(event.at, event.code)
            case AppExited():
                self._app_exited(event.at, event.code)
            case AppHealthy():
                self._app_healthy()
            case AppUnhealthy():
                self._app_unhealthy(event.reason)
            case ConnectionsCounted():
                self._connections_counted(event.at, event.active)
            case EnvoyNotReady() | OutputSeen() | ConfigurationChanged():
                self._note(event)
            case Tick():
                self._tick(event.at)
            case _:
                assert_never(event)

    def _note(self, event: EnvoyNotReady | OutputSeen | ConfigurationChanged) -> None:
        match event:
            case EnvoyNotReady():
                self._not_ready_because = event.reason
            case OutputSeen():
                self._lines[event.source].append(event.line)
            case ConfigurationChanged():
                self._envoy_restarts = 0

    # Envoy

    def _start_envoy(self, at: float) -> None:
        self.proxy = Proxy.STARTING
        self._lines["envoy"].clear()
        self._timers["envoy late"] = at + self._policy.envoy_deadline
        self._say(StartEnvoy())

    def _envoy_ready(self, at: float) -> None:
        if self.proxy is not Proxy.STARTING:
            return
        self.proxy = Proxy.READY
        self._timers.pop("envoy late", None)
        if self._has_app and self.app is App.ABSENT and self.phase is Phase.RUNNING:
            self._start_app(at)

    def _envoy_exited(self, at: float, code: int | None) -> None:
        self.proxy = Proxy.ABSENT
        self._is_drained = False  # The next one takes traffic.
        self._timers.pop("envoy late", None)
        if self.phase is Phase.STOPPING_ENVOY:
            self._finish()
        elif self.phase is Phase.DRAINING:
            self._stop_app(at)
        elif self.phase is Phase.RUNNING:
            self._envoy_crashed(at, code)

    def _envoy_crashed(self, at: float, code: int | None) -> None:
        what = wording.exited(f"Envoy of {self.name}", code)
        last = wording.last_words(tuple(self._lines["envoy"]))
        if self._envoy_restarts >= self._policy.envoy_budget:
            self._announce(f"{what}, and its {self._policy.envoy_budget} restarts are used up; {self.name} is given up.{last}")
            self._exit_code = 1
            self._stop_app(at)
            return
        self._envoy_restarts += 1
        pause = self._policy.envoy_backoff.delay(self._envoy_restarts)
        self.proxy = Proxy.CRASHED
        self._timers["restart envoy"] = at + pause
        self._announce(f"{what}; restarting in {wording.duration(pause)} ({wording.ordinal(self._envoy_restarts)} time).{last}")

    # The app

    def _start_app(self, at: float) -> None:
        self.app = App.STARTING
        self._app_began = at
        self._lines["app"].clear()
        self._timers["app late"] = at + self._policy.app_deadline
        self._say(StartApp())

    def _app_healthy(self) -> None:
        if self.app not in (App.STARTING, App.UNHEALTHY):
            return
        if self.app is App.UNHEALTHY:
            self._announce(f"{self.name} is healthy again.")
        self.app = App.HEALTHY
        self._timers.pop("app late", None)

    def _app_unhealthy(self, reason: str) -> None:
        if self.app is App.HEALTHY:
            self.app = App.UNHEALTHY
            self._announce(f"{self.name} is unhealthy: {reason}; it gets no requests until it is well.")

    def _app_exited(self, at: float, code: int | None) -> None:
        if self.app not in _APP_RUNS:
            return
        lasted = at - self._app_began
        self.app = App.ABSENT
        self._timers.pop("app late", None)
        if self.phase in (Phase.STOPPING_APP, Phase.DRAINING):
            self._stop_envoy()
        elif self.phase is Phase.RUNNING:
            self._app_ended_by_itself(at, code, lasted)

    def _app_ended_by_itself(self, at: float, code: int | None, lasted: float) -> None:
        what = wording.exited(self.name, code, lasted)
        last = wording.last_words(tuple(self._lines["app"])) if code != 0 else ""
        if self._policy.restart == "Never" or (self._policy.restart == "OnFailure" and code == 0):
            self._announce(f"{what}.{last}")
            self._exit_code = wording.shell_code(code)
            self._stop_envoy()
            return
        self._app_crashes = 1 if lasted > self._policy.app_backoff.ceiling else self._app_crashes + 1
        pause = self._policy.app_backoff.delay(self._app_crashes)
        self.app = App.CRASHED
        self._timers["restart app"] = at + pause
        self._announce(f"{what}; restarting in {wording.duration(pause)} ({wording.ordinal(self._app_crashes)} time).{last}")

    # Stopping

    def _stop_requested(self, at: float, hurried: bool) -> None:
        if self.phase is not Phase.RUNNING:
            self._stop_at_once()
            return
        self._timers.clear()
        if self.proxy is Proxy.READY and self._policy.drain > 0 and not hurried and not self._is_drained:
            self.phase = Phase.DRAINING
            self._timers["drained"] = at + self._policy.drain
            self._timers["drained enough"] = at + max(self._policy.drain, self._policy.drain_longest)
            self._say(DrainEnvoy(inbound_only=self._kind == "sidecar"))
        else:
            self._stop_app(at)

    def _drain_requested(self) -> None:
        """AG-8: the same as the first part of stopping, which is then done at once when it comes."""
        if self.is_ready:
            self._is_drained = True
            self._say(DrainEnvoy(inbound_only=self._kind == "sidecar"))

    def _stop_at_once(self) -> None:
        self._timers.clear()
        if self.app in _APP_RUNS:
            self._say(KillApp())
        self._stop_envoy()

    def _connections_counted(self, at: float, active: int) -> None:
        if self.phase is Phase.DRAINING and self._policy.drain_until_idle and active == 0 and "drained" not in self._timers:
            self._stop_app(at)

    def _stop_app(self, at: float) -> None:
        self._timers.clear()
        if self.app not in _APP_RUNS:
            self._stop_envoy()
            return
        self.phase = Phase.STOPPING_APP
        self.app = App.STOPPING
        self._timers["kill app"] = at + self._policy.app_grace
        self._say(StopApp())

    def _stop_envoy(self) -> None:
        self.phase = Phase.STOPPING_ENVOY
        self._timers.clear()
        if self.proxy in _PROXY_RUNS:
            self._say(KillEnvoy())
        else:
            self._finish()

    def _finish(self) -> None:
        self.phase = Phase.FINISHED
        self._timers.clear()
        self._say(Finish(self._exit_code))

    # Time

    def _tick(self, at: float) -> None:
        due = sorted((when, what) for what, when in self._timers.items() if when <= at)
        for _, what in due:
            if self._timers.pop(what, None) is not None:
                self._due(what, at)

    def _due(self, what: str, at: float) -> None:
        match what:
            case "restart envoy":
                self._start_envoy(at)
            case "restart app":
                self._restart_app(at)
            case "drained":
                self._drained(at)
            case "drained enough":
                self._stop_app(at)
            case "kill app":
                self._announce(f"{self.name} did not stop within {wording.duration(self._policy.app_grace)}; killed.")
                self._say(KillApp())
            case "envoy late":
                waited = wording.duration(self._policy.envoy_deadline)
                self._announce(f"Envoy of {self.name} is not ready after {waited} because {self._not_ready_because}.")
            case "app late":
                last = wording.last_words(tuple(self._lines["app"]))
                self._announce(f"{self.name} is not healthy {wording.duration(self._policy.app_deadline)} after its start.{last}")

    def _restart_app(self, at: float) -> None:
        if self.proxy is Proxy.READY:
            self._start_app(at)
        else:
            self.app = App.ABSENT  # Envoy is away too: the app follows when it is ready.

    def _drained(self, at: float) -> None:
        if not self._policy.drain_until_idle:
            self._stop_app(at)

    # Words

    def _report_health(self) -> None:
        app_well = self.app is App.HEALTHY or not self._has_app
        healthy = self.is_ready and app_well
        if healthy != (self._reported or False):
            self._reported = healthy
            self._commands.insert(0, ReportHealth(healthy))

    def _announce(self, text: str) -> None:
        self._commands.append(Announce(text))

    def _say(self, command: Command) -> None:
        self._commands.append(command)
