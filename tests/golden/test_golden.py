"""Worlds and what a proxy is told in them, word for word; and the real Envoy takes all of it.

A case is a folder. `in.yaml` begins with a document that says who the proxy is and what is shown: for each file beside it, patterns of the names of
resources. What is the same in every listener (access logs, metrics, the usual filters) is left out of what is shown, never of what Envoy is given;
`also` are fields of resources that are shown all the same, `anywhere` those of anything in them; `without` are further fields that are left out.
`explain` are calls of the proxy's app, or to the gateway, each a URL with headers behind it (`http://a/ x-user: ann`), that are explained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret
from google.protobuf import json_format
from google.protobuf.message import Message

from lateen.assembly import config_dump, offline
from lateen.assembly.views import view_of
from lateen.check import offline as check
from lateen.explain.onward import explained
from lateen.explain.question import Question, meant
from lateen.explain.telling import telling
from lateen.explain.text import text
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.render.patch_values import faults
from tests import loading

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/in.yaml"))
FILES: dict[str, tuple[type[Message], ...]] = {
    "clusters": (Cluster,),
    "endpoints": (ClusterLoadAssignment,),
    "listeners": (Listener,),
    "routes": (RouteConfiguration, VirtualHost),
    "secrets": (Secret,),
}
USUAL = {
    *("access_log", "stat_prefix", "route_config_name_", "upgrade_configs", "server_name", "generate_request_id", "normalize_path", "tracing"),
    *("forward_client_cert_details", "set_current_client_cert_details", "internal_address_config", "stream_idle_timeout", "listener_filters_timeout"),
    *("proxy_100_continue", "path_with_escaped_slashes_action", "use_remote_address", "continue_on_listener_filters_timeout", "traffic_direction"),
    *("resource_api_version", "decorator", "include_request_attempt_count", "max_direct_response_body_size_bytes"),
    *("retry_host_predicate", "max_grpc_timeout", "ignore_port_in_host_matching", "validate_clusters", "merge_slashes"),
    *("host_selection_retry_max_attempts", "tls_params", "sds_config", "initial_fetch_timeout"),
}
FIRST = {"name", "cluster_name", "match"}
USUAL_FILTERS = {"istio.stats", "envoy.filters.http.fault", "envoy.filters.http.cors", "envoy.filters.http.router", "istio_authn", "istio.alpn"}
USUAL_FILTERS |= {"envoy.filters.http.stateful_session"}


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
        self.also = set(asked.get("also", ()))
        self.usual = (USUAL | set(asked.get("without", ()))) - set(asked.get("anywhere", ()))
        self.findings = "".join(f"{finding}\n" for finding in check.check_text(world, parses=faults))
        objects, _ = offline.read(world)
        g, view = offline.graph(objects), view_of(asked["proxy"]["node"], asked["proxy"].get("metadata") or {})
        self.resources = list(config_dump.resources(g, view))
        self.explained = "\n".join(_explained(g, view, call) for call in asked.get("explain", ()))

    def of(self, *kinds: type[Message]) -> list[tuple[str, Message]]:
        wanted = ((kind, resource) for kind in kinds for resource in self.resources if resource.type.endswith(f".{kind.__name__}"))
        return [(resource.name, loading.unpacked(resource, kind)) for kind, resource in wanted]


def _explained(g: Graph, view: View, asked: str) -> str:
    """What is told of a call, under its own words."""
    url, *headers = asked.split(" ", 1)
    call, gateway = meant(g, Question("proxy", url, headers=tuple(headers), source="10.200.0.9"), {"proxy": view})
    return f"$ {asked}\n{text(telling(explained(g, call, gateway)))}\n"


def shown(case: Case, file: str) -> str:
    """The resources of a file whose names fit, as YAML."""
    patterns = case.show[file]
    told = [message for name, message in case.of(*FILES[file]) if any(fnmatchcase(name, pattern) for pattern in patterns)]
    assert told, f"nothing is called like {patterns}"
    documents = [abridged(json_format.MessageToDict(message, preserving_proto_field_name=True), case.usual, case.also) for message in told]
    return yaml.safe_dump_all(documents, sort_keys=False, width=140, default_flow_style=None)


def abridged(value: Any, usual: set[str], also: Iterable[str] = ()) -> Any:
    """Without what is usual but for fields of the outermost message, in a fixed order."""
    if isinstance(value, dict):
        kept = sorted((key for key in value if key not in usual or key in also), key=lambda key: (key not in FIRST, key))
        return {key: abridged(value[key], usual) for key in kept}
    if isinstance(value, list):
        return [abridged(each, usual) for each in value if not (isinstance(each, dict) and each.get("name") in USUAL_FILTERS)]
    return value


def test_what_a_proxy_is_told(case: Path, rewrite: bool) -> None:
    found = Case(case)
    texts = {"findings.txt": found.findings, **{f"{file}.yaml": shown(found, file) for file in found.show}}
    texts |= {"explain.txt": found.explained} if found.explained else {}
    if rewrite:
        for stale in case.glob("*.*"):
            if stale.name != "in.yaml":
                stale.unlink()
        for name, text in texts.items():
            (case / name).write_text(text)
    assert {path.name: path.read_text() for path in case.iterdir() if path.name != "in.yaml"} == texts


@pytest.mark.envoy
def test_envoy_takes_it(case: Path) -> None:
    assert loading.refusal([Case(case).resources]) == ""
