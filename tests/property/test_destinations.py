"""Destinations and endpoints after any sequence of edits are those of a mesh that was written down at once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.api import decode, inputs
from lateen.api.resource import Resource
from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Locality, Perspective
from lateen.render.cluster import cluster
from lateen.render.endpoint import assignment
from lateen.translate import destinations, endpoints
from lateen.values.ref import Ref

HOST = "api.example.com"
SEEN_FROM = (PUBLIC, Perspective("n0"), Perspective("n1"), Perspective("istio-system"), Perspective(gateway=True))
NAMESPACES = ("n0", "n1", "istio-system")
POLICIES = (
    "{outlierDetection: {}}",
    "{tls: {mode: SIMPLE}}",
    "{loadBalancer: {simple: PASSTHROUGH}}",
    "{connectionPool: {tcp: {maxConnections: 3}}}",
    "{portLevelSettings: [{port: {number: 80}, tls: {mode: ISTIO_MUTUAL}}]}",
)


@st.composite
def entry(draw: st.DrawFn) -> str:
    count, account = draw(st.integers(0, 3)), draw(st.sampled_from(("a", "b", "")))
    places = ", ".join(f"{{address: 10.0.0.{n}, locality: r{n % 2}/z, serviceAccount: '{account}', labels: {{v: v{n % 2}}}}}" for n in range(count))
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: api, namespace: {draw(st.sampled_from(("n0", "n1")))}}}
spec:
  hosts: [{HOST}]
  ports: [{{number: 80, name: port, protocol: {draw(st.sampled_from(("HTTP", "GRPC", "TCP")))}}}]
  location: {draw(st.sampled_from(("MESH_INTERNAL", "MESH_EXTERNAL")))}
  resolution: {draw(st.sampled_from(("STATIC", "DNS", "DNS_ROUND_ROBIN", "NONE")))}
  endpoints: [{places}]
"""


@st.composite
def rule(draw: st.DrawFn) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: {draw(st.sampled_from(("x", "y")))}
  namespace: {draw(st.sampled_from(NAMESPACES))}
  creationTimestamp: "2024-01-0{draw(st.integers(1, 3))}T00:00:00Z"
spec:
  host: "{draw(st.sampled_from((HOST, "*.example.com")))}"
  exportTo: ["{draw(st.sampled_from(("*", ".", "n1")))}"]
  subsets: [{{name: v1, labels: {{v: v1}}}}]
  trafficPolicy: {draw(st.sampled_from(POLICIES))}
"""


@st.composite
def peers(draw: st.DrawFn) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: {draw(st.sampled_from(("x", "y")))}, namespace: {draw(st.sampled_from(NAMESPACES))}}}
spec: {{mtls: {{mode: {draw(st.sampled_from(("STRICT", "DISABLE", "PERMISSIVE", "UNSET")))}}}}}
"""


def write(g: Graph, changes: dict[Ref, Resource[object] | None]) -> None:
    with g.batch() as batch:
        inputs.write(g, batch, list(changes.items()))


def told(g: Graph) -> list[bytes | None]:
    """Everything that anybody is told of the host."""
    out: list[bytes | None] = []
    for perspective in SEEN_FROM:
        for namespace in ("n0", "n1"):
            for subset in ("", "v1"):
                found = destinations.destination(g, perspective, namespace, HOST, 80, subset)
                out.append(cluster(found).body if found is not None else None)
                for locality in (None, Locality("r0", "z")):
                    out.append(assignment(endpoints.assignment(g, perspective, locality, namespace, HOST, 80, subset)).body)
    return out


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.one_of(entry(), rule(), peers()), st.booleans()), min_size=1, max_size=10))
def test_what_is_told_does_not_depend_on_how_the_mesh_came_to_be(edits: list[tuple[str, bool]]) -> None:
    g, present = Graph(), dict[Ref, Resource[object] | None]()
    for text, gone in edits:
        (found,), _ = decode.resources(text)
        change = None if gone and found.ref in present else found
        present[found.ref] = change
        write(g, {found.ref: change})
        fresh = Graph()
        write(fresh, {ref: each for ref, each in present.items() if each is not None})
        assert told(g) == told(fresh)
