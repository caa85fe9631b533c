"""Envoy's bootstrap for one workload, as plain JSON (AG-1), and the command line that goes with it. Pure.

Everything dynamic comes over delta ADS from the agent's Unix socket; static are only the ways to the agent and to itself:

    clusters   xds-grpc, sds-grpc, agent (Unix sockets of the agent), prometheus_stats (Envoy's own admin socket)
    listeners  15000 admin (loopback), 15020 merged metrics, 15021 readiness, 15090 Envoy's statistics

Admin itself is a Unix socket, so that the agent reaches it from outside the workload's network namespace and before workers run;
port 15000 is a listener in front of it. What may not enter: the file system, protobufs.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lateen.agent import stats
from lateen.agent.workload import Workload

Json = dict[str, Any]

ISTIO_VERSION = "1.27.0"
MARK = 1337
DRAIN = 45.0
"""Seconds in which listeners drain, as in Istio."""
THREADS = 1
"""Threads of an Envoy of whom nobody says; one host may run many."""
PEERS = "local_cluster"
"""The cluster of the replicas of the workload itself."""
PEER_HEADER = "x-lateen-peer"
"""Who calls the agent, as Envoy sees it; what a caller says itself is overwritten."""
_NODE_TYPES = {"sidecar": "sidecar", "gateway": "router"}


class Sockets(msgspec.Struct, frozen=True):
    """Paths of the Unix sockets between one Envoy and the agent; each under 108 bytes."""

    xds: str
    sds: str
    agent: str
    admin: str


class Mesh(msgspec.Struct, frozen=True):
    """What all workloads of a mesh have in common."""

    domain: str = "cluster.local"
    mesh_id: str = "cluster.local"


class Options(msgspec.Struct, frozen=True):
    """`mark` sets SO_MARK on Envoy's connections, where no user id can tell them from the app's; `on_demand` announces that the
    agent asks for hosts as the app resolves them; `stat_prefixes` are kept beside the usual statistics; `dns` sends Envoy's own
    look-ups to the agent's forwarding port."""

    mark: bool = False
    on_demand: bool = True
    dns: bool = True
    stat_prefixes: tuple[str, ...] = ()


def bootstrap(workload: Workload, mesh: Mesh, sockets: Sockets, options: Options | None = None) -> Json:
    """The whole bootstrap."""
    options = options or Options()
    return {
        "node": node(workload, mesh, options),
        "admin": {"address": {"pipe": {"path": sockets.admin, "mode": 0o660}}, "ignore_global_conn_limit": True},
        "dynamic_resources": _dynamic_resources(),
        "static_resources": {"listeners": _listeners(workload), "clusters": [*_clusters(sockets), *_peers(workload)]},
        "layered_runtime": {"layers": [{"name": "static", "static_layer": _runtime(workload)}, {"name": "admin", "admin_layer": {}}]},
        "overload_manager": {"resource_monitors": [_connections(workload.settings.connections or _UNLIMITED)]},
        "stats_config": stats.config(workload.settings, options.stat_prefixes),
        "deferred_stat_options": {"enable_deferred_creation_stats": True},
        "stats_flush_interval": "5s",
        **_cluster_manager(workload, options),
        **(_resolver(workload) if options.dns else {}),
    }


def arguments(config_path: str, workload: Workload, log_level: str = "warning") -> tuple[str, ...]:
    """Envoy's arguments after the program's name. No hot restart: many Envoys share a host, and SDS and delta xDS replace it."""
    settings = workload.settings
    threads = THREADS if settings.concurrency is None else settings.concurrency
    return (
        *("--config-path", config_path),
        *(("--config-yaml", settings.patch) if settings.patch else ()),
        "--disable-hot-restart",
        *(("--concurrency", str(threads)) if threads else ()),
        *("--drain-time-s", str(round(DRAIN if settings.drain is None else settings.drain))),
        *("--drain-strategy", "immediate"),
        *(("--file-flush-interval-msec", str(round(settings.flush * 1000))) if settings.flush else ()),
        *(("--file-flush-min-size-kb", str(settings.flush_size)) if settings.flush_size else ()),
        *("--local-address-ip-version", "v4"),
        *("--log-level", log_level),
        *("--component-log-level", "misc:error"),  # As in Istio: fields that Envoy wants gone are told of for every route that has one.
        *("--log-format", "%l %n: %v"),
    )


