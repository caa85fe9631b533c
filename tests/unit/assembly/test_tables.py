"""Route tables of sidecars."""

from __future__ import annotations

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.any_pb2 import Any as Packed

from lateen.flow import Graph
from lateen.ir.view import View
from tests.given.objects import REVIEWS, entry, rule, service
from tests.given.sidecars import told, view
from tests.given.worlds import world


def table(g: Graph, name: str, of: View) -> RouteConfiguration:
    out = RouteConfiguration()
    Packed.FromString(told(g, "RouteConfiguration", of)[name]).Unpack(out)
    return out


def domains(found: RouteConfiguration) -> dict[str, list[str]]:
    return {host.name: list(host.domains) for host in found.virtual_hosts}


@pytest.mark.rule("LI-8")
def test_the_older_service_keeps_an_address_that_several_have() -> None:
    older = entry("a", "default", "a.example", ", addresses: [10.0.0.9]")
    younger = entry("b", "default", "b.example", ", addresses: [10.0.0.9]", "2024-01-02T00:00:00Z")
    found = domains(table(world(younger + older), "80", view("other")))
    assert found["a.example:80"] == ["a.example", "a.example.", "10.0.0.9"]
    assert found["b.example:80"] == ["b.example", "b.example."]


def test_a_proxy_that_takes_virtual_hosts_apart_has_tables_with_the_catch_all_only() -> None:
    g = world(service("reviews", "default"))
    apart = view(LATEEN={"virtualHosts": True})
    assert domains(table(g, "80", apart)) == {"allow_any": ["*"]}
    assert list(told(g, "VirtualHost", apart)) == [f"80/{REVIEWS}:80"]


def test_a_rule_about_every_host_is_the_catch_all() -> None:
    every = rule("VirtualService", "default", f"{{hosts: ['*'], http: [{{route: [{{destination: {{host: {REVIEWS}}}}}]}}]}}")
    g = world(service("reviews", "default").replace("port: 80", "port: 81") + entry("b", "other", "b.example", ", exportTo: [elsewhere]") + every)
    assert "80" not in told(g, "RouteConfiguration", view())
    assert told(g, "VirtualHost", view(LATEEN={"virtualHosts": True})).keys() == {f"81/{REVIEWS}:81"}


@pytest.mark.rule("LI-1")
def test_the_http_proxy_tells_hosts_apart_by_their_ports() -> None:
    two = service("reviews", "default").replace("[{name: http, port: 80}]", "[{name: http, port: 80}, {name: http-b, port: 81}]")
    found = domains(table(world(two), "http_proxy", view("other", HTTP_PROXY_PORT="15007", INTERCEPTION_MODE="NONE")))
    assert REVIEWS in found[f"{REVIEWS}:80"]
    assert f"{REVIEWS}:80" in found[f"{REVIEWS}:80"]
    assert REVIEWS not in found[f"{REVIEWS}:81"]
    assert found["allow_any"] == ["*"]


@pytest.mark.rule("VS-12")
def test_a_rule_has_a_host_that_is_a_service_of_another_port_to_this_namespace_though_others_have_it_on_port_80() -> None:
    theirs = entry("theirs", "elsewhere", "h.example")
    own = entry("own", "default", "h.example", created="2024-01-02T00:00:00Z").replace("number: 80", "number: 8080")
    every = rule("VirtualService", "elsewhere", "{hosts: [h.example], http: [{name: ruled, route: [{destination: {host: o.example}}]}]}")
    wild = rule("VirtualService", "elsewhere", "{hosts: ['*.example'], http: [{name: wild, route: [{destination: {host: o.example}}]}]}", "w")
    g = world(theirs + own + every + wild)
    apart = {name: told(g, "VirtualHost", view(name, LATEEN={"virtualHosts": True})) for name in ("default", "other")}
    assert apart["default"].keys() == {"80/h.example:80", "80/*.example:80", "8080/h.example:8080"}
    assert apart["other"].keys() == {"80/h.example:80"}
    assert b"ruled" in apart["default"]["80/h.example:80"]
    assert domains(table(g, "80", view())).keys() == {"h.example:80", "*.example:80", "allow_any"}
