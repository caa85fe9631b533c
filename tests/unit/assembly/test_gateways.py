"""The stacks of gateways, and what one change of a route costs."""

from __future__ import annotations

import msgspec
import pytest
from envoy.config.listener.v3.listener_pb2 import Listener
from google.protobuf.any_pb2 import Any

from lateen.assembly.config_dump import resources
from lateen.assembly.kinds import CDS, EDS, LDS, LEDS, RDS, SDS, VHDS
from lateen.control.keeper import Keeper
from lateen.flow import Graph
from lateen.ir.view import Explicit, ProxyKind, View
from tests.given.worlds import write

EDGE = View(ProxyKind.GATEWAY, "edge", (("istio", "edge"),), ("10.0.0.1",), capabilities=frozenset({"virtualHosts"}))
WHOLE = View(ProxyKind.GATEWAY, "edge", (("istio", "edge"),), ("10.0.0.1",))
GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: edge}
spec: {selector: {istio: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*.test"]}]}
"""


def route(name: str, to: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec: {{clusterIP: 10.0.0.1, ports: [{{port: 80, name: http}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: default}}
spec: {{hosts: [{name}.test], gateways: [edge/gw], http: [{{route: [{{destination: {{host: {to or name}}}}}]}}]}}
"""


def told(g: Graph, view: View) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in resources(g, view):
        found.setdefault(each.type, []).append(each.name)
    return {type_url: sorted(names) for type_url, names in found.items()}


def test_a_gateway_is_told_of_its_ports_its_hosts_and_what_they_use_and_of_nothing_else():
    g = Graph()
    write(g, GATEWAY, route("a"), route("b", "a"))

    cluster = "outbound|80||a.default.svc.cluster.local"
    assert told(g, EDGE) == {
        CDS: ["BlackHoleCluster", cluster],
        EDS: [cluster],
        LDS: ["0.0.0.0_80"],
        RDS: ["http.80"],
        VHDS: ["http.80/a.test:80", "http.80/b.test:80", "http.80/blackhole:80"],
    }
    assert VHDS not in told(g, WHOLE) and told(g, WHOLE)[RDS] == ["http.80"]


@pytest.mark.rule("GW-9")
def test_a_gateway_is_told_the_secrets_that_its_servers_name_and_no_others():
    server = "{port: {number: 443, name: https, protocol: HTTPS}, hosts: [a.test], tls: {mode: SIMPLE, credentialName: mine}}"
    secrets = """
apiVersion: v1
kind: Secret
metadata: {name: %s, namespace: edge}
data: {tls.crt: QQ==, tls.key: QQ==}
"""
    g = Graph()
    write(g, GATEWAY.replace("servers: [", f"servers: [{server}, "), secrets % "mine", secrets % "other")

    assert told(g, EDGE)[SDS] == ["kubernetes://mine"]


def test_one_route_more_costs_the_same_however_many_there_are_and_sends_three_resources():
    g = Graph()
    write(g, GATEWAY)
    keeper = Keeper(g)
    keeper.hold(EDGE)
    costs = []
    for number in range(150):
        write(g, route(f"r{number}"))
        g.ran.clear()
        list(keeper.changes())
        publication, _ = keeper.outcome()
        costs.append(sum(g.ran.values()))
    sent = {type_url: [len(names) for names in shelves.values()] for type_url, shelves in publication.changes.items()}

    assert sent == {CDS: [1], EDS: [1], VHDS: [1]}
    assert max(costs[50:]) <= min(costs[10:50]) + 5 and keeper.failures == {}


def test_an_edit_of_one_route_moves_one_virtual_host():
    g = Graph()
    write(g, GATEWAY, route("a"), route("b"), route("c"))
    keeper = Keeper(g)
    keeper.hold(EDGE)
    list(keeper.changes())
    keeper.outcome()
    write(g, route("c", "b"))
    list(keeper.changes())
    publication, _ = keeper.outcome()

    moved = {type_url: sorted(name for names in shelves.values() for name in names) for type_url, shelves in publication.changes.items()}
    gone = "outbound|80||c.default.svc.cluster.local"
    assert moved == {CDS: [gone], EDS: [gone], VHDS: ["http.80/c.test:80"]}


@pytest.mark.parametrize(("bind", "address"), [("", "127.70.0.2"), ("127.9.9.9", "127.9.9.9")])
def test_a_gateway_that_shares_its_host_listens_at_its_own_address_and_where_its_agent_says(bind: str, address: str) -> None:
    g = Graph()
    write(g, GATEWAY.replace("servers: [{", f"servers: [{{bind: '{bind}', " if bind else "servers: [{"), route("a"))
    (listener,) = (
        each for each in resources(g, msgspec.structs.replace(EDGE, explicit=Explicit("127.70.0.2", inbound=((80, 20000),)))) if each.type == LDS
    )
    found = Listener.FromString(Any.FromString(listener.body).value).address.socket_address
    assert (found.address, found.port_value) == (address, 20000)


def slice_of(name: str, *addresses: str) -> str:
    listed = ", ".join(f"{{addresses: [{each}]}}" for each in addresses)
    return f"""
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}, namespace: default, labels: {{kubernetes.io/service-name: a}}}}
addressType: IPv4
ports: [{{name: http, port: 8080}}]
endpoints: [{listed}]
"""


@pytest.mark.rule("CL-1")
def test_one_endpoint_more_of_ten_thousand_is_one_endpoint_to_a_gateway_whose_agent_takes_them_so() -> None:
    g = Graph()
    write(g, GATEWAY, route("a"), route("b"), slice_of("many", *(f"10.1.{each // 250}.{each % 250}" for each in range(10_000))))
    keeper = Keeper(g)
    keeper.hold(msgspec.structs.replace(EDGE, capabilities=EDGE.capabilities | {"endpoints"}))
    list(keeper.changes())
    keeper.outcome()
    write(g, slice_of("more", "10.2.0.1"))
    list(keeper.changes())
    publication, _ = keeper.outcome()
    assert {type_url: [len(names) for names in shelves.values()] for type_url, shelves in publication.changes.items()} == {LEDS: [1]}


@pytest.mark.rule("CL-1")
def test_a_gateway_whose_agent_does_not_is_told_of_endpoints_together() -> None:
    g = Graph()
    write(g, GATEWAY, route("a"), slice_of("many", *(f"10.1.{each // 250}.{each % 250}" for each in range(1_000))))
    assert LEDS not in told(g, EDGE)
