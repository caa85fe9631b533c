"""Which VirtualService speaks for a call: by host, age, wildcard, port and namespace, at sidecars and at gateways."""

from __future__ import annotations

import pytest

from stage.caller import ELSEWHERE
from stage.stage import Stage
from stage.worlds import entry, gateway, service, to, virtual_service

pytestmark = [pytest.mark.envoy, pytest.mark.root]

WEB = service("web", "10.0.0.1")
SHOP = (WEB, service("store", "10.0.0.2"), service("depot", "10.0.0.3"))
NO_ROUTE = 404


def leading(name: str, host: str, where: str, created: str, namespace: str = "default", more: str = "", **spec: str) -> str:
    return virtual_service(name, host, namespace, created, http=f"[{to(where, more)}]", **spec)


def only(path: str) -> str:
    return f"match: [{{uri: {{prefix: {path}}}}}]"


@pytest.mark.rule("VS-10")
def test_the_oldest_rule_of_a_host_speaks_for_it_alone_at_sidecars(stage: Stage) -> None:
    stage.world(*SHOP, leading("old", "web", "store", "2020", more=only("/a")), leading("young", "web", "depot", "2021"))
    client = stage.sidecar()
    assert client.get("http://web/a").at == "10.0.0.2"
    assert client.get("http://web/b").status == NO_ROUTE


@pytest.mark.rule("VS-10")
def test_what_becomes_the_oldest_when_the_oldest_goes_speaks_at_once(stage: Stage) -> None:
    old, young = leading("old", "web", "store", "2020"), leading("young", "web", "depot", "2021")
    client = stage.sidecar()
    stage.world(*SHOP, old, young)
    assert client.get("http://web/").at == "10.0.0.2"
    stage.world(*SHOP, young)
    assert client.get("http://web/").at == "10.0.0.3"
    stage.world(*SHOP)
    assert client.get("http://web/").at == "10.0.0.1"


@pytest.mark.rule("VS-10")
@pytest.mark.rule("VS-1")
def test_a_rule_that_is_not_exported_to_a_caller_does_not_keep_a_younger_one_out(stage: Stage) -> None:
    private = leading("old", "web.default.svc.cluster.local", "store.default.svc.cluster.local", "2020", namespace="shop", exportTo='["."]')
    stage.world(*SHOP, private, leading("young", "web", "depot", "2021"))
    assert stage.sidecar("shop").get("http://web.default/").at == "10.0.0.2"
    assert stage.sidecar().get("http://web/").at == "10.0.0.3"


@pytest.mark.rule("VS-10")
def test_the_oldest_rule_that_is_nothing_to_a_caller_leaves_the_host_to_the_next(stage: Stage) -> None:
    old = leading("old", "web", "store", "2020", more="match: [{sourceLabels: {app: a}}]")
    stage.world(*SHOP, old, leading("young", "web", "depot", "2021"), leading("wide", "*.default.svc.cluster.local", "store", "2019"))
    assert [stage.sidecar(labels={"app": app}).get("http://web/").at for app in ("a", "b")] == ["10.0.0.2", "10.0.0.3"]
    stage.world(*SHOP, old, leading("wide", "*.default.svc.cluster.local", "depot", "2019"))
    assert [stage.sidecar(labels={"app": app}).get("http://web/").at for app in ("a", "b")] == ["10.0.0.2", "10.0.0.1"]


@pytest.mark.rule("VS-11")
def test_a_wildcard_leads_every_service_that_nothing_more_specific_speaks_for(stage: Stage) -> None:
    wide, narrow = leading("wide", "*.default.svc.cluster.local", "depot", "2020"), leading("exact", "web", "store", "2021")
    stage.world(*SHOP, wide, narrow)
    client = stage.sidecar()
    assert [client.get(f"http://{host}/").at for host in ("web", "store", "depot.default.svc.cluster.local")] == ["10.0.0.2", "10.0.0.3", "10.0.0.3"]


@pytest.mark.rule("VS-11")
def test_a_wildcard_that_leads_some_service_leads_no_unknown_host(stage: Stage) -> None:
    stage.world(*SHOP, leading("wide", "*.default.svc.cluster.local", "depot", "2020"))
    assert stage.sidecar().get("http://nobody.default.svc.cluster.local/").at == ELSEWHERE


@pytest.mark.rule("VS-11")
def test_a_wildcard_that_leads_no_service_leads_every_unknown_host_below_it(stage: Stage) -> None:
    stage.world(*SHOP, leading("wide", "*.example", "depot", "2020"))
    client = stage.sidecar()
    assert [client.get(f"http://{host}/").at for host in ("a.example", "b.a.example", "a.other")] == ["10.0.0.3", "10.0.0.3", ELSEWHERE]


