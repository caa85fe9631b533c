"""The stacks of a sidecar."""

from __future__ import annotations

import pytest
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from google.protobuf.any_pb2 import Any as Packed

from lateen.assembly import config_dump, offline
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.render.endpoint import LARGE


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


def large(count: int) -> str:
    listed = "\n".join(f"- {{addresses: [10.1.{number // 250}.{number % 250 + 1}]}}" for number in range(count))
    return f"""---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: a, namespace: default, labels: {{kubernetes.io/service-name: reviews}}}}
addressType: IPv4
ports: [{{name: http, port: 8080}}]
endpoints:
{listed}
"""


def test_the_endpoints_of_a_large_service_are_told_one_by_one_to_who_takes_them_so() -> None:
    g = world(service("reviews", "default") + large(LARGE + 1))
    collecting = view(LATEEN={"endpoints": True})
    assert len(told(g, "LbEndpoint", collecting)) == LARGE + 1
    out = ClusterLoadAssignment()
    Packed.FromString(told(g, "ClusterLoadAssignment", collecting)[f"outbound|80||{REVIEWS}"]).Unpack(out)
    assert out.endpoints[0].leds_cluster_locality_config.leds_collection_name.startswith("xdstp://cluster.local/")
    assert not told(g, "LbEndpoint", view())


def test_the_endpoints_of_a_small_service_are_told_together_to_everybody() -> None:
    g = world(service("reviews", "default") + large(3))
    collecting = view(LATEEN={"endpoints": True})
    assert not told(g, "LbEndpoint", collecting)
    assert told(g, "ClusterLoadAssignment", collecting) == told(g, "ClusterLoadAssignment", view())


@pytest.mark.rule("LI-1")
def test_where_nothing_is_captured_a_sidecar_has_only_listeners_that_are_bound() -> None:
    g = world(service("reviews", "default") + service("db", "default").replace("name: http, port: 80", "name: tcp, port: 5432"))
    explicit = {"proxyAddress": "127.0.1.1", "outboundTcp": [{"destination": "db:5432", "bind": 15432}]}
    found = told(g, "Listener", view(INTERCEPTION_MODE="NONE", HTTP_PROXY_PORT="15007", LATEEN={"explicit": explicit}))
    assert found.keys() == {"127.0.1.1_15007", "127.0.1.1_15432"}


@pytest.mark.rule("CL-7")
def test_where_unknown_hosts_are_looked_up_there_is_a_cluster_for_that() -> None:
    mesh = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: 'outboundTrafficPolicy: {mode: MODE}'}
"""
    assert "AllowAnyDynamicDNSCluster" in told(world(mesh.replace("MODE", "ALLOW_ANY_DYNAMIC_DNS")), "Cluster", view())
    assert "AllowAnyDynamicDNSCluster" not in told(world(mesh.replace("MODE", "ALLOW_ANY")), "Cluster", view())


def test_namespaces_with_nothing_private_to_them_share_their_listeners() -> None:
    g = world(service("reviews", "default"))
    told(g, "Listener", view("one"))
    g.ran.clear()
    told(g, "Listener", view("two"))
    assert g.ran["leaves.outbound_listener"] == 0


def test_a_scope_of_its_own_has_just_those_hosts_from_the_same_leaves() -> None:
    g = world(service("reviews", "default") + service("ratings", "other") + rule("Sidecar", "default", "{egress: [{hosts: [other/*]}]}"))
    everything = told(g, "Cluster", view("third"))
    own = {name: body for name, body in told(g, "Cluster", view()).items() if name.startswith("outbound")}
    assert own == {"outbound|80||ratings.other.svc.cluster.local": everything["outbound|80||ratings.other.svc.cluster.local"]}
