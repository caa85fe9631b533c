"""The inbound listeners of a sidecar."""

from __future__ import annotations

import pytest

from lateen.flow import Graph
from lateen.ir.chain import SNIFFED_HTTP, Bytes, HttpOptions, Listener, MeshServer, OwnServer, Requests, Transport
from lateen.ir.routes import Forward
from lateen.ir.tls import Secret
from lateen.translate.inbound import MANNER, RETRY, Manner, inbound, ports
from tests.given.worlds import world

HERE = ("10.0.0.1",)
LABELS = (("app", "a"),)


def service(name: str, ports: str, year: int = 2024) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{clusterIP: 10.9.9.9, selector: {{app: a}}, ports: [{ports}]}}
"""


def policy(spec: str) -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: p, namespace: default}}
spec: {{selector: {{matchLabels: {{app: a}}}}, {spec}}}
"""


def sidecar(ingress: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: s, namespace: default}}
spec: {{ingress: [{ingress}]}}
"""


HTTP = "{name: http, port: 80, targetPort: 8080}"


def virtual(g: Graph, manner: Manner = MANNER) -> Listener:
    (found,) = inbound(g, "default", LABELS, HERE, manner).listeners
    return found


def of_port(listener: Listener, port: int) -> list[tuple[str, str, bool]]:
    """Each way in to a port: what the connection begins with, what it is taken for, and whether TLS ends."""
    return [
        (chain.match.transport.value, "http" if isinstance(chain.handler, Requests) else "bytes", chain.tls is not None)
        for chain in listener.chains
        if chain.match.port == port
    ]


@pytest.mark.rule("LI-21")
def test_a_port_is_known_by_its_target_and_routes_to_itself():
    found = virtual(world(service("a", HTTP)))
    handler = next(chain.handler for chain in found.chains if chain.match.port == 8080)
    assert isinstance(handler, Requests)
    (host,) = handler.hosts
    (rule,) = host.rules
    assert (host.name, host.domains, rule.name, rule.operation) == ("inbound|http|80", ("*",), "default", "a.default.svc.cluster.local:80/*")
    assert isinstance(rule.action, Forward)
    assert ([share.destination for share in rule.action.shares], rule.action.retry) == (["inbound|8080||"], RETRY)


@pytest.mark.rule("VS-44")
def test_grpc_is_not_tried_again():
    found = virtual(world(service("a", "{name: grpc, port: 80}")))
    handler = next(chain.handler for chain in found.chains if chain.match.port == 80)
    assert isinstance(handler, Requests) and isinstance(handler.hosts[0].rules[0].action, Forward)
    assert handler.hosts[0].rules[0].action.retry is None


@pytest.mark.rule("LI-21")
def test_of_two_services_on_one_port_the_older_decides():
    g = world(service("new", "{name: tcp, port: 80}", 2024), service("old", "{name: http, port: 80}", 2020))
    assert [port.host for port in ports(g, "default", HERE, LABELS)] == ["old.default.svc.cluster.local"]


@pytest.mark.rule("LI-20")
def test_permissive_http_has_two_ways_in_and_the_loop_has_none():
    found = virtual(world(service("a", HTTP)))
    assert of_port(found, 8080) == [("tls", "http", True), ("plain", "http", False)]
    loop = next(chain for chain in found.chains if chain.match.port == 15006)
    assert isinstance(loop.handler, Bytes) and loop.handler.to == (("BlackHoleCluster", 1),)


@pytest.mark.rule("LI-31")
def test_undeclared_ports_follow_the_workloads_mode():
    found = virtual(world(policy("mtls: {mode: STRICT}")))
    assert of_port(found, 0) == [("tls", "http", True), ("tls", "bytes", True)]
    assert {chain.name for chain in found.chains if not chain.match.port} == {"virtualInbound", "virtualInbound-catchall-http"}


@pytest.mark.rule("SEC-3")
def test_a_mode_for_an_undeclared_port_has_chains_of_its_own():
    found = virtual(world(policy("mtls: {mode: STRICT}, portLevelMtls: {'9000': {mode: DISABLE}}")))
    assert of_port(found, 9000) == [("plain", "http", False), ("plain", "bytes", False), ("", "bytes", False)]


@pytest.mark.rule("LI-6")
def test_ports_where_the_server_may_speak_first_are_not_looked_into():
    found = virtual(world(service("a", f"{HTTP}, {{name: tcp, port: 90}}"), policy("portLevelMtls: {'90': {mode: DISABLE}}")))
    assert (found.uninspected, found.unsniffed) == ((90,), (90, 8080))


@pytest.mark.rule("SC-5")
def test_ingress_ports_replace_those_of_services():
    g = world(service("a", HTTP), sidecar("{port: {number: 90, protocol: TCP, name: t}, defaultEndpoint: '127.0.0.1:9'}"))
    assert [(port.port, port.endpoint) for port in ports(g, "default", HERE, LABELS)] == [(90, "127.0.0.1:9")]


TLS = "{port: {number: 90, protocol: HTTPS, name: t}, tls: {mode: SIMPLE, serverCertificate: c, privateKey: k}}"


@pytest.mark.rule("SC-5")
def test_a_sidecars_own_tls_ends_only_where_the_mesh_has_none():
    open_ = virtual(world(sidecar(TLS), policy("portLevelMtls: {'90': {mode: DISABLE}}")))
    assert of_port(open_, 90) == [("tls", "http", True)]
    assert next(chain.tls for chain in open_.chains if chain.match.port == 90) == OwnServer((Secret("file-cert:c~k"),))

    strict = virtual(world(sidecar(TLS), policy("mtls: {mode: STRICT}")))
    assert of_port(strict, 90) == [("tls", "bytes", True)]
    assert isinstance(next(chain.tls for chain in strict.chains if chain.match.port == 90), MeshServer)


@pytest.mark.rule("SC-7")
def test_without_capture_each_port_is_listened_on_at_the_workloads_address():
    (found,) = inbound(world(service("a", HTTP)), "default", LABELS, HERE, Manner(interception="NONE", places=((8080, 7000),))).listeners
    assert (found.name, found.addresses, found.bound) == ("10.0.0.1_7000", ("10.0.0.1",), True)
    assert {chain.match.port for chain in found.chains} == {0}


def test_replicas_have_the_very_same_listeners():
    g = world(service("a", HTTP))
    first, second = (inbound(g, "default", LABELS, (address,), MANNER) for address in (*HERE, "10.0.0.2"))
    assert first is second


def test_a_workload_may_bring_its_own_certificate():
    found = virtual(world(service("a", HTTP)), Manner(certificate=Secret("mine")))
    assert next(chain.tls.certificate for chain in found.chains if isinstance(chain.tls, MeshServer)) == Secret("mine")


@pytest.mark.rule("LI-5")
def test_http_10_is_looked_for_only_where_it_is_allowed():
    found = virtual(world(), Manner(options=HttpOptions(http10=True)))
    plain = [chain.match.protocols for chain in found.chains if chain.match.transport is Transport.PLAIN and chain.match.protocols]
    assert plain == [("http/1.0", *SNIFFED_HTTP)]
