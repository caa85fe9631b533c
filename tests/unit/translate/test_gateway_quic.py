"""Which servers of a gateway speak HTTP/3."""

from __future__ import annotations

import pytest

from lateen.ir.chain import MeshServer, OwnServer, ServerTls
from lateen.ir.gateway import Port, ServedHost, Server, Traffic
from lateen.ir.tls import Secret
from lateen.translate.gateway_quic import with_quic
from tests.given import worlds

LABELS = (("app", "edge"),)
OWN = OwnServer((Secret("kubernetes://a", remote=True),))
TCP, UDP = "{name: https, port: 443, targetPort: 8443}", "{name: quic, port: 443, targetPort: 8443, protocol: UDP}"


def service(*ports: str, labels: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: front, namespace: edge, labels: {{{labels}}}}}
spec: {{selector: {{app: edge}}, ports: [{", ".join(ports)}]}}
"""


def spoken(
    world: str, *, tls: ServerTls | None = OWN, traffic: Traffic = Traffic.REQUESTS, port: int = 8443, bind: str = "", asked: bool = False
) -> bool:
    g = worlds.world(world)
    server = Server("default/gw", 443, "p", (ServedHost("", "*"),), traffic, tls)
    return with_quic(g, "edge", LABELS, ("10.0.0.9",), Port(port, bind, (server,)), asked=asked).servers[0].quic


pytestmark = pytest.mark.rule("GW-10")


def test_a_udp_port_of_the_same_number_that_leads_to_the_same_port_means_http3():
    assert spoken(service(TCP, UDP))
    assert spoken(service(UDP, TCP))
    assert not spoken(service(TCP))
    assert not spoken(service(TCP, UDP.replace("8443", "9443")))
    assert not spoken(service(TCP, UDP.replace("443,", "444,", 1)))


def test_a_service_whose_ports_are_not_translated_leads_to_the_number_itself():
    world = service(TCP, UDP, labels='experimental.istio.io/disable-gateway-port-translation: "true"')
    assert (spoken(world, port=443), spoken(world, port=8443)) == (True, False)


def test_the_gateway_s_own_word_counts_where_no_service_is_in_front():
    assert (spoken("", asked=True), spoken("", asked=False)) == (True, False)
    assert not spoken(service(TCP), asked=True)
    assert spoken(service("{name: http, port: 80}"), asked=True)


@pytest.mark.parametrize(
    ("tls", "traffic"),
    [(None, Traffic.NAMED), (OWN, Traffic.BYTES), (MeshServer(("td",)), Traffic.REQUESTS), (OwnServer((), maximum="1.2"), Traffic.REQUESTS)],
)
def test_only_requests_inside_tls_1_3_of_the_users_can_come_by_quic(tls: ServerTls | None, traffic: Traffic):
    assert not spoken("", tls=tls, traffic=traffic, asked=True)


def test_a_wildcard_is_not_served_by_http3_where_one_of_its_names_has_another_server_that_cannot():
    def speaking(*servers: Server) -> list[str]:
        return [each.name for each in with_quic(worlds.world(), "edge", LABELS, (), Port(443, "", servers), asked=True).servers if each.quic]

    wide, other = (Server("default/gw", 443, host, (ServedHost("", host),), Traffic.REQUESTS, OWN) for host in ("*.test", "b.other"))
    of_mesh = Server("default/gw", 443, "mesh", (ServedHost("", "a.test"),), Traffic.REQUESTS, MeshServer(("td",)))
    passed = Server("default/gw", 443, "passed", (ServedHost("", "a.test"),), Traffic.NAMED)
    assert speaking(wide, other, of_mesh) == ["b.other"]
    assert speaking(wide, other, passed) == ["*.test", "b.other"]


def test_a_socket_of_the_file_system_has_no_udp():
    assert not spoken("", bind="unix:///run/x", asked=True)
