"""A call arrives by the chain that takes it, and PeerAuthentication says by which it may (SEC-2, SEC-3, LI-30)."""

from __future__ import annotations

import msgspec
import pytest

from lateen.explain.arrival import arrive, at_listener, mode_in_force, taken
from lateen.explain.call import Call, Protocol, Wire
from lateen.explain.step import Decision, Outcome, Stage
from lateen.ir.chain import Bytes, Chain, Listener, Match, OwnServer, Requests, Side
from lateen.ir.tls import Secret
from lateen.ir.view import Explicit, ProxyKind, View
from lateen.translate.peer_modes import PeerMode
from lateen.values.ref import Ref
from tests.given.objects import mesh
from tests.given.worlds import world

WEB = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 90, targetPort: 9090}, {name: other, port: 95, targetPort: 9095}]
"""
VIEW = View(ProxyKind.SIDECAR, "default", (("app", "web"),), ("10.0.0.1",))
PLAIN = Call("web", 8080, address="10.0.0.1", authority="web", source="10.0.0.9")
FRIEND = msgspec.structs.replace(PLAIN, wire=Wire.MESH, identity="spiffe://cluster.local/ns/default/sa/friend")
OWN_TLS = msgspec.structs.replace(PLAIN, protocol=Protocol.TLS, sni="web", alpn=("h2",))


def peers(spec: str, namespace: str = "default", name: str = "peers") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{{spec}}}
"""


def ref(namespace: str = "default", name: str = "peers") -> Ref:
    return Ref("PeerAuthentication", namespace, name)


def refusal(decision: Decision) -> str:
    return next(step.said for step in decision.steps if step.outcome is Outcome.REFUSED)


def remedy(decision: Decision) -> str:
    return next(step.said for step in decision.steps if step.stage is Stage.RESULT)


@pytest.mark.rule("LI-30")
def test_strict_refuses_plain_text_and_says_whose_word_that_is() -> None:
    g = world(WEB, peers("mtls: {mode: STRICT}"))
    found = arrive(g, VIEW, PLAIN)
    assert (found.allowed, found.status, found.by, found.rule) == (False, 0, ref(), "spec.mtls.mode")
    assert refusal(found) == "it comes in plain text, and only mutual TLS is let in: the connection is closed"
    assert remedy(found) == "remedy: a caller with a sidecar comes by mutual TLS; STRICT here could also be PERMISSIVE, which lets everybody in"
    assert arrive(g, VIEW, FRIEND).allowed


def test_a_caller_with_a_sidecar_that_comes_in_plain_text_is_told_to_look_at_its_rule() -> None:
    g = world(WEB, peers("mtls: {mode: STRICT}"))
    found = arrive(g, VIEW, msgspec.structs.replace(PLAIN, client=VIEW))
    assert remedy(found) == "remedy: the caller's proxy would have to use mutual TLS: no DestinationRule may turn it off for this host"


@pytest.mark.rule("SEC-2")
@pytest.mark.rule("SEC-3")
@pytest.mark.parametrize(
    ("objects", "port", "expected"),
    [
        ((), 8080, (PeerMode.PERMISSIVE, None, "", "no PeerAuthentication says anything else")),
        ((peers("mtls: {mode: STRICT}", "istio-system"),), 8080, (PeerMode.STRICT, ref("istio-system"), "spec.mtls.mode", "set for the whole mesh")),
        (
            (peers("mtls: {mode: STRICT}", "istio-system"), peers("mtls: {mode: UNSET}")),
            8080,
            (PeerMode.STRICT, ref("istio-system"), "spec.mtls.mode", "set for the whole mesh"),
        ),
        (
            (peers("mtls: {mode: STRICT}", "istio-system"), peers("mtls: {mode: DISABLE}")),
            8080,
            (PeerMode.DISABLE, ref(), "spec.mtls.mode", "set for namespace default"),
        ),
        (
            (peers("mtls: {mode: STRICT}"), peers("selector: {matchLabels: {app: web}}, mtls: {mode: DISABLE}", name="own")),
            8080,
            (PeerMode.DISABLE, ref(name="own"), "spec.mtls.mode", "set for the workloads that it selects"),
        ),
        (
            (peers("mtls: {mode: STRICT}"), peers('selector: {matchLabels: {app: web}}, portLevelMtls: {"9999": {mode: DISABLE}}', name="own")),
            9999,
            (PeerMode.DISABLE, ref(name="own"), 'spec.portLevelMtls["9999"].mode', "set for this port of the workloads that it selects"),
        ),
        (
            (peers("mtls: {mode: STRICT}"), peers('selector: {matchLabels: {app: web}}, portLevelMtls: {"9999": {mode: DISABLE}}', name="own")),
            8080,
            (PeerMode.STRICT, ref(), "spec.mtls.mode", "set for namespace default"),
        ),
    ],
)
def test_the_mode_in_force_has_its_object_and_its_level(objects: tuple[str, ...], port: int, expected: tuple[object, ...]) -> None:
    assert mode_in_force(world(WEB, *objects), VIEW, port) == expected


