"""The law of sharing: what a proxy is told from the shelves that all share is what it would be told if every namespace were computed on its own.

Without sharing every host is special to every namespace, and every label of a client is looked at.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lateen.api import decode, inputs
from lateen.assembly import clients, config_dump, offline
from lateen.assembly.views import view_of
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.registry import services
from lateen.translate import route_perspective, visibility
from lateen.values.ref import Ref

Manifest = dict[str, Any]

NAMESPACES = ("default", "other", "third", "istio-system")
HOSTS = (
    *("reviews.default.svc.cluster.local", "ratings.other.svc.cluster.local", "a.example", "db", "x.b.example"),
    *("*.example", "*.svc.cluster.local"),
)
CALLED = tuple(host for host in HOSTS if "*" not in host)
MESHES = (
    *("{}", "{defaultServiceExportTo: [.]}", "{defaultDestinationRuleExportTo: [.]}", "{defaultVirtualServiceExportTo: [.]}"),
    *("{discoverySelectors: [{matchLabels: {in: mesh}}]}", "{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}"),
    *("{defaultDestinationRuleExportTo: [third]}", "{defaultServiceExportTo: [third]}", "{defaultVirtualServiceExportTo: [third]}"),
)
POLICIES = (
    *("{loadBalancer: {simple: RANDOM}}", "{tls: {mode: SIMPLE}}", "{loadBalancer: {simple: PASSTHROUGH}}"),
    "{loadBalancer: {consistentHash: {httpHeaderName: x}}}",
)

namespaces = st.sampled_from(NAMESPACES)
years = st.integers(2010, 2014)
exports = st.sampled_from(("", ", exportTo: ['.']", ", exportTo: [other]", ", exportTo: [third, other]", ", exportTo: ['~']", ", exportTo: ['*']"))
clients_looked_at = st.sampled_from(("", "match: [{sourceNamespace: third}], ", "match: [{sourceLabels: {app: a}}], "))


def manifest(kind: str, namespace: str, name: str, rest: str, year: int = 2020, **metadata: Any) -> Manifest:
    version = "v1" if kind in ("Service", "Namespace", "ConfigMap") else "networking.istio.io/v1"
    found = {"name": name, "creationTimestamp": f"{year}-01-01T00:00:00Z", **metadata}
    if namespace:
        found["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": found, **yaml.safe_load(rest)}


@st.composite
def a_service(draw: st.DrawFn) -> Manifest:
    ip, port, protocol = draw(st.integers(1, 3)), draw(st.sampled_from((80, 90))), draw(st.sampled_from(("http", "tcp", "auto")))
    shown = draw(st.sampled_from((None, "", ".", "other", "*", "~")))
    annotated = {} if shown is None else {"annotations": {"networking.istio.io/exportTo": shown}}
    spec = f"spec: {{clusterIP: 10.0.0.{ip}, ports: [{{name: {protocol}, port: {port}}}]}}"
    return manifest("Service", draw(namespaces), draw(st.sampled_from(("reviews", "ratings"))), spec, draw(years), **annotated)


@st.composite
def an_entry(draw: st.DrawFn) -> Manifest:
    host, ip, found = draw(st.sampled_from(HOSTS)), draw(st.integers(0, 3)), draw(st.sampled_from(("NONE", "STATIC")))
    endpoints = f"[{{address: 1.1.1.{ip}, labels: {{version: v1}}}}]" if found == "STATIC" else "[]"
    addresses = f"addresses: [10.0.0.{ip}], " if ip else ""
    port = f"{{number: 80, name: p, protocol: {draw(st.sampled_from(('HTTP', 'TCP', 'TLS')))}}}"
    spec = f"spec: {{hosts: ['{host}'], {addresses}resolution: {found}, ports: [{port}], endpoints: {endpoints}{draw(exports)}}}"
    return manifest("ServiceEntry", draw(namespaces), f"e{HOSTS.index(host)}", spec, draw(years))


@st.composite
def a_virtual_service(draw: st.DrawFn) -> Manifest:
    of = draw(st.sampled_from(("http", "tcp")))
    route = f"[{{{draw(clients_looked_at)}route: [{{destination: {{host: {draw(st.sampled_from(CALLED))}}}}}]}}]"
    spec = f"spec: {{hosts: ['{draw(st.sampled_from(HOSTS))}'], {of}: {route}{draw(exports)}}}"
    return manifest("VirtualService", draw(namespaces), draw(st.sampled_from("ab")), spec, draw(years))


@st.composite
def a_destination_rule(draw: st.DrawFn) -> Manifest:
    selector = draw(st.sampled_from(("", "", "workloadSelector: {matchLabels: {app: a}}, ")))
    policy = f"trafficPolicy: {draw(st.sampled_from(POLICIES))}, subsets: [{{name: v1, labels: {{version: v1}}}}]"
    spec = f"spec: {{host: '{draw(st.sampled_from(HOSTS))}', {selector}{policy}{draw(exports)}}}"
    return manifest("DestinationRule", draw(namespaces), draw(st.sampled_from("ab")), spec, draw(years))


@st.composite
def a_namespace(draw: st.DrawFn) -> Manifest:
    return manifest("Namespace", "", draw(namespaces), "{}", labels={"in": "mesh"} if draw(st.booleans()) else {})


def a_mesh(said: str) -> Manifest:
    return manifest("ConfigMap", "istio-system", "istio", f"data: {{mesh: '{said}'}}")


worlds = st.lists(
    st.one_of(a_service(), a_service(), an_entry(), an_entry(), a_virtual_service(), a_virtual_service(), a_destination_rule(), a_destination_rule(),
              a_namespace(), st.sampled_from(MESHES).map(a_mesh)),
    min_size=2,
    max_size=10,
)  # fmt: skip


def view(namespace: str, app: str, apart: bool) -> View:
    told = {"NAMESPACE": namespace, "LABELS": {"app": app}, "LATEEN": {"virtualHosts": True} if apart else {}}
    return view_of(f"sidecar~10.9.9.9~a.{namespace}~{namespace}.svc.cluster.local", told)


VIEWS = tuple(view(namespace, app, apart) for namespace in NAMESPACES for app in "ab" for apart in (True, False))


def graph(world: list[Manifest]) -> Graph:
    decoded = (decode.decode(each)[0] for each in world)
    return offline.graph(each for each in decoded if each is not None)


def told(g: Graph, of: View) -> dict[tuple[str, str], bytes]:
    return {(each.type, each.name): each.body for each in config_dump.resources(g, of)}


def every_host(g: Graph) -> tuple[str, ...]:
    found = {host for owner in services.namespaces(g) for host in services.hosts(g, owner)}
    rules = (
        Ref(kind, owner, name) for kind in visibility.RULE_KINDS for owner in inputs.namespaces(g, kind) for name in inputs.names(g, kind, owner)
    )
    return tuple(sorted(found.union(*(visibility.rule_hosts(g, ref) for ref in rules))))


def without_sharing(patch: pytest.MonkeyPatch) -> None:
    for of_host in (visibility.specials, route_perspective.route_specials):
        patch.setattr(of_host, "compute", lambda g, host: NAMESPACES)
    listed = (visibility.special_hosts, route_perspective.route_special_hosts, clients.routed_differently, clients.rival_hosts)
    for of_namespace in listed:
        patch.setattr(of_namespace, "compute", lambda g, namespace: every_host(g))
    patch.setattr(clients.labelled_hosts, "compute", every_host)
    patch.setattr(clients.client_label_keys, "compute", lambda g: ("app",))
    for keys in (visibility.label_keys, route_perspective.route_label_keys):
        patch.setattr(keys, "compute", lambda g, host: ("app",))


SHOWN = "spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}, {name: tcp, port: 90}]}"
RULED = "spec: {hosts: [reviews], http: [{timeout: 1s, route: [{destination: {host: reviews}}]}]}"
REVIEWS = manifest("Service", "default", "reviews", SHOWN)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds)
@example([a_mesh("{defaultServiceExportTo: [third]}"), REVIEWS])
@example([a_mesh("{defaultVirtualServiceExportTo: [third]}"), REVIEWS, manifest("VirtualService", "default", "a", RULED)])
def test_what_is_shared_is_what_each_namespace_would_have_alone(world: list[Manifest]) -> None:
    g = graph(world)
    shared = [told(g, each) for each in VIEWS]
    with pytest.MonkeyPatch.context() as patch:
        without_sharing(patch)
        g = graph(world)
        alone = [told(g, each) for each in VIEWS]
    for of, found, expected in zip(VIEWS, shared, alone, strict=True):
        assert found.keys() == expected.keys(), of
        assert {key for key, body in found.items() if body != expected[key]} == set(), of
