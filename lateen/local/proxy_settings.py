"""From Istio's ProxyConfig, as the control plane tells it, to how an Envoy of this host is started. Pure.

What is taken: `concurrency`, `drainDuration`, `terminationDrainDuration`, `runtimeValues` and `proxyStatsMatcher`. Apps wait for their proxies in any
case; what shapes listeners (`gatewayTopology`, `proxyHeaders`) is the control plane's affair, and holds without a new start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lateen.agent.workload import ProxySettings
from lateen.values.duration import Duration

ANNOTATION = "proxy.istio.io/config"


def proxy_settings(said: Mapping[str, Any]) -> ProxySettings:
    """What is said, in the agent's words."""
    kept = said.get("proxyStatsMatcher") or {}
    return ProxySettings(
        concurrency=said.get("concurrency"),
        drain=_seconds(said.get("drainDuration")),
        ending=_seconds(said.get("terminationDrainDuration")),
        runtime=tuple(sorted((said.get("runtimeValues") or {}).items())),
        prefixes=tuple(kept.get("inclusionPrefixes") or ()),
        suffixes=tuple(kept.get("inclusionSuffixes") or ()),
        patterns=tuple(kept.get("inclusionRegexps") or ()),
    )


def _seconds(text: str | None) -> float | None:
    return Duration(text).seconds if text else None