@pytest.mark.rule("SEC-5")
def test_who_is_of_another_trust_domain_is_not_believed() -> None:
    foreign = msgspec.structs.replace(FRIEND, identity="spiffe://foreign/ns/default/sa/friend")
    found = arrive(world(WEB), VIEW, foreign)
    assert (found.allowed, found.status) == (False, 0)
    assert refusal(found) == "it comes as foreign/ns/default/sa/friend, and only trust domain cluster.local is trusted: the handshake fails"
    assert arrive(world(WEB, mesh("trustDomainAliases: [foreign]")), VIEW, foreign).allowed


@pytest.mark.rule("LI-30")
def test_tls_of_the_application_is_let_through_as_bytes_only() -> None:
    g = world(WEB)
    refused = arrive(g, VIEW, OWN_TLS)
    assert refusal(refused) == "it comes with TLS that is not the mesh's, and the port carries HTTP: the connection is closed"
    assert refused.by == Ref("Service", "default", "web")
    assert arrive(g, VIEW, msgspec.structs.replace(OWN_TLS, port=9090)).allowed
    disabled = arrive(world(WEB, peers("mtls: {mode: DISABLE}")), VIEW, OWN_TLS)
    assert refusal(disabled) == "it is taken as HTTP, and TLS is none: the connection is closed"


@pytest.mark.rule("SC-5")
def test_where_a_sidecars_own_tls_ends_plain_text_is_refused() -> None:
    own = """
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: web, namespace: default}
spec:
  workloadSelector: {labels: {app: web}}
  ingress: [{port: {number: 8080, protocol: HTTPS, name: https}, tls: {mode: SIMPLE, serverCertificate: /a, privateKey: /b}}]
"""
    g = world(WEB, own, peers("mtls: {mode: DISABLE}"))
    found = arrive(g, VIEW, PLAIN)
    assert refusal(found) == "it comes in plain text, and TLS that a Sidecar sets up ends here: the connection is closed"
    assert (found.by, found.rule) == (Ref("Sidecar", "default", "web"), "spec.ingress")
    assert arrive(g, VIEW, msgspec.structs.replace(PLAIN, wire=Wire.TLS)).allowed
    assert arrive(g, VIEW, OWN_TLS).allowed


def test_bytes_are_no_requests() -> None:
    tcp = msgspec.structs.replace(PLAIN, protocol=Protocol.TCP)
    assert refusal(arrive(world(WEB), VIEW, tcp)) == "it is taken as HTTP, and these bytes are none: the connection is closed"
    assert arrive(world(WEB), VIEW, msgspec.structs.replace(tcp, port=9095)).allowed


def test_the_mesh_s_alpn_without_its_certificate_is_refused() -> None:
    pretender = msgspec.structs.replace(PLAIN, wire=Wire.TLS, alpn=("istio-http/1.1",))
    assert refusal(arrive(world(WEB), VIEW, pretender)) == "it comes with TLS, but shows no certificate of the mesh: the handshake fails"


@pytest.mark.rule("LI-31")
def test_a_port_that_nobody_declares_is_passed_through() -> None:
    found = arrive(world(WEB), VIEW, msgspec.structs.replace(PLAIN, port=7))
    assert found.allowed
    assert found.steps[0].said == "no service declares port 7 of the workload: its calls are passed through, as HTTP where they look like it"
    assert arrive(world(WEB), VIEW, PLAIN).steps[0].said == "port 8080 carries HTTP of service web.default.svc.cluster.local"


