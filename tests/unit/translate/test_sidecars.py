"""What holds for one sidecar as a whole."""

from __future__ import annotations

import pytest

from lateen.api.mesh_proxy import (
    ConnectionSettings,
    EscapedSlashes,
    ForwardClientCertDetails,
    HeaderAddition,
    HeaderSwitch,
    HeadersWithUnderscores,
    ProxyHeaders,
    ServerHeader,
    SetCurrentClientCertDetails,
)
from lateen.ir.chain import Bounds, FileLog, HttpOptions, Observation, OwnServer
from lateen.ir.tls import Secret
from lateen.translate.sidecars import JSON_FIELDS, Elsewhere, Ingress, egress_proxy, elsewhere, ingress, observation, options
from lateen.values.duration import Duration
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref
from tests.given.worlds import world

LABELS = (("app", "a"),)


def mesh(text: str) -> str:
    return f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: istio, namespace: istio-system}}
data: {{mesh: '{text}'}}
"""


def sidecar(spec: str) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: s, namespace: default}}
spec: {{workloadSelector: {{labels: {{app: a}}}}, {spec}}}
"""


@pytest.mark.rule("SC-6")
def test_the_sidecars_policy_beats_the_meshs():
    g = world(mesh("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"), sidecar("outboundTrafficPolicy: {mode: ALLOW_ANY}"))
    assert elsewhere(g, "default", LABELS) == Elsewhere("PassthroughCluster")
    assert elsewhere(g, "default", ()) == Elsewhere("BlackHoleCluster")


@pytest.mark.rule("SC-6")
def test_unknown_calls_may_go_through_an_egress_proxy():
    g = world(sidecar("outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: out, port: {number: 9}}}"))
    assert elsewhere(g, "default", LABELS).destination == "outbound|9||out.default.svc.cluster.local"


def test_unknown_hosts_are_looked_up_where_the_mesh_says():
    assert elsewhere(world(mesh("outboundTrafficPolicy: {mode: ALLOW_ANY_DYNAMIC_DNS}")), "default", ()).resolves


@pytest.mark.rule("SC-5")
def test_ingress_ports_come_with_their_endpoints_and_tls():
    tls = "tls: {mode: MUTUAL, serverCertificate: c.pem, privateKey: k.pem, caCertificates: r.pem}"
    g = world(sidecar(f"ingress: [{{port: {{number: 80, protocol: HTTPS, name: x}}, defaultEndpoint: '127.0.0.1:8080', {tls}}}]"))
    server = OwnServer((Secret("file-cert:c.pem~k.pem"),), Secret("file-root:r.pem"))
    assert ingress(g, "default", LABELS) == (Ingress(80, Protocol.HTTPS, "127.0.0.1:8080", tls=server, origin=Ref("Sidecar", "default", "s")),)
    assert ingress(g, "default", ()) == ()


@pytest.mark.rule("SC-5")
@pytest.mark.parametrize(("protocol", "offered"), [("HTTPS", ("h2", "http/1.1")), ("TLS", ())])
def test_tls_of_an_ingress_port_is_as_old_and_by_the_ciphers_that_it_says_or_else_the_mesh(protocol: str, offered: tuple[str, ...]) -> None:
    tls = "tls: {mode: SIMPLE, serverCertificate: c.pem, privateKey: k.pem, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_3}"
    ciphers = mesh("{tlsDefaults: {cipherSuites: [AES128-SHA]}}")
    (found,) = ingress(world(sidecar(f"ingress: [{{port: {{number: 80, protocol: {protocol}, name: x}}, {tls}}}]"), ciphers), "default", LABELS)
    keys = Secret("file-cert:c.pem~k.pem")
    assert found.tls == OwnServer((keys,), version="1.3", maximum="1.3", ciphers=("AES128-SHA",), protocols=offered)


@pytest.mark.rule("SC-7")
def test_an_ingress_port_without_capture_is_bound():
    (found,) = ingress(world(sidecar("ingress: [{port: {number: 80, name: http}, bind: 10.0.0.1, captureMode: NONE}]")), "default", LABELS)
    assert (found.bind, found.bound, found.protocol) == ("10.0.0.1", True, Protocol.HTTP)


