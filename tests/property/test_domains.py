"""Two laws of route tables in worlds of names that may be taken for each other: no domain is twice in a table, whatever its letters, for Envoy
refuses such tables; and who is told virtual hosts one by one has the same of them as who is told whole tables.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.any_pb2 import Any
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lateen.api import decode
from lateen.assembly import config_dump, offline
from lateen.assembly.views import view_of
from lateen.flow import Graph

CLIENTS = tuple((namespace, labels) for namespace in ("n0", "n1", "n2") for labels in ({}, {"app": "a"}))
FULL = "s.n0.svc.cluster.local"
ENTRY_NAMES = [FULL, f"{FULL}.", "s.n0", "S.n0", "s.n0.svc", "x.example", "X.example", "x.Example", "x.example.", "*.example", "*.Example"]
ADDRESSES = ["10.0.0.1", "fd00::1", "10.0.0.7"]
RULE_NAMES = [*ENTRY_NAMES, *ADDRESSES, "s", "a.n0.svc.cluster.local", "a.n0", "A.n0", f"*.{FULL}", "*.s.n0", "*.n0.svc.cluster.local"]
EXPORTS = st.sampled_from(["", "", ", exportTo: ['.']", ", exportTo: [n1]"])
MATCHES = st.sampled_from(["", "", ", match: [{sourceNamespace: n1}]", ", match: [{sourceLabels: {app: a}}]", ", match: [{port: 81}]"])
RULES = st.builds(
    lambda number, hosts, match, export: (
        f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: v{number}, namespace: n{number % 2}, creationTimestamp: "20{20 - number}-01-01T00:00:00Z"}}
spec: {{hosts: {hosts}, http: [{{name: v{number}, route: [{{destination: {{host: x.example}}}}]{match}}}]{export}}}
"""
    ),
    st.integers(0, 5),
    st.lists(st.sampled_from(RULE_NAMES), min_size=1, max_size=2, unique=True),
    MATCHES,
    EXPORTS,
)
ENTRIES = st.builds(
    lambda number, host, ports, export: (
        f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: e{number}, namespace: n{number % 2}, creationTimestamp: "20{15 + number}-01-01T00:00:00Z"}}
spec: {{hosts: ["{host}"], addresses: [10.0.0.{number % 2 + 1}], resolution: NONE, ports: [{ports}]{export}}}
"""
    ),
    st.integers(0, 3),
    st.sampled_from(ENTRY_NAMES),
    st.sampled_from(["{number: 80, name: http}", "{number: 80, name: http}, {number: 81, name: http-b}"]),
    EXPORTS,
)
SERVICES = st.builds(
    lambda name, annotated, spec: (
        f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: n0{annotated}}}
spec: {{{spec}}}
"""
    ),
    st.sampled_from("sab"),
    st.sampled_from(["", ', annotations: {networking.istio.io/exportTo: "."}']),
    st.sampled_from(
        [
            "clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, 'fd00::1'], ports: [{name: http, port: 80}]",
            "clusterIP: None, ports: [{name: http, port: 80}, {name: http-b, port: 81}]",
            f"type: ExternalName, externalName: {FULL}",
            "type: ExternalName, externalName: x.example, ports: [{name: http, port: 80}]",
            "type: ExternalName, externalName: b.n0.svc.cluster.local",
            "type: ExternalName, externalName: a.n0.svc.cluster.local, ports: [{name: http, port: 81}]",
        ]
    ),
)
SIDECARS = st.builds(
    lambda namespace, hosts: (
        f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: s, namespace: {namespace}}}
spec: {{egress: [{{hosts: {hosts}}}]}}
"""
    ),
    st.sampled_from(["n0", "n2"]),
    st.lists(st.sampled_from(["*/*", "./*", "n0/*", "n1/*", "*/*.example", f"*/{FULL}", "*/x.example"]), min_size=1, max_size=3, unique=True),
)
WORLDS = st.lists(st.one_of(RULES, RULES, ENTRIES, SERVICES, SERVICES, SIDECARS), min_size=1, max_size=9)

Table = dict[str, list[bytes]]
"""Domain in lower case -> the serialised routes of each virtual host that has it."""


def told(g: Graph, namespace: str, labels: dict[str, str], *, apart: bool) -> dict[str, Table]:
    """The route tables of a sidecar by their names."""
    metadata = {"NAMESPACE": namespace, "LABELS": labels, "LATEEN": {"virtualHosts": apart}}
    hosts: list[tuple[str, VirtualHost]] = []
    for each in config_dump.resources(g, view_of(f"sidecar~10.9.0.1~app.{namespace}~{namespace}.svc.cluster.local", metadata)):
        body = Any.FromString(each.body).value
        if each.type.endswith("RouteConfiguration"):
            hosts += [(each.name, host) for host in RouteConfiguration.FromString(body).virtual_hosts]
        if each.type.endswith("VirtualHost"):
            hosts.append((each.name.partition("/")[0], VirtualHost.FromString(body)))
    tables: dict[str, Table] = {}
    for name, host in hosts:
        assert host.domains
        for domain in host.domains:
            routes = VirtualHost(routes=host.routes).SerializeToString(deterministic=True)
            tables.setdefault(name, {}).setdefault(domain.lower(), []).append(routes)
    return tables


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(WORLDS)
def test_no_domain_is_twice_in_a_table_and_both_forms_of_tables_say_the_same(texts: list[str]) -> None:
    objects = {each.ref: each for text in texts for each in decode.resources(text)[0]}
    g, scoped = offline.graph(objects.values()), {ref.namespace for ref in objects if ref.kind == "Sidecar"}
    for namespace, labels in CLIENTS:
        whole, apart = (told(g, namespace, labels, apart=apart) for apart in (False, True))
        for name, table in whole.items():
            assert not [domain for domain, routes in table.items() if len(routes) > 1]
            assert apart[name] == table or namespace in scoped
