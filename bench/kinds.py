"""One change of each kind, where each has something to change: how many queries run, how many resources and bytes are told.

There are a sidecar in each namespace and a gateway, a route at the gateway, a Kubernetes service with an EndpointSlice, an entry that selects its
workloads, and an access log. Each edit is of namespace `ns-3`, and of one thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from bench.cells import SERVICE, Quiet, gateway_view, size, told
from bench.edge import LABELS, NAMESPACE
from bench.figures import Figure
from bench.world import World
from lateen.xds.shelf import Publication

_NETWORKING: Final = "networking.istio.io/v1"
_SECURITY: Final = "security.istio.io/v1"
_OUTSIDE: Final = "svc-3.example.test"


def documents(world: World) -> Iterator[str]:
    """The world, and what the kinds need that it has nothing of; the first state of what is edited is in it."""
    yield from world.documents()
    yield _namespaced(_NETWORKING, "ServiceEntry", "w", _SELECTING)
    yield _at_the_gateway(world)
    yield from (first for _, first, _ in edits(world))


def edits(world: World) -> Iterator[tuple[str, str, str]]:
    """Of each kind an object as it is at first and as it is then."""

    def each(group: str, kind: str, name: str, spec: str, old: object, new: object) -> tuple[str, str, str]:
        first, then = (_namespaced(group, kind, name, spec.replace("$", str(value))) for value in (old, new))
        return kind, first, then

    yield "ServiceEntry", world.service_entry(SERVICE), world.service_entry(SERVICE, [*world.addresses(SERVICE)[:-1], "10.200.0.1"])
    yield "VirtualService", world.virtual_service(SERVICE), world.virtual_service(SERVICE, 50)
    yield "DestinationRule", world.destination_rule(SERVICE), world.destination_rule(SERVICE, 7)
    yield each(_NETWORKING, "WorkloadEntry", "w", "{address: 10.9.9.$, labels: {app: w}}", 1, 2)
    yield "Gateway", _gateway(80), _gateway(81)
    yield each(_NETWORKING, "Sidecar", "default", '{egress: [{hosts: ["./*", "ns-$/*"]}]}', 4, 5)
    yield each(_NETWORKING + "alpha3", "EnvoyFilter", "f", _PATCH, "3s", "4s")
    yield each(_SECURITY, "PeerAuthentication", "default", "{mtls: {mode: $}}", "STRICT", "PERMISSIVE")
    yield each(_SECURITY, "AuthorizationPolicy", "a", '{rules: [{from: [{source: {principals: ["$"]}}]}]}', "a", "b")
    yield each(_SECURITY, "RequestAuthentication", "r", '{jwtRules: [{issuer: $, jwks: "{\\"keys\\":[]}"}]}', "a", "b")
    yield each("telemetry.istio.io/v1", "Telemetry", "default", "{accessLogging: [{disabled: $}]}", "true", "false")
    yield "Service", _service(80), _service(81)
    yield "EndpointSlice", _slice(1), _slice(2)
    yield "MeshConfig", _mesh_config("1s"), _mesh_config("2s")


def _namespaced(group: str, kind: str, name: str, spec: str) -> str:
    return f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}, namespace: ns-3}}\nspec: {spec}\n"


_SELECTING: Final = """
  hosts: [w.ns-3.svc.cluster.local]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  workloadSelector: {labels: {app: w}}
"""
_PATCH: Final = """
  configPatches:
  - applyTo: CLUSTER
    match: {context: SIDECAR_OUTBOUND, cluster: {service: svc-3.ns-3.svc.cluster.local}}
    patch: {operation: MERGE, value: {connect_timeout: $}}
"""


def _gateway(port: int) -> str:
    [(key, value)] = LABELS.items()
    server = f'{{port: {{number: {port}, name: http, protocol: HTTP}}, hosts: ["*.example.test"]}}'
    return f"""\
apiVersion: {_NETWORKING}
kind: Gateway
metadata: {{name: edge, namespace: {NAMESPACE}}}
spec: {{selector: {{{key}: {value}}}, servers: [{server}]}}
"""


def _at_the_gateway(world: World) -> str:
    route = f"{{route: [{{destination: {{host: {world.host(SERVICE)}}}}}]}}"
    return _namespaced(_NETWORKING, "VirtualService", "outside", f"{{hosts: [{_OUTSIDE}], gateways: [{NAMESPACE}/edge], http: [{route}]}}")


def _service(port: int) -> str:
    spec = f"{{clusterIP: 10.96.0.1, selector: {{app: k}}, ports: [{{name: http, port: {port}}}]}}"
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: k, namespace: ns-3}}\nspec: {spec}\n"


def _slice(number: int) -> str:
    return f"""\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: k-1, namespace: ns-3, labels: {{kubernetes.io/service-name: k}}}}
addressType: IPv4
ports: [{{name: http, port: 8080}}]
endpoints: [{{addresses: [10.9.8.{number}]}}]
"""


def _mesh_config(timeout: str) -> str:
    return f"""\
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data:
  mesh: |
    accessLogFile: /dev/stdout
    connectTimeout: {timeout}
"""


def mesh(world: World) -> Quiet:
    """The mesh in which the kinds are changed."""
    return Quiet(world, written=documents(world), gateways=(gateway_view(),))


def changed(quiet: Quiet) -> Iterator[tuple[str, Counter[str], Publication]]:
    """Make each edit, and take it back: the queries that the edit ran, and what it published."""
    for kind, first, then in edits(quiet.world):
        yield kind, *quiet.change(then)
        quiet.change(first)


def kinds(_count: int, world: World | None = None) -> Iterator[Figure]:
    """One change of each kind."""
    for kind, ran, publication in changed(mesh(world or World())):
        yield Figure(f"one {kind}", "queries run", sum(ran.values()))
        yield Figure(f"one {kind}", "resources", sum(told(publication).values()))
        yield Figure(f"one {kind}", "bytes", size(publication))
