"""What the agent counts of one workload, under the names of Istio's agent, in Prometheus' text.

The library is imported when somebody scrapes first: most meshes are started without that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector

_SOURCES = ("application", "envoy")


class Metrics:
    """Counts what it is told of. `ends` says when the workload's certificate ends, None while it has none; `now` is the time."""

    def __init__(self, ends: Callable[[], datetime | None], now: Callable[[], datetime]) -> None:
        self._ends = ends
        self._now = now
        self._scrapes = 0
        self._failures = dict.fromkeys(_SOURCES, 0)

    def scraped(self) -> None:
        """Somebody asks for the merged metrics."""
        self._scrapes += 1

    def failed(self, whose: str) -> None:
        """The metrics of `envoy` or of the `application` could not be had."""
        self._failures[whose] += 1

    def text(self) -> str:
        """All of it."""
        from prometheus_client import generate_latest

        return generate_latest(cast("Collector", self)).decode()

    def collect(self) -> Iterable[Metric]:
        """See `prometheus_client`."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        scrapes = CounterMetricFamily("istio_agent_scrapes", "Scrapes of the merged metrics.")
        scrapes.add_metric([], self._scrapes)
        failures = CounterMetricFamily("istio_agent_scrape_failures", "Parts of the merged metrics that could not be had.", labels=["type"])
        for whose, count in self._failures.items():
            failures.add_metric([whose], count)
        seconds = GaugeMetricFamily("istio_agent_cert_expiry_seconds", "Seconds until the certificate ends.", labels=["resource_name"])
        if (ends := self._ends()) is not None:
            seconds.add_metric(["default"], (ends - self._now()).total_seconds())
        return (scrapes, failures, seconds)
