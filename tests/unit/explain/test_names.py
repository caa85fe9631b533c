"""What a name means to the application that calls it, and why it means nothing."""

from __future__ import annotations

from lateen.explain.call import Call
from lateen.explain.names import resolved
from lateen.flow import Graph
from lateen.ir.view import ProxyKind, View
from tests.given.calls import WEB, line, shop
from tests.given.objects import entry, istio, service
from tests.given.worlds import world


def said(g: Graph, host: str, address: str = "") -> list[str]:
    return [line(step) for step in resolved(g, WEB, Call(host, 80, client=WEB, address=address)).steps]


def test_a_short_name_is_a_service_of_the_callers_namespace() -> None:
    found = resolved(shop(), WEB, Call("reviews", 80, client=WEB))
    assert found.call.address == "10.0.0.1"
    assert [line(step) for step in found.steps] == [
        "name: reviews is reviews.default.svc.cluster.local (Service default/reviews)",
        "name: port 80 is HTTP (Service default/reviews spec.ports)",
        "name: resolves to 10.0.0.1",
    ]


def test_a_name_that_nobody_has_is_told_with_the_nearest_that_somebody_has() -> None:
    assert said(shop(), "reviws")[0] == 'name: the mesh has no host reviws. Did you mean "reviews"?'
    assert said(shop(), "revews.default")[0] == 'name: the mesh has no host revews.default. Did you mean "reviews.default"?'


def test_a_service_that_is_shown_to_others_only_is_told_with_who_says_so() -> None:
    g = world(
        service("hidden", "away", annotations='{networking.istio.io/exportTo: "."}'), entry("far", "away", "far.example", ", exportTo: [other]")
    )
    place = 'metadata.annotations["networking.istio.io/exportTo"]'
    shown = "is shown to namespace away only, not to default"
    assert said(g, "hidden.away")[0] == f"name: hidden.away.svc.cluster.local {shown} (Service away/hidden {place})"
    assert said(g, "far.example")[0] == "name: far.example is shown to namespace other only, not to default (ServiceEntry away/far spec.exportTo)"


def test_a_port_that_the_service_has_not_is_told_with_those_it_has() -> None:
    steps = [line(step) for step in resolved(shop(), WEB, Call("reviews", 81, client=WEB)).steps]
    assert steps[1] == "name: it has no port 81; its ports are 80, 90 (Service default/reviews spec.ports)"


def test_a_sidecar_that_does_not_import_the_host_is_told() -> None:
    g = shop(istio("Sidecar", "narrow", "{egress: [{hosts: [./nothing.example]}]}"))
    missing = "the workload's Sidecar does not import reviews.default.svc.cluster.local"
    assert said(g, "reviews")[2] == f"name: {missing} (Sidecar default/narrow spec.egress)"


def test_an_address_is_itself_and_one_that_is_given_counts() -> None:
    assert said(shop(), "10.9.9.9") == ["name: 10.9.9.9 is an address"]
    assert said(shop(), "far.example", address="10.9.9.9")[-1] == "name: connects to 10.9.9.9"


def test_a_host_without_an_address_in_the_mesh_is_left_to_resolvers_outside() -> None:
    g = world(entry("far", "default", "far.example"))
    found = resolved(g, View(ProxyKind.SIDECAR, "default"), Call("far.example", 80))
    assert found.call.address == ""
    assert line(found.steps[-1]) == "name: its address is only known to resolvers outside of the mesh"
