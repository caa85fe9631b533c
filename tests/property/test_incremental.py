"""The law of the whole: after any edits, what is kept from the graph is, to the byte, what a fresh graph of the same objects would give.

And what is told in pieces must fit together: no two virtual hosts of a table have a domain in common, for Envoy would refuse the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml
from envoy.config.route.v3.route_components_pb2 import VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.any_pb2 import Any as Packed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lateen.api import decode, inputs
from lateen.api.resource import Resource
from lateen.assembly import config_dump, hosts
from lateen.assembly.kinds import RDS, VHDS
from lateen.control.keeper import Keeper
from lateen.flow import Graph
from lateen.ir.view import View
from lateen.render import endpoint as rendering_endpoint
from lateen.values.envoy_resource import EnvoyResource
from lateen.values.ref import Ref
from lateen.xds.shelf import resolved
from tests.property import worlds
from tests.property.proxies import VIEWS

OBJECTS: dict[str, list[str]] = {
    "v1 ConfigMap istio-system/istio": [
        "data: {mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}'}",
        "data: {mesh: 'outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}'}",
        "data: {mesh: '{accessLogFile: /dev/stdout, enableAutoMtls: false}'}",
        "data: {mesh: 'discoverySelectors: [{matchLabels: {in: mesh}}]'}",
        "data: {mesh: '{proxyHttpPort: 15007, defaultConfig: {}}'}",
        "data: {mesh: '{defaultConfig: {proxyHeaders: {server: {value: x}, attemptCount: {disabled: true}}, gatewayTopology: {proxyProtocol: {}}}}'}",
        "data: {mesh: '{serviceEntryVisibility: {applyToSidecars: true, defaultVisibility: NAMESPACE}, defaultServiceExportTo: [other]}'}",
        "data: {mesh: '{defaultTrafficPolicy: {connectionPool: {tcp: {maxConnections: 3}}}, tlsDefaults: {ecdhCurves: [P-256]}}'}",
    ],
    "v1 Namespace /default": ["metadata: {labels: {in: mesh}}", "metadata: {labels: {}}"],
    "v1 Node /one": ["metadata: {labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: a}}"],
    "v1 Service default/reviews": [
        "spec: {clusterIP: 10.0.0.1, selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 8080}]}",
        "spec: {clusterIP: 10.0.0.1, selector: {app: reviews}, ports: [{name: h, port: 80}, {name: t, port: 90}], trafficDistribution: PreferClose}",
        "spec: {clusterIP: None, selector: {app: reviews}, ports: [{name: http, port: 80}, {name: auto, port: 90}]}",
        "spec: {clusterIP: 10.0.0.1, internalTrafficPolicy: Local, selector: {app: reviews}, ports: [{name: x, port: 80, targetPort: web}]}",
        "metadata: {annotations: {networking.istio.io/exportTo: .}}\nspec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}",
    ],
    "v1 Service other/ratings": [
        "spec: {clusterIP: 10.0.0.2, selector: {app: ratings}, ports: [{name: http, port: 80}]}",
        "spec: {type: ExternalName, externalName: reviews.default.svc.cluster.local}",
        "spec: {clusterIP: 10.0.0.1, ports: [{name: auto, port: 80}]}",
    ],
    "networking.istio.io/v1 ServiceEntry default/entry": [
        "spec: {hosts: [reviews.default, a.example], addresses: [10.0.0.1], resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}",
        "spec: {hosts: [reviews.default.svc.cluster.local], resolution: STATIC, ports: [{number: 81, name: http}], endpoints: [{address: 1.1.1.1}]}",
        "spec: {hosts: ['*.a.example'], exportTo: [.], resolution: NONE, ports: [{number: 80, name: http, protocol: HTTP}]}",
        "spec: {hosts: [db], resolution: STATIC, workloadSelector: {labels: {app: db}}, ports: [{number: 90, name: tcp, protocol: TCP}]}",
    ],
    "networking.istio.io/v1 ServiceEntry other/entry": [
        "spec: {hosts: [a.example, ratings.other], exportTo: ['.'], addresses: [10.0.0.2], resolution: DNS, ports: [{number: 80, name: http}]}",
        "spec: {hosts: [a.example], exportTo: [default], location: MESH_EXTERNAL, resolution: DNS, ports: [{number: 443, name: tls, protocol: TLS}]}",
    ],
    "discovery.k8s.io/v1 EndpointSlice default/reviews-1": [
        "addressType: IPv4\nports: [{name: http, port: 8080}]\nendpoints: [{addresses: [10.1.0.1], conditions: {ready: true}}]",
        "addressType: IPv4\nports: [{port: 8080}]\nendpoints: [{addresses: [10.1.0.1, 10.1.0.3]}, {addresses: [10.1.0.2], nodeName: one}]",
    ],
    "v1 Pod default/reviews-1": [
        "spec: {nodeName: one, containers: [{name: a, image: a, ports: [{name: web, containerPort: 8080}]}]}\nstatus: {podIP: 10.1.0.1}",
        "metadata: {labels: {app: reviews, version: v1, security.istio.io/tlsMode: istio}}\nspec: {containers: []}\nstatus: {podIP: 10.1.0.1}",
    ],
    "networking.istio.io/v1 WorkloadEntry default/db-1": [
        "spec: {address: 10.1.0.9, labels: {app: db}, serviceAccount: db}",
        "metadata: {labels: {app: reviews}}\nspec: {address: 10.1.0.9, labels: {app: reviews, version: v2}, locality: r/b}",
    ],
    "networking.istio.io/v1 VirtualService default/reviews": [
        "spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}, weight: 1}, {destination: {host: a.example}}]}]}",
        "spec: {hosts: [reviews], exportTo: [other], http: [{timeout: 1s, route: [{destination: {host: ratings.other.svc.cluster.local}}]}]}",
        "spec: {hosts: [reviews], http: [{match: [{sourceLabels: {app: a}}], route: [{destination: {host: a.example}}]}]}",
        "spec: {hosts: [reviews], http: [{match: [{uri: {prefix: /d}}], delegate: {name: leaf, namespace: other}}]}",
        "spec: {hosts: ['*.example', 10.0.0.2, reviews.default], gateways: [mesh, gw], http: [{route: [{destination: {host: reviews}}]}]}",
        "spec: {hosts: ['*'], exportTo: [.], http: [{route: [{destination: {host: ratings.other.svc.cluster.local}}]}]}",
    ],
    "networking.istio.io/v1 VirtualService other/leaf": [
        "spec: {http: [{match: [{uri: {prefix: /d/e}, sourceNamespace: other}], route: [{destination: {host: ratings}}]}]}",
        "spec: {hosts: [reviews.default.svc.cluster.local], tcp: [{route: [{destination: {host: ratings, port: {number: 80}}}]}]}",
    ],
    "networking.istio.io/v1 DestinationRule default/reviews": [
        "spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}",
        "spec: {host: reviews, workloadSelector: {matchLabels: {app: a}}, trafficPolicy: {loadBalancer: {simple: RANDOM}}}",
        "spec: {host: reviews, trafficPolicy: {outlierDetection: {}, loadBalancer: {localityLbSetting: {failoverPriority: [tier, zone]}}}}",
        "spec: {host: '*.cluster.local', exportTo: [.], trafficPolicy: {tls: {mode: ISTIO_MUTUAL}, loadBalancer: {simple: PASSTHROUGH}}}",
    ],
    "networking.istio.io/v1 Sidecar default/scope": [
        "spec: {egress: [{hosts: [./*]}]}",
        "spec: {egress: [{port: {number: 80, protocol: HTTP, name: h}, bind: 127.0.0.1, captureMode: NONE, hosts: [./*]}, {hosts: ['*/*']}]}",
        "spec: {workloadSelector: {labels: {app: a}}, egress: [{hosts: [other/*]}], outboundTrafficPolicy: {mode: REGISTRY_ONLY}}",
        "spec: {egress: [{hosts: [other/*]}], outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: reviews, port: {number: 80}}}}",
        "spec: {ingress: [{port: {number: 7000, protocol: HTTP, name: h}, defaultEndpoint: 127.0.0.1:7001}], egress: [{hosts: ['*/*']}]}",
    ],
    "networking.istio.io/v1beta1 ProxyConfig default/proxies": [
        "spec: {environmentVariables: {ISTIO_META_HTTP10: '1'}}",
        "spec: {selector: {matchLabels: {app: a}}, environmentVariables: {ISTIO_META_HTTP10: 'true'}}",
    ],
    "networking.istio.io/v1alpha3 EnvoyFilter istio-system/all": [
        "spec: {configPatches: [{applyTo: CLUSTER, patch: {operation: MERGE, value: {connect_timeout: 3s}}}]}",
        "spec: {configPatches: [{applyTo: CLUSTER, match: {cluster: {service: a.example}}, patch: {operation: REMOVE}}]}",
        "spec: {priority: 5, configPatches: [{applyTo: VIRTUAL_HOST, match: {routeConfiguration: {portNumber: 80}}, patch: {operation: REMOVE}}]}",
    ],
    "networking.istio.io/v1alpha3 EnvoyFilter default/own": [
        "spec: {configPatches: [{applyTo: LISTENER, match: {context: SIDECAR_INBOUND}, patch: {operation: MERGE, value: {stat_prefix: x}}}]}",
        "spec: {configPatches: [{applyTo: NETWORK_FILTER, patch: {operation: INSERT_FIRST, value: {name: x}}}]}",
        "spec: {workloadSelector: {labels: {app: gw}}, configPatches: [{applyTo: CLUSTER, patch: {operation: ADD, value: {name: x}}}]}",
        "spec: {configPatches: [{applyTo: HTTP_ROUTE, patch: {operation: INSERT_FIRST, value: {match: {prefix: /x}, redirect: {}}}}]}",
        "spec: {configPatches: [{applyTo: VIRTUAL_HOST, patch: {operation: ADD, value: {name: x, domains: [a.example]}}}]}",
    ],
    "security.istio.io/v1 PeerAuthentication default/default": ["spec: {mtls: {mode: STRICT}}", "spec: {mtls: {mode: DISABLE}}"],
    "security.istio.io/v1 AuthorizationPolicy default/all": ["spec: {}", "spec: {action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}"],
    "networking.istio.io/v1 Gateway default/gw": [
        "spec: {selector: {app: gw}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}",
    ],
}
Change = tuple[Ref, Resource[Any] | None]


def read(slot: str, variant: int) -> Change:
    """One of the objects above."""
    version, kind, where = slot.split(" ")
    namespace, _, name = where.partition("/")
    written = yaml.safe_load(OBJECTS[slot][variant])
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **written.pop("metadata", {})}
    found, findings = decode.decode({"apiVersion": version, "kind": kind, "metadata": metadata, **written})
    assert found is not None, findings
    return found.ref, found


GIVEN = [read(slot, variant) for slot, variants in OBJECTS.items() for variant in range(len(variants))]
FIRST = [read(slot, 0) for slot in OBJECTS]
LAST = [read(slot, len(variants) - 1) for slot, variants in OBJECTS.items()]
SECOND = [read(slot, 1 % len(variants)) for slot, variants in OBJECTS.items()]


@st.composite
def edits(draw: st.DrawFn) -> list[list[Change]]:
    """Some revisions, each of some objects: of those above, and of every kind; and some that are there go."""
    present: list[Ref] = []
    batches = []
    for _ in range(draw(st.integers(2, 7))):
        batch = []
        for _ in range(draw(st.integers(1, 4))):
            change = _edit(draw, present)
            if change is not None:
                batch.append(change)
                present.append(change[0])
        batches.append(batch)
    return batches


def _edit(draw: st.DrawFn, present: list[Ref]) -> Change | None:
    match draw(st.integers(0, 4)):
        case 0 | 1:
            return draw(st.sampled_from(GIVEN))
        case 2 if present:
            return draw(st.sampled_from(present)), None
    found = worlds.pruned(draw(worlds.manifests()))
    return (found.ref, found) if found is not None else None


def written(g: Graph, changes: Iterable[inputs.Change]) -> Graph:
    with g.batch() as batch:
        inputs.write(g, batch, changes)
    return g


def kept(keeper: Keeper) -> dict[View, dict[tuple[str, str], EnvoyResource]]:
    for _ in keeper.changes():
        pass
    keeper.outcome()
    assert not keeper.failures, keeper.failures
    return {view: dict(_seen(keeper, view)) for view in VIEWS}


def _seen(keeper: Keeper, view: View) -> Iterator[tuple[tuple[str, str], EnvoyResource]]:
    for type_url, stack in keeper.stacks_of(view).items():
        for name in {name for shelf in stack for name in shelf.names}:
            if (found := resolved(stack, name)) is not None:
                yield (type_url, name), found


def from_scratch(objects: dict[Ref, Resource[Any]]) -> dict[View, dict[tuple[str, str], EnvoyResource]]:
    g = written(Graph(), objects.items())
    return {view: {(found.type, found.name): found for found in config_dump.resources(g, view)} for view in VIEWS}


@pytest.fixture(scope="module", autouse=True)
def few_are_many() -> Iterator[None]:
    """From two endpoints on, an assignment is large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hosts, "LARGE", 1)
        patch.setattr(rendering_endpoint, "LARGE", 1)
        yield


