"""What a gateway listens on."""

from __future__ import annotations

from lateen.ir.chain import MeshServer
from lateen.ir.gateway import ServedHost, Server, Traffic

HOSTS = (ServedHost("", "b.test"), ServedHost("x", "a.test"), ServedHost("y", "a.test"))
TLS = MeshServer(("cluster.local",))


def test_a_server_answers_to_its_hosts_or_to_any_name():
    assert Server("g", 443, "p", HOSTS, Traffic.REQUESTS, TLS).names == ("a.test", "b.test")
    assert Server("g", 443, "p", (*HOSTS, ServedHost("", "*")), Traffic.NAMED).names == ()


def test_without_tls_clients_name_nobody():
    of = Server("g", 80, "p", HOSTS, Traffic.REQUESTS)
    assert of.plain and of.names == ()
