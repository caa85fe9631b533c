"""MeshConfig as inputs of the graph: one narrow query a field, so that a change of MeshConfig moves only what reads that field.

It is where Istio has it: the ConfigMap `istio` of namespace `istio-system`, key `mesh`.
"""

from __future__ import annotations

from lateen.api import inputs
from lateen.api.label_selector import LabelSelector
from lateen.api.mesh_config import (
    AccessLogEncoding,
    DefaultProviders,
    InboundTrafficPolicyMode,
    IngressControllerMode,
    MeshConfig,
    NormalizationType,
    TLSConfig,
    decode,
)
from lateen.api.mesh_providers import ExtensionProvider
from lateen.api.mesh_proxy import ProxyConfig
from lateen.api.networking.destination_rule import H2UpgradePolicy, LocalityLoadBalancerSetting, TcpKeepalive
from lateen.api.networking.sidecar import OutboundTrafficPolicyMode
from lateen.api.networking.virtual_service import HTTPRetry
from lateen.flow import Graph, query
from lateen.values.duration import Duration
from lateen.values.ref import Ref

CONFIG_MAP = Ref("ConfigMap", "istio-system", "istio")
DEFAULT = MeshConfig()


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


@query
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


@query
def locality_lb_setting(g: Graph) -> LocalityLoadBalancerSetting:
    """How localities are preferred where no rule says (LB-1)."""
    return mesh_config(g).locality_lb_setting


@query
def dns_refresh_rate(g: Graph) -> Duration:
    """How often names are resolved."""
    return mesh_config(g).dns_refresh_rate


@query
def h2_upgrade_policy(g: Graph) -> H2UpgradePolicy:
    """Whether HTTP/1.1 is carried as HTTP/2 where no rule says."""
    return mesh_config(g).h2_upgrade_policy


@query
def inbound_cluster_stat_name(g: Graph) -> str:
    """The pattern of inbound clusters' names in statistics (N-8)."""
    return mesh_config(g).inbound_cluster_stat_name


@query
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
def http_proxy_port(g: Graph) -> int:
    """The port of the explicit HTTP proxy at every sidecar; 0 for none (LI-1)."""
    return mesh_config(g).proxy_http_port


@query
def default_config(g: Graph) -> ProxyConfig:
    """What proxies are set up with where nothing nearer says."""
    return mesh_config(g).default_config


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
