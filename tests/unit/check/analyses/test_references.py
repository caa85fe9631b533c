"""What VirtualServices name and the mesh has not."""

from __future__ import annotations

import pytest

from lateen.check.analyses.references import missing
from lateen.values.ref import Ref
from tests.given.checks import lines
from tests.given.objects import istio, service
from tests.given.worlds import world

RULE = Ref("VirtualService", "default", "it")


def said(*documents: str) -> list[str]:
    return lines(missing(world(*documents), RULE))


def test_a_gateway_that_there_is_not_is_told_beside_those_there_are() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], gateways: [mesh, edge, shop/edge], http: [{directResponse: {status: 200}}]}")
    edge = istio("Gateway", "edge", "{servers: []}")
    assert said(rule, edge) == ["IST0101 spec.gateways[2]: there is no Gateway shop/edge."]
    other = istio("Gateway", "inner", "{servers: []}", "shop")
    assert said(rule, edge, other) == ["IST0101 spec.gateways[2]: there is no Gateway shop/edge, namespace shop has inner."]


@pytest.mark.rule("VS-53")
def test_a_delegate_that_there_is_not_is_told() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], http: [{delegate: {name: cart, namespace: shop}}]}")
    assert said(rule) == ["IST0101 spec.http[0].delegate: there is no VirtualService shop/cart."]
    assert said(rule, istio("VirtualService", "cart", "{http: []}", "shop")) == []
    path = "IST0101 spec.http[0].delegate: VirtualService shop/cart"
    assert said(rule, istio("VirtualService", "cart", "{hosts: [c.d], http: []}", "shop")) == [f"{path} has hosts, and so is no delegate."]
    assert said(rule, istio("VirtualService", "cart", "{http: [], exportTo: [.]}", "shop")) == [f"{path} is not exported to namespace default."]


@pytest.mark.rule("VS-53")
def test_a_route_of_a_delegate_that_contradicts_the_root_is_told() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], http: [{match: [{uri: {prefix: /cart}}], delegate: {name: cart}}]}")
    answers = (f"{{match: [{{uri: {{prefix: {path}}}}}], directResponse: {{status: 200}}}}" for path in ("/cart/a", "/a"))
    sentence = "http[1] of VirtualService default/cart is left out, for none of its matches goes with one that is written here."
    assert said(rule, istio("VirtualService", "cart", f"{{http: [{', '.join(answers)}]}}")) == [f"IST0130 spec.http[0].delegate: {sentence}"]


@pytest.mark.rule("N-1")
def test_a_destination_that_is_nearly_a_service_hears_how_that_is_written() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], http: [{route: [{destination: {host: reviews.default}}]}]}")
    [found] = missing(world(rule, service("reviews")), RULE)
    assert (found.message, found.hint) == ('no service has the host "reviews.default".', 'Write "reviews.default.svc.cluster.local".')


@pytest.mark.rule("N-1")
def test_a_destination_must_be_a_service_that_is_shown_to_the_rule() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], http: [{route: [{destination: {host: reviews}}]}]}")
    assert said(rule) == ['IST0101 spec.http[0].route[0].destination.host: no service has the host "reviews.default.svc.cluster.local".']
    assert said(rule, service("reviews")) == []


@pytest.mark.rule("N-4")
def test_an_entry_that_is_private_elsewhere_is_no_destination() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], tcp: [{route: [{destination: {host: db.example.com}}]}]}")
    entry = "{hosts: ['*.example.com'], ports: [{number: 1, name: tcp, protocol: TCP}], exportTo: ['%s']}"
    assert len(said(rule, istio("ServiceEntry", "db", entry % ".", "data"))) == 1
    assert said(rule, istio("ServiceEntry", "db", entry % "*", "data")) == []


@pytest.mark.rule("VS-41")
def test_a_subset_must_be_in_a_destination_rule_that_counts() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], http: [{route: [{destination: {host: reviews, subset: v3}}]}]}")
    path = "IST0101 spec.http[0].route[0].destination.subset"
    assert said(rule, service("reviews")) == [f'{path}: no DestinationRule for "reviews.default.svc.cluster.local" has the subset "v3".']
    two = istio("DestinationRule", "reviews", "{host: reviews, subsets: [{name: v1}, {name: v2}]}")
    assert said(rule, service("reviews"), two) == [f'{path}: no subset "v3" in DestinationRule default/reviews, which has v1 and v2.']
    foreign = istio("DestinationRule", "far", "{host: reviews.default.svc.cluster.local, subsets: [{name: v3}]}", "far")
    assert len(said(rule, service("reviews"), foreign)) == 1
    wide = istio("DestinationRule", "wide", "{host: '*.default.svc.cluster.local', subsets: [{name: v3}]}", "istio-system")
    assert said(rule, service("reviews"), wide) == []


def test_mirrors_are_destinations_too() -> None:
    rule = istio("VirtualService", "it", "{hosts: [a.b], http: [{route: [{destination: {host: reviews}}], mirror: {host: shadow}}]}")
    assert said(rule, service("reviews")) == ['IST0101 spec.http[0].mirror.host: no service has the host "shadow.default.svc.cluster.local".']


def test_a_rule_that_is_gone_lacks_nothing() -> None:
    assert said() == []


@pytest.mark.rule("VS-14")
def test_of_a_service_with_several_ports_one_is_to_be_named() -> None:
    ports = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{name: http, port: 80}, {name: admin, port: 81}]}}"
    rule = istio(
        "VirtualService", "it", "{hosts: [web], http: [{route: [{destination: {host: web}}, {destination: {host: web, port: {number: 81}}}]}]}"
    )
    assert said(rule, ports) == [
        (
            "IST0112 spec.http[0].route[0].destination: web.default.svc.cluster.local has the ports 80 and 81, and none is named, so "
            "each call goes to the "
            "port that it was made to."
        )
    ]
