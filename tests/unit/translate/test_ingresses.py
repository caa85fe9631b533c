"""Ingresses in the words of gateways."""

from __future__ import annotations

import pytest

from lateen.ir.chain import OwnServer
from lateen.ir.gateway import ServedHost
from lateen.ir.match import Match, Path, PathManner
from lateen.ir.routes import Forward, Rule
from lateen.ir.tls import Secret
from lateen.ir.view import Perspective
from lateen.translate import ingresses
from lateen.values.ref import Ref
from tests.given.objects import mesh
from tests.given.worlds import world

pytestmark = pytest.mark.rule("GW-11")

A = Ref("Ingress", "default", "a")
SEEN = Perspective("edge", gateway=True)


def ingress(spec: str, annotations: str = "{kubernetes.io/ingress.class: istio}", name: str = "a") -> str:
    return f"""
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {annotations}}}
spec: {{{spec}}}
"""


CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ours}
spec: {controller: istio.io/ingress-controller}
"""
BACKEND = "backend: {service: {name: a, port: {number: 80}}}"


def path(value: str, kind: str) -> Path:
    g = world(ingress(f"rules: [{{http: {{paths: [{{path: {value}, pathType: {kind}, {BACKEND}}}]}}}}]"))
    (found,) = ingresses.rules(g, A, "*", SEEN)
    return found.match.path


def test_an_ingress_is_ours_by_annotation_or_by_class():
    assert ingresses.is_ours(world(ingress("rules: []")), A)
    assert not ingresses.is_ours(world(ingress("rules: []", "{kubernetes.io/ingress.class: nginx}")), A)
    assert ingresses.is_ours(world(ingress("ingressClassName: ours", "{}"), CLASS), A)
    assert not ingresses.is_ours(world(ingress("ingressClassName: theirs", "{}"), CLASS), A)


def test_an_ingress_without_class_is_ours_only_where_the_mesh_is_the_default():
    assert not ingresses.is_ours(world(ingress("rules: []", "{}")), A)
    assert ingresses.is_ours(world(ingress("rules: []", "{}"), mesh("ingressControllerMode: DEFAULT")), A)
    assert not ingresses.is_ours(world(ingress("rules: []"), mesh("ingressControllerMode: 'OFF'")), A)


def test_gateways_with_the_meshs_label_serve_them_if_there_are_any():
    label = (("istio", "ingressgateway"),)
    assert ingresses.serves(world(ingress("rules: []")), label)
    assert not ingresses.serves(world(), label) and not ingresses.serves(world(ingress("rules: []")), ())
    assert ingresses.serves(world(ingress("rules: []"), mesh("ingressSelector: edge")), (("istio", "edge"),))


def test_each_certificate_is_a_server_beside_the_plain_one():
    plain, secure = ingresses.servers(world(ingress("tls: [{hosts: [B.test, a.test], secretName: keys}, {hosts: [c.test]}]")))

    assert (plain.number, plain.hosts, plain.tls) == (80, (ServedHost("", "*"),), None)
    assert (secure.number, secure.name) == (443, "https-443-ingress-a-default-0")
    assert secure.hosts == (ServedHost("", "b.test"), ServedHost("", "a.test"))
    assert secure.tls == OwnServer((Secret("kubernetes://keys", remote=True),))


def test_paths_are_compared_as_their_type_says():
    assert path("/x", "Exact") == Path(PathManner.EXACT, "/x")
    assert path("/x/", "Prefix") == Path(PathManner.SEGMENTS, "/x")
    assert path("/", "Prefix") == Path()
    for all_below in ('"/x.*"', '"/x/*"'):
        assert path(all_below, "ImplementationSpecific") == Path(PathManner.SEGMENTS, "/x")
    for everything in ('"/*"', '"/.*"', '"*"', '".*"', '""'):
        assert path(everything, "ImplementationSpecific") == Path()
    assert path('"/x*"', "ImplementationSpecific") == Path(PathManner.EXACT, "/x*")
    assert path("/x", "ImplementationSpecific") == Path(PathManner.EXACT, "/x")


def test_a_path_that_no_request_has_is_left_out():
    paths = ", ".join(f"{{path: '{each}', pathType: Prefix, {BACKEND}}}" for each in ("/a?b", "/a#b", "/c"))
    (found,) = ingresses.rules(world(ingress(f"rules: [{{http: {{paths: [{paths}]}}}}]")), A, "*", SEEN)
    assert found.match.path == Path(PathManner.SEGMENTS, "/c")


@pytest.mark.rule("SEC-6")
def test_what_the_mesh_says_of_tls_holds_for_their_certificates_too():
    g = world(ingress("tls: [{hosts: [a.test], secretName: keys}]"), mesh("{tlsDefaults: {cipherSuites: [AES128-SHA], minProtocolVersion: TLSV1_3}}"))
    keys = Secret("kubernetes://keys", remote=True)
    assert ingresses.servers(g)[1].tls == OwnServer((keys,), version="1.3", ciphers=("AES128-SHA",))


def test_a_port_may_be_named_and_the_default_backend_takes_the_rest():
    service = """
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {ports: [{port: 8080, name: web}]}
"""
    g = world(service, ingress("defaultBackend: {service: {name: a, port: {name: web}}}, rules: [{host: a.test}]"))
    (rest,) = ingresses.rules(g, A, "*", SEEN)

    assert isinstance(rest.action, Forward) and rest.match.fits_all and rest.origin == A
    assert rest.action.shares[0].destination == "outbound|8080||a.default.svc.cluster.local"
    assert ingresses.hosts(g, A) == ("a.test", "*") and ingresses.destinations(g, A) == ("a.default.svc.cluster.local",)


def test_exact_paths_come_first_then_the_longer():
    tests = (Path(PathManner.SEGMENTS, "/a"), Path(PathManner.SEGMENTS, "/a/b"), Path(PathManner.EXACT, "/"), Path())
    found = ingresses.ordered(Rule(Forward(()), Match(path=each)) for each in tests)
    assert [each.match.path for each in found] == [tests[2], tests[1], tests[0], tests[3]]
