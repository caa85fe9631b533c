"""ProxyConfig: settings of the proxies themselves, taken when they start (https://istio.io/latest/docs/reference/config/networking/proxy-config/)."""

from __future__ import annotations

from collections.abc import Mapping

from lateen.api.selector import WorkloadSelector
from lateen.api.shape import Int32, Strict


class ProxyImage(Strict, frozen=True):
    """Which variant of the proxy image is run."""

    image_type: str = ""


class ProxyConfig(Strict, frozen=True):
    """`concurrency` 0 means one thread for each core."""

    selector: WorkloadSelector | None = None
    concurrency: Int32 | None = None
    environment_variables: Mapping[str, str] = {}
    image: ProxyImage | None = None
