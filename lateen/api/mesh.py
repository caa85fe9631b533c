"""MeshConfig as inputs of the graph: one narrow query a field, so that a change of MeshConfig moves only what reads that field. A field that only one
cell reads, which ends the wave itself, is read without a query of its own.

It is where Istio has it: the ConfigMap `istio` of namespace `istio-system`, key `mesh`.
"""

from __future__ import annotations

from lateen.api import inputs
from lateen.api.label_selector import LabelSelector
from lateen.api.mesh_config import (
    AccessLogEncoding,
    CertificateData,
    DefaultProviders,
    DefaultTrafficPolicy,
    InboundTrafficPolicyMode,
    IngressControllerMode,
    MeshConfig,
    NormalizationType,
    ServiceEntryVisibility,
    TLSConfig,
    decode,
)
from lateen.api.mesh_networks import KEY as NETWORKS_KEY
from lateen.api.mesh_networks import MeshNetworks
from lateen.api.mesh_networks import decode as mesh_networks_of
from lateen.api.mesh_providers import ExtensionProvider
from lateen.api.mesh_proxy import ProxyConfig, at_edge
from lateen.api.networking.destination_rule import (
    ClientTLSSettings,
    H2UpgradePolicy,
    LocalityLoadBalancerSetting,
    TcpKeepalive,
    ZoneAwareLoadBalancerSetting,
)
from lateen.api.networking.sidecar import OutboundTrafficPolicyMode
from lateen.api.networking.virtual_service import HTTPRetry
from lateen.flow import Graph, query
from lateen.values.duration import Duration
from lateen.values.ref import Ref

CONFIG_MAP = Ref("ConfigMap", "istio-system", "istio")
DEFAULT = MeshConfig()
SELF_DISCOVERY = "ENABLE_SELF_DISCOVERY"
"""The word of a proxy's metadata by which it is told of the other replicas of its workload."""


@query
def mesh_config(g: Graph) -> MeshConfig:
    """The whole of it, defaults filled in. Read a field instead: whoever reads this moves with every change of it."""
    found = inputs.resource(g, CONFIG_MAP)
    return decode(found.spec.data.get("mesh", ""))[0] if found is not None else DEFAULT


def domain(g: Graph) -> str:
    """The domain of cluster-local names."""
    return inputs.domain(g)


@query
def connect_timeout(g: Graph) -> Duration:
    """How long a connection may take to be made."""
    return mesh_config(g).connect_timeout


@query
def protocol_detection_timeout(g: Graph) -> Duration:
    """How long the first bytes are waited for on ports whose protocol is not declared; 0 for as long as it takes."""
    return mesh_config(g).protocol_detection_timeout


def tcp_keepalive(g: Graph) -> TcpKeepalive | None:
    """Probes on idle connections."""
    return mesh_config(g).tcp_keepalive


@query
def access_log_file(g: Graph) -> str:
    """Where access logs are written; empty for nowhere."""
    return mesh_config(g).access_log_file


@query
def access_log_format(g: Graph) -> str:
    """The format of access logs; empty for Istio's."""
    return mesh_config(g).access_log_format


@query
def access_log_encoding(g: Graph) -> AccessLogEncoding:
    """Text or JSON."""
    return mesh_config(g).access_log_encoding


@query
def outbound_mode(g: Graph) -> OutboundTrafficPolicyMode:
    """What becomes of calls to places that the registry does not know."""
    return mesh_config(g).outbound_traffic_policy.mode


@query
def inbound_mode(g: Graph) -> InboundTrafficPolicyMode:
    """What becomes of calls to ports that no service declares."""
    return mesh_config(g).inbound_traffic_policy.mode


@query
def outbound_tls(g: Graph) -> ClientTLSSettings | None:
    """The TLS of requests to unknown hosts that are looked up; None for none."""
    policy = mesh_config(g).outbound_traffic_policy
    return policy.tls if policy.mode is OutboundTrafficPolicyMode.ALLOW_ANY_DYNAMIC_DNS else None


def auto_mtls(g: Graph) -> bool:
    """Whether proxies speak mutual TLS to those that take it, unasked."""
    return mesh_config(g).enable_auto_mtls


