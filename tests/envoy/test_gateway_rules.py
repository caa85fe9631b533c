"""Istio's Gateway and Kubernetes' Ingress in real Envoys: who attaches to what, which certificate is shown, and what is told of the client."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from stage.stage import Stage
from stage.worlds import mesh

pytestmark = [pytest.mark.envoy, pytest.mark.root]


def service(name: str, *addresses: str, port: str = "{name: http, port: 80, targetPort: 8080}", namespace: str = "default") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{clusterIP: 240.240.2.{sum(name.encode()) % 250}, ports: [{port}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: {namespace}, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{name: {port.split("name: ")[1].split(",")[0]}, port: 8080}}]
endpoints: [{", ".join(f"{{addresses: [{each}]}}" for each in addresses)}]
"""


def gateway(*servers: str, name: str = "edge", namespace: str = "default", selector: str = "{istio: ingressgateway}", year: int = 2024) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}
spec: {{selector: {selector}, servers: [{", ".join(servers)}]}}
"""


def server(port: int, protocol: str, hosts: str = '"*"', tls: str = "", name: str = "") -> str:
    ends = f", tls: {{{tls}}}" if tls else ""
    return f"{{port: {{number: {port}, name: {name or f'{protocol.lower()}-{port}'}, protocol: {protocol}}}, hosts: [{hosts}]{ends}}}"


def rule(hosts: str, to: str, name: str = "web", namespace: str = "default", gateways: str = "edge", more: str = "") -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{hosts: [{hosts}], gateways: [{gateways}], http: [{{route: [{{destination: {{host: {to}}}}}]}}]{more}}}
"""


def secret(name: str, pem: Path, namespace: str = "istio-system", **further: bytes) -> str:
    found = {"tls.crt": pem.read_bytes(), "tls.key": pem.read_bytes(), **{key.replace("_", "."): value for key, value in further.items()}}
    written = ", ".join(f"{key}: {base64.b64encode(value).decode()}" for key, value in found.items())
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {{{written}}}\n"


WEB, OTHER = service("web", "10.0.0.1"), service("other", "10.0.0.2")
PLAIN = gateway(server(80, "HTTP"))


# Who listens, and for whom


