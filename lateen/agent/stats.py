"""Which of Envoy's statistics are kept and how they are tagged, and Prometheus text from Envoy made what Istio's boards expect. Pure.

Envoy without a filter keeps some hundred statistics for each cluster; as in Istio only what the mesh needs is kept, and users name more.
"""

from __future__ import annotations

import re
from typing import Any

from lateen.agent.workload import ProxySettings

KEPT_PREFIXES = (
    "istio",  # from loggers that name a prefix `istio.`, and from those that name none
    "cluster_manager",
    "listener_manager",
    "server",
    "runtime",
    "cluster.xds-grpc",
    "cluster.sds-grpc",
    "http.inbound_0.0.0.0",
    "listener.admin",
    "sds",
    "wasm",
)
# What draining counts, and what `lateen top` reads.
KEPT_SUFFIXES = ("downstream_cx_active", "rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied")
_TAGS = (
    ("cluster_name", r"^cluster\.((.+?(\..+?\.svc\.cluster\.local)?)\.)"),
    ("response_code_class", r"_rq(_(\dxx))$"),
    ("response_code", r"_rq(_(\d{3}))$"),
    ("http_conn_manager_prefix", r"^http\.(((outbound_([0-9]{1,3}\.{0,1}){4}_\d{0,5})|([\w-]+))\.)"),
    ("listener_address", r"^listener\.(((?:[_.[:digit:]]*|[_\[\]aAbBcCdDeEfF[:digit:]]*))\.)"),
)
_OURS = re.compile(r"^(# (?:TYPE|HELP) )?envoy_(istio_)", re.MULTILINE)


def config(settings: ProxySettings, prefixes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Bootstrap's `stats_config`: the kept statistics, those of the settings, and those that begin with one of `prefixes`."""
    patterns: list[dict[str, Any]] = [{"prefix": prefix} for prefix in (*KEPT_PREFIXES, *settings.prefixes, *prefixes)]
    patterns += [{"suffix": suffix} for suffix in (*KEPT_SUFFIXES, *settings.suffixes)]
    patterns += [{"safe_regex": {"regex": pattern}} for pattern in settings.patterns]
    return {
        "use_all_default_tags": False,
        "stats_tags": [{"tag_name": name, "regex": regex} for name, regex in _TAGS],
        "stats_matcher": {"inclusion_list": {"patterns": patterns}},
    }


def is_usual(settings: ProxySettings) -> bool:
    """Whether none is kept but the usual ones, among which are none of destinations."""
    return not (settings.prefixes or settings.suffixes or settings.patterns or settings.patch)


def appended(text: str) -> str:
    """An app's metrics as they may stand behind others: they end with their line, and do not say that nothing follows, as OpenMetrics' do."""
    lines = [line for line in text.splitlines() if line != "# EOF"]
    return "\n".join([*lines, ""]) if lines else ""


def as_istio(text: str) -> str:
    """Envoy's Prometheus text with Istio's names: `envoy_istio_requests_total` is `istio_requests_total`."""
    return _OURS.sub(r"\1\2", text)