def node_id(workload: Workload, mesh: Mesh) -> str:
    """XD-9: `sidecar~IP~NAME.NS~NS.svc.DOMAIN`."""
    kind, namespace = _NODE_TYPES[workload.kind], workload.namespace
    return f"{kind}~{workload.address}~{workload.name}.{namespace}~{namespace}.svc.{mesh.domain}"


def node(workload: Workload, mesh: Mesh, options: Options) -> Json:
    """The node with Istio's metadata (XD-9) and ours under `LATEEN`."""
    group = workload.group or workload.name
    return {
        "id": node_id(workload, mesh),
        "cluster": f"{dict(workload.labels).get('app', group)}.{workload.namespace}",
        "locality": _locality(workload.locality),
        "metadata": metadata(workload, mesh, options),
    }


def metadata(workload: Workload, mesh: Mesh, options: Options) -> Json:
    """Node metadata; absent rather than empty."""
    explicit = workload.explicit
    facts: Json = {
        "NAMESPACE": workload.namespace,
        "NAME": workload.name,
        "WORKLOAD_NAME": workload.group or workload.name,
        "LABELS": dict(workload.labels),
        "ANNOTATIONS": dict(workload.annotations),
        "SERVICE_ACCOUNT": workload.service_account,
        "CLUSTER_ID": workload.cluster,
        "INSTANCE_IPS": workload.address,
        "ISTIO_VERSION": ISTIO_VERSION,
        "MESH_ID": mesh.mesh_id,
        "NETWORK": workload.network,
        "INTERCEPTION_MODE": "REDIRECT" if explicit is None else "NONE",
        "AUTO_REGISTER_GROUP": workload.joins,
        "ENABLE_SELF_DISCOVERY": "true" if _knows_peers(workload) else "",
        "DNS_CAPTURE": "true" if explicit is None else "",
        "HTTP_PROXY_PORT": "" if explicit is None else str(workload.proxy.http_proxy),
        "ENVOY_STATUS_PORT": workload.proxy.readiness,
        "ENVOY_PROMETHEUS_PORT": workload.proxy.stats,
        "LATEEN": _lateen(workload, options),
    }
    return {name: fact for name, fact in facts.items() if fact not in ("", {})}


def _lateen(workload: Workload, options: Options) -> Json:
    """What this agent can do beyond Istio's; in explicit mode also where the sidecar is to listen and where the app does."""
    can: Json = {
        "virtualHosts": True,
        "endpoints": True,
        "onDemand": options.on_demand and workload.kind == "sidecar" and workload.mode == "transparent",
        "fewStatistics": stats.is_usual(workload.settings) and not options.stat_prefixes,
    }
    if options.mark:
        can["mark"] = MARK
    if workload.joins:
        can["health"] = True
    explicit = workload.explicit
    if explicit is not None:
        can["explicit"] = {
            "proxyAddress": workload.proxy.address,
            "appAddress": explicit.app_address,
            "inbound": [{"port": port, "bind": bind, **_named(workload, port)} for port, bind in explicit.inbound],
            "outboundTcp": [{"destination": destination, "bind": bind} for destination, bind in explicit.outbound_tcp],
        }
    return can


def _named(workload: Workload, number: int) -> Json:
    """The name of a port, for the entry of a workload that registers itself."""
    names = [port.name for port in workload.ports if port.number == number and port.name]
    return {"name": names[0]} if names and workload.joins else {}


def _locality(locality: str) -> Json:
    return dict(zip(("region", "zone", "sub_zone"), locality.split("/"), strict=False)) if locality else {}


def _dynamic_resources() -> Json:
    ads = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    return {
        "lds_config": ads,
        "cds_config": ads,
        "ads_config": {
            "api_type": "DELTA_GRPC",
            "transport_api_version": "V3",
            "set_node_on_first_message_only": True,
            "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}],
        },
    }


