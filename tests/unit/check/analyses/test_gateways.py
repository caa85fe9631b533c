"""Gateways beside each other, and what they name."""

from __future__ import annotations

import base64

import pytest

from lateen.check.analyses.gateways import absent, certificates, conflicts
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.worlds import world


def gateway(name: str, *servers: str, year: int = 2020, selector: str = "{app: edge}") -> str:
    metadata = f'{{name: {name}, namespace: default, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    spec = f"{{selector: {selector}, servers: [{', '.join(servers)}]}}"
    return f"{{apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {metadata}, spec: {spec}}}"


def server(hosts: str, port: int, protocol: str, tls: str = "") -> str:
    return f"{{hosts: {hosts}, port: {{number: {port}, name: {protocol.lower()}-{port}, protocol: {protocol}}}{f', tls: {tls}' if tls else ''}}}"


def secure(hosts: str, credential: str = "cert", mode: str = "SIMPLE", port: int = 443) -> str:
    return server(hosts, port, "HTTPS", f"{{mode: {mode}, credentialName: {credential}}}")


def pod(labels: str, namespace: str = "edges", name: str = "edge") -> str:
    status = "{podIP: 10.0.0.1, phase: Running}"
    metadata = f"{{name: {name}, namespace: {namespace}, labels: {labels}}}"
    return f"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {{containers: [{{name: a}}]}}, status: {status}}}"


def secret(name: str, namespace: str = "edges", **values: str) -> str:
    given = ", ".join(f"{key}: {base64.b64encode(text.encode()).decode()}" for key, text in values.items())
    return f"{{apiVersion: v1, kind: Secret, metadata: {{name: {name}, namespace: {namespace}}}, data: {{{given}}}}}"


PEM = "-----BEGIN CERTIFICATE-----\n"
PAIR = {"tls.crt": PEM, "tls.key": PEM}


def ref(name: str) -> Ref:
    return Ref("Gateway", "default", name)


@pytest.mark.rule("GW-7")
def test_of_two_servers_for_a_tls_host_the_younger_is_left_out() -> None:
    g = world(gateway("old", secure("[a.b, c.d]")), gateway("new", secure("[x.y]"), secure("[a.b]", port=444), secure("['./a.b', e.f]"), year=2021))
    assert lines(conflicts(g, ref("old"))) == []
    assert lines(conflicts(g, ref("new"))) == [
        (
            "IST0145 spec.servers[2]: Gateway default/old, which is older, has the TLS host a.b on port 443 of the same workloads, so this "
            "server is left out."
        )
    ]


@pytest.mark.rule("GW-7")
@pytest.mark.parametrize(("first", "second"), [("HTTP", "TCP"), ("TCP", "HTTP"), ("TLS", "HTTP")])
def test_of_two_protocols_on_a_port_the_younger_is_left_out(first: str, second: str) -> None:
    tls = {"TLS": "{mode: PASSTHROUGH}"}
    g = world(gateway("a", server("['*']", 80, first, tls.get(first, ""))), gateway("b", server("['*']", 80, second), year=2021))
    assert lines(conflicts(g, ref("b"))) == [
        (
            f"IST0145 spec.servers[0]: Gateway default/a, which is older, has protocol {first} on port 80 of the same workloads, so this "
            "server is left out."
        )
    ]


def test_servers_of_one_gateway_conflict_as_well() -> None:
    g = world(gateway("a", secure("[a.b]"), secure("[a.b]")))
    assert lines(conflicts(g, ref("a"))) == [
        (
            "IST0145 spec.servers[1]: an earlier server of this Gateway has the TLS host a.b on port 443 of the same workloads, so this "
            "server is left out."
        )
    ]


@pytest.mark.rule("GW-7")
def test_servers_of_http_are_merged_and_other_workloads_ports_and_addresses_are_others() -> None:
    http = server("['*']", 80, "HTTP")
    bound = server("[a.b]", 443, "HTTPS", "{mode: SIMPLE, credentialName: a}").replace("{hosts", "{bind: 10.0.0.1, hosts")
    g = world(
        gateway("a", http, secure("[a.b]")),
        gateway("b", http, year=2021),
        gateway("c", secure("[a.b]"), selector="{app: other}"),
        gateway("d", bound, year=2022),
        gateway("e", secure("[c.d]"), year=2023),
    )
    assert [lines(conflicts(g, ref(name))) for name in "abcde"] == [[], [], [], [], []]


