"""The outbound listeners of a sidecar."""

from __future__ import annotations

import msgspec
import pytest

from lateen.flow import Graph
from lateen.ir.chain import SNIFFED_HTTP, Bytes, Chain, HttpOptions, Listener, Match, Requests, Side, Transport
from lateen.ir.scope import Import, Scope
from lateen.translate import outbound
from lateen.translate.outbound import MANNER, Manner
from lateen.values.ref import Ref
from tests.given.worlds import world, write

EVERYTHING = Scope("default", everything=True)
HTTP_MATCH = Match(transport=Transport.PLAIN, protocols=SNIFFED_HTTP)


def entry(name: str, ports: str, more: str = "", namespace: str = "default", year: int = 2024) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: [{name}.example], resolution: DNS, ports: [{ports}]{more}}}
"""


def listeners(g: Graph, manner: Manner = MANNER, scope: Scope = EVERYTHING) -> dict[str, Listener]:
    return {plan.name: outbound.listener(g, plan, manner) for plan in outbound.plans(g, scope)}


def destinations(chain: Chain | None) -> tuple[tuple[str, int], ...]:
    assert chain is not None and isinstance(chain.handler, Bytes)
    return chain.handler.to


@pytest.mark.rule("LI-4")
def test_an_http_port_looks_for_http_and_lets_all_else_pass_by():
    found = listeners(world(entry("a", "{number: 80, name: http}")))["0.0.0.0_80"]

    (chain,) = found.chains
    assert chain.match == HTTP_MATCH and isinstance(chain.handler, Requests) and chain.handler.table == "80"
    assert destinations(found.otherwise) == (("PassthroughCluster", 1),)
    assert (found.sniff, found.inspect_tls, found.bound, found.side) == (True, False, False, Side.OUTBOUND)


@pytest.mark.rule("LI-2")
def test_an_undeclared_protocol_has_a_table_of_its_own_at_its_address():
    found = listeners(world(entry("a", "{number: 81, name: x}", ", addresses: [10.0.0.1]")))["10.0.0.1_81"]

    (chain,) = found.chains
    assert isinstance(chain.handler, Requests) and chain.handler.table == "a.example:81"
    assert destinations(found.otherwise) == (("outbound|81||a.example", 1),)
    assert found.origins == (Ref("ServiceEntry", "default", "a"),)


@pytest.mark.rule("SE-7")
def test_tls_without_an_address_is_told_apart_by_server_name():
    found = listeners(world(entry("a", "{number: 443, name: tls}")))["0.0.0.0_443"]

    (chain,) = found.chains
    assert chain.match == Match(server_names=("a.example",)) and destinations(chain) == (("outbound|443||a.example", 1),)
    assert destinations(found.otherwise) == (("PassthroughCluster", 1),)
    assert (found.sniff, found.inspect_tls) == (False, True)


@pytest.mark.rule("VS-52")
def test_tls_with_an_address_is_not_told_apart_by_server_name_unless_a_rule_asks():
    rule = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: default}
spec: {hosts: [a.example], tls: [{match: [{sniHosts: [a.example]}], route: [{destination: {host: b.example}}]}]}
"""
    g = world(entry("a", "{number: 443, name: tls}", ", addresses: [10.0.0.1]"))
    assert destinations(listeners(g)["10.0.0.1_443"].otherwise) == (("outbound|443||a.example", 1),)

    write(g, rule)
    found = listeners(g)["10.0.0.1_443"]
    (chain,) = found.chains
    assert chain.match == Match(server_names=("a.example",)) and destinations(chain) == (("outbound|443||b.example", 1),)
    assert chain.origins == (Ref("VirtualService", "default", "a"),)


@pytest.mark.rule("LI-4")
def test_bytes_to_a_network_have_a_way_beside_the_http_to_it():
    found = listeners(world(entry("a", "{number: 81, name: x}", ", addresses: [10.0.0.0/8]")))["0.0.0.0_81"]
    network = ("10.0.0.0/8",)
    assert [chain.match for chain in found.chains] == [
        msgspec.structs.replace(HTTP_MATCH, prefixes=network),
        Match(prefixes=network, transport=Transport.PLAIN),
        Match(prefixes=network),
    ]


@pytest.mark.rule("LI-5")
def test_http_10_is_looked_for_only_where_it_is_allowed():
    found = listeners(world(entry("a", "{number: 80, name: http}")), Manner(options=HttpOptions(http10=True)))["0.0.0.0_80"]
    assert found.chains[0].match.protocols == ("http/1.0", "http/1.1", "h2c")


