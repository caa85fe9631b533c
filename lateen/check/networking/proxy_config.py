"""ProxyConfig: what is refused, and what is warned of."""

from __future__ import annotations

from lateen.api.networking.proxy_config import ProxyConfig
from lateen.api.resource import Resource
from lateen.check.labels import selector
from lateen.check.remark import Remarks, wrong


def proxy_config(of: Resource[ProxyConfig]) -> Remarks:
    """A selector without wildcards, and threads in no negative number."""
    spec = of.spec
    if spec.selector is not None:
        yield from selector(spec.selector.match_labels, ("spec", "selector", "matchLabels"))
    if spec.concurrency is not None and spec.concurrency < 0:
        yield wrong(("spec", "concurrency"), f"found {spec.concurrency}, expected 0 (one thread for each core) or more.")
