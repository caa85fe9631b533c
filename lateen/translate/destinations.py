"""The destinations of calls out of a proxy: for each port and subset of a service, how it is found, secured, balanced and limited (CL-1 to CL-9).

Endpoints are not read, except where the proxy has to find them itself. Of who serves a host only the set of service accounts is (XD-6).
"""

from __future__ import annotations

import msgspec

from lateen.api import mesh
from lateen.api.mesh_config import DefaultTrafficPolicy
from lateen.api.networking.destination_rule import H2UpgradePolicy, TcpKeepalive, TrafficPolicy, TunnelSettings
from lateen.flow import Graph, query
from lateen.ir import destination as ir
from lateen.ir.destination import ConnectionSettings, Destination, Discovery, Policy
from lateen.ir.routes import outbound
from lateen.ir.tls import MeshTls, OriginatedTls, Tls
from lateen.ir.view import Perspective
from lateen.registry import endpoints as registry
from lateen.registry import services
from lateen.registry.service import Resolution, Service, ServicePort
from lateen.translate import destination_policy, endpoints
from lateen.translate.destination_rules import MergedRule, policy_for, rule_for
from lateen.translate.destination_tls import identities, rule_tls
from lateen.translate.peer_modes import PeerMode, policies_to_callers
from lateen.translate.statistics_names import statistics_name
from lateen.values import ciphers
from lateen.values.protocol import Protocol

_DISCOVERY = {
    Resolution.ENDPOINTS: Discovery.ASSIGNED,
    Resolution.DNS: Discovery.DNS,
    Resolution.DNS_ROUND_ROBIN: Discovery.DNS_FIRST,
    Resolution.ORIGINAL: Discovery.ORIGINAL,
    Resolution.DYNAMIC_DNS: Discovery.FORWARD,
}
_RESOLVED = (Discovery.DNS, Discovery.DNS_FIRST)
_WITHOUT_ENDPOINTS = (Discovery.ORIGINAL, Discovery.FORWARD)