@pytest.mark.rule("LI-20")
def test_the_proxy_s_own_port_leads_nowhere() -> None:
    assert refusal(arrive(world(WEB), VIEW, msgspec.structs.replace(PLAIN, port=15006))) == "calls to the proxy's own port go nowhere"


def test_who_came_is_known_only_where_tls_ends() -> None:
    g = world(WEB)
    assert taken(g, VIEW, FRIEND).call.identity == "cluster.local/ns/default/sa/friend"
    assert taken(g, VIEW, msgspec.structs.replace(PLAIN, identity="spiffe://cluster.local/ns/default/sa/friend")).call.identity == ""


@pytest.mark.rule("XD-14")
def test_of_a_program_that_is_its_own_proxy_nothing_is_supposed_to_be_known() -> None:
    found = arrive(world(WEB, peers("mtls: {mode: STRICT}")), msgspec.structs.replace(VIEW, kind=ProxyKind.PROXYLESS), PLAIN)
    assert (found.allowed, [step.outcome for step in found.steps]) == (True, [Outcome.UNKNOWN])


def test_where_nothing_is_captured_calls_come_to_the_place_that_stands_for_the_port() -> None:
    explicit = Explicit("127.0.2.1", inbound=((8080, 31000),))
    view = msgspec.structs.replace(VIEW, interception="NONE", explicit=explicit)
    g = world(WEB, peers('selector: {matchLabels: {app: web}}, portLevelMtls: {"8080": {mode: STRICT}}'))
    found = arrive(g, view, msgspec.structs.replace(PLAIN, port=31000))
    assert (found.allowed, found.rule) == (False, 'spec.portLevelMtls["8080"].mode')
    assert refusal(arrive(g, view, msgspec.structs.replace(PLAIN, port=31007))) == "the proxy does not listen for calls to port 31007"


@pytest.mark.rule("EX-2")
def test_what_an_envoy_filter_makes_of_it_is_not_known() -> None:
    patch = """
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: patch, namespace: default}
spec:
  configPatches:
  - applyTo: LISTENER
    match: {context: SIDECAR_INBOUND}
    patch: {operation: MERGE, value: {continue_on_listener_filters_timeout: false}}
"""
    (first, *_) = arrive(world(WEB, patch), VIEW, PLAIN).steps
    assert (first.outcome, first.ref) == (Outcome.UNKNOWN, Ref("EnvoyFilter", "default", "patch"))


# A Sidecar's or a Gateway's own TLS

ROOTS = OwnServer((Secret("own"),), roots=Secret("roots"))


def listener(tls: OwnServer) -> Listener:
    return Listener("l", ("0.0.0.0",), 443, Side.GATEWAY, (), Chain("c", Requests("in", side=Side.GATEWAY), tls=tls), inspect_tls=True)


@pytest.mark.rule("GW-3")
@pytest.mark.parametrize(
    ("tls", "identity", "expected"),
    [
        (OwnServer((Secret("own"),)), "", True),
        (ROOTS, "", False),
        (ROOTS, "spiffe://a/b", True),
        (msgspec.structs.replace(ROOTS, optional=True), "", True),
        (msgspec.structs.replace(ROOTS, names=("spiffe://a/c",)), "spiffe://a/b", False),
        (msgspec.structs.replace(ROOTS, names=("spiffe://a/b",)), "spiffe://a/b", True),
        (msgspec.structs.replace(ROOTS, names=("spiffe://a/b",), optional=True), "", False),
    ],
)
def test_own_tls_asks_for_a_certificate_where_it_has_roots(tls: OwnServer, identity: str, expected: bool) -> None:
    call = Call("web", 443, wire=Wire.TLS, sni="web", identity=identity)
    assert (at_listener(listener(tls), call).chain is not None) is expected


def test_plain_text_to_tls_fails() -> None:
    found = at_listener(listener(ROOTS), Call("web", 443))
    assert found.reason is not None and found.reason.said == "it comes in plain text, and TLS ends here: the handshake fails"


def test_a_listener_may_take_no_such_connection() -> None:
    empty = Listener("l", ("0.0.0.0",), 443, Side.GATEWAY, (Chain("c", Bytes((("a", 1),)), Match(port=1)),))
    found = at_listener(empty, Call("web", 443))
    assert found.reason is not None and found.reason.said == "no chain of the listener takes such a connection"
