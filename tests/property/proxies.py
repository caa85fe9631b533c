"""The proxies that laws are tried for: sidecars of three namespaces, in each of the ways in which they can be told things, gateways, and a program
that is its own proxy.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import yaml

from lateen.api.resource import Resource
from lateen.assembly import config_dump, offline
from lateen.assembly.views import view_of
from lateen.check import analyses
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from lateen.values.envoy_resource import EnvoyResource
from tests.property.words import NAMESPACES

EXPLICIT = "{proxyAddress: 127.0.1.1, inbound: [{port: 8080, bind: 18080}], outboundTcp: [{destination: 'db:90', bind: 19000}]}"
ON_DEMAND = ("a.example", "ratings.other.svc.cluster.local", "reviews.default.svc.cluster.local")


def _view(kind: str, namespace: str, address: str, metadata: str) -> View:
    told = {"NAMESPACE": namespace, **yaml.safe_load(metadata)}
    return view_of(f"{kind}~{address}~a.{namespace}~{namespace}.svc.cluster.local", told)


VIEWS = (
    _view("sidecar", "default", "10.1.0.1", "{LABELS: {app: reviews}, LATEEN: {virtualHosts: true, endpoints: true}, NODE_NAME: one}"),
    _view("sidecar", "default", "10.1.0.20", "{LABELS: {app: a, tier: x}, INSTANCE_IPS: '10.1.0.20,2001:db8::9'}"),
    _view("sidecar", "other", "10.1.0.21", "{LABELS: {app: a}, LATEEN: {virtualHosts: true}, NETWORK: n1}"),
    _view("sidecar", "third", "10.1.0.22", "{LABELS: {app: b}}"),
    _view("sidecar", "default", "10.1.0.23", f"{{INTERCEPTION_MODE: NONE, HTTP_PROXY_PORT: '15007', LATEEN: {{explicit: {EXPLICIT}}}}}"),
    msgspec.structs.replace(_view("sidecar", "other", "10.1.0.26", "{LATEEN: {onDemand: true}}"), dependencies=ON_DEMAND),
    _view("sidecar", "other", "10.1.0.24", "{GENERATOR: grpc}"),
    _view("router", "default", "10.1.0.2", "{LABELS: {app: gw}, LATEEN: {virtualHosts: true}}"),
    _view("router", "istio-system", "10.1.0.27", "{LABELS: {istio: ingressgateway, app: reviews}}"),
)


ENVOYS = tuple(view for view in VIEWS if view.kind is not ProxyKind.PROXYLESS)


def told(objects: Iterable[Resource[object]], views: Iterable[View] = VIEWS) -> list[list[EnvoyResource]]:
    """What each of the proxies is told in a world of these objects. What the analyses have to say of it is asked for, and not looked at."""
    g: Graph = offline.graph(objects)
    for namespace in NAMESPACES:
        analyses.findings(g, namespace)
    return [list(config_dump.resources(g, view)) for view in views]
