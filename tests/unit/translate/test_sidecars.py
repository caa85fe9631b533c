"""What holds for one sidecar as a whole."""

from __future__ import annotations

import pytest

from lateen.api import decode, inputs
from lateen.flow import Graph
from lateen.ir.chain import FileLog, HttpOptions, Observation, OwnServer
from lateen.ir.tls import Secret
from lateen.translate.sidecars import JSON_FIELDS, Elsewhere, Ingress, elsewhere, ingress, observation, options
from lateen.values.protocol import Protocol
from lateen.values.ref import Ref

LABELS = (("app", "a"),)


def world(*documents: str) -> Graph:
    g = Graph()
    found, findings = decode.resources("---".join(documents))
    assert not findings
    with g.batch() as batch:
        inputs.write(g, batch, [(each.ref, each) for each in found])
    return g


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
    assert ingress(g, "default", LABELS) == (
        Ingress(80, Protocol.HTTPS, "127.0.0.1:8080", tls=server, origin=Ref("Sidecar", "default", "s")),
    )
    assert ingress(g, "default", ()) == ()


@pytest.mark.rule("SC-7")
def test_an_ingress_port_without_capture_is_bound():
    (found,) = ingress(world(sidecar("ingress: [{port: {number: 80, name: http}, bind: 10.0.0.1, captureMode: NONE}]")), "default", LABELS)
    assert (found.bind, found.bound, found.protocol) == ("10.0.0.1", True, Protocol.HTTP)


@pytest.mark.rule("TE-6")
def test_access_logs_are_off_until_the_mesh_names_a_file():
    assert observation(world()) == Observation()
    assert observation(world(mesh("accessLogFile: /dev/stdout"))).logs == (FileLog("/dev/stdout"),)
    assert observation(world(mesh("{accessLogFile: /a, accessLogFormat: x}"))).logs == (FileLog("/a", "x\n"),)
    assert observation(world(mesh("{accessLogFile: /a, accessLogEncoding: JSON}"))).logs == (FileLog("/a", fields=JSON_FIELDS),)


@pytest.mark.rule("HC-2")
def test_paths_are_normalised_as_the_mesh_says():
    assert options(world(), "") == HttpOptions()
    assert options(world(mesh("pathNormalization: {normalization: MERGE_SLASHES}")), "1") == HttpOptions("MERGE_SLASHES", http10=True)


@pytest.mark.rule("HC-3")
def test_the_mesh_may_name_its_servers_otherwise():
    headers = "{server: {value: x}, requestId: {disabled: true}, preserveHttp1HeaderCase: true}"
    found = options(world(mesh(f"defaultConfig: {{proxyHeaders: {headers}}}")), "")
    assert (found.server, found.request_id, found.preserve_case) == ("x", False, True)