@query
def trust_domain(g: Graph) -> str:
    """The trust domain of the mesh's own identities."""
    return mesh_config(g).trust_domain


@query
def trust_domain_aliases(g: Graph) -> tuple[str, ...]:
    """Further trust domains whose identities count as own."""
    return mesh_config(g).trust_domain_aliases


def ca_certificates(g: Graph) -> tuple[CertificateData, ...]:
    """Further roots that peers may have."""
    return mesh_config(g).ca_certificates


@query
def default_service_export_to(g: Graph) -> tuple[str, ...]:
    """To whom a service is shown that does not say (N-4)."""
    return mesh_config(g).default_service_export_to


@query
def default_virtual_service_export_to(g: Graph) -> tuple[str, ...]:
    """To whom a VirtualService is shown that does not say (N-4)."""
    return mesh_config(g).default_virtual_service_export_to


@query
def default_destination_rule_export_to(g: Graph) -> tuple[str, ...]:
    """To whom a DestinationRule is shown that does not say (N-4)."""
    return mesh_config(g).default_destination_rule_export_to


@query
def root_namespace(g: Graph) -> str:
    """The namespace whose policies hold for the whole mesh."""
    return mesh_config(g).root_namespace


def locality_lb_setting(g: Graph) -> LocalityLoadBalancerSetting:
    """How localities are preferred where no rule says (LB-1)."""
    return mesh_config(g).locality_lb_setting


def dns_refresh_rate(g: Graph) -> Duration:
    """How often names are resolved."""
    return mesh_config(g).dns_refresh_rate


def h2_upgrade_policy(g: Graph) -> H2UpgradePolicy:
    """Whether HTTP/1.1 is carried as HTTP/2 where no rule says."""
    return mesh_config(g).h2_upgrade_policy


@query
def inbound_cluster_stat_name(g: Graph) -> str:
    """The pattern of inbound clusters' names in statistics (N-8)."""
    return mesh_config(g).inbound_cluster_stat_name


def outbound_cluster_stat_name(g: Graph) -> str:
    """The pattern of outbound clusters' names in statistics (N-8)."""
    return mesh_config(g).outbound_cluster_stat_name


@query
def extension_providers(g: Graph) -> tuple[ExtensionProvider, ...]:
    """External services that policies and telemetry name."""
    return mesh_config(g).extension_providers


@query
def default_providers(g: Graph) -> DefaultProviders:
    """The providers of telemetry where none is named."""
    return mesh_config(g).default_providers


@query
def discovery_selectors(g: Graph) -> tuple[LabelSelector, ...]:
    """Which namespaces belong to the mesh (SD-16); none means all."""
    return mesh_config(g).discovery_selectors


@query
def normalization(g: Graph) -> NormalizationType:
    """How request paths are normalised (HC-2)."""
    return mesh_config(g).path_normalization.normalization


@query
def default_http_retry_policy(g: Graph) -> HTTPRetry | None:
    """Retries where a route does not say (VS-43)."""
    return mesh_config(g).default_http_retry_policy


@query
def mesh_tls(g: Graph) -> TLSConfig:
    """Versions and ciphers of mutual TLS inside the mesh (SEC-5)."""
    return mesh_config(g).mesh_mtls


@query
def tls_defaults(g: Graph) -> TLSConfig:
    """Versions and ciphers of all other TLS (SEC-6)."""
    return mesh_config(g).tls_defaults


@query
def default_traffic_policy(g: Graph) -> DefaultTrafficPolicy | None:
    """What holds for all calls as far as no DestinationRule says otherwise."""
    return mesh_config(g).default_traffic_policy


@query
def service_entry_visibility(g: Graph) -> ServiceEntryVisibility | None:
    """How far ServiceEntries may be seen, as far as that holds for sidecars and gateways."""
    found = mesh_config(g).service_entry_visibility
    return found if found is not None and found.apply_to_sidecars else None


@query
def counts_attempts(g: Graph) -> bool:
    """Whether requests say which attempt they are (HC-3). Told with the virtual hosts, which all proxies share, it holds for the whole mesh."""
    headers = mesh_config(g).default_config.proxy_headers
    return headers is None or headers.attempt_count is None or not headers.attempt_count.disabled


