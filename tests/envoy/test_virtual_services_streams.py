"""Rules of VirtualServices for TCP and TLS: by port, server name, network and client, at sidecars and at gateways."""

from __future__ import annotations

import pytest

from stage.stage import Stage
from stage.worlds import entry, gateway, service, to, vip, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

A, B, C = "10.0.0.1", "10.0.0.2", "10.0.0.3"
PORT = 7000


def tcp(name: str, address: str, port: int = PORT) -> str:
    return service(name, address, port=port, protocol="tcp")


def secure(name: str, address: str) -> str:
    """What is reached by its name in TLS alone: it has no address."""
    ports = "{number: 443, name: tls, protocol: TLS}"
    return entry(name, f"{name}.example", address, ports=ports)


DATABASES = (tcp("a", A), tcp("b", B), tcp("c", C))


@pytest.mark.rule("VS-6")
@pytest.mark.rule("VS-52")
def test_a_tcp_rule_leads_the_connections_of_a_service_elsewhere(stage: Stage) -> None:
    stage.world(*DATABASES, virtual_service("r", "a", tcp=f"[{to('b')}]"))
    client = stage.sidecar()
    assert [client.tcp(name, PORT).at for name in "abc"] == [B, B, C]


@pytest.mark.rule("VS-6")
def test_weights_divide_connections(stage: Stage) -> None:
    stage.world(*DATABASES, virtual_service("r", "a", tcp=f"[{to('b 1, c 1, a 0')}]"))
    landed = stage.sidecar().spread(100, f"tcp://a:{PORT}", manner="bytes", body="hello\n")
    # Half of 100: 50 with a standard deviation of 5.
    assert landed.keys() == {B, C}
    assert 20 < landed[B] < 80


@pytest.mark.rule("VS-52")
def test_the_oldest_tcp_rule_of_a_host_speaks_for_it_alone(stage: Stage) -> None:
    old = virtual_service("old", "a", created="2020", tcp=f"[{to('b')}]")
    stage.world(*DATABASES, old, virtual_service("young", "a", created="2021", tcp=f"[{to('c')}]"))
    assert stage.sidecar().tcp("a", PORT).at == B


@pytest.mark.rule("VS-6")
def test_a_tcp_rule_may_be_for_one_port(stage: Stage) -> None:
    ports = "{number: 7000, name: one, protocol: TCP}, {number: 7001, name: two, protocol: TCP}"
    several = entry("several", "several.example", A, ports=ports, more="addresses: [240.240.200.1]")
    stage.world(several, *DATABASES, virtual_service("r", "several.example", tcp=f"[{to('b', 'match: [{port: 7001}]')}]"))
    client = stage.sidecar()
    assert [client.tcp("several.example", port).at for port in (7000, 7001)] == [A, B]


@pytest.mark.rule("VS-6")
@pytest.mark.rule("VS-25")
@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("{sourceLabels: {app: client}}", [B, A, B]),
        ("{sourceNamespace: default}", [B, B, A]),
        ("{sourceLabels: {app: client}, sourceNamespace: default}", [B, A, A]),
        ("{sourceNamespace: default, port: 7001}", [A, A, A]),
        ("{gateways: [edge]}", [A, A, A]),
    ],
)
def test_all_conditions_of_a_tcp_match_must_hold(stage: Stage, match: str, expected: list[str]) -> None:
    rules = f"[{to('b', f'match: [{match}]')}]"
    stage.world(*DATABASES, gateway("edge"), virtual_service("r", "a", gateways="[mesh, edge]", tcp=rules))
    callers = stage.sidecar(), stage.sidecar(labels={"app": "other"}), stage.sidecar("shop")
    assert [caller.tcp("a.default", PORT).at for caller in callers] == expected


@pytest.mark.rule("VS-6")
@pytest.mark.parametrize(("rest", "expected"), [(f", {to('c')}", C), ("", A)])
def test_a_tcp_rule_may_be_for_a_network_of_destinations(stage: Stage, rest: str, expected: str) -> None:
    wide = entry("wide", "wide.example", A, ports="{number: 7000, name: tcp, protocol: TCP}", more="addresses: [10.60.0.0/16]")
    stage.world(wide, *DATABASES, virtual_service("r", "wide.example", tcp=f"[{to('b', 'match: [{destinationSubnets: [10.60.7.0/24]}]')}{rest}]"))
    client = stage.sidecar()
    assert [client.tcp(address, PORT).at for address in ("10.60.7.9", "10.60.8.9", "10.61.0.1")] == [B, expected, "10.61.0.1"]


# TLS


@pytest.mark.rule("VS-52")
def test_tls_goes_by_server_name_without_any_rule(stage: Stage) -> None:
    stage.world(secure("a", A), secure("b", B))
    client = stage.sidecar()
    found = [client.tls(name, 443) for name in ("a.example", "b.example")]
    assert [(each.at, each.certificate.names) for each in found] == [(A, ("a.example",)), (B, ("b.example",))]


@pytest.mark.rule("VS-6")
@pytest.mark.rule("VS-52")
def test_a_tls_rule_takes_the_place_of_the_default(stage: Stage) -> None:
    rule = virtual_service("r", "a.example", tls=f"[{to('b.example', 'match: [{sniHosts: [a.example]}]')}]")
    stage.world(secure("a", A), secure("b", B), rule)
    found = stage.sidecar().tls("a.example", 443)
    assert (found.at, found.certificate.names, found.seen.tls and found.seen.tls.sni) == (B, ("a.example",), "a.example")


