"""From Istio's ProxyConfig, as the control plane tells it, to how an Envoy of this host is started. Pure.

What is taken: `concurrency`, `drainDuration`, `terminationDrainDuration`, `runtimeValues`, `proxyStatsMatcher`, `fileFlushInterval`,
`fileFlushMinSizeKb`, the limit in `connectionSettings`, and of `proxyMetadata` `EXIT_ON_ZERO_ACTIVE_CONNECTIONS` with `MINIMUM_DRAIN_DURATION`. Apps
wait for their proxies in any case; what shapes listeners is the control plane's affair, and holds without a new start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lateen.agent.workload import ProxySettings
from lateen.values.duration import Duration

ANNOTATION = "proxy.istio.io/config"
RUNTIME_LIMIT = "overload.global_downstream_max_connections"
_MINIMUM = "5s"


def proxy_settings(told: Mapping[str, Any]) -> ProxySettings:
    """What is told, in the agent's words: `settings`, and `bootstrap`, which is merged into what Envoy is started with."""
    said = told.get("settings") or {}
    kept, metadata = said.get("proxyStatsMatcher") or {}, said.get("proxyMetadata") or {}
    until_idle = metadata.get("EXIT_ON_ZERO_ACTIVE_CONNECTIONS") == "true"
    return ProxySettings(
        concurrency=said.get("concurrency"),
        drain=_seconds(said.get("drainDuration")),
        ending=_minimum(metadata) if until_idle else _seconds(said.get("terminationDrainDuration")),
        runtime=tuple(sorted((name, value) for name, value in (said.get("runtimeValues") or {}).items() if name != RUNTIME_LIMIT)),
        prefixes=tuple(kept.get("inclusionPrefixes") or ()),
        suffixes=tuple(kept.get("inclusionSuffixes") or ()),
        patterns=tuple(kept.get("inclusionRegexps") or ()),
        until_idle=until_idle,
        flush=_seconds(said.get("fileFlushInterval")),
        flush_size=said.get("fileFlushMinSizeKb"),
        connections=_connections(said, metadata),
        peers=metadata.get("ISTIO_META_ENABLE_SELF_DISCOVERY", "").lower() == "true",
        patch=msgspec.json.encode(told["bootstrap"], order="sorted").decode() if told.get("bootstrap") else "",
    )


def _connections(said: Mapping[str, Any], metadata: Mapping[str, str]) -> int | None:
    """ "This field takes precedence over the `ISTIO_META_GLOBAL_DOWNSTREAM_MAX_CONNECTIONS` proxy metadata value, which in turn takes precedence over
    the deprecated `overload.global_downstream_max_connections` runtime flag."
    """
    given = (
        (said.get("connectionSettings") or {}).get("globalDownstreamConnectionLimit"),
        metadata.get("ISTIO_META_GLOBAL_DOWNSTREAM_MAX_CONNECTIONS"),
        (said.get("runtimeValues") or {}).get(RUNTIME_LIMIT),
    )
    return next((int(each) for each in given if each is not None and str(each).isdecimal() and 0 < int(each) < 2**31), None)


def _minimum(metadata: Mapping[str, str]) -> float:
    """Nobody checks what is in this metadata: a time that cannot be read is the usual one."""
    try:
        return Duration(metadata.get("MINIMUM_DRAIN_DURATION", _MINIMUM)).seconds
    except ValueError:
        return Duration(_MINIMUM).seconds


def _seconds(text: str | None) -> float | None:
    return Duration(text).seconds if text else None