@pytest.mark.rule("GW-1")
def test_selectors_that_differ_meet_at_a_workload_that_has_both() -> None:
    one, two = gateway("a", secure("[a.b]")), gateway("b", secure("[a.b]"), selector="{tier: front}", year=2021)
    assert lines(conflicts(world(one, two), ref("b"))) == []
    assert len(conflicts(world(one, two, pod("{app: edge, tier: front}")), ref("b"))) == 1


def test_a_selector_that_fits_nobody_is_told_where_workloads_are_known() -> None:
    edge = gateway("a", server("['*']", 80, "HTTP"))
    assert lines(absent(world(edge), ref("a"))) == []
    assert lines(absent(world(edge, pod("{app: edge}")), ref("a"))) == []
    assert lines(absent(world(edge, pod("{app: web}")), ref("a"))) == ['IST0101 spec.selector: no workload has the labels "app: edge".']


@pytest.mark.rule("GW-6")
def test_a_port_to_which_no_service_of_the_gateway_leads_is_told() -> None:
    service = (
        "{apiVersion: v1, kind: Service, metadata: {name: edge, namespace: edges}, "
        "spec: {selector: {app: edge}, ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443}]}}"
    )
    ports = [server("['*']", port, "HTTP") for port in (80, 8080, 443, 9000)]
    g = world(gateway("a", *ports), pod("{app: edge}"), service)
    assert lines(absent(g, ref("a"))) == [
        "IST0162 spec.servers[3].port.number: no service of the gateway's workloads has the port 9000; they have 80, 443 and 8080."
    ]
    assert lines(absent(world(gateway("a", *ports), pod("{app: edge}")), ref("a"))) == []


@pytest.mark.rule("GW-9")
def test_a_credential_is_looked_for_where_the_workloads_are() -> None:
    edge = gateway("a", secure("[a.b]"))
    assert lines(certificates(world(edge), ref("a"))) == ["IST0101 spec.servers[0].tls.credentialName: there is no Secret default/cert."]
    assert lines(certificates(world(edge, pod("{app: edge}"), secret("cert", "default", **PAIR)), ref("a"))) == [
        "IST0101 spec.servers[0].tls.credentialName: there is no Secret edges/cert."
    ]
    assert lines(certificates(world(edge, pod("{app: edge}"), secret("cert", **PAIR)), ref("a"))) == []


@pytest.mark.rule("GW-9")
@pytest.mark.parametrize(
    ("mode", "given", "fault"),
    [
        ("SIMPLE", {"tls.crt": PEM}, "has no tls.key"),
        ("SIMPLE", {"tls.crt": "hello", "tls.key": PEM}, "has a tls.crt that is no PEM"),
        ("SIMPLE", {"cert": PEM, "key": PEM}, ""),
        ("MUTUAL", PAIR, "has no ca.crt to check clients against, and there is no cert-cacert"),
        ("MUTUAL", {**PAIR, "ca.crt": PEM}, ""),
    ],
)
def test_a_secret_that_is_no_credential_is_told(mode: str, given: dict[str, str], fault: str) -> None:
    g = world(gateway("a", secure("[a.b]", mode=mode)), pod("{app: edge}"), secret("cert", **given))
    assert lines(certificates(g, ref("a"))) == ([f"IST0161 spec.servers[0].tls.credentialName: Secret edges/cert {fault}."] if fault else [])


@pytest.mark.rule("GW-9")
def test_the_roots_of_clients_may_be_in_a_secret_of_their_own() -> None:
    g = world(gateway("a", secure("[a.b]", mode="MUTUAL")), pod("{app: edge}"), secret("cert", **PAIR), secret("cert-cacert", **{"ca.crt": PEM}))
    assert lines(certificates(g, ref("a"))) == []


def test_a_certificate_of_two_gateways_is_told_on_the_younger() -> None:
    pair = secret("cert", "default", **PAIR)
    g = world(gateway("a", secure("[a.b]")), gateway("b", secure("[c.d]"), year=2021), gateway("c", secure("[e.f]"), selector="{app: x}"), pair)
    assert lines(certificates(g, ref("a"))) == lines(certificates(g, ref("c"))) == []
    assert lines(certificates(g, ref("b"))) == [
        (
            'IST0138 spec.servers[0].tls.credentialName: the credential "cert" is that of Gateway default/a too: clients that keep a '
            "connection to it may "
            "get 404 for hosts of this one."
        )
    ]
