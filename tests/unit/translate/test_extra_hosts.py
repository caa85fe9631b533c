"""Hosts of rules that are no services, as everybody knows them and as one namespace does."""

from __future__ import annotations

import pytest

from lateen.ir.view import PUBLIC
from lateen.translate import extra_hosts, routes
from lateen.values.ref import Ref
from tests.given.objects import REVIEWS
from tests.given.worlds import world, write

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: reviews, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}, {name: http-alt, port: 8080}]}
"""
SOMEWHERE = "[{route: [{destination: {host: a.example}}]}]"


def rule(http: str, name: str = "reviews", hosts: str = "reviews", more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: ["{hosts}"], http: {http}{more}}}
"""


@pytest.mark.rule("VS-12")
def test_hosts_that_are_no_services_are_known_on_port_80_only():
    http = "[{route: [{destination: {host: a.example}}]}]"
    g = world(SERVICE, rule(http, "unknown", "b.example"), rule(http), rule(http, "elsewhere", "c.example", ", gateways: [edge]"))

    assert extra_hosts.extra_hosts(g, "") == ("b.example",)
    seen = routes.extra_virtual_host(g, PUBLIC, "b.example")
    assert seen is not None and seen.domains == ("b.example",)


@pytest.mark.rule("VS-11")
def test_a_wildcard_that_covers_a_service_has_no_virtual_host_of_its_own():
    http = "[{route: [{destination: {host: a.example}}]}]"
    g = world(SERVICE, rule(http, "covers", "*.cluster.local"), rule(http, "free", "*.tld"))

    assert extra_hosts.extra_hosts(g, "") == ("*.tld",)
    seen = routes.virtual_host(g, PUBLIC, False, "default", REVIEWS, 80, False)
    assert seen is not None and seen.rules[0].origin == Ref("VirtualService", "default", "covers")


@pytest.mark.rule("VS-12")
def test_a_private_rule_adds_hosts_only_where_it_is_seen():
    g = world(SERVICE, rule("[{route: [{destination: {host: a.example}}]}]", "mine", "b.example", ", exportTo: ['.']"))

    assert extra_hosts.extra_hosts(g, "") == ()
    assert extra_hosts.extra_hosts(g, "default") == ("b.example",)


@pytest.mark.rule("SC-4")
def test_with_a_sidecar_hosts_of_rules_are_those_that_it_imports_and_no_service_it_imports():
    http = "[{route: [{destination: {host: a.example}}]}]"
    g = world(SERVICE, rule(http, "wild", "*.tld"), rule(http, "one", "b.example"), rule(http))

    def hosts(*patterns: str, served: tuple[tuple[str, str], ...] = ()) -> tuple[str, ...]:
        return extra_hosts.imported(g, "default", patterns, served)

    assert hosts("*/a.tld") == ("*.tld",)
    assert hosts("./*.example") == ("b.example",)
    assert hosts("other/*") == ()
    assert hosts("*/*.local", served=(("default", REVIEWS),)) == ()
    assert hosts("*/*.local") == (REVIEWS,)


def entry(host: str, namespace: str, more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {{name: e, namespace: {namespace}}}
spec: {{hosts: ["{host}"], resolution: DNS, ports: [{{number: 80, name: http, protocol: HTTP}}]{more}}}
"""


@pytest.mark.rule("VS-12")
def test_a_host_is_a_service_only_to_those_who_see_the_service():
    g = world(rule(SOMEWHERE, "one", "b.example"), entry("b.example", "other", ", exportTo: ['.']"))

    assert extra_hosts.extra_hosts(g, "") == ("b.example",)
    assert extra_hosts.differing(g, "default") == ()
    assert extra_hosts.differing(g, "other") == (("b.example", False),)
    assert extra_hosts.extra_hosts(g, "other") == ()


@pytest.mark.rule("VS-11")
def test_a_wildcard_is_looked_at_by_each_namespace():
    g = world(rule(SOMEWHERE, "one", "*.example"), entry("b.example", "other", ", exportTo: ['.']"))

    assert extra_hosts.differing(g, "default") == (("*.example", True),)
    assert extra_hosts.differing(g, "other") == (("*.example", False),)


def test_a_short_name_of_a_service_that_a_rule_is_about_is_an_extra_host_also_where_the_service_is_seen():
    hidden = SERVICE.replace("namespace: default", "namespace: default, annotations: {networking.istio.io/exportTo: .}")
    g = world(rule(SOMEWHERE, "one", "reviews.default.svc"), hidden)

    assert extra_hosts.extra_hosts(g, "other") == ("reviews.default.svc",)
    assert extra_hosts.differing(g, "default") == (("reviews.default.svc", True),)


def test_only_a_rule_for_all_hosts_takes_every_host():
    g = world(rule(SOMEWHERE, "one", "b.example"))
    assert not extra_hosts.takes_every_host(g, "default")

    write(g, rule(SOMEWHERE, "all", "*", ", exportTo: ['.']"))
    assert extra_hosts.takes_every_host(g, "default")
    assert not extra_hosts.takes_every_host(g, "other")


def test_one_rule_more_is_looked_at_once_for_everybody():
    g = world(*(rule(SOMEWHERE, f"r{number}", f"h{number}.example") for number in range(40)))
    keys = [extra_hosts.differing.key(f"n{number}") for number in range(10)] + [extra_hosts.public.key(piece) for piece in range(64)]
    for key in keys:
        g.watch(key)
    list(g.pull())
    g.ran.clear()

    write(g, rule(SOMEWHERE, "more", "more.example"))

    [changed] = list(g.pull())
    assert "more.example" in (changed.value or ())
    assert g.ran["extra_hosts.public"] == 1
    assert g.ran["extra_hosts.differing"] == 0