@pytest.mark.rule("VS-11")
def test_a_star_leads_every_service_and_no_unknown_host(stage: Stage) -> None:
    stage.world(*SHOP, leading("all", "*", "depot", "2020"))
    client = stage.sidecar()
    assert [client.get(f"http://{host}/").at for host in ("web", "store", "a.example")] == ["10.0.0.3", "10.0.0.3", ELSEWHERE]


@pytest.mark.rule("VS-12")
@pytest.mark.parametrize(("more", "expected"), [("", "10.0.0.2"), ("match: [{port: 8080}]", ELSEWHERE)])
def test_unknown_hosts_are_led_on_port_80_only(stage: Stage, more: str, expected: str) -> None:
    busy = service("busy", "10.0.0.9", port=8080)
    stage.world(*SHOP, busy, leading("r", "unknown.example", "store", "2020", more=more))
    client = stage.sidecar()
    assert client.get("http://busy:8080/").at == "10.0.0.9"
    assert client.get("http://unknown.example:8080/").at == ELSEWHERE
    assert client.get("http://unknown.example/").at == expected


@pytest.mark.rule("VS-12")
def test_without_a_service_on_port_80_unknown_hosts_are_not_led(stage: Stage) -> None:
    stage.world(service("busy", "10.0.0.9", port=8080), leading("r", "unknown.example", "busy", "2020"))
    assert stage.sidecar().get("http://unknown.example/").at == ELSEWHERE


@pytest.mark.rule("VS-13")
def test_at_gateways_the_rules_of_a_host_are_joined_oldest_first_and_what_catches_all_is_last(stage: Stage) -> None:
    everything = leading("a", "a.example", "web", "2020", gateways="[edge]")
    first = leading("b", "a.example", "store", "2021", more=only("/x"), gateways="[edge]")
    second = leading("c", "a.example", "depot", "2022", more=only("/x/y"), gateways="[edge]")
    stage.world(*SHOP, gateway("edge"), everything, first, second)
    outside, edge = stage.outside(), stage.gateway()
    found = [outside.get(f"http://a.example{path}", to=edge).at for path in ("/", "/x", "/x/y")]
    assert found == ["10.0.0.1", "10.0.0.2", "10.0.0.2"]


@pytest.mark.rule("VS-13")
def test_at_gateways_a_rule_for_two_hosts_gives_to_each(stage: Stage) -> None:
    both = leading("a", "a.example,b.example", "store", "2021", more=only("/x"), gateways="[edge]")
    one = leading("b", "a.example", "depot", "2020", more=only("/y"), gateways="[edge]")
    stage.world(*SHOP, gateway("edge"), both, one)
    outside, edge = stage.outside(), stage.gateway()
    found = [outside.get(f"http://{host}.example{path}", to=edge).outcome for host in "ab" for path in ("/x", "/y")]
    assert found == ["10.0.0.2", "10.0.0.3", "10.0.0.2", "404"]


TWO_PORTS = "{number: 80, name: one, protocol: HTTP}, {number: 81, name: two, protocol: HTTP, targetPort: 8181}"


@pytest.mark.rule("VS-14")
def test_without_a_port_a_rule_holds_for_all_http_ports_and_its_destination_keeps_the_callers(stage: Stage) -> None:
    stage.world(
        entry("a", "a.example", "10.0.3.1", ports=TWO_PORTS),
        entry("b", "b.example", "10.0.3.2", ports=TWO_PORTS),
        leading("r", "a.example", "b.example", "2020"),
    )
    client = stage.sidecar()
    found = [client.get(f"http://a.example:{port}/").seen for port in (80, 81)]
    assert [(each.at, each.port) for each in found] == [("10.0.3.2", 80), ("10.0.3.2", 8181)]


@pytest.mark.rule("VS-14")
def test_a_destination_with_one_port_takes_it_and_one_that_says_a_port_takes_that(stage: Stage) -> None:
    single = entry("b", "b.example", "10.0.3.2", ports="{number: 9999, name: one, protocol: HTTP}")
    asked = virtual_service("r", "a.example", http=f"[{to('c.example:81', only('/c'))}, {to('b.example')}]")
    stage.world(entry("a", "a.example", "10.0.3.1", ports=TWO_PORTS), single, entry("c", "c.example", "10.0.3.3", ports=TWO_PORTS), asked)
    client = stage.sidecar()
    found = [client.get(f"http://a.example:{port}{path}").seen for port in (80, 81) for path in ("/", "/c")]
    assert [(each.at, each.port) for each in found] == [("10.0.3.2", 9999), ("10.0.3.3", 8181)] * 2


