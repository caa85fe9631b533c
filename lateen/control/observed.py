"""The pusher with a look at what passes: since when each proxy is connected, and the counts of `metrics`. Decides nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from lateen.api import inputs
from lateen.control.metrics import Metrics
from lateen.control.pusher import Authorize, Pusher
from lateen.control.states import now
from lateen.flow import Graph
from lateen.registry import services
from lateen.xds.events import Acked, Rejected, Report
from lateen.xds.shelf import Stack
from lateen.xds.stream import Stream


class ObservedPusher(Pusher):
    """A `Pusher` that counts."""

    def __init__(self, g: Graph, authorize: Authorize) -> None:
        super().__init__(g, authorize)
        self.since: dict[Stream, str] = {}
        self.metrics = Metrics(self._gauges)

    async def write(self, changes: Iterable[inputs.Change]) -> int:
        """See `Pusher.write`."""
        changes = list(changes)
        began = time.monotonic()
        self.metrics.began(self.g.revision + 1, began)
        revision = await super().write(changes)
        self.metrics.push_time.observe(time.monotonic() - began)
        for kind, count in Counter(ref.kind for ref, _ in changes).items():
            self.metrics.updates.labels(kind).inc(count)
        return revision

    async def connected(self, stream: Stream) -> Mapping[str, Stack]:
        """See `Pusher.connected`."""
        self.since[stream] = now()
        return await super().connected(stream)

    def disconnected(self, stream: Stream) -> None:
        """See `Pusher.disconnected`."""
        self.since.pop(stream, None)
        super().disconnected(stream)

    def reported(self, stream: Stream, report: Report) -> None:
        """See `Pusher.reported`."""
        if isinstance(report, Acked):
            self.metrics.acknowledged(report.revision)
        elif isinstance(report, Rejected):
            self.metrics.rejected(report.type)
        super().reported(stream, report)

    def sent(self, stream: Stream, type_url: str, size: int) -> None:
        """A response was handed to the network."""
        self.metrics.sent(type_url, size)

    def _gauges(self) -> Iterator[tuple[str, str, float]]:
        g = self.g
        yield "pilot_xds", "Proxies connected.", len(self.states.streams)
        yield "pilot_services", "Services known.", sum(len(services.hosts(g, namespace)) for namespace in services.namespaces(g))
        rules = sum(len(inputs.names(g, "VirtualService", namespace)) for namespace in inputs.namespaces(g, "VirtualService"))
        yield "pilot_virt_services", "Virtual services known.", rules
        left_out = {(each.origin, each.index) for _, each in self.left_out()}
        yield "pilot_envoy_filter_errors", "Patches of EnvoyFilters that were left out, for Envoy could not take what comes of them.", len(left_out)
        yield "lateen_graph_revision", "The revision of the graph.", g.revision
        yield "lateen_graph_cells", "Cells of the graph.", len(g)
        yield "lateen_failing_cells", "Resources whose computation failed; a mistake in Lateen.", len(self.failures)
