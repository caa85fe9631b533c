"""What rules say of TCP and TLS connections."""

from __future__ import annotations

import pytest

from lateen.ir.connections import Connections
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate.connections import mesh_tcp, mesh_tls, mesh_tls_below, tls_rules
from lateen.translate.route_matches import Clients
from lateen.values.ref import Ref
from tests.given.worlds import world

HOST = "db.example"


def rule(name: str, year: int, routes: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: [{HOST}], {routes}}}
"""


def ref(name: str) -> Ref:
    return Ref("VirtualService", "default", name)


@pytest.mark.rule("VS-52")
def test_the_oldest_rule_for_all_networks_is_the_last():
    old = rule("old", 2020, "tcp: [{match: [{destinationSubnets: [10.0.0.0/8], port: 5}], route: [{destination: {host: a.example}}]}]")
    parts = "[{destination: {host: b.example}, weight: 1}, {destination: {host: c.example, port: {number: 7}}, weight: 3}]"
    mid = rule("mid", 2021, f"tcp: [{{route: {parts}}}]")
    g = world(old, mid, rule("new", 2022, "tcp: [{route: [{destination: {host: d.example}}]}]"))
    split = Connections((("outbound|5||b.example", 1), ("outbound|7||c.example", 3)), origin=ref("mid"))

    assert mesh_tcp(g, PUBLIC, HOST, 5) == (Connections((("outbound|5||a.example", 1),), networks=("10.0.0.0/8",), origin=ref("old")), split)
    assert [each.origin for each in mesh_tcp(g, PUBLIC, HOST, 6)] == [ref("mid")]


@pytest.mark.rule("VS-52")
def test_an_old_rule_about_a_wildcard_comes_before_a_young_one_about_the_host():
    for kind, sni in (("tcp", "port: 5"), ("tls", f"sniHosts: [{HOST}]")):
        wild, own = (f"{kind}: [{{match: [{{{sni}}}], route: [{{destination: {{host: {to}.example}}}}]}}]" for to in ("wild", "own"))
        g = world(rule("old", 2020, wild).replace(f"[{HOST}], t", "['*.example'], t"), rule("new", 2021, own))
        (found,) = {"tcp": mesh_tcp, "tls": mesh_tls}[kind](g, PUBLIC, HOST, 5)
        assert found.to == (("outbound|5||wild.example", 1),)


@pytest.mark.rule("VS-6")
def test_a_tcp_rule_without_a_fitting_match_is_no_rule():
    g = world(rule("r", 2020, "tcp: [{match: [{sourceNamespace: x}, {port: 9}], route: [{destination: {host: a.example}}]}]"))

    assert mesh_tcp(g, PUBLIC, HOST, 5) == ()
    assert len(mesh_tcp(g, Perspective("x"), HOST, 5)) == 1


@pytest.mark.rule("VS-52")
def test_tls_is_told_apart_by_server_name():
    routes = """tls: [
      {match: [{sniHosts: [a.db.example, "*.db.example"]}], route: [{destination: {host: a.example}}]},
      {match: [{sniHosts: [b.db.example], port: 6}], route: [{destination: {host: b.example}}]},
    ]"""
    g = world(rule("r", 2020, routes))

    assert mesh_tls(g, PUBLIC, HOST, 5) == (Connections((("outbound|5||a.example", 1),), ("a.db.example", "*.db.example"), origin=ref("r")),)
    assert [each.server_names for each in mesh_tls(g, PUBLIC, HOST, 6)] == [("a.db.example", "*.db.example"), ("b.db.example",)]


@pytest.mark.rule("VS-25")
def test_in_tls_all_conditions_hold_together_at_gateways_too():
    routes = "tls: [{match: [{sniHosts: [a.example], gateways: [edge], sourceNamespace: x}], route: [{destination: {host: a.example}}]}]"
    g = world(rule("r", 2020, f"gateways: [edge], {routes}"))

    assert tls_rules(g, ref("r"), Clients(Perspective("x", (), True), 443, "default/edge"))
    assert not tls_rules(g, ref("r"), Clients(Perspective("y", (), True), 443, "default/edge"))


@pytest.mark.rule("VS-6")
def test_a_name_and_a_network_in_two_spellings_are_one():
    g = world(
        rule("a", 2024, "tls: [{match: [{sniHosts: [db.example, DB.example]}], route: [{destination: {host: db.example}}]}]"),
        rule("b", 2024, "tcp: [{match: [{destinationSubnets: [10.0.0.1, 10.0.0.1/32, 10.1.2.3/8]}], route: [{destination: {host: db.example}}]}]"),
    )
    assert [each.server_names for each in mesh_tls(g, PUBLIC, HOST, 443)] == [("db.example",)]
    assert [each.networks for each in mesh_tcp(g, PUBLIC, HOST, 443)] == [("10.0.0.1/32", "10.0.0.0/8")]


@pytest.mark.rule("VS-52")
def test_a_rule_about_a_name_below_a_wildcard_stands_beside_what_holds_for_the_wildcard():
    def of(host: str) -> str:
        return (
            rule("r", 2020, "tls: [{match: [{sniHosts: [NAME]}], route: [{destination: {host: a.example}}]}]")
            .replace(HOST, host)
            .replace("NAME", host)
        )

    g = world(of("x.db.example"))

    assert mesh_tls(g, PUBLIC, "*.db.example", 443) == mesh_tls_below(g, PUBLIC, "*.example.org", 443) == ()
    assert mesh_tls_below(g, PUBLIC, "*.db.example", 443) == (Connections((("outbound|443||a.example", 1),), ("x.db.example",), origin=ref("r")),)
