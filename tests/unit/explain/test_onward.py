"""A call from end to end: what the servers' proxies say, and where gateways pass it on to."""

from __future__ import annotations

from lateen.explain.call import Call
from lateen.explain.onward import explained, proxy_at
from lateen.ir.view import ProxyKind, View
from tests.given.calls import REVIEWS, SUBSETS, reached, shop, way
from tests.given.objects import istio

NOBODY = istio("AuthorizationPolicy", "nobody", "{selector: {matchLabels: {app: reviews}}}").replace("networking.istio", "security.istio")


def test_what_the_servers_proxy_says_is_told_where_there_is_one() -> None:
    found = {each.address: each.decision for each in way(shop(NOBODY)).sent[0].endpoints}
    assert found["10.1.0.1"] is None
    denied = found["10.1.0.2"]
    assert denied is not None
    assert (denied.allowed, denied.status) == (False, 403)


def test_who_runs_at_an_address_is_known_by_its_workload() -> None:
    g = shop()
    assert proxy_at(g, "10.1.0.2") == View(ProxyKind.SIDECAR, "default", (("app", "reviews"), ("version", "v2")), ("10.1.0.2",), "reviews")
    assert proxy_at(g, "10.1.0.1") is None
    assert proxy_at(g, "") is None


def test_a_socket_or_a_name_is_nobodys_proxy() -> None:
    entry = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: local, namespace: default}
spec: {hosts: [local.example], ports: [{number: 80, name: http}], resolution: STATIC, endpoints: [{address: unix:///run/app, serviceAccount: a}]}
"""
    g = shop(entry)
    assert proxy_at(g, "unix:///run/app") is None
    assert [each.decision for each in way(g, host="local.example").sent[0].endpoints] == [None]


EGRESS = """
apiVersion: v1
kind: Service
metadata: {name: egress, namespace: default}
spec: {clusterIP: 10.0.0.7, selector: {istio: egress}, ports: [{name: http, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: egress-1, namespace: default}
spec: {address: 10.1.0.7, labels: {istio: egress}}
"""
GATEWAY = istio("Gateway", "out", "{selector: {istio: egress}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [reviews]}]}")
TWICE = istio(
    "VirtualService",
    "through",
    """{hosts: [reviews], gateways: [mesh, out], http: [
        {match: [{gateways: [mesh]}], route: [{destination: {host: egress}}]},
        {match: [{gateways: [out]}], route: [{destination: {host: reviews, subset: v1}}]}]}""",
)


def test_a_gateway_in_between_passes_it_on_as_its_own_routes_say() -> None:
    g = shop(SUBSETS, EGRESS, GATEWAY.replace("hosts: [reviews]", 'hosts: ["*"]'), TWICE)
    found = way(g, host=REVIEWS)
    assert reached(found) == {"10.1.0.7:80": 1_000_000}
    onward = found.sent[0].endpoints[0].onward
    assert onward is not None
    assert reached(onward) == {"10.1.0.1:8080": 1_000_000}


def test_from_outside_the_servers_proxies_are_asked_and_nobody_elses() -> None:
    found = explained(shop(NOBODY), Call("reviews", 80, source="192.0.2.1")).sent[0].endpoints
    assert {each.address: each.decision and each.decision.status for each in found} == {"10.1.0.1": None, "10.1.0.2": 403}
