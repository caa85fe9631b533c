"""Listeners of gateways."""

from __future__ import annotations

import msgspec
import pytest

from lateen.api.mesh_proxy import ForwardClientCertDetails, Topology
from lateen.flow import Graph
from lateen.ir.chain import MESH_BYTES, MESH_HTTP, Bytes, HttpOptions, Listener, Match, OwnServer, Requests, Side
from lateen.ir.gateway import Port, ServedHost, Server, Traffic
from lateen.ir.tls import Secret
from lateen.ir.view import Perspective
from lateen.translate.gateway_listeners import Manner, behind, listener, quic_listener
from tests.given.worlds import world

SEEN = Perspective("edge", gateway=True)
ANY = (ServedHost("", "*"),)
TLS = OwnServer((Secret("kubernetes://a", remote=True),))


def rule(routes: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: a, namespace: default}}
spec: {{hosts: ["*.test"], gateways: [default/gw], {routes}}}
"""


def server(traffic: Traffic, hosts: tuple[ServedHost, ...] = ANY, tls: OwnServer | None = None, name: str = "p") -> Server:
    return Server("default/gw", 443, name, hosts, traffic, tls)


def found(g: Graph, *servers: Server, manner: Manner | None = None, bind: str = "") -> Listener | None:
    return listener(g, SEEN, Port(8443, bind, servers), manner or Manner())


@pytest.mark.rule("GW-5")
def test_plain_requests_have_a_listener_before_there_is_any_rule():
    of = found(world(), server(Traffic.REQUESTS), manner=Manner(families="46", proxied=True))

    assert of is not None and of.otherwise is not None and isinstance(of.otherwise.handler, Requests)
    assert (of.name, of.addresses, of.port, of.side, of.bound) == ("0.0.0.0_8443", ("0.0.0.0", "::"), 8443, Side.GATEWAY, True)
    assert (of.inspect_tls, of.proxied, of.chains, of.otherwise.handler.table) == (False, True, (), "http.8443")


@pytest.mark.rule("GW-7")
def test_each_server_with_tls_has_a_chain_by_its_names_and_the_one_for_all_takes_the_rest():
    named = server(Traffic.REQUESTS, (ServedHost("", "a.test"), ServedHost("ns", "*.b.test")), TLS, "named")
    of = found(world(), named, server(Traffic.REQUESTS, ANY, TLS, "rest"), bind="10.0.0.9")

    assert of is not None and of.otherwise is not None and of.inspect_tls and of.addresses == ("10.0.0.9",)
    (chain,) = of.chains
    assert chain.match == Match(server_names=("*.b.test", "a.test")) and chain.tls == TLS
    tables = [each.handler.table for each in (chain, of.otherwise) if isinstance(each.handler, Requests)]
    assert tables == ["https.8443.named.gw.default.10.0.0.9", "https.8443.rest.gw.default.10.0.0.9"]


@pytest.mark.rule("GW-5")
def test_bytes_without_a_rule_have_no_listener():
    assert found(world(), server(Traffic.BYTES)) is None
    assert found(world(), server(Traffic.NAMED)) is None


@pytest.mark.rule("VS-6")
def test_tls_that_passes_has_a_chain_for_each_name_of_the_rules_and_none_has_a_name_twice():
    to_a, to_b = (f"route: [{{destination: {{host: {name}.test, port: {{number: 443}}}}}}]" for name in "ab")
    routes = f"{{match: [{{sniHosts: [x.test]}}], {to_a}}}, {{match: [{{sniHosts: [x.test, y.test]}}], {to_b}}}"
    of = found(world(rule(f"tls: [{routes}]")), server(Traffic.NAMED))

    assert of is not None and of.otherwise is None
    assert [(each.match.server_names, each.handler.to) for each in of.chains if isinstance(each.handler, Bytes)] == [
        (("x.test",), (("outbound|443||a.test", 1),)),
        (("y.test",), (("outbound|443||b.test", 1),)),
    ]


def test_tls_that_ends_before_bytes_goes_where_the_rule_for_tcp_says():
    of = found(world(rule("tcp: [{route: [{destination: {host: a.test, port: {number: 9}}}]}]")), server(Traffic.BYTES, tls=TLS))

    assert of is not None and of.otherwise is not None and of.otherwise.tls == TLS
    assert isinstance(of.otherwise.handler, Bytes) and of.otherwise.handler.to == (("outbound|9||a.test", 1),)


@pytest.mark.rule("MC-3")
def test_other_networks_reach_each_service_of_the_mesh_by_its_name():
    service = """
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {ports: [{port: 80, name: http}]}
"""
    outside = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: x, namespace: default}
spec: {hosts: [x.local], resolution: DNS, ports: [{number: 80, name: http}]}
"""
    of = found(world(service, outside), server(Traffic.MESH, (ServedHost("", "*.local"),)))

    assert of is not None
    (chain,) = of.chains
    name = "outbound_.80_._.a.default.svc.cluster.local"
    assert chain.match == Match(server_names=(name,), protocols=(*MESH_BYTES, *MESH_HTTP))
    assert isinstance(chain.handler, Bytes) and chain.handler.to == ((name, 1),) and chain.tls is None


@pytest.mark.rule("GW-10")
def test_beside_a_port_stands_a_listener_of_quic_with_those_servers_that_speak_http3_and_the_same_routes():
    speaks = msgspec.structs.replace(server(Traffic.REQUESTS, (ServedHost("", "a.test"),), TLS, "speaks"), quic=True)
    port = Port(8443, "", (speaks, server(Traffic.REQUESTS, ANY, TLS, "silent")))
    of = quic_listener(port, Manner(families="46", proxied=True))

    assert of is not None and of.otherwise is None
    assert (of.name, of.addresses, of.port, of.quic) == ("udp_0.0.0.0_8443", ("0.0.0.0", "::"), 8443, True)
    assert (of.bound, of.inspect_tls, of.proxied) == (True, False, False)
    (chain,) = of.chains
    assert chain.match == Match(server_names=("a.test",))
    assert chain.tls == msgspec.structs.replace(TLS, quic=True, protocols=("h3",))
    assert isinstance(chain.handler, Requests) and chain.handler.table == "https.8443.speaks.gw.default"
    assert chain.handler.name == "outbound_udp_0.0.0.0_8443;speaks"
    assert quic_listener(Port(8443, "", port.servers[1:]), Manner()) is None


@pytest.mark.rule("GW-10")
def test_what_stands_in_front_of_a_gateway_is_trusted_as_far_as_its_settings_say():
    topology = Topology(num_trusted_proxies=2, forward_client_cert_details=ForwardClientCertDetails.APPEND_FORWARD)
    assert behind(topology, HttpOptions()) == HttpOptions(trusted_hops=2, forwarded_certificate="APPEND_FORWARD")
    assert behind(Topology(), HttpOptions(forwarded_certificate="SANITIZE")) == HttpOptions(forwarded_certificate="SANITIZE")