@query
def outbound_port(g: Graph) -> int:
    """The port at which captured calls of workloads come in (LI-1)."""
    return mesh_config(g).proxy_listen_port


@query
def inbound_port(g: Graph) -> int:
    """The port at which captured calls to workloads come in (LI-20)."""
    return mesh_config(g).proxy_inbound_listen_port


@query
def tells_authority(g: Graph) -> bool:
    """Whether a Host that a rule replaces is told on as `x-forwarded-host` (HC-3); it is told with routes, which all proxies share."""
    headers = mesh_config(g).default_config.proxy_headers
    return headers is not None and headers.x_forwarded_host is not None and bool(headers.x_forwarded_host.enabled)


@query
def preserves_case(g: Graph) -> bool:
    """Whether names of headers keep their case on the way to destinations (HC-3), which all proxies share."""
    headers = mesh_config(g).default_config.proxy_headers
    return headers is not None and bool(headers.preserve_http1_header_case)


def zone_aware_lb_setting(g: Graph) -> ZoneAwareLoadBalancerSetting | None:
    """How proxies keep calls in their zone themselves; None where they do not."""
    return mesh_config(g).zone_aware_lb_setting


@query
def knows_peers(g: Graph) -> bool:
    """Whether proxies are told of their own workload's other replicas, without which they cannot weigh zones against each other."""
    return (mesh_config(g).default_config.proxy_metadata or {}).get(f"ISTIO_META_{SELF_DISCOVERY}", "").lower() == "true"


@query
def cluster_buffers(g: Graph) -> tuple[int, int]:
    """How many bytes may wait on a connection to a destination, from a sidecar and from a gateway; 0 for the usual number. All proxies share it."""
    given = mesh_config(g).default_config.connection_settings
    if given is None:
        return 0, 0
    return given.cluster_per_connection_buffer_limit_bytes or 0, at_edge(given).cluster_per_connection_buffer_limit_bytes or 0


@query
def logs_listeners(g: Graph) -> bool:
    """Whether connections that no chain of a listener takes are logged (LI-9)."""
    return not mesh_config(g).disable_envoy_listener_log


@query
def ingress_service(g: Graph) -> str:
    """The name of the service in front of the gateways that serve Ingresses, in the root namespace; empty for the addresses of their nodes."""
    return mesh_config(g).ingress_service


@query
def http_proxy_port(g: Graph) -> int:
    """The port of the explicit HTTP proxy at every sidecar; 0 for none (LI-1)."""
    return mesh_config(g).proxy_http_port


@query
def default_config(g: Graph) -> ProxyConfig:
    """What proxies are set up with where nothing nearer says."""
    return mesh_config(g).default_config


@query
def mesh_networks(g: Graph) -> MeshNetworks:
    """Networks as MeshNetworks has them (MC-2), beside MeshConfig under a key of its own."""
    found = inputs.resource(g, CONFIG_MAP)
    return mesh_networks_of(found.spec.data.get(NETWORKS_KEY, ""))[0] if found is not None else MeshNetworks()


def cluster_local_hosts(g: Graph) -> tuple[tuple[str, bool], ...]:
    """Hosts that are called only in their own cluster, and those that are not although others say so (MC-4): patterns, later ones win."""
    given = ((host, each.settings.cluster_local) for each in mesh_config(g).service_settings if each.settings is not None for host in each.hosts)
    return ((f"*.kube-system.svc.{inputs.domain(g)}", True), (f"kubernetes.default.svc.{inputs.domain(g)}", True), *given)


@query
def ingress_class(g: Graph) -> str:
    """The class of Ingresses that the mesh serves (GW-11)."""
    return mesh_config(g).ingress_class


@query
def ingress_controller_mode(g: Graph) -> IngressControllerMode:
    """Whether Ingresses are served, and whether those without a class are."""
    return mesh_config(g).ingress_controller_mode


@query
def ingress_selector(g: Graph) -> str:
    """The value of the label `istio` by which the gateways that serve Ingresses are known."""
    return mesh_config(g).ingress_selector
