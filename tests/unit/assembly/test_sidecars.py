"""The stacks of a sidecar."""

from __future__ import annotations

import msgspec
import pytest
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from google.protobuf.any_pb2 import Any as Packed

from lateen.assembly import config_dump
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.render.endpoint import LARGE
from lateen.values.envoy_resource import EnvoyResource
from tests.given.objects import REVIEWS, mesh, rule, service
from tests.given.sidecars import told, view
from tests.given.worlds import world


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


ASKED = """---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "extensionProviders: [{name: opa, envoyExtAuthzGrpc: {service: opa.tools.svc.cluster.local, port: 80}}]"}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: asks, namespace: default}
spec: {action: CUSTOM, provider: {name: opa}, rules: [{}]}
"""
OWN_ONLY = """---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: [./*]}]%s}
"""


def called(g: Graph, of: View) -> set[str]:
    return {each.name for each in config_dump.resources(g, of) if each.name.startswith("outbound|")}


@pytest.mark.rule("AZ-10")
@pytest.mark.rule("SC-3")
def test_whom_policies_ask_is_known_to_sidecars_that_see_little_else() -> None:
    app = view_of("sidecar~10.0.0.9~a.default~default.svc.cluster.local", {"NAMESPACE": "default", "LABELS": {"app": "a"}})
    opa = "outbound|80||opa.tools.svc.cluster.local"
    everything = ASKED + service("opa", "tools") + service("far", "other")
    assert called(world(everything + OWN_ONLY % ""), app) == {opa}
    on_demand = msgspec.structs.replace(app, dependencies=())
    assert called(world(everything), on_demand) == {opa}
    assert called(world(service("opa", "tools")), on_demand) == set()


@pytest.mark.rule("GW-12")
def test_the_egress_proxy_is_known_to_a_sidecar_that_does_not_import_it() -> None:
    app = view_of("sidecar~10.0.0.9~a.default~default.svc.cluster.local", {"NAMESPACE": "default"})
    exit_proxy = ", outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: exit.tools.svc.cluster.local, port: {number: 80}}}"
    g = world(service("exit", "tools") + service("far", "other") + OWN_ONLY % exit_proxy)
    assert called(g, app) == {"outbound|80||exit.tools.svc.cluster.local"}


@pytest.mark.rule("LI-1")
@pytest.mark.rule("LI-20")
def test_captured_calls_come_in_where_the_mesh_says_unless_an_agent_of_ours_captures_them() -> None:
    mesh = "{proxyListenPort: 16001, proxyInboundListenPort: 16006}"
    g = world(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: istio-system}}\ndata: {{mesh: '{mesh}'}}\n")
    ports = {}
    for whose, capabilities in (("Istio's", {}), ("ours", {"virtualHosts": True})):
        of = view_of("sidecar~10.0.0.9~a.default~default.svc.cluster.local", {"NAMESPACE": "default", "LATEEN": capabilities})
        found = (unpacked(each) for each in config_dump.resources(g, of) if each.type.endswith(".Listener"))
        ports[whose] = {each.name: each.address.socket_address.port_value for each in found}
    assert ports == {"Istio's": {"virtualOutbound": 16001, "virtualInbound": 16006}, "ours": {"virtualOutbound": 15001, "virtualInbound": 15006}}


def unpacked(resource: EnvoyResource) -> Listener:
    found = Listener()
    assert Packed.FromString(resource.body).Unpack(found)
    return found


@pytest.mark.rule("DR-4")
def test_a_proxy_that_was_set_up_to_know_its_peers_is_told_of_them_and_no_other_is() -> None:
    g = world(service("reviews", "default"))
    assert "local_cluster" in told(g, "ClusterLoadAssignment", view(ENABLE_SELF_DISCOVERY="true"))
    assert "local_cluster" not in told(g, "ClusterLoadAssignment", view())


@pytest.mark.rule("DR-4")
def test_the_mesh_may_have_all_proxies_know_their_peers() -> None:
    g = world(service("reviews", "default"), mesh("defaultConfig: {proxyMetadata: {ISTIO_META_ENABLE_SELF_DISCOVERY: 'true'}}"))
    assert "local_cluster" in told(g, "ClusterLoadAssignment", view())
