"""The settings of proxies, in MeshConfig's `defaultConfig` and in the annotation `proxy.istio.io/config`: what no proxy could take, and what changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from lateen.api.mesh_config import decode_proxy_config
from lateen.api.mesh_proxy import BUILT_IN, ConnectionSettings, ProxyConfig
from lateen.api.text import Path
from lateen.check.durations import zero_or_more
from lateen.check.remark import Remarks, doubtful, wrong
from lateen.values.finding import Severity
from lateen.values.ref import Ref

_MOST = 2**31 - 1
_LEAST_WINDOW = 65_535
_BOOTSTRAP = "the agent writes what Envoy is started with, which an EnvoyFilter on BOOTSTRAP may patch."
_PORTS = "the agent chooses its ports."
_SCRAPED = "metrics are there to be scraped."
_WITHOUT_EFFECT: Final[Mapping[str, str]] = {
    "availability_zone": "where a workload runs is its locality.",
    "binary_path": "each host says which Envoy is its own.",
    "ca_certificates_pem": "the mesh trusts the roots of its own authority.",
    "custom_config_file": _BOOTSTRAP,
    "envoy_access_log_service": "access logs go to accessLogFile.",
    "envoy_metrics_service": _SCRAPED,
    "envoy_metrics_service_address": _SCRAPED,
    "extra_stat_tags": "the tags of its metrics are fixed.",
    "interception_mode": "the agent chooses how traffic is captured.",
    "private_key_provider": "Envoy handles keys itself.",
    "proxy_admin_port": _PORTS,
    "proxy_bootstrap_template_path": _BOOTSTRAP,
    "stat_name_length": "names of statistics are never cut.",
    "statsd_udp_address": _SCRAPED,
    "status_port": _PORTS,
}
"""Fields that are Istio's and change nothing here, and why; as Istio has them where nobody says, they are not spoken of."""


def proxy_settings(of: ProxyConfig, path: Path) -> Remarks:
    """`path` is where they stand."""
    if of.connection_settings is not None:
        yield from _connections(of.connection_settings, (*path, "connectionSettings"))
    written = {field.name: field.encode_name for field in msgspec.structs.fields(of)}
    for name, why in _WITHOUT_EFFECT.items():
        if getattr(of, name) not in (None, getattr(BUILT_IN, name)):
            yield doubtful((*path, written[name]), f"{written[name]} has no effect in Lateen: {why}")


def _connections(of: ConnectionSettings, path: Path) -> Remarks:
    for name, duration in (
        ("httpIdleTimeout", of.http_idle_timeout),
        ("httpRequestTimeout", of.http_request_timeout),
        ("httpStreamIdleTimeout", of.http_stream_idle_timeout),
        ("httpRequestHeadersTimeout", of.http_request_headers_timeout),
    ):
        yield from zero_or_more(duration, (*path, name))
    for name, given, least in (
        ("httpMaxConcurrentStreams", of.http_max_concurrent_streams, 1),
        ("http2InitialStreamWindowSize", of.http2_initial_stream_window_size, _LEAST_WINDOW),
        ("http2InitialConnectionWindowSize", of.http2_initial_connection_window_size, _LEAST_WINDOW),
        ("globalDownstreamConnectionLimit", of.global_downstream_connection_limit, 1),
    ):
        if given is not None and not least <= given <= _MOST:
            yield wrong((*path, name), f"found {given}, expected {least} to {_MOST}.")


def annotation_fault(text: str) -> str:
    """What is expected of the annotation's text instead; empty when it is right."""
    of, findings = decode_proxy_config(text, Ref("ProxyConfig", "", ""))
    mistakes = [f"{each.path}: {each.message}" for each in findings if each.severity is Severity.ERROR]
    mistakes += [f"{'.'.join(map(str, remark.path))}: {remark.message}" for remark in proxy_settings(of, ()) if remark.severity is Severity.ERROR]
    return f"a ProxyConfig; {mistakes[0].rstrip('.')}" if mistakes else ""
