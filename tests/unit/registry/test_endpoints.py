"""Where a port of a service is served."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.registry import endpoints
from lateen.registry.service import Health
from tests.given.worlds import world

HOST = "a.default.svc.cluster.local"
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default, labels: LABELS}
spec: {clusterIP: 10.0.0.1, selector: {app: a}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a-1, namespace: default, labels: {kubernetes.io/service-name: a}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints:
- {addresses: [10.1.0.1], nodeName: one}
- {addresses: [10.1.0.2], conditions: {ready: false, serving: true, terminating: true}}
---
apiVersion: v1
kind: Node
metadata: {name: one, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm, namespace: default}
spec: {address: 10.1.0.3, labels: {app: a}, serviceAccount: robot}
"""


def test_a_service_has_the_endpoints_of_its_slices_and_the_workload_entries_that_it_selects() -> None:
    found = endpoints.endpoints(world(SERVICE.replace("LABELS", "{}")), "default", HOST, 80)
    assert [(each.address, each.port) for each in found] == [("10.1.0.1", 8080), ("10.1.0.3", 8080)]
    assert (found[0].workload.locality, found[0].workload.node) == ("r/z", "one")


@pytest.mark.rule("SD-12")
def test_a_terminating_endpoint_drains_where_sessions_persist() -> None:
    g = world(SERVICE.replace("LABELS", "{istio.io/persistent-session: x}"))
    assert {each.address: each.workload.health for each in endpoints.endpoints(g, "default", HOST, 80)}["10.1.0.2"] is Health.DRAINING


@pytest.mark.rule("CL-5")
def test_the_accounts_of_a_host_are_those_of_its_endpoints() -> None:
    assert endpoints.accounts(world(SERVICE.replace("LABELS", "{}")), "default", HOST) == (("default", "robot"),)
    assert endpoints.accounts(Graph(), "default", HOST) == ()
