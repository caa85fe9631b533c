"""The replicas of a proxy's own workload."""

from __future__ import annotations

import pytest

from lateen.ir.endpoints import Endpoint, Group
from lateen.ir.view import Locality
from lateen.translate.peers import peers
from tests.given.objects import istio, service
from tests.given.worlds import world

OWN = (("app", "own"),)


def replica(name: str, address: str, locality: str, more: str = "") -> str:
    return istio("WorkloadEntry", name, f"{{address: {address}, labels: {{app: own}}, locality: {locality}{more}}}")


def own() -> str:
    return istio(
        "ServiceEntry", "own", "{hosts: [own.example], ports: [{number: 80, name: http}], resolution: STATIC, workloadSelector: {labels: {app: own}}}"
    )


@pytest.mark.rule("DR-4")
def test_peers_are_the_endpoints_of_the_first_service_of_the_workload_in_its_region() -> None:
    g = world(own(), replica("a", "10.0.0.1", "r1/z1"), replica("b", "10.0.0.2", "r1/z2"), replica("c", "10.0.0.3", "r2/z1"))
    near = (
        Group(Locality("r1", "z1"), (Endpoint("10.0.0.1", 80),), 1),
        Group(Locality("r1", "z2"), (Endpoint("10.0.0.2", 80),), 1),
    )
    assert peers(g, "default", (), OWN, "r1").groups == near
    assert len(peers(g, "default", (), OWN, "").groups) == 3


@pytest.mark.rule("DR-4")
def test_who_serves_nothing_has_no_peers() -> None:
    found = peers(world(service("other")), "default", (), OWN, "r1")
    assert (found.name, found.groups) == ("local_cluster", ())