@pytest.mark.rule("GW-1")
def test_a_gateway_of_any_namespace_is_for_the_workloads_with_its_labels(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(
        WEB,
        gateway(server(80, "HTTP"), namespace="far"),
        gateway(server(81, "HTTP"), name="strange", selector="{istio: another}"),
        gateway(server(82, "HTTP"), name="all", selector="{}"),
        rule('"*"', "web", gateways="far/edge, strange, all"),
    )
    assert [outside.get(f"http://a.example:{port}/", to=proxy).outcome for port in (80, 81, 82)] == ["10.0.0.1", "refused", "10.0.0.1"]


@pytest.mark.rule("GW-2")
@pytest.mark.parametrize("protocol", ["HTTP", "HTTP2", "GRPC", "GRPC-WEB"])
def test_requests_come_in_by_any_version_of_http(stage: Stage, protocol: str) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(service("web", "10.0.0.1", port="{name: grpc, port: 80, targetPort: 8080}"), gateway(server(80, protocol)), rule('"*"', "web"))
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.1"
    assert outside.get("http://a.example/", to=proxy, manner="http2").at == "10.0.0.1"
    assert outside.request("http://a.example/pkg.Service/Method", manner="grpc", body="x", to=proxy).grpc_status == 0


@pytest.mark.rule("GW-2")
@pytest.mark.parametrize("protocol", ["TCP", "MONGO"])
def test_bytes_come_in_as_they_are(stage: Stage, protocol: str) -> None:
    proxy = stage.gateway()
    routes = ", tcp: [{match: [{port: 9000}], route: [{destination: {host: web, port: {number: 90}}}]}]"
    stage.world(
        service("web", "10.0.0.1", port="{name: tcp, port: 90, targetPort: 8080}"),
        gateway(server(9000, protocol)),
        rule('"*"', "web", more=routes).replace("http: [{route: [{destination: {host: web}}]}], ", ""),
    )
    assert stage.outside().tcp("a.example", 9000, send="words\n", to=proxy).seen.received == "words\n"


@pytest.mark.rule("GW-4")
def test_a_rule_attaches_from_the_namespace_that_the_host_admits(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(
        WEB,
        gateway(server(80, "HTTP", "default/one.example, ./two.example, other/three.example, '*/four.example'")),
        rule("one.example, two.example, three.example, four.example", "web"),
    )
    found = {host: outside.get(f"http://{host}.example/", to=proxy).status for host in ("one", "two", "three", "four")}
    assert found == {"one": 200, "two": 200, "three": 404, "four": 200}


@pytest.mark.rule("GW-4")
def test_the_more_specific_host_of_gateway_and_rule_is_the_one_that_is_served(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(
        WEB,
        OTHER,
        gateway(server(80, "HTTP", '"*.example", exact.test')),
        rule("a.example", "web"),
        rule('"*.test"', "other", name="wide"),
        rule("a.elsewhere", "web", name="outside"),
    )
    asked = {host: outside.get(f"http://{host}/", to=proxy).outcome for host in ("a.example", "b.example", "exact.test", "b.test", "a.elsewhere")}
    assert asked == {"a.example": "10.0.0.1", "b.example": "404", "exact.test": "10.0.0.2", "b.test": "404", "a.elsewhere": "404"}


@pytest.mark.rule("GW-4")
def test_a_rule_that_is_not_exported_to_the_gateway_is_not_there(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, PLAIN, rule("a.example", "web", more=", exportTo: [.]"), rule("b.example", "web", name="b", more=", exportTo: [istio-system]"))
    assert [outside.get(f"http://{host}.example/", to=proxy).status for host in "ab"] == [404, 200]


@pytest.mark.rule("GW-5")
def test_a_server_without_routes_answers_404_where_there_is_http_and_does_not_listen_where_there_is_none(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(gateway(server(80, "HTTP"), server(9000, "TCP"), server(9443, "TLS", "a.example", "mode: PASSTHROUGH")))
    assert outside.get("http://a.example/", to=proxy).status == 404
    assert outside.tcp("a.example", 9000, to=proxy).error == "refused"
    assert outside.tls("a.example", 9443, to=proxy).error == "refused"


# Ports


@pytest.mark.rule("GW-6")
def test_the_port_of_the_service_in_front_is_translated(stage: Stage) -> None:
    proxy = stage.gateway(labels={"istio": "fronted"}, ip="10.1.0.20")
    front = service("front", "10.1.0.20", namespace="istio-system").replace("spec: {", "spec: {selector: {istio: fronted}, ", 1)
    stage.world(WEB, front, gateway(server(80, "HTTP"), server(81, "HTTP"), selector="{istio: fronted}"), rule('"*"', "web"))
    outside = stage.outside()
    assert outside.get("http://a.example:8080/", to=proxy).at == "10.0.0.1"
    assert outside.get("http://a.example:80/", to=proxy).error == "refused"
    assert outside.get("http://a.example:81/", to=proxy).at == "10.0.0.1"


@pytest.mark.rule("GW-6b")
def test_gateways_of_other_namespaces_do_not_mix_with_a_managed_one(stage: Stage) -> None:
    labels = {"istio": "managed", "gateway.networking.k8s.io/gateway-name": "edge"}
    proxy, outside = stage.gateway(labels=labels), stage.outside()
    own = gateway(server(81, "HTTP"), name="own", namespace="istio-system", selector="{istio: managed}")
    stage.world(WEB, gateway(server(80, "HTTP"), selector="{istio: managed}"), own, rule('"*"', "web", gateways="edge, istio-system/own"))
    assert outside.get("http://a.example:80/", to=proxy).error == "refused"
    assert outside.get("http://a.example:81/", to=proxy).at == "10.0.0.1"


@pytest.mark.rule("GW-7")
def test_plain_http_of_several_gateways_is_served_at_one_port(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(
        WEB,
        OTHER,
        gateway(server(80, "HTTP", "a.example")),
        gateway(server(80, "HTTP", "b.example"), name="second"),
        rule("a.example", "web"),
        rule("b.example", "other", name="b", gateways="second"),
    )
    assert [outside.get(f"http://{host}.example/", to=proxy).at for host in "ab"] == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.rule("GW-7")
def test_of_http_and_tcp_at_one_port_the_older_has_it(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    tcp = rule('"*"', "web", name="tcp", gateways="bytes").replace("http:", "tcp:")
    routed = (WEB, rule('"*"', "web"), tcp)
    stage.world(*routed, PLAIN, gateway(server(80, "TCP"), name="bytes", year=2023))
    assert outside.tcp("a.example", 80, send="words\n", to=proxy).seen.received == "words\n"
    stage.world(*routed, PLAIN, gateway(server(80, "TCP"), name="bytes", year=2025))
    assert outside.tcp("a.example", 80, send="words\n\n", to=proxy).body.startswith("HTTP/1.1 400")
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.1"


@pytest.mark.rule("GW-7")
def test_of_two_servers_for_one_tls_host_the_older_has_it(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    ours, theirs = (stage.credentials.outside(f"{word}.example") for word in ("ours", "theirs"))
    stage.world(
        WEB,
        secret("ours", ours),
        secret("theirs", theirs),
        gateway(server(443, "HTTPS", "a.example", "mode: SIMPLE, credentialName: theirs"), name="young", year=2025),
        gateway(server(443, "HTTPS", "a.example", "mode: SIMPLE, credentialName: ours"), year=2023),
        rule("a.example", "web", gateways="edge, young"),
    )
    assert outside.tls("a.example", 443, to=proxy).certificate.names == ("ours.example",)


@pytest.mark.rule("GW-7")
def test_tls_that_ends_and_tls_that_passes_share_a_port_by_server_name(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    passing = ", tls: [{match: [{sniHosts: [pass.example]}], route: [{destination: {host: sealed}}]}]"
    stage.world(
        WEB,
        service("sealed", "10.0.0.3", port="{name: tls, port: 443, targetPort: 8443}"),
        secret("keys", stage.credentials.outside("ends.example")),
        gateway(
            server(443, "HTTPS", "ends.example", "mode: SIMPLE, credentialName: keys"),
            server(443, "TLS", "pass.example", "mode: PASSTHROUGH", "pass"),
        ),
        rule("ends.example", "web"),
        rule("pass.example", "sealed", name="pass", more=passing).replace("http: [{route: [{destination: {host: sealed}}]}], ", ""),
    )
    assert outside.tls("ends.example", 443, to=proxy).at == "10.0.0.1"
    assert outside.tls("pass.example", 443, to=proxy).certificate.names == ("pass.example",)
    assert outside.tls("unknown.example", 443, to=proxy).error != ""


@pytest.mark.rule("GW-8")
def test_plain_requests_are_redirected_with_routes_and_without(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(
        WEB,
        gateway(server(80, "HTTP", "a.example, b.example", "httpsRedirect: true")),
        gateway(server(80, "HTTP", "b.example, c.example"), name="second", year=2023),
        rule("b.example, c.example", "web", gateways="second"),
    )
    found = [outside.get(f"http://{host}.example/x?y", to=proxy) for host in "abc"]
    assert [(each.status, each.header("location")) for each in found[:2]] == [(301, f"https://{host}.example/x?y") for host in "ab"]
    assert found[2].at == "10.0.0.1"


# TLS


def secure(settings: str, hosts: str = "a.example") -> str:
    return gateway(server(443, "HTTPS", hosts, settings))


@pytest.mark.rule("GW-3")
def test_mutual_tls_takes_clients_of_its_roots_with_one_of_the_names(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    roots = made.outside_roots.read_bytes()
    stage.world(
        WEB,
        secret("keys", made.outside("a.example"), ca_crt=roots),
        secure("mode: MUTUAL, credentialName: keys, subjectAltNames: [friend.example]"),
        rule("a.example", "web"),
    )
    friend, other = (str(made.outside(f"{word}.example")) for word in ("friend", "other"))
    assert outside.tls("a.example", 443, to=proxy, certificate=friend).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=other).at == ""
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.mesh("default/default"))).at == ""
    assert outside.tls("a.example", 443, to=proxy).at == ""


@pytest.mark.rule("GW-3")
def test_optional_mutual_tls_takes_clients_without_a_certificate_but_none_with_a_wrong_one(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    own = secret("keys", made.outside("a.example"), ca_crt=made.outside_roots.read_bytes())
    stage.world(WEB, own, secure("mode: OPTIONAL_MUTUAL, credentialName: keys"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.outside("friend.example"))).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.mesh("default/default"))).at == ""


@pytest.mark.rule("GW-3")
def test_unverified_mutual_tls_takes_any_certificate_but_not_none(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    own = secret("keys", made.outside("a.example"), ca_crt=made.outside_roots.read_bytes())
    stage.world(WEB, own, secure("mode: MUTUAL, credentialName: keys, insecureSkipVerify: true"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.mesh("default/default"))).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy).at == ""


@pytest.mark.rule("GW-3")
def test_the_mesh_s_mutual_tls_ends_at_a_gateway_for_members_alone(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    stage.world(WEB, secure("mode: ISTIO_MUTUAL"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.mesh("default/friend"))).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.outside("friend.example"))).at == ""


@pytest.mark.rule("GW-3")
def test_versions_and_ciphers_are_those_that_are_allowed(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    keys = secret("keys", stage.credentials.outside("a.example"))
    stage.world(WEB, keys, secure("mode: SIMPLE, credentialName: keys, minProtocolVersion: TLSV1_3"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, version="TLSv1_3").certificate.version == "TLSv1.3"
    assert outside.tls("a.example", 443, to=proxy, version="TLSv1_2").at == ""

    limited = "mode: SIMPLE, credentialName: keys, maxProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-ECDSA-AES128-GCM-SHA256]"
    stage.world(WEB, keys, secure(limited), rule("a.example", "web"))
    found = outside.tls("a.example", 443, to=proxy).certificate
    assert (found.version, found.cipher) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")
    assert outside.tls("a.example", 443, to=proxy, version="TLSv1_2", ciphers="ECDHE-ECDSA-AES256-GCM-SHA384").at == ""


@pytest.mark.rule("GW-3")
def test_of_the_mesh_s_members_only_those_come_in_that_a_server_names(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, secure("mode: ISTIO_MUTUAL, subjectAltNames: [spiffe://cluster.local/ns/default/sa/friend]"), rule("a.example", "web"))
    friend, other = (str(stage.credentials.mesh(f"default/{name}")) for name in ("friend", "other"))
    assert outside.tls("a.example", 443, to=proxy, certificate=friend).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=other).at == ""


@pytest.mark.rule("SEC-6")
def test_words_of_tls_that_nobody_knows_keep_no_listener_from_being(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    words = "{cipherSuites: [ROT13, -ALL], ecdhCurves: [BENT, P-256]}"
    theirs = gateway(server(444, "HTTPS", "a.example", "mode: ISTIO_MUTUAL"), name="members")
    stage.world(
        WEB,
        secret("keys", stage.credentials.outside("a.example")),
        secure("mode: SIMPLE, credentialName: keys, cipherSuites: [ROT13, ECDHE-ECDSA-AES128-GCM-SHA256]"),
        theirs,
        rule("a.example", "web", gateways="edge, members"),
        mesh(f"{{tlsDefaults: {words}, meshMTLS: {words}}}"),
    )
    assert outside.tls("a.example", 443, to=proxy, version="TLSv1_2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256").at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, version="TLSv1_2", ciphers="ECDHE-ECDSA-AES256-GCM-SHA384").at == ""
    assert outside.tls("a.example", 444, to=proxy, certificate=str(stage.credentials.mesh("default/friend"))).at == "10.0.0.1"


@pytest.mark.rule("GW-3")
def test_requests_inside_tls_are_of_either_version_of_http(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    keys = secret("keys", stage.credentials.outside("a.example"))
    stage.world(WEB, keys, secure("mode: SIMPLE, credentialName: keys"), rule("a.example", "web"))
    second = outside.tls("a.example", 443, to=proxy, alpn=["h2", "http/1.1"], manner="http2")
    assert (second.at, second.certificate.alpn) == ("10.0.0.1", "h2")
    first = outside.tls("a.example", 443, to=proxy, alpn=["http/1.1"])
    assert (first.at, first.certificate.alpn) == ("10.0.0.1", "http/1.1")


@pytest.mark.rule("GW-3")
def test_a_certificate_is_known_by_its_hash(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    friend = made.outside("friend.example")
    digest = x509.load_pem_x509_certificate(friend.read_bytes()).fingerprint(hashes.SHA256()).hex()
    own = secret("keys", made.outside("a.example"), ca_crt=made.outside_roots.read_bytes())
    stage.world(WEB, own, secure(f"mode: MUTUAL, credentialName: keys, verifyCertificateHash: ['{digest}']"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(friend)).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.outside("other.example"))).at == ""


@pytest.mark.rule("GW-3")
def test_keys_and_roots_may_be_files_beside_the_gateway_with_lists_of_what_is_revoked(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    own, friend, gone = (made.outside(f"{word}.example") for word in ("a", "friend", "gone"))
    revoked = made.revoked(gone)
    tls = f"mode: MUTUAL, serverCertificate: {own}, privateKey: {own}, caCertificates: {made.outside_roots}, caCrl: {revoked}"
    stage.world(WEB, secure(tls), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(friend)).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(gone)).at == ""


@pytest.mark.rule("GW-9")
def test_a_secret_is_that_of_the_workload_s_namespace_and_one_that_lacks_keeps_nobody_else_waiting(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    stage.world(
        WEB,
        secret("keys", made.outside("right.example")),
        secret("keys", made.outside("wrong.example"), namespace="default"),
        secret("lost", made.outside("lost.example"), namespace="default"),
        gateway(
            server(443, "HTTPS", "a.example", "mode: SIMPLE, credentialName: keys"),
            server(443, "HTTPS", "b.example", "mode: SIMPLE, credentialName: lost", "b"),
        ),
        rule('"*"', "web"),
    )
    assert outside.tls("a.example", 443, to=proxy).certificate.names == ("right.example",)
    assert outside.tls("b.example", 443, to=proxy).at == ""


@pytest.mark.rule("GW-9")
def test_a_file_that_lacks_keeps_nobody_else_waiting_for_long(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    own = stage.credentials.outside("a.example")
    stage.world(
        WEB,
        gateway(
            server(443, "HTTPS", "a.example", f"mode: SIMPLE, serverCertificate: {own}, privateKey: {own}", "has"),
            server(443, "HTTPS", "b.example", "mode: SIMPLE, serverCertificate: /nowhere/a, privateKey: /nowhere/b", "lacks"),
        ),
        rule('"*"', "web"),
    )
    assert outside.tls("a.example", 443, to=proxy).at == "10.0.0.1"
    assert outside.tls("b.example", 443, to=proxy).at == ""


@pytest.mark.rule("GW-9")
@pytest.mark.parametrize(("chain", "key", "roots"), [("tls_crt", "tls_key", "ca_crt"), ("cert", "key", "cacert")])
def test_a_secret_has_kubernetes_keys_or_istio_s(stage: Stage, chain: str, key: str, roots: str) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    pem = made.outside("a.example").read_bytes()
    values = {chain: pem, key: pem, roots: made.outside_roots.read_bytes()}
    written = ", ".join(f"{name.replace('_', '.')}: {base64.b64encode(value).decode()}" for name, value in values.items())
    keys = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: istio-system}}\ndata: {{{written}}}\n"
    stage.world(WEB, keys, secure("mode: MUTUAL, credentialName: keys"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(made.outside("friend.example"))).at == "10.0.0.1"


@pytest.mark.rule("GW-3")
def test_tls_that_ends_may_carry_bytes(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    routes = ", tcp: [{route: [{destination: {host: web, port: {number: 90}}}]}]"
    stage.world(
        service("web", "10.0.0.1", port="{name: tcp, port: 90, targetPort: 8080}"),
        secret("keys", stage.credentials.outside("a.example")),
        gateway(server(9443, "TLS", "a.example", "mode: SIMPLE, credentialName: keys")),
        rule("a.example", "web", more=routes).replace("http: [{route: [{destination: {host: web}}]}], ", ""),
    )
    answer = outside.tls("a.example", 9443, to=proxy, send="words\n")
    assert (answer.seen.received, answer.certificate.names) == ("words\n", ("a.example",))


@pytest.mark.rule("GW-7")
def test_of_servers_for_a_name_and_for_a_wildcard_over_it_the_name_s_certificate_is_shown(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    stage.world(
        WEB,
        secret("wide", made.outside("wide.example")),
        secret("exact", made.outside("exact.example")),
        secret("any", made.outside("any.example")),
        gateway(
            server(443, "HTTPS", '"*.example"', "mode: SIMPLE, credentialName: wide", "wide"),
            server(443, "HTTPS", "a.example", "mode: SIMPLE, credentialName: exact", "exact"),
            server(443, "HTTPS", '"*"', "mode: SIMPLE, credentialName: any", "any"),
        ),
        rule('"*"', "web"),
    )
    shown = {
        name: outside.tls(name or "nameless.test", 443, sni=name, to=proxy).certificate.names for name in ("a.example", "b.example", "c.test", "")
    }
    assert shown == {"a.example": ("exact.example",), "b.example": ("wide.example",), "c.test": ("any.example",), "": ("any.example",)}


@pytest.mark.rule("GW-4")
def test_a_wide_rule_holds_for_a_server_s_name_in_any_case_and_with_any_port(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, secret("keys", stage.credentials.outside("a.example")), secure("mode: SIMPLE, credentialName: keys"), rule('"*"', "web"))
    for host in ("a.example", "A.Example", "a.example:443", "a.example:8443"):
        assert outside.tls("a.example", 443, to=proxy, headers={"host": host}).at == "10.0.0.1", host
    assert outside.tls("a.example", 443, to=proxy, headers={"host": "b.example"}).status == 404


@pytest.mark.rule("GW-1")
def test_a_server_may_be_bound_to_one_address(stage: Stage) -> None:
    proxy, outside = stage.gateway(labels={"istio": "bound"}, ip="10.1.0.22"), stage.outside()
    own = server(80, "HTTP").replace("hosts:", "bind: 10.1.0.22, hosts:")
    other = server(81, "HTTP").replace("hosts:", "bind: 127.0.0.1, hosts:")
    stage.world(WEB, gateway(own, other, selector="{istio: bound}"), rule('"*"', "web"))
    assert [outside.get(f"http://a.example:{port}/", to=proxy).outcome for port in (80, 81)] == ["10.0.0.1", "refused"]


@pytest.mark.rule("GW-7")
@pytest.mark.parametrize("port", [15020, 15021, 15090])
def test_a_server_where_the_proxy_listens_itself_is_left_out_and_harms_no_other(stage: Stage, port: int) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, gateway(server(port, "HTTP"), server(80, "HTTP")), rule('"*"', "web"))
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.1"
    assert outside.get(f"http://a.example:{port}/", to=proxy).at == ""


@pytest.mark.rule("GW-1")
def test_every_address_may_be_written_in_either_family(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, gateway(server(80, "HTTP")[:-1] + ", bind: '::'}", server(80, "HTTP", name="two")), rule('"*"', "web"))
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.1"


@pytest.mark.rule("GW-3")
def test_a_server_shows_an_rsa_or_an_ecdsa_certificate_as_the_client_can(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    keys = (secret("rsa", stage.credentials.outside("a.example", by_rsa=True)), secret("ecdsa", stage.credentials.outside("a.example")))
    stage.world(WEB, *keys, secure("mode: SIMPLE, credentialNames: [ecdsa, rsa]"), rule("a.example", "web"))
    found = [outside.tls("a.example", 443, to=proxy, version="TLSv1_2", ciphers=f"ECDHE-{kind}-AES128-GCM-SHA256") for kind in ("RSA", "ECDSA")]
    assert [answer.at for answer in found] == ["10.0.0.1", "10.0.0.1"]
    assert found[0].certificate.serial != found[1].certificate.serial


@pytest.mark.rule("GW-3")
def test_roots_may_be_in_a_secret_of_their_own_name(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    roots = secret("authority", stage.credentials.outside("x.example"), ca_crt=stage.credentials.outside_roots.read_bytes())
    keys = secret("keys", stage.credentials.outside("a.example"))
    stage.world(WEB, keys, roots, secure("mode: MUTUAL, credentialName: keys, caCertCredentialName: authority"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(stage.credentials.outside("friend.example"))).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(stage.credentials.mesh("default/friend"))).at == ""


@pytest.mark.rule("GW-9")
def test_a_secret_that_is_deleted_holds_on_where_it_was_and_nowhere_else(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    own, friend = secret("kept", stage.credentials.outside("a.example"), ca_crt=stage.credentials.outside_roots.read_bytes()), "friend.example"
    mutual = (secure("mode: MUTUAL, credentialName: kept"), rule("a.example", "web"))
    stage.world(WEB, own, *mutual)
    stage.world(WEB, *mutual)
    assert outside.tls("a.example", 443, to=proxy, certificate=str(stage.credentials.outside(friend))).at == "10.0.0.1"
    assert outside.tls("a.example", 443, to=proxy, certificate=str(stage.credentials.mesh("default/friend"))).at == ""
    assert outside.tls("a.example", 443, to=proxy).at == ""
    stage.world(WEB, secure("mode: MUTUAL, credentialName: never"), rule("a.example", "web"))
    assert outside.tls("a.example", 443, to=proxy, certificate=str(stage.credentials.outside(friend))).at == ""


@pytest.mark.rule("GW-4")
def test_a_match_may_be_for_one_gateway_or_port(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    choosing = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: default}
spec:
  hosts: ["*"]
  gateways: [edge, side]
  http:
  - {match: [{port: 80}], route: [{destination: {host: web}}]}
  - {match: [{gateways: [side]}], route: [{destination: {host: other}}]}
"""
    stage.world(WEB, OTHER, gateway(server(80, "HTTP"), server(82, "HTTP")), gateway(server(81, "HTTP"), name="side"), choosing)
    assert [outside.get(f"http://a.example:{port}/", to=proxy).outcome for port in (80, 81, 82)] == ["10.0.0.1", "10.0.0.2", "404"]


@pytest.mark.rule("GW-7")
def test_https_and_http_do_not_share_a_port_and_the_older_has_it(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    keys = secret("keys", stage.credentials.outside("a.example"))
    young = gateway(server(80, "HTTPS", "a.example", "mode: SIMPLE, credentialName: keys"), name="young", year=2025)
    stage.world(WEB, keys, PLAIN, young, rule('"*"', "web", gateways="edge, young"))
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.1"
    stage.world(WEB, keys, PLAIN, young.replace("2025", "2023"), rule('"*"', "web", gateways="edge, young"))
    assert outside.tls("a.example", 80, to=proxy).at == "10.0.0.1"
    assert outside.get("http://a.example/", to=proxy).at == ""


# What is told of the client


@pytest.mark.rule("GW-10")
def test_forwarded_headers_of_strangers_are_replaced_and_those_of_trusted_proxies_kept(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    asked = {"x-forwarded-for": "1.1.1.1, 2.2.2.2", "x-forwarded-client-cert": "By=me"}
    stage.world(WEB, PLAIN, rule('"*"', "web"))
    seen = outside.get("http://a.example/", headers=asked, to=proxy).seen
    assert seen.header("x-envoy-external-address") == outside.address
    assert seen.header("x-forwarded-client-cert") is None
    assert seen.header("x-forwarded-for") == f"1.1.1.1, 2.2.2.2,{outside.address}"

    stage.world(
        WEB, PLAIN, rule('"*"', "web"), mesh("defaultConfig: {gatewayTopology: {numTrustedProxies: 1, forwardClientCertDetails: FORWARD_ONLY}}")
    )
    answer = outside.get("http://a.example/", headers=asked, to=proxy)
    assert answer.seen.header("x-envoy-external-address") == "2.2.2.2"
    assert answer.seen.header("x-forwarded-client-cert") is None  # Forwarded where the connection itself is mutual TLS only.
    assert answer.header("server") == "istio-envoy"


@pytest.mark.rule("GW-10")
def test_what_one_gateway_s_annotation_says_of_its_topology_holds_for_it_alone(stage: Stage) -> None:
    annotated = {"ANNOTATIONS": {"proxy.istio.io/config": "gatewayTopology: {numTrustedProxies: 2}"}}
    behind, plain, outside = stage.gateway(metadata=annotated), stage.gateway(), stage.outside()
    stage.world(WEB, PLAIN, rule('"*"', "web"))
    asked = {"x-forwarded-for": "8.8.8.8, 9.9.9.9, 10.10.10.10"}
    assert outside.get("http://a.example/", headers=asked, to=behind).seen.header("x-envoy-external-address") == "9.9.9.9"
    assert outside.get("http://a.example/", headers=asked, to=plain).seen.header("x-envoy-external-address") == outside.address


@pytest.mark.rule("GW-10")
def test_the_certificate_of_a_client_is_told_on(stage: Stage) -> None:
    proxy, outside, made = stage.gateway(), stage.outside(), stage.credentials
    own = secret("keys", made.outside("a.example"), ca_crt=made.outside_roots.read_bytes())
    stage.world(WEB, own, secure("mode: MUTUAL, credentialName: keys"), rule("a.example", "web"))
    told = outside.tls("a.example", 443, to=proxy, certificate=str(made.outside("friend.example"))).seen.header("x-forwarded-client-cert")
    assert told is not None
    assert "DNS=friend.example" in told and 'Subject="CN=friend.example"' in told and "Hash=" in told and "Cert=" in told


@pytest.mark.rule("GW-10")
def test_connections_may_begin_with_the_proxy_protocol(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, PLAIN, rule('"*"', "web"), mesh("defaultConfig: {gatewayTopology: {proxyProtocol: {}}}"))
    seen = outside.get("http://a.example/", to=proxy, before="PROXY TCP4 9.8.7.6 5.4.3.2 1000 80\r\n").seen
    assert seen.header("x-forwarded-for") == "9.8.7.6"


# Ingress


def ingress(spec: str, name: str = "web", annotation: str = "kubernetes.io/ingress.class: istio") -> str:
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {{{annotation}}}}}
spec: {spec}
"""


def path(text: str, kind: str, to: str) -> str:
    return f"{{path: {text}, pathType: {kind}, backend: {{service: {{name: {to}, port: {{number: 80}}}}}}}}"


@pytest.mark.rule("GW-11")
def test_an_ingress_leads_by_host_and_path(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    paths = f"{path('/a', 'Prefix', 'web')}, {path('/a/exact', 'Exact', 'other')}, {path('/b.*', 'ImplementationSpecific', 'other')}"
    stage.world(WEB, OTHER, ingress(f"{{rules: [{{host: a.example, http: {{paths: [{paths}]}}}}]}}"))
    asked = ("/a", "/a/x", "/ab", "/a/exact", "/a/exact/x", "/b", "/b/c", "/bcd", "/")
    found = {each: outside.get(f"http://a.example{each}", to=proxy).outcome for each in asked}
    one, two = "10.0.0.1", "10.0.0.2"
    assert found == {"/a": one, "/a/x": one, "/ab": "404", "/a/exact": two, "/a/exact/x": one, "/b": two, "/b/c": two, "/bcd": "404", "/": "404"}
    assert outside.get("http://b.example/a", to=proxy).status == 404


@pytest.mark.rule("GW-11")
def test_a_path_that_no_request_can_have_harms_no_other_of_its_host(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    stage.world(WEB, ingress(f"{{rules: [{{host: a.example, http: {{paths: [{path('/a?b', 'Prefix', 'web')}, {path('/c', 'Prefix', 'web')}]}}}}]}}"))
    assert [outside.get(f"http://a.example{each}", to=proxy).outcome for each in ("/c", "/a?b", "/a")] == ["10.0.0.1", "404", "404"]


@pytest.mark.rule("GW-11")
def test_an_ingress_has_a_default_and_a_certificate(stage: Stage) -> None:
    proxy, outside = stage.gateway(), stage.outside()
    default = "defaultBackend: {service: {name: other, port: {name: http}}}"
    rules = f"rules: [{{host: a.example, http: {{paths: [{path('/', 'Prefix', 'web')}]}}}}]"
    written = ingress(f"{{{default}, tls: [{{hosts: [a.example], secretName: keys}}], {rules}}}")
    stage.world(WEB, OTHER, secret("keys", stage.credentials.outside("a.example")), written)
    assert outside.tls("a.example", 443, to=proxy).at == "10.0.0.1"
    assert outside.get("http://a.example/", to=proxy).at == "10.0.0.1"
    assert outside.get("http://b.example/", to=proxy).at == "10.0.0.2"


@pytest.mark.rule("GW-11")
@pytest.mark.parametrize(
    ("mode", "annotation", "served"),
    [
        ("STRICT", "kubernetes.io/ingress.class: istio", True),
        ("STRICT", "kubernetes.io/ingress.class: nginx", False),
        ("STRICT", "", False),
        ("DEFAULT", "", True),
        ("OFF", "kubernetes.io/ingress.class: istio", False),
    ],
)
def test_which_ingresses_are_served_is_the_mesh_s_choice(stage: Stage, mode: str, annotation: str, served: bool) -> None:
    proxy = stage.gateway()
    spec = f"{{rules: [{{http: {{paths: [{path('/', 'Prefix', 'web')}]}}}}]}}"
    stage.world(WEB, ingress(spec, annotation=annotation), mesh(f"ingressControllerMode: {mode}"))
    assert stage.outside().get("http://a.example/", to=proxy).outcome == ("10.0.0.1" if served else "refused")


@pytest.mark.rule("GW-11")
def test_an_ingress_class_of_ours_is_served(stage: Stage) -> None:
    proxy = stage.gateway()
    kind = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: ours}\nspec: {controller: istio.io/ingress-controller}\n"
    spec = f"{{ingressClassName: ours, rules: [{{http: {{paths: [{path('/', 'Prefix', 'web')}]}}}}]}}"
    stage.world(WEB, kind, ingress(spec, annotation=""))
    assert stage.outside().get("http://a.example/", to=proxy).at == "10.0.0.1"


# Out of the mesh

EXTERNAL = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: api, namespace: default}
spec:
  hosts: [api.example]
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: STATIC
  endpoints: [{address: 10.0.0.9}]
"""


@pytest.mark.rule("GW-12")
def test_calls_leave_through_an_egress_gateway(stage: Stage) -> None:
    exit_gateway = stage.gateway(labels={"istio": "egressgateway"}, ip="10.1.0.21")
    client = stage.sidecar()
    front = service("exit", "10.1.0.21", namespace="istio-system").replace("spec: {", "spec: {selector: {istio: egressgateway}, ", 1)
    both = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api, namespace: default}
spec:
  hosts: [api.example]
  gateways: [mesh, edge]
  http:
  - {match: [{gateways: [mesh], port: 80}], route: [{destination: {host: exit.istio-system.svc.cluster.local, port: {number: 80}}}]}
  - {match: [{gateways: [edge], port: 80}], headers: {request: {set: {x-left: by-gateway}}}, route: [{destination: {host: api.example}}]}
"""
    stage.world(EXTERNAL, front, both, gateway(server(80, "HTTP", "api.example"), selector="{istio: egressgateway}"))
    seen = client.get("http://api.example/").seen
    assert (seen.at, seen.header("x-left"), seen.source) == ("10.0.0.9", "by-gateway", exit_gateway.address)


@pytest.mark.rule("GW-12")
def test_calls_to_unknown_places_leave_through_the_sidecar_s_egress_proxy(stage: Stage) -> None:
    client = stage.sidecar()
    scope = """
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: default}
spec:
  egress: [{hosts: ["./web.default.svc.cluster.local"]}]
  outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: exit.istio-system.svc.cluster.local, port: {number: 80}}}
"""
    stage.world(WEB, service("exit", "10.0.0.7", port="{name: tcp, port: 80, targetPort: 8080}", namespace="istio-system"), scope)
    assert client.get("http://unknown.example/").at == "10.0.0.7"
    assert client.tcp("unknown.example", 9000).at == "10.0.0.7"
    assert client.get("http://web/").at == "10.0.0.1"
