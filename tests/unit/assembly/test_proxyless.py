"""What a program is told that is its own proxy."""

from __future__ import annotations

import pytest

from lateen.assembly import config_dump, offline
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View


def world(text: str) -> Graph:
    resources, findings = offline.read(text)
    assert not findings
    return offline.graph(resources)

def service(name: str, namespace: str, spec: str = "", annotations: str = "{}") -> str:
    return f"""---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}, annotations: {annotations}}}
spec: {{clusterIP: 10.0.0.1, ports: [{{name: http, port: 80}}]{spec}}}
"""


def entry(name: str, namespace: str, host: str, more: str = "", created: str = "2024-01-01T00:00:00Z") -> str:
    return f"""---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{created}"}}
spec: {{hosts: ["{host}"], ports: [{{number: 80, name: http}}], resolution: DNS{more}}}
"""


def rule(kind: str, namespace: str, spec: str, name: str = "r") -> str:
    return f"""---
apiVersion: networking.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


REVIEWS = "reviews.default.svc.cluster.local"


def told(g: Graph, kind: str, view: View) -> dict[str, bytes]:
    return {each.name: each.body for each in config_dump.resources(g, view) if each.type.endswith(f".{kind}")}


def view(namespace: str = "default", **metadata: object) -> View:
    return view_of(f"sidecar~10.9.0.1~a.{namespace}~{namespace}.svc.cluster.local", {"NAMESPACE": namespace, **metadata})


@pytest.mark.rule("XD-14")
def test_a_host_can_be_named_in_full_and_short_and_without_namespace_in_its_own() -> None:
    g = world(service("reviews", "default"))
    full = {f"{REVIEWS}:80", "reviews.default:80", "reviews.default.svc:80"}
    assert told(g, "Listener", view("other", GENERATOR="grpc")).keys() == full
    assert told(g, "Listener", view(GENERATOR="grpc")).keys() == {*full, "reviews:80"}


@pytest.mark.rule("XD-14")
def test_each_port_has_a_table_named_like_its_cluster() -> None:
    g = world(service("reviews", "default") + entry("a", "default", "a.example"))
    found = view(GENERATOR="grpc")
    assert told(g, "RouteConfiguration", found).keys() == {f"outbound|80||{REVIEWS}", "outbound|80||a.example"}
    assert told(g, "Cluster", found).keys() == told(g, "ClusterLoadAssignment", found).keys() == {f"outbound|80||{REVIEWS}"}
