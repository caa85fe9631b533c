"""Who has no listener at sidecars, and why."""

from __future__ import annotations

import pytest

from lateen.assembly.conflicts import losses_in, of_object
from lateen.flow import Graph
from lateen.values.ref import Ref
from tests.given.worlds import world


def entry(name: str, ports: str, more: str = "", namespace: str = "default", year: int = 2020) -> str:
    metadata = f'{{name: {name}, namespace: {namespace}, creationTimestamp: "{year}-01-01T00:00:00Z"}}'
    spec = f"{{hosts: [{name}.example.com], resolution: STATIC, endpoints: [{{address: 10.9.9.9}}], ports: [{ports}]{more}}}"
    return f"{{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {metadata}, spec: {spec}}}"


def port(number: int, protocol: str) -> str:
    return f"{{number: {number}, name: p{number}, protocol: {protocol}}}"


def lines(g: Graph) -> list[str]:
    return [f"{found.code} {found.ref} {found.path}: {found.message}" for found in losses_in(g, "")]


@pytest.mark.rule("LI-3")
def test_of_two_services_without_addresses_on_a_tcp_port_the_older_has_it() -> None:
    g = world(entry("old", port(3306, "TCP")), entry("new", f"{port(80, 'HTTP')}, {port(3306, 'TCP')}", year=2021))
    assert lines(g) == [
        (
            "LAT0001 ServiceEntry default/new spec.ports[1]: ServiceEntry default/old is older and has port 3306 of every address at "
            "the sidecars, so no "
            "connection there goes to this service."
        )
    ]
    assert of_object(g, Ref("ServiceEntry", "default", "old")) == ()
    assert of_object(g, Ref("ServiceEntry", "default", "new")) == losses_in(g, "")


@pytest.mark.rule("SE-8")
def test_of_two_services_with_an_address_the_older_has_its_port() -> None:
    shared = ", addresses: [10.0.0.1]"
    g = world(entry("old", port(3306, "TCP"), shared), entry("new", f"{port(3306, 'TCP')}, {port(3307, 'TCP')}", shared, year=2021))
    assert lines(g) == [
        (
            "LAT0001 ServiceEntry default/new spec.ports[0]: ServiceEntry default/old is older and has port 3306 of 10.0.0.1 at the sidecars, so no "
            "connection there goes to this service."
        )
    ]


@pytest.mark.rule("SE-8")
def test_of_two_services_with_a_network_the_older_has_it() -> None:
    network = ", addresses: [10.0.0.0/24]"
    g = world(entry("old", port(3306, "TCP"), network), entry("new", port(3306, "TCP"), network, year=2021))
    assert [found.message for found in losses_in(g, "")] == [
        "ServiceEntry default/old is older and has port 3306 of 10.0.0.0/24 at the sidecars, so no connection there goes to this service."
    ]


@pytest.mark.rule("LI-3")
def test_http_and_a_protocol_in_which_the_server_speaks_first_are_never_mixed() -> None:
    g = world(entry("web", port(80, "HTTP")), entry("mongo", port(80, "MONGO"), year=2019))
    assert lines(g) == [
        (
            "LAT0001 ServiceEntry default/mongo spec.ports[0]: HTTP services have port 80 of every address at the sidecars, where "
            "nothing else can be told "
            "apart, so no connection there goes to this service."
        )
    ]


@pytest.mark.rule("LI-3")
def test_what_can_be_told_apart_conflicts_with_nothing() -> None:
    g = world(
        entry("web", port(80, "HTTP")),
        entry("also", port(80, "HTTP")),
        entry("raw", port(80, "TCP")),
        entry("one", port(443, "TLS")),
        entry("other", port(443, "TLS")),
        entry("here", port(3306, "TCP"), ", addresses: [10.0.0.1]"),
        entry("there", port(3306, "TCP"), ", addresses: [10.0.0.2]"),
    )
    assert lines(g) == []


@pytest.mark.rule("N-4")
@pytest.mark.parametrize(("export_to", "told"), [("'*'", True), (".", True), ("guests", True), ("nobody", False)])
def test_a_service_that_some_namespaces_see_conflicts_in_those(export_to: str, told: bool) -> None:
    younger = Ref("ServiceEntry", "shop", "new")
    g = world(
        entry("old", port(3306, "TCP"), ", exportTo: [shop, guests]"), entry("new", port(3306, "TCP"), f", exportTo: [{export_to}]", "shop", 2021)
    )
    assert [found.ref for found in of_object(g, younger)] == [younger] * told


def test_only_services_have_listeners() -> None:
    assert of_object(world(), Ref("VirtualService", "default", "it")) == ()
