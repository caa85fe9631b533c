"""Where a destination leads, by which rule and how secured; and why there is none."""

from __future__ import annotations

import pytest

from lateen.explain.call import Protocol, Wire
from lateen.explain.destination import in_time, in_words, named
from lateen.explain.step import Outcome, Stage
from lateen.explain.way import Found, Way
from tests.given.calls import SUBSETS, line, reached, routes, shop, told, way
from tests.given.objects import entry, istio, mesh

TO_V3 = routes("[{route: [{destination: {host: reviews, subset: v3}}]}]")


def tls(of: Way) -> list[str]:
    return [line(step) for sent in of.sent for step in sent.steps if step.stage is Stage.TLS]


def rule(spec: str, name: str = "d", namespace: str = "default") -> str:
    return istio("DestinationRule", name, spec, namespace)


def test_a_name_of_a_destination_says_host_port_and_subset() -> None:
    assert named("outbound|80|v1|a.example") == ("a.example", 80, "v1")
    assert named("PassthroughCluster") == ("PassthroughCluster", 0, "")
    assert in_words("outbound|80|v1|a.example") == "a.example:80, subset v1"
    assert in_time(1_500_000_000) == "1.5s"


@pytest.mark.parametrize(
    ("world", "why"),
    [
        ((TO_V3,), 'no DestinationRule for reviews.default.svc.cluster.local holds here, so that there is no subset "v3"'),
        ((SUBSETS, TO_V3), 'there is no subset "v3"; there is v1 and v2 (DestinationRule default/reviews spec.subsets)'),
        ((routes("[{route: [{destination: {host: nobody}}]}]"),), "no service nobody.default.svc.cluster.local is declared that default sees"),
        (
            (routes("[{route: [{destination: {host: reviews, port: {number: 81}}}]}]"),),
            "reviews.default.svc.cluster.local has no port 81; it has 80, 90 (Service default/reviews)",
        ),
    ],
)
def test_a_destination_that_is_not_there_is_said_to_lack_what_it_lacks(world: tuple[str, ...], why: str) -> None:
    found = way(shop(*world))
    assert told(found, Outcome.REFUSED)[-1] == f"destination: {why}"
    assert [each.endpoints for each in found.sent] == [()]


def test_the_rule_that_holds_is_told_with_those_that_do_not_and_the_subset() -> None:
    older = rule("{host: reviews, exportTo: [other]}", "hidden", "away")
    found = told(way(shop(SUBSETS, older, routes("[{route: [{destination: {host: reviews, subset: v2}}]}]"))))
    assert [each for each in found if each.startswith("policy")] == [
        "policy: holds (DestinationRule default/reviews)",
        "policy: subset v2: endpoints with version=v2 (DestinationRule default/reviews spec.subsets[1])",
    ]


def test_a_rule_for_the_host_that_this_client_is_not_shown_is_passed_over() -> None:
    hidden = rule("{host: reviews.default.svc.cluster.local, exportTo: [other]}", "hidden", "istio-system")
    assert "policy: is not shown to namespace default (DestinationRule istio-system/hidden)" in told(way(shop(hidden)))


@pytest.mark.rule("CL-3")
def test_mutual_tls_is_for_the_endpoints_that_take_it() -> None:
    found = way(shop())
    assert {each.address: each.wire for each in found.sent[0].endpoints} == {"10.1.0.1": Wire.PLAIN, "10.1.0.2": Wire.MESH}
    assert tls(found) == ["tls: the mesh's mutual TLS, of itself, to endpoints that take it"]
    arriving = {each.address: each.call for each in found.sent[0].endpoints}
    secure, plain = arriving["10.1.0.2"], arriving["10.1.0.1"]
    assert secure is not None
    assert plain is not None
    assert (secure.identity, secure.sni) == ("spiffe://cluster.local/ns/default/sa/web", "outbound_.80_._.reviews.default.svc.cluster.local")
    assert (plain.identity, plain.source) == ("", "10.1.0.9")


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (
            mesh("enableAutoMtls: false"),
            "plain text: the mesh does not speak mutual TLS of itself (ConfigMap istio-system/istio data.mesh.enableAutoMtls)",
        ),
        (rule("{host: reviews, trafficPolicy: {tls: {mode: DISABLE}}}"), "plain text (DestinationRule default/d spec.trafficPolicy.tls)"),
        (
            rule("{host: reviews, trafficPolicy: {portLevelSettings: [{port: {number: 80}, tls: {mode: ISTIO_MUTUAL}}]}}"),
            "the mesh's mutual TLS, to all endpoints (DestinationRule default/d spec.trafficPolicy.portLevelSettings[0].tls)",
        ),
        (
            rule("{host: reviews, trafficPolicy: {tls: {mode: SIMPLE, sni: a.example}}}"),
            "TLS is originated, for a.example (DestinationRule default/d spec.trafficPolicy.tls)",
        ),
        (
            istio("PeerAuthentication", "p", "{mtls: {mode: DISABLE}}").replace("networking.istio", "security.istio"),
            "plain text: mutual TLS is disabled there (PeerAuthentication default/p spec.mtls)",
        ),
    ],
)
def test_why_it_is_secured_so_is_told(world: str, why: str) -> None:
    assert tls(way(shop(world))) == [f"tls: {why}"]


def test_a_service_outside_of_the_mesh_is_called_in_plain_text() -> None:
    g = shop(entry("far", "default", "far.example", ", location: MESH_EXTERNAL"))
    found = way(g, host="far.example")
    assert tls(found) == ["tls: plain text: the service is outside of the mesh (ServiceEntry default/far spec.location)"]
    assert [(each.address, each.port, each.found) for each in found.sent[0].endpoints] == [("far.example", 80, Found.RESOLVED)]


@pytest.mark.rule("SD-12")
def test_endpoints_that_are_left_out_are_told_with_the_reason() -> None:
    found = way(shop(SUBSETS, routes("[{route: [{destination: {host: reviews, subset: v1}}]}]")))
    assert [each for each in told(found, Outcome.PASSED) if each.startswith("endpoint")] == [
        "endpoint: 10.1.0.2:8080 is left out: it lacks labels of the subset (WorkloadEntry default/reviews-2)"
    ]


def test_a_host_that_nobody_declares_is_called_where_it_is_headed() -> None:
    found = way(shop(), host="far.example", address="10.200.0.1")
    assert reached(found) == {"10.200.0.1:80": 1_000_000}
    assert found.sent[0].endpoints[0].found is Found.DIALLED


def test_bounds_and_other_ways_to_choose_are_noted() -> None:
    policy = "{loadBalancer: {simple: RANDOM}, connectionPool: {http: {http1MaxPendingRequests: 7}}, outlierDetection: {consecutive5xxErrors: 3}}"
    noted = told(way(shop(rule(f"{{host: reviews, trafficPolicy: {policy}}}"))), Outcome.NOTED)
    assert [each for each in noted if each.startswith("policy")] == [
        "policy: endpoints are chosen by random (DestinationRule default/d)",
        "policy: at most 7 pending requests at a time; what is more is refused with 503 (DestinationRule default/d)",
        "policy: endpoints that fail are left out for a while; which are now, only the proxy knows (DestinationRule default/d)",
    ]


def test_bytes_go_to_the_port_that_they_came_for() -> None:
    assert reached(way(shop(), port=90, protocol=Protocol.TCP)) == {"10.1.0.1:90": 500_000, "10.1.0.2:90": 500_000}