@pytest.mark.rule("VS-14")
def test_a_match_for_a_port_holds_on_that_port_only(stage: Stage) -> None:
    rule = virtual_service("r", "a.example", http=f"[{to('store', 'match: [{port: 81}]')}, {to('depot')}]")
    stage.world(*SHOP, entry("a", "a.example", "10.0.3.1", ports=TWO_PORTS), rule)
    client = stage.sidecar()
    assert [client.get(f"http://a.example:{port}/").at for port in (80, 81)] == ["10.0.0.3", "10.0.0.2"]


@pytest.mark.rule("VS-14")
def test_a_rule_holds_also_on_a_port_whose_protocol_is_found_out(stage: Stage) -> None:
    found_out = service("found", "10.0.3.4", port=8088, protocol="unknown")
    stage.world(*SHOP, found_out, virtual_service("r", "found", http=f"[{to('store', only('/store'))}, {to('found')}]"))
    client = stage.sidecar()
    assert [client.get(f"http://found:8088{path}").at for path in ("/store", "/")] == ["10.0.0.2", "10.0.3.4"]
    assert client.tcp("found", 8088).at == "10.0.3.4"


@pytest.mark.rule("VS-15")
def test_whose_rule_it_is_makes_no_difference_only_its_age(stage: Stage) -> None:
    full = "web.default.svc.cluster.local"
    producer = leading("producer", full, "store", "2021")
    consumer = leading("consumer", full, "depot.default.svc.cluster.local", "2020", namespace="shop")
    stage.world(*SHOP, producer, consumer)
    assert [stage.sidecar(namespace).get("http://web.default/").at for namespace in ("default", "shop", "third")] == ["10.0.0.3"] * 3


NARROW = """
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec: {egress: [{hosts: [HOSTS]}]}
"""


@pytest.mark.rule("VS-16")
def test_destinations_of_rules_are_known_to_a_proxy_that_imports_only_the_rule(stage: Stage) -> None:
    far = service("far", "10.0.4.1", namespace="shop")
    rule = leading("r", "web", "far.shop.svc.cluster.local", "2020")
    client = stage.sidecar()
    stage.world(WEB, far, NARROW.replace("HOSTS", '"./*"'))
    assert "outbound|80||far.shop.svc.cluster.local" not in client.clusters()
    stage.world(WEB, far, rule, NARROW.replace("HOSTS", '"./*"'))
    assert client.get("http://web/").at == "10.0.4.1"


@pytest.mark.rule("VS-16")
def test_destinations_of_mirrors_of_delegates_and_of_tcp_rules_are_known_too(stage: Stage) -> None:
    far = [service(name, f"10.0.4.{number}", namespace="shop") for number, name in ((1, "far"), (2, "copy"))]
    database = service("database", "10.0.4.3", namespace="shop", port=7000, protocol="tcp")
    mirrored = virtual_service("leaf", "", "shop", http=f"[{to('far', 'mirror: {host: copy}')}]")
    delegating = virtual_service("r", "web", http="[{delegate: {name: leaf, namespace: shop}}]")
    streams = virtual_service("s", "local", tcp=f"[{to('database.shop.svc.cluster.local')}]")
    local = service("local", "10.0.4.4", port=7001, protocol="tcp")
    stage.world(WEB, *far, database, local, mirrored, delegating, streams, NARROW.replace("HOSTS", '"./*"'))
    client = stage.sidecar()
    assert (client.get("http://web/").at, client.tcp("local", 7001).at) == ("10.0.4.1", "10.0.4.3")
    stage.seen(1, at="10.0.4.2")


@pytest.mark.rule("VS-16")
def test_a_rule_that_is_not_imported_does_not_hold(stage: Stage) -> None:
    far = service("far", "10.0.4.1", namespace="shop")
    rule = leading("r", "web.default.svc.cluster.local", "far", "2020", namespace="shop")
    stage.world(WEB, far, rule, NARROW.replace("HOSTS", '"./*"'))
    assert stage.sidecar().get("http://web/").at == "10.0.0.1"
    stage.world(WEB, far, rule, NARROW.replace("HOSTS", '"./*", "shop/*"'))
    assert stage.sidecar().get("http://web/").at == "10.0.4.1"
