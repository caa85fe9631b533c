"""Where gRPC may be spoken."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.routes import Forward, Redirect, Rule, Share
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate.grpc import may_be_spoken
from tests.given.objects import istio, mesh
from tests.given.worlds import world

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}, {name: grpc, port: 81}, {name: other, port: 82}, {name: tcp, port: 83}]}
"""
HOST = "a.default.svc.cluster.local"
UPGRADED = "trafficPolicy: {connectionPool: {http: {h2UpgradePolicy: UPGRADE}}}"


def destination_rule(spec: str) -> str:
    return istio("DestinationRule", "a", f"{{host: a, {spec}}}")


def spoken(g: Graph, *destinations: str, seen: Perspective = PUBLIC) -> bool:
    shares = tuple(Share(f"outbound|{each}|{HOST}") for each in destinations)
    return may_be_spoken(g, seen, (Rule(Redirect(301)), Rule(Forward(shares))))


@pytest.mark.rule("HC-1")
def test_it_may_be_on_ports_that_are_declared_so_or_not_at_all() -> None:
    g = world(SERVICE)
    assert [spoken(g, f"{port}|") for port in (80, 81, 82, 83, 84)] == [False, True, True, False, False]
    assert spoken(g, "80|", "81|")
    assert not may_be_spoken(g, PUBLIC, ())
    assert not spoken(world(), "81|")


@pytest.mark.rule("DR-16")
def test_it_may_be_where_a_rule_or_the_mesh_has_http2_spoken() -> None:
    g = world(SERVICE, destination_rule(f"subsets: [{{name: v1, {UPGRADED}}}]"))
    assert (spoken(g, "80|"), spoken(g, "80|v1")) == (False, True)
    assert spoken(world(SERVICE, destination_rule(UPGRADED)), "80|")
    g = world(SERVICE, mesh("{h2UpgradePolicy: UPGRADE}"))
    assert (spoken(g, "80|"), spoken(g, "83|")) == (True, False)


@pytest.mark.rule("DR-16")
def test_it_may_be_where_clients_decide_what_is_spoken() -> None:
    rule = destination_rule("trafficPolicy: {connectionPool: {http: {useClientProtocol: true}}}, exportTo: ['.']")
    g = world(SERVICE, rule)
    assert (spoken(g, "80|"), spoken(g, "80|", seen=Perspective("default"))) == (False, True)
