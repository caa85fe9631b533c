"""Whether the real Envoy takes what proxies are told: all of it as one static configuration, for many proxies at once, since a start costs most.

Discovery is not asked when Envoy only looks at its configuration, so routes, endpoints and secrets, which would come that way, are put where it does
look. Proxies of several worlds are told different things under one name: the first keeps the name, so that what refers to it finds something, and the
others get names of their own. Addresses of listeners are made different from proxy to proxy, and stay equal where one proxy is told one twice.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.address_pb2 import Address
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.config.endpoint.v3.endpoint_components_pb2 import LbEndpoint
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from envoy.extensions.transport_sockets.proxy_protocol.v3.upstream_proxy_protocol_pb2 import ProxyProtocolUpstreamTransport
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext
from google.protobuf import any_pb2
from google.protobuf.message import Message

from lateen.agent import envoy_binary
from lateen.values.envoy_resource import EnvoyResource

Told = Sequence[EnvoyResource]
"""All that one proxy is told."""


def refusal(proxies: Iterable[Told]) -> str:
    """What Envoy says against the first thing that it does not take; empty when it takes everything."""
    with tempfile.TemporaryDirectory(prefix="lt-load") as folder:
        config = Path(folder) / "envoy.pb"
        config.write_bytes(bootstrap(proxies).SerializeToString())
        command = [str(envoy_binary.find().path), "-c", str(config), "--mode", "validate", "-l", "error"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=240, check=False)
    return "" if done.returncode == 0 else done.stderr[-3000:] or f"Envoy ended with {done.returncode}."


def bootstrap(proxies: Iterable[Told]) -> Bootstrap:
    """A configuration that has everything that the proxies are told."""
    out = Bootstrap()
    out.node.id, out.node.cluster = "sidecar~127.0.0.1~app.default~default.svc.cluster.local", "app.default"
    out.dynamic_resources.ads_config.api_type = 2
    out.dynamic_resources.ads_config.transport_api_version = 2
    out.dynamic_resources.ads_config.grpc_services.add().envoy_grpc.cluster_name = "xds-grpc"
    # As every proxy is started: Envoy's own bound on regular expressions is for tests of a few characters.
    out.layered_runtime.layers.add(name="static").static_layer.update({"re2.max_program_size.error_level": 32768})
    merging = _Merging(out)
    for number, proxy in enumerate(proxies):
        merging.add(number, proxy)
    out.static_resources.clusters.extend(_named(name) for name in ("xds-grpc", "sds-grpc"))
    return out


def unpacked(resource: EnvoyResource, kind: type[Message]) -> Any:
    """The message of a resource."""
    found = kind()
    any_pb2.Any.FromString(resource.body).Unpack(found)
    return found


class _Merging:
    def __init__(self, out: Bootstrap) -> None:
        self._out = out.static_resources
        self._seen: set[object] = set()
        self._number = 0
        self._places: dict[tuple[int, str], int] = {}

    def add(self, number: int, told: Told) -> None:
        for kind, add in ((Cluster, self._cluster), (ClusterLoadAssignment, self._assignment), (LbEndpoint, self._endpoint), (Secret, self._secret)):
            for resource in _of(told, kind):
                if self._is_new(resource.body):
                    add(unpacked(resource, kind))
        for resource in _of(told, Listener):
            if self._is_new((number, resource.body)):
                self._listener(number, unpacked(resource, Listener))
        hosts = [unpacked(resource, VirtualHost) for resource in _of(told, VirtualHost)]
        for resource in _of(told, RouteConfiguration):
            table = unpacked(resource, RouteConfiguration)
            if table.HasField("vhds"):
                table.ClearField("vhds")
                table.virtual_hosts.extend(host for host in hosts if host.name.startswith(f"{table.name}/"))
            if self._is_new(table.SerializeToString(deterministic=True)):
                self._table(table)

    def _is_new(self, thing: object) -> bool:
        if thing in self._seen:
            return False
        self._seen.add(thing)
        return True

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _cluster(self, cluster: Any) -> None:
        if not self._is_new(("cluster", cluster.name)):
            cluster.name = f"{self._next()} {cluster.name}"
        for socket in (cluster.transport_socket, *(match.transport_socket for match in cluster.transport_socket_matches)):
            _ask_apart(socket)
        self._out.clusters.append(cluster)

    def _assignment(self, assignment: Any) -> None:
        out = _named(f"{self._next()} endpoints of {assignment.cluster_name}")
        out.load_assignment.policy.CopyFrom(assignment.policy)
        for group in assignment.endpoints:
            if not group.HasField("leds_cluster_locality_config"):
                out.load_assignment.endpoints.add().CopyFrom(group)
        self._out.clusters.append(out)

    def _endpoint(self, endpoint: Any) -> None:
        out = _named(f"{self._next()} endpoint")
        out.load_assignment.endpoints.add().lb_endpoints.add().CopyFrom(endpoint)
        self._out.clusters.append(out)

    def _listener(self, proxy: int, listener: Any) -> None:
        if listener.HasField("api_listener"):
            return  # For programs that are their own proxy.
        listener.name = f"{self._next()} {listener.name}"
        for address in (listener.address, *(each.address for each in listener.additional_addresses)):
            self._move(address, proxy)
        self._out.listeners.append(listener)

    def _move(self, address: Address, proxy: int) -> None:
        """Another address for each proxy, the same for what one proxy is told twice. Families stay."""
        place = address.socket_address
        number = self._places.setdefault((proxy, place.address), len(self._places))
        match address.WhichOneof("address"):
            case "pipe":
                address.pipe.path = f"{address.pipe.path}-{proxy}"
            case "socket_address" if ":" in place.address:
                place.address = f"2001:db8::{number // 2**16:x}:{number % 2**16:x}"
            case "socket_address" if place.address.replace(".", "").isdecimal():
                place.address = f"10.{number // 2**16}.{number // 2**8 % 2**8}.{number % 2**8}"

    def _table(self, table: Any) -> None:
        http = HttpConnectionManager(stat_prefix="table")
        table.validate_clusters.value = False
        http.route_config.CopyFrom(table)
        http.http_filters.append(HttpFilter(name="envoy.filters.http.router", typed_config=_packed(Router())))
        self._own_listener(f"table {table.name}").filters.add(name="manager").typed_config.Pack(http)

    def _secret(self, secret: Any) -> None:
        out = _named(f"{self._next()} secret {secret.name}")
        tls = UpstreamTlsContext()
        if secret.HasField("tls_certificate"):
            tls.common_tls_context.tls_certificates.append(secret.tls_certificate)
        else:
            tls.common_tls_context.validation_context.CopyFrom(secret.validation_context)
        out.transport_socket.name = "tls"
        out.transport_socket.typed_config.Pack(tls)
        self._out.clusters.append(out)

    def _own_listener(self, name: str) -> Any:
        number = self._next()
        out = self._out.listeners.add(name=f"{number} {name}")
        out.address.socket_address.address, out.address.socket_address.port_value = (
            f"127.{128 + number // 2**16}.{number // 2**8 % 2**8}.{number % 2**8}",
            1,
        )
        return out.filter_chains.add()


def _ask_apart(socket: TransportSocket) -> None:
    """Envoy dies of a fixed cluster whose secrets come over ADS, for that is not there yet; those of clusters that come over ADS themselves do."""
    tls, outer = UpstreamTlsContext(), ProxyProtocolUpstreamTransport()
    if socket.typed_config.Unpack(outer):
        _ask_apart(outer.transport_socket)
        socket.typed_config.Pack(outer)
    if not socket.typed_config.Unpack(tls):
        return
    common = tls.common_tls_context
    for secret in (*common.tls_certificate_sds_secret_configs, common.combined_validation_context.validation_context_sds_secret_config):
        if secret.sds_config.HasField("ads"):
            secret.sds_config.api_config_source.api_type = 2
            secret.sds_config.api_config_source.transport_api_version = 2
            secret.sds_config.api_config_source.grpc_services.add().envoy_grpc.cluster_name = "sds-grpc"
    socket.typed_config.Pack(tls)


def _of(told: Told, kind: type[Message]) -> Iterator[EnvoyResource]:
    name = kind.DESCRIPTOR.full_name
    return (resource for resource in told if resource.type.endswith(f"/{name}"))


def _named(name: str) -> Cluster:
    out = Cluster(name=name, type=Cluster.STATIC)
    out.load_assignment.cluster_name = name
    return out


def _packed(message: Message) -> any_pb2.Any:
    out = any_pb2.Any()
    out.Pack(message)
    return out
