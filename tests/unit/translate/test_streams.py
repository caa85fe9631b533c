"""What becomes of connections that are not HTTP."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.translate.claims import ANYWHERE, Claim, Kind
from lateen.translate.streams import streams
from lateen.values.ref import Ref
from tests.given import worlds

HOST = "a.example"


def world(*documents: str) -> Graph:
    return worlds.world(ENTRY, *documents)


ENTRY = f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: a, namespace: default}}
spec: {{hosts: [{HOST}], resolution: DNS, ports: [{{number: 82, name: tcp}}]}}
"""


def rule(routes: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: r, namespace: default}}
spec: {{hosts: [{HOST}], {routes}}}
"""


def claim(kind: Kind, networks: tuple[str, ...] = (), names: bool = False, resolves: bool = False) -> Claim:
    return Claim(kind, ANYWHERE, 82, networks, namespace="default", host=HOST, number=82, names=names, resolves=resolves)


def test_without_rules_connections_go_straight_to_the_host():
    (found,) = streams(world(), claim(Kind.TCP, ("10.0.0.0/8",)))
    assert (found.handler.to, found.networks) == ((("outbound|82||a.example", 1),), ("10.0.0.0/8",))
    assert found.origins == (Ref("ServiceEntry", "default", "a"),)


@pytest.mark.rule("VS-52")
def test_a_rule_for_some_networks_leaves_the_others_to_the_host():
    g = world(rule("tcp: [{match: [{destinationSubnets: [10.0.0.0/8]}], route: [{destination: {host: b.example}}]}]"))
    first, last = streams(g, claim(Kind.TCP))
    assert (first.networks, first.handler.to) == (("10.0.0.0/8",), (("outbound|82||b.example", 1),))
    assert (last.networks, last.handler.to) == ((), (("outbound|82||a.example", 1),))


@pytest.mark.rule("VS-52")
def test_a_rule_for_all_replaces_the_way_to_the_host():
    (found,) = streams(world(rule("tcp: [{route: [{destination: {host: b.example}}]}]")), claim(Kind.TCP))
    assert found.handler.to == (("outbound|82||b.example", 1),)


@pytest.mark.rule("VS-52")
def test_rules_for_tls_replace_the_hosts_own_server_name():
    g = world(rule('tls: [{match: [{sniHosts: ["*.example"]}], route: [{destination: {host: b.example}}]}]'))
    (found,) = streams(g, claim(Kind.TLS, names=True))
    assert found.server_names == ("*.example",)


@pytest.mark.rule("DR-5")
def test_connections_obey_the_destinations_rule():
    policy = f"""
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: a, namespace: default}}
spec:
  host: {HOST}
  trafficPolicy: {{connectionPool: {{tcp: {{idleTimeout: 5s}}}}, loadBalancer: {{consistentHash: {{useSourceIp: true}}}}}}
"""
    (found,) = streams(world(policy), claim(Kind.TCP))
    assert (found.handler.idle_timeout, found.handler.by_source_address) == (5 * 10**9, True)


@pytest.mark.rule("SE-3")
def test_a_host_that_is_looked_up_is_called_at_the_claimed_port():
    (found,) = streams(world(), claim(Kind.TLS, names=True, resolves=True))
    assert found.handler.looked_up == 82
