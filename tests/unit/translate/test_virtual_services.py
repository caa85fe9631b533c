"""Which VirtualService speaks for a host."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.view import PUBLIC, Perspective
from lateen.translate import virtual_services
from lateen.values.ref import Ref
from tests.given.worlds import world, write


def rule(name: str, host: str, year: int, namespace: str = "default", more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{hosts: ["{host}"], http: [{{route: [{{destination: {{host: {name}}}}}]}}]{more}}}
"""


def ref(name: str, namespace: str = "default") -> Ref:
    return Ref("VirtualService", namespace, name)


def winner(g: Graph, host: str, perspective: Perspective = PUBLIC) -> Ref | None:
    return next(iter(virtual_services.for_http(g, perspective, host)), None)


@pytest.mark.rule("VS-10")
def test_the_oldest_rule_for_a_host_is_the_only_one():
    g = world(rule("young", "a.example", 2021), rule("old", "a.example", 2020, namespace="other"))

    assert winner(g, "a.example") == ref("old", "other")


@pytest.mark.rule("VS-11")
def test_an_exact_host_beats_a_wildcard_and_a_long_wildcard_a_short_one_whatever_their_age():
    g = world(rule("any", "*", 2018), rule("short", "*.example", 2019), rule("long", "*.b.example", 2020), rule("exact", "a.b.example", 2021))

    assert winner(g, "a.b.example") == ref("exact")
    assert winner(g, "c.b.example") == ref("long")
    assert winner(g, "b.example") == ref("short")
    assert winner(g, "elsewhere") == ref("any")


@pytest.mark.rule("N-1")
def test_a_short_host_is_of_the_rules_namespace():
    g = world(rule("r", "reviews", 2020, namespace="shop"))

    assert winner(g, "reviews.shop.svc.cluster.local") == ref("r", "shop")
    assert winner(g, "reviews.default.svc.cluster.local") is None


@pytest.mark.rule("N-4")
def test_a_rule_is_followed_only_where_it_is_shown():
    g = world(
        rule("own", "a.example", 2020, more=", exportTo: ['.']"),
        rule("shared", "a.example", 2021, namespace="other", more=", exportTo: [x]"),
        rule("public", "a.example", 2022),
    )

    assert winner(g, "a.example") == ref("public")
    assert winner(g, "a.example", Perspective("default")) == ref("own")
    assert winner(g, "a.example", Perspective("x")) == ref("shared", "other")


@pytest.mark.rule("N-2")
def test_names_of_gateways_are_completed_with_the_rules_namespace():
    written = ("plain", "./dotted", "other/named", "legacy.old.svc.cluster.local", "mesh")

    assert virtual_services.gateway_names(written, "ns", "cluster.local") == ("ns/plain", "ns/dotted", "other/named", "old/legacy", "mesh")
    assert virtual_services.gateway_names((), "ns", "cluster.local") == ("mesh",)


def test_a_rule_of_gateways_only_says_nothing_to_sidecars():
    g = world(rule("edge", "a.example", 2020, more=", gateways: [edge]"), rule("mesh", "a.example", 2021))

    assert winner(g, "a.example") == ref("mesh")


def test_a_rule_without_http_leaves_http_to_the_next():
    tcp = rule("tcp", "a.example", 2020).replace("http: [", "tcp: [")
    g = world(tcp, rule("http", "a.example", 2021))

    assert winner(g, "a.example") == ref("http")


@pytest.mark.rule("VS-16")
def test_destinations_are_those_of_routes_mirrors_and_delegates():
    root = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: default}
spec:
  hosts: [a.example]
  http:
  - match: [{uri: {prefix: /shop}}]
    delegate: {name: leaf, namespace: shop}
  - route: [{destination: {host: b}}]
    mirror: {host: c}
  tcp:
  - route: [{destination: {host: d.example}}]