@pytest.mark.rule("VS-52")
def test_server_names_of_a_rule_may_be_wildcards_within_its_hosts(stage: Stage) -> None:
    wide = entry("wide", "'*.wide.example'", ports="{number: 443, name: tls, protocol: TLS}").replace("resolution: DNS", "resolution: NONE")
    rules = [to(f"{name}.example", f"match: [{{sniHosts: ['{sni}']}}]") for name, sni in (("a", "*.x.wide.example"), ("b", "y.wide.example"))]
    stage.world(wide, secure("a", A), secure("b", B), virtual_service("r", "*.wide.example", tls=f"[{', '.join(rules)}]"))
    client = stage.sidecar()
    assert [client.tls(f"{name}.wide.example", 443).at for name in ("one.x", "y")] == [A, B]


@pytest.mark.rule("VS-52")
def test_a_rule_about_one_name_below_a_wildcard_leads_that_name_alone(stage: Stage) -> None:
    wide = entry("wide", "'*.wide.example'", A, ports="{number: 443, name: tls, protocol: TLS}")
    stage.world(wide, secure("b", B), virtual_service("r", "x.wide.example", tls=f"[{to('b.example', 'match: [{sniHosts: [x.wide.example]}]')}]"))
    client = stage.sidecar()
    assert [client.tls(f"{name}.wide.example", 443).at for name in ("x", "y")] == [B, A]


@pytest.mark.rule("N-3")
def test_a_server_name_is_the_hosts_in_whatever_letters(stage: Stage) -> None:
    stage.world(entry("a", "A.Example", A, ports="{number: 443, name: tls, protocol: TLS}"))
    client = stage.sidecar()
    assert [client.tls("10.0.0.9", 443, sni=name).at for name in ("a.example", "A.EXAMPLE", "b.example")] == [A, A, "10.0.0.9"]


@pytest.mark.rule("VS-6")
def test_weights_divide_tls_connections(stage: Stage) -> None:
    rule = virtual_service("r", "a.example", tls=f"[{to('a.example 1, b.example 1', 'match: [{sniHosts: [a.example]}]')}]")
    stage.world(secure("a", A), secure("b", B), rule)
    client = stage.sidecar()
    assert {client.tls("a.example", 443).at for _ in range(30)} == {A, B}


@pytest.mark.rule("VS-52")
def test_a_tls_service_with_an_address_is_reached_by_it_whatever_the_server_name(stage: Stage) -> None:
    stage.world(service("a", A, port=443, protocol="tls"))
    client = stage.sidecar()
    assert [client.tls("a", 443, sni=sni).at for sni in ("a.default.svc.cluster.local", "other.example", "")] == [A, A, A]


@pytest.mark.rule("VS-6")
@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("{sniHosts: [a.example], sourceLabels: {app: client}}", [B, A]),
        ("{sniHosts: [a.example], sourceNamespace: shop}", [A, A]),
        ("{sniHosts: [a.example], port: 443}", [B, B]),
        ("{sniHosts: [a.example], port: 8443}", [A, A]),
    ],
)
def test_all_conditions_of_a_tls_match_must_hold(stage: Stage, match: str, expected: list[str]) -> None:
    stage.world(secure("a", A), secure("b", B), virtual_service("r", "a.example", tls=f"[{to('b.example', f'match: [{match}]')}]"))
    assert [caller.tls("a.example", 443).at for caller in (stage.sidecar(), stage.sidecar(labels={"app": "other"}))] == expected


@pytest.mark.rule("VS-6")
def test_at_gateways_tls_that_is_passed_on_and_tcp_have_rules_of_their_own(stage: Stage) -> None:
    passing = "{port: {number: 443, name: tls, protocol: TLS}, hosts: ['*'], tls: {mode: PASSTHROUGH}}"
    plain = "{port: {number: 9000, name: tcp, protocol: TCP}, hosts: ['*']}"
    by_name = [to(name, f"match: [{{port: 443, sniHosts: [{name}.example]}}]") for name in "ab"]
    rule = virtual_service("r", "*", gateways="[edge]", tls=f"[{', '.join(by_name)}]", tcp=f"[{to('c', 'match: [{port: 9000}]')}]")
    stage.world(*DATABASES, gateway("edge", passing, plain), rule)
    outside, edge = stage.outside(), stage.gateway()
    assert [outside.tls(f"{name}.example", 443, to=edge).outcome for name in "abc"] == [A, B, "reset"]
    assert outside.tcp("any.example", 9000, to=edge).at == C


@pytest.mark.rule("VS-52")
def test_a_rule_for_http_does_not_touch_tcp_and_the_other_way_round(stage: Stage) -> None:
    stage.world(tcp("a", A), service("b", B), tcp("c", C), service("d", "10.0.0.4"), virtual_service("a", "a", http=f"[{to('b')}]"))
    client = stage.sidecar()
    assert client.tcp("a", PORT, to=vip("a")).at == A
    stage.world(tcp("a", A), service("b", B), tcp("c", C), virtual_service("b", "b", tcp=f"[{to('c')}]"))
    assert client.get("http://b/").at == B


@pytest.mark.rule("VS-10")
def test_a_rule_without_http_does_not_keep_a_younger_one_with_http_out(stage: Stage) -> None:
    old = virtual_service("old", "b", created="2020", tcp=f"[{to('c')}]")
    stage.world(service("b", B), service("d", "10.0.0.4"), tcp("c", C), old, virtual_service("young", "b", created="2021", http=f"[{to('d')}]"))
    assert stage.sidecar().get("http://b/").at == "10.0.0.4"
