"""DestinationRule: what happens to calls once their destination is known (https://istio.io/latest/docs/reference/config/networking/destination-rule/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec

from lateen.api.networking.virtual_service import PortSelector
from lateen.api.selector import WorkloadSelector
from lateen.api.shape import Int32, OneOf, Strict, UInt32, UInt64
from lateen.values.duration import Duration


class SimpleLB(StrEnum):
    """How one endpoint is chosen. `LEAST_CONN` is the deprecated name of `LEAST_REQUEST`."""

    UNSPECIFIED = "UNSPECIFIED"
    LEAST_CONN = "LEAST_CONN"
    RANDOM = "RANDOM"
    PASSTHROUGH = "PASSTHROUGH"
    ROUND_ROBIN = "ROUND_ROBIN"
    LEAST_REQUEST = "LEAST_REQUEST"


class CookieAttribute(Strict, frozen=True):
    """A further attribute of the cookie, such as `SameSite=Strict`."""

    name: str
    value: str = ""


class HTTPCookie(Strict, frozen=True):
    """The cookie that is hashed; it is made when `ttl` is given and the client sent none."""

    name: str
    path: str = ""
    ttl: Duration | None = None
    attributes: tuple[CookieAttribute, ...] = ()


class RingHash(Strict, frozen=True):
    """The ring-hash algorithm; 0 stands for 1024."""

    minimum_ring_size: UInt64 = 0


class MagLev(Strict, frozen=True):
    """The Maglev algorithm; 0 stands for 65537."""

    table_size: UInt64 = 0


class ConsistentHashLB(OneOf, frozen=True):
    """The same key goes to the same endpoint."""

    http_header_name: str | None = None
    http_cookie: HTTPCookie | None = None
    use_source_ip: bool | None = None
    http_query_parameter_name: str | None = None
    ring_hash: RingHash | None = None
    maglev: MagLev | None = None
    minimum_ring_size: UInt64 | None = None

    one_of = (("http_header_name", "http_cookie", "use_source_ip", "http_query_parameter_name"), ("ring_hash", "maglev"))


class Distribute(Strict, frozen=True):
    """Calls from a locality are spread over localities by these shares, which sum to 100."""

    from_: str = msgspec.field(default="", name="from")
    to: Mapping[str, UInt32] = {}


class Failover(Strict, frozen=True):
    """Calls from a region go to another when their own has no healthy endpoint."""

    from_: str = msgspec.field(default="", name="from")
    to: str = ""


class LocalityLoadBalancerSetting(Strict, frozen=True):
    """Preference for near endpoints (LB-1)."""

    distribute: tuple[Distribute, ...] = ()
    failover: tuple[Failover, ...] = ()
    failover_priority: tuple[str, ...] = ()
    enabled: bool | None = None


class ZoneAwareLoadBalancerSetting(Strict, frozen=True):
    """Zone-aware routing, which keeps calls in their zone as long as its share of endpoints allows."""

    failover: tuple[Failover, ...] = ()
    failover_priority: tuple[str, ...] = ()
    enabled: bool | None = None
    min_cluster_size: Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)] | None = None


class WarmupConfiguration(Strict, frozen=True):
    """A new endpoint takes its full share only after `duration`."""

    duration: Duration
    minimum_percent: float | None = None
    aggression: float | None = None


class LoadBalancerSettings(OneOf, frozen=True):
    """How endpoints are chosen. `warmup_duration_secs` is the deprecated form of `warmup`."""

    simple: SimpleLB | None = None
    consistent_hash: ConsistentHashLB | None = None
    locality_lb_setting: LocalityLoadBalancerSetting | None = None
    zone_aware_lb_setting: ZoneAwareLoadBalancerSetting | None = None
    warmup_duration_secs: Duration | None = None
    warmup: WarmupConfiguration | None = None

    one_of = (("simple", "consistent_hash"),)


class TcpKeepalive(Strict, frozen=True):
    """Keepalive probes of the operating system."""

    probes: UInt32 = 0
    time: Duration | None = None
    interval: Duration | None = None


class TCPSettings(Strict, frozen=True):
    """Bounds on connections."""

    max_connections: Int32 = 0
    connect_timeout: Duration | None = None
    tcp_keepalive: TcpKeepalive | None = None
    max_connection_duration: Duration | None = None
    idle_timeout: Duration | None = None


class H2UpgradePolicy(StrEnum):
    """Whether HTTP/1.1 is spoken on as HTTP/2; `DEFAULT` is what the mesh says."""

    DEFAULT = "DEFAULT"
    DO_NOT_UPGRADE = "DO_NOT_UPGRADE"
    UPGRADE = "UPGRADE"


class HTTP2KeepAlive(Strict, frozen=True):
    """Keepalive pings of HTTP/2."""

    interval: Duration | None = None
    timeout: Duration | None = None


class HTTPSettings(Strict, frozen=True):
    """Bounds on requests; 0 means no bound of its own."""

    http1_max_pending_requests: Int32 = 0
    http2_max_requests: Int32 = 0
    max_requests_per_connection: Int32 = 0
    max_retries: Int32 = 0
    idle_timeout: Duration | None = None
    h2_upgrade_policy: H2UpgradePolicy = H2UpgradePolicy.DEFAULT
    use_client_protocol: bool = False
    max_concurrent_streams: Int32 = 0
    http2_keep_alive: HTTP2KeepAlive | None = None


class ConnectionPoolSettings(Strict, frozen=True):
    """Bounds on what is sent to one destination."""

    tcp: TCPSettings | None = None
    http: HTTPSettings | None = None


class OutlierDetection(Strict, frozen=True):
    """Endpoints that fail are left out for a while (DR-7). `consecutive_errors` is deprecated."""

    consecutive_errors: Int32 = 0
    split_external_local_origin_errors: bool = False
    consecutive_local_origin_failures: UInt32 | None = None
    consecutive_gateway_errors: UInt32 | None = None
    consecutive_5xx_errors: UInt32 | None = msgspec.field(default=None, name="consecutive5xxErrors")
    interval: Duration | None = None
    base_ejection_time: Duration | None = None
    max_ejection_percent: Int32 = 0
    min_health_percent: Int32 = 0
    outlier_detection_http_error_codes: tuple[str, ...] = ()


class ClientTLSMode(StrEnum):
    """What TLS is spoken towards the destination."""

    DISABLE = "DISABLE"
    SIMPLE = "SIMPLE"
    MUTUAL = "MUTUAL"
    ISTIO_MUTUAL = "ISTIO_MUTUAL"


class ClientTLSSettings(Strict, frozen=True):
    """TLS towards the destination."""

    mode: ClientTLSMode = ClientTLSMode.DISABLE
    client_certificate: str = ""
    private_key: str = ""
    ca_certificates: str = ""
    credential_name: str = ""
    subject_alt_names: tuple[str, ...] = ()
    sni: str = ""
    insecure_skip_verify: bool | None = None
    ca_crl: str = ""


class TunnelSettings(Strict, frozen=True):
    """Connections are carried inside HTTP to a target behind the destination."""

    target_host: str
    target_port: UInt32
    protocol: str = ""


class ProxyProtocolVersion(StrEnum):
    """The version of the PROXY protocol."""

    V1 = "V1"
    V2 = "V2"


class ProxyProtocol(Strict, frozen=True):
    """Connections begin with the PROXY protocol."""

    version: ProxyProtocolVersion = ProxyProtocolVersion.V1


class RetryBudget(Strict, frozen=True):
    """A bound on retries as a share of the calls under way, or of those of the last `budget_interval`."""

    percent: float | None = None
    min_retry_concurrency: UInt32 = 0
    budget_interval: Duration | None = None


class PortTrafficPolicy(Strict, frozen=True):
    """The policy of one port; it replaces that of the destination as a whole (DR-13)."""

    port: PortSelector | None = None
    load_balancer: LoadBalancerSettings | None = None
    connection_pool: ConnectionPoolSettings | None = None
    outlier_detection: OutlierDetection | None = None
    tls: ClientTLSSettings | None = None


class TrafficPolicy(Strict, frozen=True):
    """All that is said of the calls to a destination."""

    load_balancer: LoadBalancerSettings | None = None
    connection_pool: ConnectionPoolSettings | None = None
    outlier_detection: OutlierDetection | None = None
    tls: ClientTLSSettings | None = None
    port_level_settings: tuple[PortTrafficPolicy, ...] = ()
    tunnel: TunnelSettings | None = None
    proxy_protocol: ProxyProtocol | None = None
    retry_budget: RetryBudget | None = None


class Subset(Strict, frozen=True):
    """A named part of the endpoints, chosen by their labels."""

    name: str
    labels: Mapping[str, str] = {}
    traffic_policy: TrafficPolicy | None = None


class DestinationRule(Strict, frozen=True):
    """The policy for `host` and its subsets."""

    host: str
    traffic_policy: TrafficPolicy | None = None
    subsets: tuple[Subset, ...] = ()
    export_to: tuple[str, ...] = ()
    workload_selector: WorkloadSelector | None = None
