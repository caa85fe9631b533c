"""MeshConfig: what holds for the whole mesh (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/).

It is the text under the key `mesh` of the ConfigMap `istio` in `istio-system`. Fields that are not given have Istio's defaults. What is wrong never
stops the mesh: a field that we do not know is a warning, a value that cannot be used is an error and its default holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from lateen.api import schema, text
from lateen.api.decode import SCHEMA_ERROR, SCHEMA_WARNING, path_text
from lateen.api.label_selector import LabelSelector
from lateen.api.mesh_providers import ExtensionProvider
from lateen.api.mesh_proxy import ProxyConfig
from lateen.api.networking.destination_rule import (
    ClientTLSSettings,
    ConnectionPoolSettings,
    H2UpgradePolicy,
    LocalityLoadBalancerSetting,
    OutlierDetection,
    TcpKeepalive,
    ZoneAwareLoadBalancerSetting,
)
from lateen.api.networking.sidecar import OutboundTrafficPolicyMode
from lateen.api.networking.virtual_service import HTTPRetry
from lateen.api.shape import Int32, OneOf, Strict
from lateen.values.duration import Duration
from lateen.values.finding import Finding, Position, Severity
from lateen.values.ref import Ref

CONFIG_MAP = Ref("ConfigMap", "istio-system", "istio")
KEY = "mesh"


class IngressControllerMode(StrEnum):
    """Which Ingress objects are served."""

    UNSPECIFIED = "UNSPECIFIED"
    OFF = "OFF"
    DEFAULT = "DEFAULT"
    STRICT = "STRICT"


class AccessLogEncoding(StrEnum):
    """How the access log is written."""

    TEXT = "TEXT"
    JSON = "JSON"


class OutboundTrafficPolicy(Strict, frozen=True):
    """What becomes of calls to unknown places. `tls` is that of requests whose hosts are looked up."""

    mode: OutboundTrafficPolicyMode = OutboundTrafficPolicyMode.ALLOW_ANY
    tls: ClientTLSSettings | None = None


class InboundTrafficPolicyMode(StrEnum):
    """Where inbound calls are sent on to."""

    PASSTHROUGH = "PASSTHROUGH"
    LOCALHOST = "LOCALHOST"


class InboundTrafficPolicy(Strict, frozen=True):
    """Where inbound calls are sent on to: the address of the workload, or localhost."""

    mode: InboundTrafficPolicyMode = InboundTrafficPolicyMode.PASSTHROUGH


class CertificateData(OneOf, frozen=True):
    """A further root that is trusted."""

    pem: str | None = None
    spiffe_bundle_url: str | None = None
    cert_signers: tuple[str, ...] = ()
    trust_domains: tuple[str, ...] = ()

    one_of = (("pem", "spiffe_bundle_url"),)


class ServiceSettingsSettings(Strict, frozen=True):
    """`cluster_local` services are called only from their own cluster."""

    cluster_local: bool = False


class ServiceSettings(Strict, frozen=True):
    """Settings for the services of these hosts."""

    settings: ServiceSettingsSettings | None = None
    hosts: tuple[str, ...] = ()


class Scope(StrEnum):
    """Whether a service is seen by other clusters."""

    LOCAL = "LOCAL"
    GLOBAL = "GLOBAL"


class ServiceScopeConfigs(Strict, frozen=True):
    """The scope of the selected services."""

    namespace_selector: LabelSelector | None = None
    services_selector: LabelSelector | None = None
    scope: Scope = Scope.LOCAL


class CA(Strict, frozen=True):
    """A certificate authority elsewhere."""

    address: str
    tls_settings: ClientTLSSettings | None = None
    request_timeout: Duration | None = None
    istiod_side: bool = False


class DefaultProviders(Strict, frozen=True):
    """The providers that are used where a Telemetry names none."""

    tracing: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    access_logging: tuple[str, ...] = ()


class NormalizationType(StrEnum):
    """How paths are normalized; `DEFAULT` is `BASE` (HC-2)."""

    DEFAULT = "DEFAULT"
    NONE = "NONE"
    BASE = "BASE"
    MERGE_SLASHES = "MERGE_SLASHES"
    DECODE_AND_MERGE_SLASHES = "DECODE_AND_MERGE_SLASHES"


class ProxyPathNormalization(Strict, frozen=True):
    """How paths are normalized."""

    normalization: NormalizationType = NormalizationType.DEFAULT


class TLSProtocol(StrEnum):
    """Versions of TLS."""

    TLS_AUTO = "TLS_AUTO"
    TLSV1_2 = "TLSV1_2"
    TLSV1_3 = "TLSV1_3"


class TLSConfig(Strict, frozen=True):
    """Settings of TLS."""

    min_protocol_version: TLSProtocol = TLSProtocol.TLS_AUTO
    ecdh_curves: tuple[str, ...] = ()
    cipher_suites: tuple[str, ...] = ()


class DefaultTrafficPolicy(Strict, frozen=True):
    """What holds for all calls as far as no DestinationRule says otherwise; one that gives either block replaces the whole of it."""

    connection_pool: ConnectionPoolSettings | None = None
    outlier_detection: OutlierDetection | None = None


class Visibility(StrEnum):
    """Who sees the services of an entry: those to whom it is exported, its own namespace at most, or nobody."""

    UNSPECIFIED = "UNSPECIFIED"
    PUBLIC = "PUBLIC"
    NAMESPACE = "NAMESPACE"
    NONE = "NONE"


class VisibilityRule(Strict, frozen=True):
    """Namespaces by their labels; without a selector it fits none."""

    namespace_selector: LabelSelector | None = None


class VisibilityPolicy(Strict, frozen=True):
    """The visibility of entries whose namespace fits all of the rules."""

    visibility: Visibility = Visibility.UNSPECIFIED
    matching_rules: tuple[VisibilityRule, ...] = ()


class ServiceEntryVisibility(Strict, frozen=True):
    """How far ServiceEntries may be seen: the first policy that fits decides. For sidecars and gateways it holds with `apply_to_sidecars` only."""

    default_visibility: Visibility = Visibility.UNSPECIFIED
    policies: tuple[VisibilityPolicy, ...] = ()
    apply_to_sidecars: bool = False


class ConfigSource(Strict, frozen=True):
    """Where configuration comes from: `xds://`, `k8s://` or `fs:///`."""

    address: str = ""
    tls_settings: ClientTLSSettings | None = None
    subscribed_resources: tuple[str, ...] = ()


class Certificate(Strict, frozen=True):
    """A certificate that is to be issued; deprecated."""

    secret_name: str = ""
    dns_names: tuple[str, ...] = ()


class MeshConfig(Strict, frozen=True):
    """Settings of the whole mesh."""

    proxy_listen_port: Int32 = 15001
    proxy_inbound_listen_port: Int32 = 15006
    proxy_http_port: Int32 = 0
    connect_timeout: Duration = Duration("10s")
    protocol_detection_timeout: Duration = Duration("0s")
    tcp_keepalive: TcpKeepalive | None = None
    ingress_class: str = "istio"
    ingress_service: str = "istio-ingressgateway"
    ingress_controller_mode: IngressControllerMode = IngressControllerMode.STRICT
    ingress_selector: str = "ingressgateway"
    enable_tracing: bool = True
    access_log_file: str = ""
    access_log_format: str = ""
    access_log_encoding: AccessLogEncoding = AccessLogEncoding.TEXT
    enable_envoy_access_log_service: bool = False
    disable_envoy_listener_log: bool = False
    default_config: ProxyConfig = ProxyConfig()
    outbound_traffic_policy: OutboundTrafficPolicy = OutboundTrafficPolicy()
    inbound_traffic_policy: InboundTrafficPolicy = InboundTrafficPolicy()
    config_sources: tuple[ConfigSource, ...] = ()
    enable_auto_mtls: bool = True
    trust_domain: str = "cluster.local"
    trust_domain_aliases: tuple[str, ...] = ()
    ca_certificates: tuple[CertificateData, ...] = ()
    default_service_export_to: tuple[str, ...] = ("*",)
    default_virtual_service_export_to: tuple[str, ...] = ("*",)
    default_destination_rule_export_to: tuple[str, ...] = ("*",)
    root_namespace: str = "istio-system"
    locality_lb_setting: LocalityLoadBalancerSetting = LocalityLoadBalancerSetting(enabled=True)
    zone_aware_lb_setting: ZoneAwareLoadBalancerSetting | None = None
    dns_refresh_rate: Duration = Duration("60s")
    h2_upgrade_policy: H2UpgradePolicy = H2UpgradePolicy.DO_NOT_UPGRADE
    inbound_cluster_stat_name: str = ""
    outbound_cluster_stat_name: str = ""
    certificates: tuple[Certificate, ...] = ()
    service_settings: tuple[ServiceSettings, ...] = ()
    service_scope_configs: tuple[ServiceScopeConfigs, ...] = ()
    enable_prometheus_merge: bool = True
    verify_certificate_at_client: bool | None = None
    ca: CA | None = None
    extension_providers: tuple[ExtensionProvider, ...] = ()
    default_providers: DefaultProviders = DefaultProviders()
    discovery_selectors: tuple[LabelSelector, ...] = ()
    path_normalization: ProxyPathNormalization = ProxyPathNormalization()
    default_http_retry_policy: HTTPRetry | None = None
    mesh_mtls: TLSConfig = msgspec.field(default=TLSConfig(), name="meshMTLS")
    tls_defaults: TLSConfig = TLSConfig()
    compliance_policy: str = ""
    hbone_config: Mapping[str, Any] | None = None
    default_traffic_policy: DefaultTrafficPolicy | None = None
    service_entry_visibility: ServiceEntryVisibility | None = None

    def provider(self, name: str) -> ExtensionProvider | None:
        """The extension provider of that name."""
        return next((provider for provider in self.extension_providers if provider.name == name), None)


def decode(source: str, ref: Ref = CONFIG_MAP, file: str = "") -> tuple[MeshConfig, list[Finding]]:
    """The mesh configuration that a text gives, and what is to be said about it; positions count within the text."""
    return read_leniently(source, MeshConfig, ref, file)


def decode_proxy_config(source: str, ref: Ref, file: str = "") -> tuple[ProxyConfig, list[Finding]]:
    """The proxy settings in the annotation `proxy.istio.io/config` of the object `ref`."""
    return read_leniently(source, ProxyConfig, ref, file)


def read_leniently(source: str, struct: type[Any], ref: Ref, file: str) -> tuple[Any, list[Finding]]:
    """The struct that a text gives, with its defaults wherever the text cannot be used."""
    value, unreadable = next(text.values(source, file), (None, []))
    findings = [Finding(ref, KEY, Severity.ERROR, SCHEMA_ERROR, said.message, said.hint, said.position) for said in unreadable]
    if value is None:
        return struct(), findings
    places = text.Places(file, text.Nodes(source))
    cleaned, mistakes = schema.check(value, struct, snake_case=True)
    findings += [_finding(ref, mistake, places.at(mistake.path)) for mistake in mistakes]
    return msgspec.convert(cleaned, struct, dec_hook=schema.hook), findings


def _finding(ref: Ref, mistake: schema.Mistake, position: Position) -> Finding:
    severity, code = (Severity.WARNING, SCHEMA_WARNING) if mistake.is_unknown_field else (Severity.ERROR, SCHEMA_ERROR)
    return Finding(ref, path_text(mistake.path), severity, code, mistake.message, mistake.hint, position)
