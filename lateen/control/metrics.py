"""What the control plane measures of itself, under istiod's names (XD-13), so that its dashboards and alerts work.

Counts are gauges that only go up: the client library would add `_total` to the name of a counter, and istiod's have none.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from lateen.xds import order

SHORT: Final = {
    order.CDS: "cds",
    order.EDS: "eds",
    order.LEDS: "leds",
    order.LDS: "lds",
    order.RDS: "rds",
    order.VHDS: "vhds",
    order.SDS: "sds",
    order.ECDS: "ecds",
}
"""The short names of types."""

_REJECTED: Final = ("cds", "eds", "lds", "rds")
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 5, 10, 20, 30)
_SIZES: Final = (1, 10_000, 100_000, 1_000_000, 4_000_000, 10_000_000, 40_000_000)
_REMEMBERED: Final = 1000


class Metrics:
    """Counts what it is told of; `observed` reads the rest when somebody scrapes: metric name and help, then the value."""

    def __init__(self, observed: Callable[[], Iterable[tuple[str, str, float]]]) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Observed(observed))
        self.registry.register(_Tallied(self))
        self.rejects = Gauge("pilot_total_xds_rejects", "Responses that proxies refused.", registry=self.registry)
        self.rejects_by_type = {
            short: Gauge(f"pilot_xds_{short}_reject", f"Responses of {short.upper()} that proxies refused.", registry=self.registry)
            for short in _REJECTED
        }
        self.convergence = Tally(_BUCKETS)
        self.sizes: dict[str, Tally] = {}
        self.push_time = Histogram("pilot_xds_push_time", "Seconds to settle the graph after a write.", buckets=_BUCKETS, registry=self.registry)
        self.updates = Gauge("pilot_inbound_updates", "Changed objects, by kind.", ["type"], registry=self.registry)
        self.refused = Gauge("pilot_total_rejected_configs", "Objects refused at the door.", registry=self.registry)
        self.requests = Gauge("citadel_server_csr_count", "Certificate requests that were granted.", registry=self.registry)
        self.issued = Gauge("citadel_server_success_cert_issuance_count", "Certificates issued.", registry=self.registry)
        self.root_ends = Gauge("citadel_server_root_cert_expiry_timestamp", "When the root ends, seconds since 1970.", registry=self.registry)
        self._began: OrderedDict[int, float] = OrderedDict()

    def began(self, revision: int, at: float) -> None:
        """A revision of the graph came of a write that began at a moment (monotonic)."""
        self._began[revision] = at
        if len(self._began) > _REMEMBERED:
            self._began.popitem(last=False)

    def sent(self, type_url: str, size: int) -> None:
        """A response was sent."""
        short = SHORT.get(type_url, "other")
        tally = self.sizes.get(short)
        if tally is None:
            tally = self.sizes[short] = Tally(_SIZES)
        tally.observe(size)

    def acknowledged(self, revision: int) -> None:
        """A proxy has taken a response."""
        if (began := self._began.get(revision)) is not None:
            self.convergence.observe(time.monotonic() - began)

    def rejected(self, type_url: str) -> None:
        """A proxy has refused a response."""
        short = SHORT.get(type_url, "other")
        self.rejects.inc()
        if short in self.rejects_by_type:
            self.rejects_by_type[short].inc()

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class Tally:
    """Counts of values up to each of some bounds: a histogram at a tenth of the library's price, for what is counted with each response."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    @property
    def buckets(self) -> list[tuple[str, float]]:
        """Each bound with the number of values up to it, as Prometheus has them."""
        bounds = [*map(floatToGoString, self.bounds), "+Inf"]
        return [(bound, float(count)) for bound, count in zip(bounds, accumulate(self.counts), strict=True)]


class _Tallied(Collector):
    """The tallies in Prometheus' words, when somebody scrapes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        pushes = GaugeMetricFamily("pilot_xds_pushes", "Responses sent.", labels=["type"])
        sizes = HistogramMetricFamily("pilot_xds_config_size_bytes", "Bytes of responses.", labels=["type"])
        for short, tally in self._metrics.sizes.items():
            pushes.add_metric([short], tally.count)
            sizes.add_metric([short], tally.buckets, tally.total)
        took = HistogramMetricFamily("pilot_proxy_convergence_time", "Seconds from a change until a proxy has acknowledged it.")
        took.add_metric([], self._metrics.convergence.buckets, self._metrics.convergence.total)
        return (pushes, sizes, took)

    def describe(self) -> Iterable[Metric]:
        return ()


class _Observed(Collector):
    def __init__(self, observed: Callable[[], Iterable[tuple[str, str, float]]]) -> None:
        self._observed = observed

    def collect(self) -> Iterable[Metric]:
        for name, documentation, value in self._observed():
            yield GaugeMetricFamily(name, documentation, value=value)

    def describe(self) -> Iterable[Metric]:
        return ()