def told(found: dict[tuple[str, str], EnvoyResource]) -> dict[tuple[str, str], bytes]:
    return {key: resource.body for key, resource in found.items()}


@settings(max_examples=worlds.WANTED or 80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(edits())
@example([FIRST, *([change] for change in LAST)])
@example([FIRST, *([(ref, None)] for ref, _ in FIRST)])
@example([SECOND, *([change] for change in reversed(FIRST))])
def test_what_is_kept_is_what_a_fresh_graph_would_give(batches: list[list[Change]]) -> None:
    g = Graph()
    keeper = Keeper(g)
    for view in VIEWS:
        keeper.hold(view)
    objects: dict[Ref, Resource[Any]] = {}
    for batch in batches:
        written(g, batch)
        for ref, after in batch:
            if after is None:
                objects.pop(ref, None)
            else:
                objects[ref] = after
        incremental, fresh = kept(keeper), from_scratch(objects)
        for number, view in enumerate(VIEWS):
            assert told(incremental[view]) == told(fresh[view]), f"view {number}, after {batch}"
            assert_fits_together(incremental[view])
        g.sweep(2)


def assert_fits_together(found: dict[tuple[str, str], EnvoyResource]) -> None:
    """The domains of each table are all different, whichever way its virtual hosts are told."""
    tables = {name: _message(resource, RouteConfiguration()) for (type_url, name), resource in found.items() if type_url == RDS}
    pieces = [_message(resource, VirtualHost()) for (type_url, _), resource in found.items() if type_url == VHDS]
    for name, table in tables.items():
        apart = [piece for piece in pieces if piece.name.startswith(f"{name}/")]
        domains = [domain.lower() for host in (*table.virtual_hosts, *apart) for domain in host.domains]
        assert len(domains) == len(set(domains)), (name, sorted(domains))


def _message(resource: EnvoyResource, message: Any) -> Any:
    Packed.FromString(resource.body).Unpack(message)
    return message