@pytest.mark.rule("LI-6")
def test_silent_protocols_are_not_looked_into():
    found = listeners(world(entry("a", "{number: 3306, name: mysql}", ", addresses: [10.0.0.1]")))["10.0.0.1_3306"]
    assert (found.sniff, found.inspect_tls, found.chains) == (False, False, ())


@pytest.mark.rule("SC-6")
def test_what_nobody_claims_goes_where_the_policy_says():
    found = listeners(world(entry("a", "{number: 80, name: http}")), Manner("BlackHoleCluster"))["0.0.0.0_80"]
    assert destinations(found.otherwise) == (("BlackHoleCluster", 1),)


def test_both_ip_families_share_a_listener():
    found = listeners(world(entry("a", "{number: 80, name: http}")), Manner(families="46"))["0.0.0.0_80"]
    assert found.addresses == ("0.0.0.0", "::")
    assert (outbound.families(("10.0.0.1", "::1")), outbound.families(("::1",)), outbound.families(())) == ("46", "6", "4")


@pytest.mark.rule("LI-1")
def test_captured_traffic_comes_in_at_one_place_and_never_goes_round_in_circles():
    found = outbound.virtual_outbound(MANNER)
    (loop,) = found.chains
    assert (loop.match, destinations(loop)) == (Match(port=15001), (("BlackHoleCluster", 1),))
    assert destinations(found.otherwise) == (("PassthroughCluster", 1),)
    assert (found.port, found.capture) == (15001, True)


@pytest.mark.rule("LI-1")
def test_unknown_hosts_may_be_looked_up():
    _, chain = outbound.virtual_outbound(Manner(resolves=True)).chains
    assert isinstance(chain.handler, Requests) and chain.handler.resolves
    assert Manner(resolves=True).unknown_hosts == "AllowAnyDynamicDNSCluster"


@pytest.mark.rule("SC-7")
def test_without_capture_only_the_http_proxy_is_listened_on():
    assert [each.name for each in outbound.entrances(MANNER, 15080, "NONE")] == ["127.0.0.1_15080"]
    assert [each.name for each in outbound.entrances(MANNER, 0, "REDIRECT")] == ["virtualOutbound"]


@pytest.mark.rule("SD-13")
def test_the_proxys_own_addresses_are_left_out():
    g = world(entry("a", "{number: 82, name: tcp}", ", addresses: [10.0.0.1, 10.0.0.2]"))
    found = outbound.without_own(outbound.plans(g, EVERYTHING), ("10.0.0.2",))
    assert [plan.name for plan in found] == ["10.0.0.1_82"]


def test_a_scope_of_some_hosts_has_their_listeners_only():
    g = world(entry("a", "{number: 82, name: tcp}", ", addresses: [10.0.0.1]"), entry("b", "{number: 82, name: tcp}", ", addresses: [10.0.0.2]"))
    assert set(listeners(g, scope=Scope("default", imports=(Import((("default", "b.example"),)),)))) == {"10.0.0.2_82"}


def test_a_namespace_sees_what_is_private_to_it_and_shares_the_rest():
    g = world(
        entry("a", "{number: 82, name: tcp}", ", addresses: [10.0.0.1]"),
        entry("b", "{number: 82, name: tcp}", ", addresses: [10.0.0.2], exportTo: [.]", namespace="own"),
    )
    assert [plan.name for plan in outbound.plans(g, Scope("own", everything=True))] == ["10.0.0.1_82", "10.0.0.2_82"]
    assert outbound.plans(g, EVERYTHING) is outbound.public_plans(g)


def test_one_more_http_service_changes_no_listener():
    g = world(entry("a", "{number: 80, name: http}"))
    before = outbound.public_plans(g)
    write(g, entry("b", "{number: 80, name: http}"))
    assert outbound.public_plans(g) is before


@pytest.mark.rule("VS-52")
def test_a_place_that_stands_for_a_tls_port_leads_names_of_no_rule_to_the_host():
    rule = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: default}
spec: {hosts: [a.example], tls: [{match: [{sniHosts: [x.example]}], route: [{destination: {host: b.example}}]}]}
"""
    g = world(entry("a", "{number: 443, name: tls}"), rule.replace("[a.example]", '["*.example"]'))
    (plan,) = outbound.mapped_plans(g, "default", (), "127.0.1.1", (("a.example", 443, 19000),))
    found = outbound.listener(g, plan, outbound.MANNER)
    assert {chain.match.server_names: destinations(chain) for chain in found.chains} == {("x.example",): (("outbound|443||b.example", 1),)}
    assert destinations(found.otherwise) == (("outbound|443||a.example", 1),)