@query
def destination(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> Destination | None:
    """The destination; None when the service has no such port or its rule no such subset, and for names that only stand for another (SD-14)."""
    service = services.service(g, namespace, host)
    declared = service.port(port) if service is not None else None
    rule = rule_for(g, perspective, namespace, host)
    if service is None or declared is None or declared.protocol is Protocol.UDP:
        return None
    if service.resolution is Resolution.ALIAS or (subset and (rule is None or rule.subset(subset) is None)):
        return None
    service = service.declaring(port)
    settings = _settings(g)
    given = destination_policy.over(settings.default_policy, policy_for(rule, port, subset))
    discovery = _discovery(service, given, gateway=perspective.gateway)
    inline = endpoints.inline(g, perspective, namespace, host, port, subset) if discovery in _RESOLVED else None
    if discovery is Discovery.DNS_FIRST and inline is not None and inline.size != 1:
        discovery = Discovery.DNS
    tls, by_endpoint = _security(g, settings, perspective, service, port, subset, rule, given, discovery)
    return Destination(
        name=outbound(host, port, subset),
        discovery=discovery,
        policy=_policy(g, settings, perspective, service, declared, subset, given, discovery),
        tls=tls,
        tls_by_endpoint=by_endpoint,
        endpoints=inline,
        services=(ir.ServiceName(host, service.name, namespace),),
        subset=subset,
        statistics_name=statistics_name(settings.statistics_name, service, declared, subset, settings.domain),
        rule=rule.origins[0] if rule is not None else None,
        origins=(service.origin, *(rule.origins if rule is not None else ())),
    )


def subsets(g: Graph, perspective: Perspective, namespace: str, host: str) -> tuple[str, ...]:
    """The names of the host's subsets, sorted; "" for all endpoints is not among them."""
    rule = rule_for(g, perspective, namespace, host)
    return tuple(sorted(subset.name for subset in rule.subsets)) if rule is not None else ()


@query
def destinations(g: Graph, perspective: Perspective, namespace: str, host: str) -> tuple[tuple[int, str], ...]:
    """The port and subset of every destination of the host, sorted; the subset "" is all endpoints."""
    service = services.service(g, namespace, host)
    if service is None or service.resolution is Resolution.ALIAS:
        return ()
    ports = sorted({port.number for port in service.ports if port.protocol is not Protocol.UDP})
    names = ("", *subsets(g, perspective, namespace, host))
    return tuple((port, name) for port in ports for name in names)


@query
def connection_settings(g: Graph, perspective: Perspective, namespace: str, host: str, port: int, subset: str) -> ConnectionSettings:
    """What forwarding whole connections needs to know (DR-5, DR-9)."""
    given = policy_for(rule_for(g, perspective, namespace, host), port, subset)
    policy = destination_policy.over(mesh.default_traffic_policy(g), given)
    tcp = policy.connection_pool.tcp if policy.connection_pool is not None else None
    tunnel = policy.tunnel
    hashed = policy.load_balancer.consistent_hash if policy.load_balancer is not None else None
    return ConnectionSettings(
        idle_timeout=tcp.idle_timeout.nanoseconds if tcp is not None and tcp.idle_timeout is not None else None,
        longest=tcp.max_connection_duration.nanoseconds if tcp is not None and tcp.max_connection_duration is not None else None,
        tunnel=_tunnel(tunnel) if tunnel is not None else None,
        by_source_address=hashed is not None and bool(hashed.use_source_ip),
    )


def _tunnel(of: TunnelSettings) -> ir.Tunnel:
    host = f"[{of.target_host}]" if ":" in of.target_host else of.target_host
    return ir.Tunnel(f"{host}:{of.target_port}", of.protocol == "POST")


@query
def trust_domains(g: Graph) -> tuple[str, ...]:
    """The trust domains whose identities are the mesh's own, its name first."""
    return (mesh.trust_domain(g), *mesh.trust_domain_aliases(g))


def _discovery(service: Service, given: TrafficPolicy, *, gateway: bool) -> Discovery:
    """CL-1. A gateway has no original destination to go to, so for headless services it is told the endpoints (SD-13)."""
    if service.headless and gateway:
        return Discovery.ASSIGNED
    if destination_policy.is_passthrough(given.load_balancer):
        return Discovery.ORIGINAL
    return _DISCOVERY[service.resolution]


class _Settings(msgspec.Struct, frozen=True):
    """What the mesh says for all destinations. One cell, because each of thousands reads all of it."""

    default_policy: DefaultTrafficPolicy | None
    statistics_name: str
    domain: str
    trust_domains: tuple[str, ...]
    automatic: bool
    upgraded: bool
    connect_timeout: int
    keepalive: TcpKeepalive | None
    resolve_every: int
    preserve_case: bool
    knows_peers: bool
    buffers: tuple[int, int]
    """The bytes that may wait on a connection of a sidecar, and of a gateway; 0 for the usual number."""


@query
def _settings(g: Graph) -> _Settings:
    return _Settings(
        default_policy=mesh.default_traffic_policy(g),
        statistics_name=mesh.outbound_cluster_stat_name(g),
        domain=mesh.domain(g),
        trust_domains=trust_domains(g),
        automatic=mesh.auto_mtls(g),
        upgraded=mesh.h2_upgrade_policy(g) is H2UpgradePolicy.UPGRADE,
        connect_timeout=mesh.connect_timeout(g).nanoseconds,
        keepalive=mesh.tcp_keepalive(g),
        resolve_every=mesh.dns_refresh_rate(g).nanoseconds,
        preserve_case=mesh.preserves_case(g),
        knows_peers=mesh.knows_peers(g),
        buffers=mesh.cluster_buffers(g),
    )


def _security(  # every argument is a part of the answer
    g: Graph,
    settings: _Settings,
    perspective: Perspective,
    service: Service,
    port: int,
    subset: str,
    rule: MergedRule | None,
    given: TrafficPolicy,
    discovery: Discovery,
) -> tuple[Tls | None, bool]:
    """The TLS, and whether each endpoint says if it is used."""
    names = identities(registry.accounts(g, service.namespace, service.host), settings.trust_domains, service.subject_alt_names)
    own = MeshTls(ir.server_name(service.host, port, subset), names)
    if given.tls is not None:
        credentials = perspective.gateway or bool(rule is not None and rule.selector)
        return _with_defaults(g, rule_tls(given.tls, own, service.subject_alt_names, credentials=credentials)), False
    if not settings.automatic or not _is_automatic(g, service, port, discovery):
        return None, False
    return own, discovery not in _WITHOUT_ENDPOINTS


def _with_defaults(g: Graph, tls: Tls | None) -> Tls | None:
    """SEC-6: ciphers and curves "for all traffic except for ISTIO_MUTUAL"."""
    if not isinstance(tls, OriginatedTls):
        return tls
    defaults = mesh.tls_defaults(g)
    return msgspec.structs.replace(tls, ciphers=ciphers.suites(defaults.cipher_suites), curves=ciphers.curves(defaults.ecdh_curves))


def _is_automatic(g: Graph, service: Service, port: int, discovery: Discovery) -> bool:
    """CL-3: "no DR tls and not MESH_EXTERNAL and the service's mode ≠ DISABLE"; CL-4: "TLS only if ALL endpoints are istio-capable"."""
    if service.external or policies_to_callers(g, service.namespace).others.mode is PeerMode.DISABLE:
        return False
    return discovery not in _WITHOUT_ENDPOINTS or endpoints.all_take_mutual_tls(g, service.namespace, service.host, port)


def _policy(
    g: Graph,
    settings: _Settings,
    perspective: Perspective,
    service: Service,
    port: ServicePort,
    subset: str,
    given: TrafficPolicy,
    discovery: Discovery,
) -> Policy:
    place = endpoints.placement(g, perspective, service.namespace, service.host, port.number, subset)
    preferred = place.preference if place is not None else None
    zones = (preferred.zones if preferred is not None else 0) if settings.knows_peers else None
    http = given.connection_pool.http if given.connection_pool is not None else None
    return Policy(
        protocol=destination_policy.protocol(port.protocol, http, gateway=perspective.gateway, upgraded=settings.upgraded),
        balancing=destination_policy.balancing(given.load_balancer, by_locality=preferred is not None and bool(preferred.shares), zones=zones),
        limits=destination_policy.limits(given, settings.connect_timeout, settings.keepalive),
        ejection=destination_policy.ejection(given.outlier_detection),
        proxy_protocol=destination_policy.proxy_protocol(given),
        original_port=_original_port(service, port) if discovery is Discovery.ORIGINAL else 0,
        resolve_every=settings.resolve_every,
        preserve_case=settings.preserve_case,
        buffer=settings.buffers[perspective.gateway],
        persistent=service.is_persistent,
        unready=endpoints.tells_unready(service),
    )


def _original_port(service: Service, port: ServicePort) -> int:
    """An entry without endpoints that names a target port sends there, whichever port the client dialled (SE-4)."""
    return port.target if isinstance(port.target, int) and not service.kubernetes else 0
