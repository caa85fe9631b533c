"""`Workload`: one thing that runs on this host beside a sidecar (or is a gateway, all proxy and no app). Values only, no work.

Everything here is what the user said or what the agent chose before the workload starts; nothing changes while it runs.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["sidecar", "gateway"]
Mode = Literal["transparent", "explicit"]
Restart = Literal["Always", "OnFailure", "Never"]


class Port(msgspec.Struct, frozen=True):
    """A port the app serves: `number` as the app listens, `name` and `protocol` as in a Kubernetes container port (`http-web`, `HTTP`)."""

    number: int
    name: str = ""
    protocol: str = ""


class HealthCheck(msgspec.Struct, frozen=True):
    """How to ask the app whether it is well. Exactly one of `http_path` (on `port`), `grpc` (the service that is asked for on `port`, "" for
    all), `tcp` (connect to `port`) and `command` counts, in this order.

    Times are seconds: a probe each `period`, failed after `timeout`; well after `successes` in a row, unhealthy after `failures`. `host` is where to
    connect, empty for where the app is; `tls` and `headers` are of an HTTP request.
    """

    port: int = 0
    http_path: str = ""
    tcp: bool = False
    command: tuple[str, ...] = ()
    period: float = 1.0
    timeout: float = 1.0
    failures: int = 3
    initial_delay: float = 0.0
    successes: int = 1
    grpc: str | None = None
    host: str = ""
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = ()


class Scrape(msgspec.Struct, frozen=True):
    """Where the app shows metrics in Prometheus' text."""

    port: int
    path: str = "/metrics"
    tls: bool = False


class ProxyPorts(msgspec.Struct, frozen=True):
    """Where Envoy's own listeners are. In explicit mode many Envoys share one loopback: the same numbers on another `address`."""

    address: str = "127.0.0.1"
    admin: int = 15000
    outbound: int = 15001
    inbound: int = 15006
    http_proxy: int = 15007
    merged_metrics: int = 15020
    readiness: int = 15021
    dns: int = 15053
    proxy_dns: int = 15054
    stats: int = 15090


class Explicit(msgspec.Struct, frozen=True):
    """What explicit mode laid out for one workload.

    `inbound` maps a port of the app to the port on the mesh address where the sidecar takes its traffic; `outbound_tcp` maps
    `host:port` of a destination to the local port, on the proxy's address, where the sidecar listens for it.
    """

    app_address: str
    inbound: tuple[tuple[int, int], ...] = ()
    outbound_tcp: tuple[tuple[str, int], ...] = ()


class ProxySettings(msgspec.Struct, frozen=True):
    """How an Envoy is set up; it holds from its start to its end. None is the usual.

    `concurrency` 0 is one thread for each core. Seconds: `drain` is how long listeners take to drain, `ending` how long the end of a workload waits
    for that; `until_idle`: at least so long, and then until no connection is left. `runtime` values go to Envoy as they are. Statistics that begin
    with one of `prefixes`, end with one of `suffixes` or fit one of `patterns` are kept beside the usual ones.
    """

    concurrency: int | None = None
    drain: float | None = None
    ending: float | None = None
    runtime: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    until_idle: bool = False
    flush: float | None = None
    """After how many seconds what is written to files is flushed."""
    flush_size: int | None = None
    """After how many KiB."""
    connections: int | None = None
    """How many connections all listeners take together."""
    peers: bool = False
    """Whether Envoy knows the other replicas of the workload, by which it keeps calls in its zone where a rule says so."""
    patch: str = ""
    """The JSON of a bootstrap that Envoy merges into the agent's: what it says of one thing holds, and lists grow."""


class Workload(msgspec.Struct, frozen=True):
    """One workload of this host.

    `address` is its IP in the mesh. `command` is empty for a gateway. `environment` is added to the agent's own; `cwd` empty
    means where the agent runs. `explicit` is None in transparent mode. `tcp_destinations` (`host:port`) are what explicit mode maps.
    `joins` is the WorkloadGroup in which it registers itself, empty for none. `settings` are those of its Envoy.
    """

    name: str
    address: str
    namespace: str = "default"
    service_account: str = "default"
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    ports: tuple[Port, ...] = ()
    command: tuple[str, ...] = ()
    cwd: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    health: HealthCheck | None = None
    metrics: Scrape | None = None
    kind: Kind = "sidecar"
    restart: Restart = "Always"
    group: str = ""
    joins: str = ""
    locality: str = ""
    network: str = ""
    cluster: str = "Kubernetes"
    proxy: ProxyPorts = ProxyPorts()
    settings: ProxySettings = ProxySettings()
    explicit: Explicit | None = None
    tcp_destinations: tuple[str, ...] = ()

    @property
    def mode(self) -> Mode:
        """How its traffic meets its sidecar."""
        return "transparent" if self.explicit is None else "explicit"

    @property
    def key(self) -> str:
        """`name.namespace`: unique on a host, and safe in a file name."""
        return f"{self.name}.{self.namespace}"