def _runtime(workload: Workload) -> Json:
    usual = {"re2.max_program_size.error_level": 32768, "envoy.reloadable_features.http_reject_path_with_fragment": False}
    return usual | dict(workload.settings.runtime)


_UNLIMITED = 2_147_483_647
"""As in Istio, the number of connections is usually the app's affair; Envoy wants that said."""


def _connections(most: int) -> Json:
    kind = "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    limit = {"@type": kind, "max_active_downstream_connections": most}
    return {"name": "envoy.resource_monitors.global_downstream_max_connections", "typed_config": limit}


def _cluster_manager(workload: Workload, options: Options) -> Json:
    # SOL_SOCKET 1, SO_MARK 36: before the connection is made, or the first packet would be redirected back to Envoy.
    mark = {"description": "SO_MARK", "level": 1, "name": 36, "int_value": MARK, "state": "STATE_PREBIND"}
    manager = {
        **({"upstream_bind_config": {"socket_options": [mark]}} if options.mark else {}),
        **({"local_cluster_name": PEERS} if _knows_peers(workload) else {}),
    }
    return {"cluster_manager": manager} if manager else {}


def _knows_peers(workload: Workload) -> bool:
    """Whether Envoy is to know the other replicas of its workload, by which it keeps calls in its zone where a rule says so."""
    return workload.settings.peers and workload.kind == "sidecar"


def _peers(workload: Workload) -> list[Json]:
    if not _knows_peers(workload):
        return []
    told = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "5s"}
    return [{"name": PEERS, "type": "EDS", "connect_timeout": "1s", "eds_cluster_config": {"eds_config": told}}]


def _resolver(workload: Workload) -> Json:
    """Envoy resolves names of hosts outside the mesh, which for the app have virtual addresses: its own questions go past the table."""
    return {
        "typed_dns_resolver_config": {
            "name": "envoy.network.dns_resolver.cares",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
                "resolvers": [_address(workload.proxy.address, workload.proxy.proxy_dns, "UDP")],
                "dns_resolver_options": {"no_default_search_domain": True},
            },
        }
    }


def _clusters(sockets: Sockets) -> list[Json]:
    return [
        _cluster("xds-grpc", sockets.xds, http2=True),
        _cluster("sds-grpc", sockets.sds, http2=True),
        _cluster("agent", sockets.agent, http2=False),
        _cluster("prometheus_stats", sockets.admin, http2=False),
    ]


def _cluster(name: str, path: str, http2: bool) -> Json:
    cluster: Json = {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": path}}}}]}],
        },
    }
    if http2:
        cluster["typed_extension_protocol_options"] = {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        }
    # The mark is for the network; a Unix socket has no use for it, and an own bind config keeps the mesh-wide one away.
    cluster["upstream_bind_config"] = {}
    return cluster


def _listeners(workload: Workload) -> list[Json]:
    ports, open_address = workload.proxy, "0.0.0.0" if workload.explicit is None else workload.proxy.address
    return [
        _listener("admin", ports.address, ports.admin, (("/", "prometheus_stats"),)),
        _listener("merged_metrics", open_address, ports.merged_metrics, (("/", "agent"),)),
        _listener("readiness", open_address, ports.readiness, (("/healthz/ready", "agent"),)),
        _listener("statistics", open_address, ports.stats, (("/stats/prometheus", "prometheus_stats"),)),
    ]


def _listener(name: str, address: str, port: int, routes: tuple[tuple[str, str], ...]) -> Json:
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "route_config": {
            "virtual_hosts": [{"name": name, "domains": ["*"], "routes": [_route(prefix, cluster) for prefix, cluster in routes]}],
            "request_headers_to_add": [_PEER],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
            }
        ],
    }
    return {
        "name": name,
        "address": _address(address, port),
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
        "ignore_global_conn_limit": True,
    }


_PEER = {
    "header": {"key": PEER_HEADER, "value": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"},
    "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
}


def _route(prefix: str, cluster: str) -> Json:
    return {"match": {"prefix": prefix}, "route": {"cluster": cluster, "timeout": "15s"}}


def _address(address: str, port: int, protocol: str = "TCP") -> Json:
    return {"socket_address": {"address": address, "port_value": port, "protocol": protocol}}
