"""From the name to the endpoints: which listener takes a call, and what becomes of what nobody declares."""

from __future__ import annotations

import pytest

from lateen.explain.call import Call, Protocol
from lateen.explain.route import way as first_way
from lateen.explain.step import Outcome
from lateen.explain.way import Answered
from lateen.ir.view import Explicit, ProxyKind, View
from tests.given.calls import REVIEWS, SUBSETS, WEB, reached, routes, shop, told, way
from tests.given.objects import istio, mesh


def listeners(lines: list[str]) -> list[str]:
    return [each for each in lines if each.startswith("listener")]


def test_requests_to_an_http_port_go_by_its_table() -> None:
    found = way(shop())
    assert listeners(told(found)) == ["listener: the listener of port 80 takes it", "listener: plain HTTP, taken as requests"]
    assert reached(found) == {"10.1.0.1:8080": 500_000, "10.1.0.2:8080": 500_000}


def test_bytes_to_an_address_of_a_service_go_by_its_own_listener() -> None:
    found = way(shop(), port=90, protocol=Protocol.TCP)
    assert listeners(told(found)) == [
        "listener: the listener of 10.0.0.1:90 takes it (Service default/reviews)",
        "listener: plain bytes, passed on as it comes (Service default/reviews)",
    ]


@pytest.mark.rule("SC-6")
def test_where_only_what_is_declared_may_be_called_others_are_refused() -> None:
    g = shop(mesh("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"))
    assert way(g, host="far.example", address="10.200.0.1").answers == (Answered(502),)
    bytes_ = way(g, host="far.example", address="10.200.0.1", port=7000, protocol=Protocol.TCP)
    assert told(bytes_, Outcome.REFUSED) == ["destination: nowhere: the connection is closed"]


@pytest.mark.rule("VS-52")
def test_bytes_are_divided_as_rules_say() -> None:
    shares = "{destination: {host: reviews, subset: v1}, weight: 1}, {destination: {host: reviews, subset: v2}, weight: 3}"
    tcp = f"{{hosts: [reviews], tcp: [{{route: [{shares}]}}]}}"
    found = way(shop(SUBSETS, istio("VirtualService", "streams", tcp)), port=90, protocol=Protocol.TCP)
    assert reached(found) == {"10.1.0.1:90": 250_000, "10.1.0.2:90": 750_000}
    assert f"route: 25% to {REVIEWS}:90, subset v1, 75% to {REVIEWS}:90, subset v2" in told(found)


def test_an_address_that_is_not_known_makes_it_uncertain_where_addresses_decide() -> None:
    ranged = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ranged, namespace: default}
spec: {hosts: [ranged.example], addresses: [10.7.0.0/16], ports: [{number: 7000, name: tcp}], resolution: STATIC, endpoints: [{address: 10.7.0.1}]}
"""
    found = way(shop(ranged), host="far.example", port=7000, protocol=Protocol.TCP)
    assert not found.certain
    assert told(found, Outcome.UNKNOWN) == ["listener: some of its rules are for addresses, and this call's is not known"]
    assert reached(way(shop(ranged), host="10.7.1.1", port=7000, protocol=Protocol.TCP)) == {"10.7.0.1:7000": 1_000_000}


def test_what_an_envoy_filter_patches_is_not_guessed() -> None:
    patch = (
        "{patch: {operation: MERGE, value: {connect_timeout: 1s}}, applyTo: CLUSTER, match: {cluster: {service: reviews.default.svc.cluster.local}}}"
    )
    g = shop(istio("EnvoyFilter", "own", f"{{configPatches: [{patch}]}}").replace("networking.istio.io/v1", "networking.istio.io/v1alpha3"))
    found = way(g)
    assert told(found, Outcome.UNKNOWN) == ["policy: patches this in Envoy's own words, which are not understood here (EnvoyFilter default/own)"]


def test_what_an_envoy_filter_adds_is_not_guessed_either() -> None:
    """A listener that has no value of ours, and what would become of a call there."""
    value = "{name: 0.0.0.0_7777, address: {socketAddress: {address: 0.0.0.0, portValue: 7777}}}"
    own = f"{{configPatches: [{{applyTo: LISTENER, patch: {{operation: ADD, value: {value}}}}}]}}"
    found = way(shop(istio("EnvoyFilter", "own", own).replace("networking.istio.io/v1", "networking.istio.io/v1alpha3")), host="10.9.9.9", port=7777)
    assert (found.certain, found.sent, found.answers, found.refused) == (False, (), (), False)


def test_a_host_is_asked_for_before_it_is_called_where_the_scope_is_on_demand() -> None:
    view = View(ProxyKind.SIDECAR, "default", (("app", "web"),), ("10.1.0.9",), dependencies=())
    assert reached(way(shop(), client=view)) == {"10.1.0.1:8080": 500_000, "10.1.0.2:8080": 500_000}


def test_a_sidecar_that_does_not_import_a_host_lets_its_calls_pass_as_a_strangers() -> None:
    g = shop(istio("Sidecar", "narrow", "{egress: [{hosts: [./nothing.example]}]}"))
    assert reached(way(g)) == {"10.0.0.1:80": 1_000_000}


def explicit() -> View:
    where = Explicit("127.0.2.1", outbound=((REVIEWS, 90, 9999),))
    return View(
        ProxyKind.SIDECAR, "default", (("app", "web"),), ("10.1.0.9",), interception="NONE", explicit=where, settings=(("HTTP_PROXY_PORT", "8001"),)
    )


@pytest.mark.rule("SC-7")
def test_where_nothing_is_captured_requests_go_through_the_http_proxy() -> None:
    g = shop(SUBSETS, routes("[{route: [{destination: {host: reviews, subset: v1}}]}]"))
    found = way(g, client=explicit())
    assert reached(found) == {"10.1.0.1:8080": 1_000_000}
    assert "listener: the HTTP proxy takes it, as nothing is captured" in told(found)


def test_and_bytes_to_the_port_that_stands_for_the_host() -> None:
    for name in (REVIEWS, "reviews", "reviews.default"):
        found = way(shop(), host=name, port=90, protocol=Protocol.TCP, client=explicit())
        assert f"listener: port 9999 of the proxy stands for {name}:90" in "\n".join(told(found))
        assert reached(found) == {"10.1.0.1:90": 500_000, "10.1.0.2:90": 500_000}


def test_a_call_begins_somewhere() -> None:
    with pytest.raises(ValueError, match="begins at a workload"):
        first_way(shop(), Call("reviews", 80))


def test_a_view_without_an_address_is_explained_too() -> None:
    assert reached(way(shop(), client=View(WEB.kind, "default"))) == {"10.1.0.1:8080": 500_000, "10.1.0.2:8080": 500_000}
