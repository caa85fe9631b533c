"""Gateways between networks."""

from __future__ import annotations

import pytest

from lateen.assembly.config_dump import resources
from lateen.assembly.kinds import CDS, EDS
from lateen.ir.view import ProxyKind, View
from tests.given.worlds import world

WORLD = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross, namespace: edge}
spec:
  selector: {istio: eastwest}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, hosts: ["*.local"], tls: {mode: AUTO_PASSTHROUGH}}]
---
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{port: 80, name: http}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a, namespace: default}
spec: {host: a.default.svc.cluster.local, subsets: [{name: v1, labels: {version: v1}}]}
"""


@pytest.mark.rule("MC-3")
def test_every_port_and_subset_of_the_mesh_is_a_cluster_under_its_server_name():
    view = View(ProxyKind.GATEWAY, "edge", (("istio", "eastwest"),), ("10.0.0.9",))
    told = [each for each in resources(world(WORLD), view) if each.type in (CDS, EDS)]

    names = ["outbound_.80_._.a.default.svc.cluster.local", "outbound_.80_.v1_.a.default.svc.cluster.local"]
    assert sorted(each.name for each in told if each.type == CDS) == ["BlackHoleCluster", *names]
    assert sorted(each.name for each in told if each.type == EDS) == names
