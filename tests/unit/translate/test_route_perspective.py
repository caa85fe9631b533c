"""Who needs a virtual host of their own."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate.route_perspective import route_perspective, route_special_hosts
from tests.given import worlds

FRONT, BACK = "front.default.svc.cluster.local", "back.default.svc.cluster.local"
WORLD = """
apiVersion: v1
kind: Service
metadata: {name: front, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: back, namespace: default}
spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front, namespace: default}
spec: {hosts: [front], http: [{match: [{uri: {prefix: /}}], delegate: {name: leaf}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: leaf, namespace: default}
spec: {http: [{route: [{destination: {host: back}}]}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: back, namespace: shop}
spec:
  host: back.default.svc.cluster.local
  exportTo: ["."]
  trafficPolicy: {loadBalancer: {consistentHash: {useSourceIp: true}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: selected, namespace: shop}
spec:
  host: back.default.svc.cluster.local
  workloadSelector: {matchLabels: {app: a}}
  trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x}}}
"""


def world() -> Graph:
    return worlds.world(WORLD)


def test_what_is_special_about_a_destination_is_special_about_hosts_routed_there_by_delegates_too():
    g = world()

    assert route_special_hosts(g, "shop") == (BACK, FRONT)
    assert route_special_hosts(g, "default") == ()
    assert route_perspective(g, "shop", (("app", "a"), ("v", "1")), False, FRONT) == Perspective("shop", (("app", "a"),))


def test_everybody_else_shares_the_public_virtual_host():
    assert route_perspective(world(), "elsewhere", (("v", "1"),), False, FRONT) == PUBLIC


@pytest.mark.rule("SD-14")
def test_what_is_special_about_a_service_is_special_about_its_aliases():
    def alias(name: str, of: str) -> str:
        return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{type: ExternalName, externalName: {of}}}
"""

    g = worlds.world(WORLD, alias("one", BACK), alias("two", "one.default.svc.cluster.local"))

    assert route_special_hosts(g, "shop") == (BACK, FRONT, "one.default.svc.cluster.local", "two.default.svc.cluster.local")
    two = route_perspective(g, "shop", (("app", "a"), ("v", "1")), False, "two.default.svc.cluster.local")
    assert two == Perspective("shop", (("app", "a"),))