@pytest.mark.rule("GW-12")
def test_the_egress_proxy_is_among_the_services_of_the_sidecar():
    spec = "outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: out, port: {number: 9}}}"
    out = """
apiVersion: v1
kind: Service
metadata: {name: out, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{name: tcp, port: 9}]}
"""
    assert egress_proxy(world(sidecar(spec)), "default", LABELS) == ()
    assert egress_proxy(world(sidecar(spec), out), "default", LABELS) == (("default", "out.default.svc.cluster.local"),)
    assert egress_proxy(world(out), "default", LABELS) == ()


@pytest.mark.rule("TE-6")
def test_access_logs_are_off_until_the_mesh_names_a_file():
    assert observation(world()) == Observation()
    assert observation(world(mesh("accessLogFile: /dev/stdout"))).logs == (FileLog("/dev/stdout"),)
    assert observation(world(mesh("{accessLogFile: /a, accessLogFormat: x}"))).logs == (FileLog("/a", "x\n"),)
    assert observation(world(mesh("{accessLogFile: /a, accessLogEncoding: JSON}"))).logs == (FileLog("/a", fields=JSON_FIELDS),)


@pytest.mark.rule("LI-9")
def test_the_mesh_may_keep_refused_connections_out_of_the_log():
    assert observation(world(mesh("accessLogFile: /a"))).of_listeners == (FileLog("/a"),)
    assert observation(world(mesh("{accessLogFile: /a, disableEnvoyListenerLog: true}"))).of_listeners == ()


@pytest.mark.rule("HC-2")
def test_paths_are_normalised_as_the_mesh_says():
    assert options(world(), ProxyHeaders()) == HttpOptions()
    merging = world(mesh("pathNormalization: {normalization: MERGE_SLASHES}"))
    assert options(merging, ProxyHeaders(), "1") == HttpOptions("MERGE_SLASHES", http10=True)


@pytest.mark.rule("HC-3")
def test_a_proxy_may_name_itself_otherwise_and_leave_headers_out():
    off = HeaderSwitch(disabled=True)
    headers = ProxyHeaders(server=ServerHeader(value="x"), request_id=off, envoy_debug_headers=off, preserve_http1_header_case=True)
    assert options(world(), headers) == HttpOptions(server="x", request_id=False, debug_headers=False, preserve_case=True)
    assert options(world(), ProxyHeaders(server=ServerHeader(disabled=True))) == HttpOptions(hides_server=True)
    added = ProxyHeaders(x_forwarded_port=HeaderAddition(enabled=True))
    assert options(world(), added) == HttpOptions(forwarded_port=True)


@pytest.mark.rule("HC-3")
def test_a_proxy_may_tell_something_else_of_the_clients_certificate():
    details = SetCurrentClientCertDetails(subject=True, chain=True, uri=False)
    headers = ProxyHeaders(forwarded_client_cert=ForwardClientCertDetails.FORWARD_ONLY, set_current_client_cert_details=details)
    assert options(world(), headers) == HttpOptions(forwarded_certificate="FORWARD_ONLY", forwarded_details=("subject", "chain"))


def test_idle_connections_are_kept_as_long_as_the_proxy_says():
    assert options(world(), ProxyHeaders(), "", "5s") == HttpOptions(idle_timeout=5 * 10**9)
    assert options(world(), ProxyHeaders(), "", "often") == HttpOptions()


@pytest.mark.rule("HC-2")
def test_settings_of_connections_become_bounds_and_what_no_proxy_could_take_is_not_said() -> None:
    told = ConnectionSettings(
        http_idle_timeout=Duration("9s"),
        http_request_timeout=Duration("1s"),
        http_max_concurrent_streams=5,
        http2_initial_stream_window_size=1,
        http_headers_with_underscores_action=HeadersWithUnderscores.DROP_HEADER,
        http_path_with_escaped_slashes_action=EscapedSlashes.REJECT_REQUEST,
    )
    found = options(world(), ProxyHeaders(), "", "3s", told)
    assert (found.idle_timeout, found.bounds) == (9 * 10**9, Bounds(request=10**9, streams=5))
    assert (found.underscores, found.escaped_slashes, found.merges_slashes) == ("DROP_HEADER", "REJECT_REQUEST", None)