"""
    leaf = rule("leaf", "x", 2020, namespace="shop").replace('hosts: ["x"], ', "")
    g = world(root, leaf)

    assert virtual_services.destinations(g, ref("root")) == (
        "b.default.svc.cluster.local",
        "c.default.svc.cluster.local",
        "d.example",
        "leaf.shop.svc.cluster.local",
    )


@pytest.mark.rule("SC-4")
def test_a_rule_that_no_import_of_a_sidecar_touches_is_hidden():
    g = world(rule("here", "a.example", 2020), rule("there", "*.example", 2021, namespace="other"))

    assert virtual_services.not_imported(g, "default", ("./*",), "a.example") == (ref("there", "other"),)
    assert virtual_services.not_imported(g, "default", ("other/b.example",), "a.example") == (ref("here"),)
    assert virtual_services.not_imported(g, "default", ("*/*",), "a.example") == ()


def test_an_edit_of_one_rule_looks_at_no_other_host():
    g = world(rule("one", "a.example", 2020), rule("two", "b.example", 2020))
    assert (winner(g, "a.example"), winner(g, "b.example")) == (ref("one"), ref("two"))
    g.ran.clear()

    write(g, rule("one", "a.example", 2020, more=", exportTo: ['.']"))

    assert winner(g, "b.example") == ref("two")
    assert not {name for name in g.ran if "virtual_services" in name}


@pytest.mark.rule("VS-10")
def test_those_that_name_the_host_may_decide_one_after_the_other_and_of_wildcards_one_alone():
    g = world(
        rule("wide", "*.example", 2018),
        rule("wider", "*", 2017),
        rule("young", "a.example", 2021),
        rule("old", "a.example", 2020),
        rule("younger", "*.example", 2019),
    )

    assert virtual_services.for_http(g, PUBLIC, "a.example") == (ref("old"), ref("young"))
    assert virtual_services.for_http(g, PUBLIC, "b.example") == (ref("wide"),)
    assert virtual_services.for_extra_host(g, PUBLIC, "*.example") == (ref("wide"), ref("younger"))
    assert virtual_services.for_extra_host(g, PUBLIC, "b.example") == ()


@pytest.mark.rule("VS-11")
def test_a_rule_that_names_the_host_keeps_wildcards_away_even_when_it_is_not_for_http():
    tcp = rule("exact", "a.example", 2021).replace("http:", "tcp:")
    g = world(rule("wide", "*.example", 2018), tcp)

    assert virtual_services.for_http(g, PUBLIC, "a.example") == ()
    assert list(virtual_services.seen(g, PUBLIC, "a.example")) == [ref("exact"), ref("wide")]


@pytest.mark.rule("N-3")
def test_a_wildcard_may_stand_for_the_beginning_of_a_label_and_is_longer_then():
    g = world(rule("wide", "*.example", 2018), rule("ends", "*-api.example", 2021), rule("exact", "b-api.example", 2022), rule("odd", "*", 2017))

    assert virtual_services.candidates(g, "a-api.example") == (ref("ends"), ref("wide"), ref("odd"))
    assert virtual_services.candidates(g, "x.a-api.example")[0] == ref("ends")
    assert virtual_services.candidates(g, "b-api.example")[:2] == (ref("exact"), ref("ends"))
    assert virtual_services.candidates(g, "a.example") == (ref("wide"), ref("odd"))


@pytest.mark.rule("VS-52")
def test_rules_of_tls_about_names_below_a_wildcard_are_found_from_it():
    def tls(name: str, host: str, more: str = "") -> str:
        return rule(name, host, 2020, more=more).replace("http: [{", f'tls: [{{match: [{{sniHosts: ["{host}"]}}], ')

    g = world(tls("one", "a.example"), tls("own", "b.example", ", exportTo: ['.']"), tls("edge", "c.example", ", gateways: [edge]"))

    assert list(virtual_services.below(g, PUBLIC, "*.example")) == [ref("one")]
    assert list(virtual_services.below(g, Perspective("default"), "*.example")) == [ref("one"), ref("own")]
    assert list(virtual_services.below(g, PUBLIC, "a.example")) == list(virtual_services.below(g, PUBLIC, "*.a.example")) == []
