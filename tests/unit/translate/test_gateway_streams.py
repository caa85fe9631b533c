"""Whole connections through gateways."""

from __future__ import annotations

import pytest

from lateen.ir.gateway import ServedHost, Server, Traffic
from lateen.ir.view import Perspective
from lateen.translate.gateway_streams import tcp, tls
from tests.given.worlds import world

SEEN = Perspective("edge", gateway=True)


def rule(name: str, hosts: str, routes: str, year: int = 2024, more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: ["{hosts}"], gateways: [gw], {routes}{more}}}
"""


def to(name: str, match: str = "") -> str:
    return f"[{{{match}route: [{{destination: {{host: {name}.test, port: {{number: 1}}}}}}]}}]"


def server(*hosts: str) -> Server:
    split = (host.rpartition("/") for host in hosts)
    return Server("default/gw", 9000, "tcp", tuple(ServedHost(namespace, host) for namespace, _, host in split), Traffic.BYTES)


@pytest.mark.rule("GW-4")
def test_rules_count_whose_hosts_meet_those_of_the_server_and_that_are_shown_to_it():
    hidden = rule("c", "*", f"tcp: {to('c')}", more=", exportTo: [.]")
    g = world(rule("a", "*.x.test", f"tcp: {to('a')}"), rule("b", "b.y.test", f"tcp: {to('b')}"), hidden)

    assert [each.to for each in tcp(g, SEEN, server("one.x.test"))] == [(("outbound|1||a.test", 1),)]
    assert tcp(g, SEEN, server("ns/one.x.test")) == ()
    assert tcp(g, SEEN, server("z.test")) == ()


@pytest.mark.rule("N-5")
def test_the_older_rule_comes_first():
    g = world(rule("a", "*", f"tcp: {to('young')}"), rule("b", "*", f"tcp: {to('old')}", 2020))
    assert [each.to[0][0] for each in tcp(g, SEEN, server("*"))] == ["outbound|1||old.test", "outbound|1||young.test"]


@pytest.mark.rule("VS-6")
def test_a_match_for_another_port_is_left_out():
    assert tcp(world(rule("a", "*", f"tcp: {to('a', 'match: [{port: 1}], ')}")), SEEN, server("*")) == ()
    (found,) = tls(world(rule("a", "a.test", f"tls: {to('a', 'match: [{port: 9000, sniHosts: [a.test]}], ')}")), SEEN, server("*"))
    assert found.server_names == ("a.test",)
