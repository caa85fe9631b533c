"""Worlds and what a proxy is told in them, word for word; and the real Envoy takes all of it.

A case is a folder. `in.yaml` begins with a document that says who the proxy is and what is shown: for each file beside it, patterns of the names of
resources. What is the same in every listener (access logs, metrics, the usual filters) is left out of what is shown, never of what Envoy is given.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml
from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import HttpConnectionManager, HttpFilter
from google.protobuf import any_pb2, json_format
from google.protobuf.message import Message

from lateen.agent import envoy_binary
from lateen.assembly import config_dump, offline
from lateen.assembly.views import view_of
from lateen.check import offline as check
from lateen.values.envoy_resource import EnvoyResource

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/in.yaml"))
FILES: dict[str, tuple[type[Message], ...]] = {
    "clusters": (Cluster,),
    "endpoints": (ClusterLoadAssignment,),
    "listeners": (Listener,),
    "routes": (RouteConfiguration, VirtualHost),
}
USUAL = {
    *("access_log", "stat_prefix", "route_config_name_", "upgrade_configs", "server_name", "generate_request_id", "normalize_path", "tracing"),
    *("forward_client_cert_details", "set_current_client_cert_details", "internal_address_config", "stream_idle_timeout", "listener_filters_timeout"),
    *("proxy_100_continue", "path_with_escaped_slashes_action", "use_remote_address", "continue_on_listener_filters_timeout", "traffic_direction"),
    *("resource_api_version", "decorator", "include_request_attempt_count", "max_direct_response_body_size_bytes"),
    *("retry_host_predicate", "max_stream_duration", "ignore_port_in_host_matching", "validate_clusters", "merge_slashes"),
    *("host_selection_retry_max_attempts", "tls_params", "sds_config", "initial_fetch_timeout"),
}
FIRST = {"name", "cluster_name", "match"}
USUAL_FILTERS = {"istio.stats", "envoy.filters.http.fault", "envoy.filters.http.cors", "envoy.filters.http.router", "istio_authn", "istio.alpn"}


@pytest.fixture(params=CASES, ids=lambda path: path.name)
def case(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


class Case:
    """What became of a case."""

    def __init__(self, folder: Path) -> None:
        head, _, world = (folder / "in.yaml").read_text().partition("\n---\n")
        asked = yaml.safe_load(head)
        self.show: Mapping[str, list[str]] = asked["show"]
        self.findings = "".join(f"{finding}\n" for finding in check.check_text(world))
        objects, _ = offline.read(world)
        self.resources = list(config_dump.resources(offline.graph(objects), view_of(asked["proxy"]["node"], asked["proxy"].get("metadata") or {})))

    def listeners(self) -> list[Any]:
        return [message for _, message in self.of(Listener)]

    def of(self, *kinds: type[Message]) -> list[tuple[str, Message]]:
        wanted = ((kind, resource) for kind in kinds for resource in self.resources if resource.type.endswith(f".{kind.__name__}"))
        return [(resource.name, unpacked(resource, kind)) for kind, resource in wanted]


def unpacked(resource: EnvoyResource, kind: type[Message]) -> Message:
    found = kind()
    any_pb2.Any.FromString(resource.body).Unpack(found)
    return found


def shown(case: Case, file: str) -> str:
    """The resources of a file whose names fit, as YAML."""
    patterns = case.show[file]
    told = [message for name, message in case.of(*FILES[file]) if any(fnmatchcase(name, pattern) for pattern in patterns)]
    assert told, f"nothing is called like {patterns}"
    documents = [abridged(json_format.MessageToDict(message, preserving_proto_field_name=True)) for message in told]
    return yaml.safe_dump_all(documents, sort_keys=False, width=140, default_flow_style=None)


def abridged(value: Any) -> Any:
    """Without what is usual, in a fixed order."""
    if isinstance(value, dict):
        return {key: abridged(value[key]) for key in sorted(value, key=lambda key: (key not in FIRST, key)) if key not in USUAL}
    if isinstance(value, list):
        return [abridged(each) for each in value if not (isinstance(each, dict) and each.get("name") in USUAL_FILTERS)]
    return value


def test_what_a_proxy_is_told(case: Path, rewrite: bool) -> None:
    found = Case(case)
    texts = {"findings.txt": found.findings, **{f"{file}.yaml": shown(found, file) for file in found.show}}
    if rewrite:
        for stale in case.glob("*.*"):
            if stale.name != "in.yaml":
                stale.unlink()
        for name, text in texts.items():
            (case / name).write_text(text)
    assert {path.name: path.read_text() for path in case.iterdir() if path.name != "in.yaml"} == texts


@pytest.mark.envoy
def test_envoy_takes_it(case: Path, tmp_path: Path) -> None:
    config = tmp_path / "envoy.pb"
    config.write_bytes(bootstrap(Case(case)).SerializeToString())
    command = [str(envoy_binary.find().path), "-c", str(config), "--mode", "validate", "-l", "error"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def bootstrap(case: Case) -> Bootstrap:
    """All that the proxy is told, as a static configuration: discovery is not asked when Envoy only looks at its configuration, so routes and
    endpoints, which would come that way, are put where it does look.
    """
    out = Bootstrap()
    out.node.id, out.node.cluster = "sidecar~127.0.0.1~app.default~default.svc.cluster.local", "app.default"
    out.dynamic_resources.ads_config.api_type = 2
    out.dynamic_resources.ads_config.transport_api_version = 2
    out.dynamic_resources.ads_config.grpc_services.add().envoy_grpc.cluster_name = "xds-grpc"
    out.static_resources.clusters.extend(message for _, message in case.of(Cluster))
    out.static_resources.clusters.extend(_fixed(message) for _, message in case.of(ClusterLoadAssignment))
    out.static_resources.clusters.extend(_named(name) for name in ("xds-grpc", "sds-grpc"))
    out.static_resources.listeners.extend(listener for listener in case.listeners() if not listener.HasField("api_listener"))
    hosts = [message for _, message in case.of(VirtualHost)]
    for index, (_, table) in enumerate(case.of(RouteConfiguration)):
        out.static_resources.listeners.append(_listener(index, table, hosts))
    return out


def _named(name: str) -> Cluster:
    out = Cluster(name=name, type=Cluster.STATIC)
    out.load_assignment.cluster_name = name
    return out


def _fixed(assignment: Any) -> Cluster:
    out = _named(f"endpoints of {assignment.cluster_name}")
    for group in assignment.endpoints:
        if not group.HasField("leds_cluster_locality_config"):
            out.load_assignment.endpoints.add().CopyFrom(group)
    return out


def _listener(index: int, table: Any, hosts: Iterable[Any]) -> Listener:
    manager = HttpConnectionManager(stat_prefix=str(index))
    manager.route_config.CopyFrom(table)
    manager.route_config.ClearField("vhds")
    if table.HasField("vhds"):
        manager.route_config.virtual_hosts.extend(host for host in hosts if host.name.startswith(f"{table.name}/"))
    router = any_pb2.Any()
    router.Pack(Router())
    manager.http_filters.append(HttpFilter(name="envoy.filters.http.router", typed_config=router))
    out = Listener(name=f"table {table.name}")
    out.address.socket_address.address, out.address.socket_address.port_value = "127.0.0.1", 20000 + index
    out.filter_chains.add().filters.add(name="manager").typed_config.Pack(manager)
    return out
