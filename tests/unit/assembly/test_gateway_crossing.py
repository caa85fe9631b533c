"""Gateways between networks."""

from __future__ import annotations

import msgspec
import pytest

from lateen.assembly.config_dump import resources
from lateen.assembly.kinds import CDS, EDS, LEDS
from lateen.assembly.sidecars import COLLECTING
from lateen.ir.view import ProxyKind, View
from lateen.render.endpoint import LARGE
from tests.given.worlds import world, write

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


def endpoints(count: int) -> str:
    listed = ", ".join(f"{{address: 10.1.{number // 250}.{number % 250 + 1}, serviceAccount: a}}" for number in range(count))
    return f"""---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: many, namespace: default}}
spec: {{hosts: [many.local], location: MESH_INTERNAL, resolution: STATIC, ports: [{{number: 80, name: http}}], endpoints: [{listed}]}}
"""


@pytest.mark.rule("MC-3")
def test_endpoints_of_large_services_are_told_one_by_one_to_who_takes_them_so():
    view = View(ProxyKind.GATEWAY, "edge", (("istio", "eastwest"),), ("10.0.0.9",), capabilities=frozenset({COLLECTING}))
    g = world(WORLD, endpoints(LARGE + 1))
    found = {each.name for each in resources(g, view) if each.type == LEDS}
    assert len(found) == LARGE + 1
    assert all("/outbound_.80_._.many.local/" in name for name in found)
    whole = msgspec.structs.replace(view, capabilities=frozenset())
    assert {each.type for each in resources(g, whole)} == {each.type for each in resources(g, view)} - {LEDS}
    g.ran.clear()
    write(g, endpoints(LARGE + 2))
    assert len([each for each in resources(g, view) if each.type == LEDS]) == LARGE + 2
    assert (g.ran["leaves.member"], g.ran["gateway_crossing.collected_assignment"]) == (1, 1)
