"""Virtual hosts as resources, of services and of other hosts that rules are about: what is told in pieces, once for everybody and apart where it
differs, is what each client would get alone.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lateen.api import decode, inputs
from lateen.api.indexes import PARTS
from lateen.assembly import clients, tables
from lateen.assembly.clients import Client
from lateen.assembly.hosts import table_ports
from lateen.flow import Graph
from lateen.ir.scope import Scope
from lateen.ir.view import Labels, Perspective
from lateen.registry import services
from lateen.render.virtual_host import virtual_host_resource
from lateen.translate import extra_hosts, routes, virtual_services
from lateen.translate.visibility import service_for

CLIENTS = tuple((namespace, labels) for namespace in ("n0", "n1", "n2") for labels in ((), (("app", "a"),)))
NAMED = ["x.example", "y.example", "*.example", "s.n0.svc", "s.n0", "s.n0.svc.cluster.local", "*", "*.n0.svc.cluster.local", "10.0.0.1"]
NAMED += ["X.example", "S.n0", "s.n0.svc.cluster.local.", "*.s.n0", "*-x.example", "a.n0.svc.cluster.local"]
EXPORTS = st.sampled_from(["", ", exportTo: ['.']", ", exportTo: [n1]"])
MATCHES = st.sampled_from(["", ", match: [{sourceNamespace: n1}]", ", match: [{sourceLabels: {app: a}}]"])
RULES = st.builds(
    lambda number, host, to, match, export: (
        f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: v{number}, namespace: n{number % 3}, creationTimestamp: "20{20 - number}-01-01T00:00:00Z"}}
spec: {{hosts: ["{host}"], http: [{{route: [{{destination: {{host: {to}}}}}]{match}}}]{export}}}
"""
    ),
    st.integers(0, 5),
    st.sampled_from(NAMED),
    st.sampled_from(["x.example", "s.n0.svc.cluster.local", "z.example"]),
    MATCHES,
    EXPORTS,
)
ENTRIES = st.builds(
    lambda number, host, port, export: (
        f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: e{number}, namespace: n{number}}}
spec: {{hosts: ["{host}"], resolution: DNS, ports: [{{number: {port}, name: http, protocol: HTTP}}]{export}}}
"""
    ),
    st.integers(0, 2),
    st.sampled_from(["x.example", "y.example", "z.example", "X.example", "a-x.example"]),
    st.sampled_from([80, 80, 8080]),
    EXPORTS,
)
SERVICES = st.builds(
    lambda export, address: (
        f"""
apiVersion: v1
kind: Service
metadata: {{name: s, namespace: n0{export}}}
spec: {{clusterIP: {address}, ports: [{{name: http, port: 80}}]}}
"""
    ),
    st.sampled_from(["", ', annotations: {networking.istio.io/exportTo: "."}']),
    st.sampled_from(["10.0.0.1", "None"]),
)
ALIASES = st.sampled_from(["s.n0.svc.cluster.local", "x.example"]).map(
    lambda of: (
        f"""
apiVersion: v1
kind: Service
metadata: {{name: a, namespace: n0}}
spec: {{type: ExternalName, externalName: {of}}}
"""
    )
)
EDITS = st.lists(st.tuples(st.one_of(RULES, RULES, ENTRIES, SERVICES, ALIASES), st.booleans()), min_size=1, max_size=10)


def told(g: Graph, namespace: str, labels: Labels) -> dict[str, bytes]:
    keys = clients.client_label_keys(g)
    who = Client(namespace, tuple(pair for pair in labels if pair[0] in keys))
    seen: dict[str, bytes | None] = {}
    for listing in tables.listings_apart(g, Scope(namespace, everything=True), who):
        for chunk in g.read(listing.node, listing.args):
            for name, leaf in g.read(chunk.node, chunk.args):
                found = g.read(leaf.node, leaf.args) if leaf is not None else None
                seen.setdefault(name, found.body if found is not None else None)
    return {name: body for name, body in seen.items() if body is not None}


def alone(g: Graph, namespace: str, labels: Labels) -> dict[str, bytes]:
    """The same from the services and rules one by one, as just this client sees them."""
    seen = Perspective(namespace, labels)
    free = [host for host in rules_about(g, namespace) if extra_hosts._is_free(g, Perspective(namespace), host)]
    found = [(80, routes.extra_virtual_host(g, seen, host)) for host in free]
    for host in {host for owner in services.namespaces(g) for host in services.hosts(g, owner)}:
        service = service_for(g, Perspective(namespace), host)
        if service is not None:
            own, owner = service.namespace == namespace, service.namespace
            ports = table_ports(g, seen, owner, host)
            found += [(port, routes.virtual_host(g, seen, own, owner, host, port, False)) for port in ports]
    return {f"{port}/{each.name}": virtual_host_resource(str(port), each).body for port, each in found if each is not None}


def rules_about(g: Graph, namespace: str) -> set[str]:
    """What rules name that the client sees; a rule for every host is the catch-all of a table, and no virtual host."""
    public = {host for piece in range(PARTS) for host in extra_hosts.named(g, piece)}
    return {*public, *virtual_services.private_hosts(g, namespace)} - {"*"}


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(EDITS)
def test_each_client_is_told_what_it_would_be_told_alone(edits: list[tuple[str, bool]]) -> None:
    g = Graph()
    for text, stays in edits:
        (edited,), findings = decode.resources(text)
        assert not findings
        with g.batch() as batch:
            inputs.write(g, batch, [(edited.ref, edited if stays else None)])
        for namespace, labels in CLIENTS:
            assert told(g, namespace, labels) == alone(g, namespace, labels)
