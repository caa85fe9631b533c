"""The mesh's own settings, in the ConfigMap `istio` of `istio-system`: what cannot be read, and what no proxy could take.

Other ConfigMaps are anybody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lateen.api import mesh_config, mesh_networks
from lateen.api.core.config_map import ConfigMap
from lateen.api.decode import path_text
from lateen.api.mesh_config import MeshConfig, OutboundTrafficPolicy
from lateen.api.networking.destination_rule import ClientTLSMode, ClientTLSSettings
from lateen.api.networking.sidecar import OutboundTrafficPolicyMode
from lateen.api.resource import Resource
from lateen.api.text import Path
from lateen.check import formats, ports
from lateen.check.durations import at_least_millisecond, zero_or_more
from lateen.check.networking.client_tls import client_tls
from lateen.check.networking.connection_pool import connection_pool
from lateen.check.networking.http_actions import retries
from lateen.check.networking.localities import locality_setting, zone_setting
from lateen.check.networking.server_tls import cipher_suites, curves
from lateen.check.networking.traffic_policy import outlier_detection
from lateen.check.peer_roots import peer_roots
from lateen.check.proxy_settings import proxy_settings
from lateen.check.remark import Remark, Remarks, doubtful, wrong
from lateen.values.finding import Finding

_MESH = ("data", mesh_config.KEY)
_NETWORKS = ("data", mesh_networks.KEY)


def config_map(of: Resource[ConfigMap]) -> Remarks:
    """Only the one that configures the mesh is looked at."""
    if of.ref != mesh_config.CONFIG_MAP:
        return
    told = of.spec.data
    settings, findings = mesh_config.decode(told.get(mesh_config.KEY, ""))
    yield from _read(findings, _MESH)
    yield from _inside(mesh_settings(settings), _MESH)
    if mesh_networks.KEY in told:
        yield from _read(mesh_networks.decode(told[mesh_networks.KEY])[1], _NETWORKS)


def _read(findings: Iterable[Finding], where: Path) -> Iterator[Remark]:
    for said in findings:
        yield Remark(where, _at("" if said.path in where else said.path, said.message), said.hint, said.severity, said.code)


def _inside(remarks: Remarks, where: Path) -> Remarks:
    for remark in remarks:
        yield remark._replace(path=where, message=_at(path_text(remark.path), remark.message))


def _at(path: str, message: str) -> str:
    return f"{path}: {message}" if path else message


def mesh_settings(settings: MeshConfig) -> Remarks:
    """What no proxy could take; paths within the settings."""
    yield from at_least_millisecond(settings.connect_timeout, ("connectTimeout",))
    yield from zero_or_more(settings.protocol_detection_timeout, ("protocolDetectionTimeout",))
    if settings.dns_refresh_rate.milliseconds <= 1:
        yield wrong(("dnsRefreshRate",), f"found {settings.dns_refresh_rate}, expected more than 1ms.")
    if settings.tcp_keepalive is not None:
        yield from at_least_millisecond(settings.tcp_keepalive.time, ("tcpKeepalive", "time"))
        yield from at_least_millisecond(settings.tcp_keepalive.interval, ("tcpKeepalive", "interval"))
    for field, port in (("proxyListenPort", settings.proxy_listen_port), ("proxyInboundListenPort", settings.proxy_inbound_listen_port)):
        yield from ports.number(port, (field,))
    if settings.proxy_http_port:
        yield from ports.number(settings.proxy_http_port, ("proxyHttpPort",))
    if fault := formats.fault(settings.access_log_format):
        yield wrong(("accessLogFormat",), f'found "{settings.access_log_format}", {fault}.', 'Write "%%" for a percent sign.')
    yield from retries(settings.default_http_retry_policy, ("defaultHttpRetryPolicy",))
    yield from locality_setting(settings.locality_lb_setting, ("localityLbSetting",))
    if settings.zone_aware_lb_setting is not None:
        yield from zone_setting(settings.zone_aware_lb_setting, ("zoneAwareLbSetting",))
        yield from _self_discovery(settings)
    if settings.default_traffic_policy is not None:
        yield from connection_pool(settings.default_traffic_policy.connection_pool, ("defaultTrafficPolicy", "connectionPool"))
        if settings.default_traffic_policy.outlier_detection is not None:
            yield from outlier_detection(settings.default_traffic_policy.outlier_detection, ("defaultTrafficPolicy", "outlierDetection"))
    if settings.outbound_traffic_policy.tls is not None:
        yield from _outbound_tls(settings.outbound_traffic_policy, settings.outbound_traffic_policy.tls)
    yield from _tls(settings)
    yield from peer_roots(settings)
    yield from proxy_settings(settings.default_config, ("defaultConfig",))
    yield from _without_effect(settings)


def _tls(settings: MeshConfig) -> Remarks:
    for field, given in (("meshMTLS", settings.mesh_mtls), ("tlsDefaults", settings.tls_defaults)):
        yield from cipher_suites(given.cipher_suites, (field, "cipherSuites"))
        yield from curves(given.ecdh_curves, (field, "ecdhCurves"))


def _outbound_tls(policy: OutboundTrafficPolicy, tls: ClientTLSSettings) -> Remarks:
    path: Path = ("outboundTrafficPolicy", "tls")
    yield from client_tls(tls, path)
    if tls.mode is ClientTLSMode.ISTIO_MUTUAL:
        yield wrong((*path, "mode"), "found ISTIO_MUTUAL, expected SIMPLE, MUTUAL or DISABLE: unknown hosts are not of the mesh.")
    if tls.credential_name:
        yield wrong((*path, "credentialName"), "credentialName does not work at sidecars of all namespaces.", "Give files.")
    if policy.mode is not OutboundTrafficPolicyMode.ALLOW_ANY_DYNAMIC_DNS:
        yield doubtful(path, f"tls has no effect with mode {policy.mode.value}, only with ALLOW_ANY_DYNAMIC_DNS.")


def _self_discovery(settings: MeshConfig) -> Remarks:
    if settings.zone_aware_lb_setting is not None and settings.zone_aware_lb_setting.enabled is not False:
        metadata = settings.default_config.proxy_metadata or {}
        if metadata.get(_DISCOVERY, "").lower() != "true":
            message = "zoneAwareLbSetting has no effect, for proxies do not know where the replicas of their own workload are."
            yield doubtful(("zoneAwareLbSetting",), message, f'Set defaultConfig.proxyMetadata.{_DISCOVERY}: "true" and start the proxies again.')


_DISCOVERY = "ISTIO_META_ENABLE_SELF_DISCOVERY"
_TUNNELS = "it is about the tunnels between proxies of nodes, which this mesh does not have."
_SCOPES = "it is about services of a mesh without sidecars; here serviceSettings say which services stay in their cluster."


_OWN_AUTHORITY = "the mesh's own authority signs all certificates."


def _without_effect(settings: MeshConfig) -> Remarks:
    """What is accepted, because it is Istio's, and changes nothing here."""
    if settings.hbone_config is not None:
        yield doubtful(("hboneConfig",), f"hboneConfig has no effect in Lateen: {_TUNNELS}")
    if settings.service_scope_configs:
        yield doubtful(("serviceScopeConfigs",), f"serviceScopeConfigs have no effect in Lateen: {_SCOPES}")
    for name, given, why in (
        ("configSources", settings.config_sources, "objects come from the mesh's own store."),
        ("ca", settings.ca, _OWN_AUTHORITY),
        ("certificates", settings.certificates, _OWN_AUTHORITY),
        ("enableEnvoyAccessLogService", settings.enable_envoy_access_log_service, "access logs go to accessLogFile."),
    ):
        if given:
            yield doubtful((name,), f"{name} has no effect in Lateen: {why}")
