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


@pytest.mark.rule("VS-52")
@pytest.mark.parametrize("kind", [Kind.TCP, Kind.AUTO, Kind.SILENT])
def test_rules_for_tls_are_for_ports_of_tls_alone(kind: Kind):
    g = world(rule(f"tls: [{{match: [{{sniHosts: [{HOST}]}}], route: [{{destination: {{host: b.example}}}}]}}]"))
    (found,) = streams(g, claim(kind))
    assert (found.server_names, found.handler.to) == ((), (("outbound|82||a.example", 1),))


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


@pytest.mark.rule("SD-14")
def test_by_tls_a_host_without_address_is_known_by_the_names_of_its_aliases_too():
    def alias(name: str, of: str, more: str = "") -> str:
        return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default{more}}}
spec: {{type: ExternalName, externalName: {of}}}
"""

    hidden = ", annotations: {networking.istio.io/exportTo: other}"
    g = world(alias("one", HOST), alias("two", "one.default.svc.cluster.local"), alias("three", HOST, hidden))
    (found,) = streams(g, claim(Kind.TLS, names=True))
    names = (f"{alias}.default{rest}" for alias in ("one", "two") for rest in (".svc.cluster.local", "", ".svc"))
    assert found.server_names == (HOST, *names)


@pytest.mark.rule("VS-52")
def test_a_rule_about_one_name_below_a_wildcard_leaves_the_others_where_they_were():
    entry, about = ENTRY.replace(HOST, "'*.example'"), rule("tls: [{match: [{sniHosts: [a.example]}], route: [{destination: {host: b.example}}]}]")
    wide = Claim(Kind.TLS, ANYWHERE, 82, namespace="default", host="*.example", number=82, names=True)
    found = streams(worlds.world(entry, about), wide)
    assert [(each.server_names, each.handler.to[0][0]) for each in found] == [
        (("a.example",), "outbound|82||b.example"),
        (("*.example",), "outbound|82||*.example"),
    ]


@pytest.mark.rule("N-3")
def test_a_wildcard_for_the_beginning_of_a_label_is_no_server_name():
    def names(host: str, *sni: str) -> list[tuple[str, ...]]:
        about, entry = (
            each.replace(f"hosts: [{HOST}]", f"hosts: ['{host}']") for each in (rule(f"tls: [{{match: [{{sniHosts: {list(sni)}}}]}}]"), ENTRY)
        )
        g = worlds.world(entry, about) if sni else worlds.world(entry)
        return [each.server_names for each in streams(g, Claim(Kind.TLS, ANYWHERE, 82, namespace="default", host=host, number=82, names=True))]

    assert names("*-a.example") == names("*-a.example", "*-a.example") == []
    assert names("*.example", "*-a.example", "b.example") == [("b.example",)]
