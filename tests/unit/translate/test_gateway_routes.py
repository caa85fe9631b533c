"""Virtual hosts of gateways."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.gateway import Place, ServedHost, Table
from lateen.ir.match import Path, PathManner
from lateen.ir.routes import Forward, VirtualHost
from lateen.ir.view import Perspective
from lateen.translate.gateway_routes import domains, pieces, virtual_host
from tests.given.worlds import world, write

SEEN = Perspective("edge", gateway=True)


def rule(name: str, hosts: str, to: str = "a", more: str = "", year: int = 2024, namespace: str = "default", match: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: [{hosts}], gateways: [gw/gw, mesh], http: [{{{match}route: [{{destination: {{host: {to}.test, port: {{number: 80}}}}}}]}}]{more}}}
"""


def place(*hosts: str, redirects: bool = False, gateway: str = "gw/gw") -> Place:
    split = (host.rpartition("/") for host in hosts)
    return Place(gateway, tuple(ServedHost(namespace, host) for namespace, _, host in split), redirects)


def table(*places: Place) -> Table:
    return Table("http.80", 80, False, places)


def hosts(g: Graph, of: Table) -> dict[str, VirtualHost]:
    found = (virtual_host(g, SEEN, domain) for domain in domains(g, of))
    return {each.domains[0]: each for each in found if each is not None}


def targets(host: VirtualHost) -> list[str]:
    return [each.action.shares[0].destination.rpartition("|")[2] for each in host.rules if isinstance(each.action, Forward)]


@pytest.mark.rule("GW-4")
def test_the_domain_is_the_more_specific_of_what_gateway_and_rule_say():
    g = world(rule("a", "a.x.test"), rule("b", '"*"', "b"), rule("c", '"*.sub.y.test"', "c"), rule("d", "d.z.test", "d"))
    found = hosts(g, table(place("*.x.test", "*.y.test", "one.test")))

    assert {domain: targets(each) for domain, each in found.items()} == {
        "a.x.test": ["a.test"],
        "*.x.test": ["b.test"],
        "*.y.test": ["b.test"],
        "one.test": ["b.test"],
        "*.sub.y.test": ["c.test"],
    }
    assert found["a.x.test"].name == "a.x.test:80"


@pytest.mark.rule("VS-13")
def test_rules_of_one_domain_are_joined_the_older_first_and_what_fits_all_last():
    prefix = "match: [{uri: {prefix: /x}}], "
    younger = rule("young", "a.test", "young", match=prefix)
    g = world(rule("all", "a.test", "all", year=2020), younger, rule("old", '"*"', "old", year=2021, match=prefix))
    found = hosts(g, table(place("a.test")))

    assert targets(found["a.test"]) == ["old.test", "young.test", "all.test"]


@pytest.mark.rule("GW-4")
def test_a_namespace_before_the_host_keeps_rules_of_others_out():
    g = world(rule("mine", "a.x.test", namespace="ns"), rule("theirs", "b.x.test"), rule("wide", '"*"', "wide"))

    assert set(hosts(g, table(place("ns/*.x.test")))) == {"a.x.test"}
    both = hosts(g, table(place("ns/*.x.test", "default/a.x.test")))
    assert targets(both["a.x.test"]) == ["a.test"]


@pytest.mark.rule("N-4")
def test_a_rule_that_is_not_shown_to_the_workloads_namespace_does_not_count():
    assert hosts(world(rule("a", "a.test", more=", exportTo: [.]")), table(place("*"))) == {}


@pytest.mark.rule("VS-26")
def test_a_match_for_another_gateway_is_left_out():
    g = world(rule("a", "a.test", match="match: [{gateways: [mesh]}], "), rule("b", "b.test", match="match: [{gateways: [gw/gw]}], "))

    assert set(hosts(g, table(place("*")))) == {"b.test"}


@pytest.mark.rule("VS-26", "VS-13")
def test_of_two_gateways_with_one_host_each_gives_what_a_rule_says_of_it():
    of_second = "match: [{gateways: [gw/second], uri: {prefix: /x}}], route: [{destination: {host: second.test, port: {number: 80}}}]"
    of_both = "route: [{destination: {host: both.test, port: {number: 80}}}]"
    spec = f"hosts: [a.test], gateways: [gw/gw, gw/second], http: [{{{of_second}}}, {{{of_both}}}]"
    g = world(f"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: a, namespace: default}}\nspec: {{{spec}}}\n")
    found = hosts(g, table(place("a.test"), place("a.test", gateway="gw/second")))

    assert targets(found["a.test"]) == ["second.test", "both.test"]


@pytest.mark.rule("GW-8")
def test_a_server_that_redirects_has_a_virtual_host_without_rules_and_wins_over_another():
    found = hosts(world(), table(place("a.test", redirects=True), place("a.test", "b.test", gateway="gw/other")))
    assert found == {"a.test": VirtualHost("a.test:80", ("a.test",), (), https_only=True)}

    found = hosts(world(rule("a", "c.x.test")), table(place("*.x.test", redirects=True)))
    assert {domain: each.https_only for domain, each in found.items()} == {"*.x.test": True, "c.x.test": True}


@pytest.mark.rule("GW-5")
def test_hosts_without_rules_have_no_virtual_host():
    assert hosts(world(), table(place("a.test"))) == {}


def test_names_are_compared_in_lower_case():
    assert set(hosts(world(rule("a", "A.Test")), table(place("*")))) == {"a.test"}


def test_a_table_without_wildcards_has_no_pieces():
    assert len(pieces(table(place("a.test")))) == 0 < len(pieces(table(place("*.test"))))


def test_one_rule_more_computes_its_own_virtual_host_only():
    g, of = world(rule("a", "a.test")), table(place("*"))
    hosts(g, of)
    g.ran.clear()
    write(g, rule("b", "b.test", "b"))
    hosts(g, of)

    assert (g.ran["gateway_routes.virtual_host"], g.ran["routes.rules"], g.ran["gateway_routes.part_domains"]) == (1, 1, 1)


@pytest.mark.rule("GW-11")
def test_paths_of_several_ingresses_are_joined_the_longer_first():
    ingress = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {{kubernetes.io/ingress.class: istio}}}}
spec:
  rules:
  - host: a.test
    http: {{paths: [{{path: {path}, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}]}}
"""
    g = world(ingress.format(name="a", path="/x"), ingress.format(name="b", path="/x/y"))
    found = hosts(g, table(place("*", gateway="ingress")))["a.test"]

    paths = [each.match.path for each in found.rules]
    assert paths == [Path(PathManner.SEGMENTS, "/x/y"), Path(PathManner.SEGMENTS, "/x")]
    assert targets(found) == ["b.default.svc.cluster.local", "a.default.svc.cluster.local"]


@pytest.mark.rule("GW-4")
def test_a_rule_about_an_address_is_asked_for_by_it_in_brackets_if_need_be():
    assert set(hosts(world(rule("a", '"fd00::1", 10.0.0.1')), table(place("*")))) == {"10.0.0.1", "[fd00::1]"}
