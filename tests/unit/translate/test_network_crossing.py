"""Endpoints that are reached through gateways."""

from __future__ import annotations

import pytest

from lateen.ir.endpoints import Endpoint
from lateen.registry.networks import NetworkGateway
from lateen.registry.service import Workload
from lateen.translate.network_crossing import crossed, crossing, is_told, scale
from lateen.values.ref import Ref

FAR = (NetworkGateway("far", "192.0.2.1", 15443, "east"), NetworkGateway("far", "192.0.2.2", 15443, "west"))
WIDE = tuple(NetworkGateway("wide", f"192.0.2.1{number}", 15443) for number in range(3))
NEAR = crossing("near", FAR)


def at(network: str, cluster: str = "") -> Workload:
    return Workload("w", "default", Ref("WorkloadEntry", "default", "w"), (), network=network, cluster=cluster)


def endpoint(address: str, weight: int = 1, mutual_tls: bool = True) -> Endpoint:
    return Endpoint(address, 80, mutual_tls, weight=weight)


@pytest.mark.rule("MC-2")
def test_who_is_on_the_same_network_or_on_one_without_gateway_is_called_directly() -> None:
    members = [(at("near"), endpoint("10.0.0.1")), (at("elsewhere"), endpoint("10.0.0.2")), (at(""), endpoint("10.0.0.3"))]
    assert [each.address for each in crossed(NEAR, members)] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


@pytest.mark.rule("MC-2")
def test_endpoints_of_another_network_keep_their_share_of_the_calls() -> None:
    members = [(at("near"), endpoint("10.0.0.1")), (at("far"), endpoint("10.0.0.2", 2)), (at("far"), endpoint("10.0.0.3"))]
    found = crossed(NEAR, members)
    assert [(each.address, each.port, each.weight) for each in found] == [
        ("10.0.0.1", 80, 2),
        ("192.0.2.1", 15443, 3),
        ("192.0.2.2", 15443, 3),
    ]
    assert all(each.mutual_tls for each in found)


@pytest.mark.rule("MC-2")
def test_gateways_of_the_same_cluster_are_preferred() -> None:
    found = crossed(NEAR, [(at("far", "west"), endpoint("10.0.0.2"))])
    assert [(each.address, each.weight) for each in found] == [("192.0.2.2", 2)]
    assert len(crossed(NEAR, [(at("far", "north"), endpoint("10.0.0.2"))])) == 2


@pytest.mark.rule("MC-2")
def test_a_client_that_does_not_say_its_network_takes_the_gateways_of_every_network_that_has_any() -> None:
    members = [(at("far"), endpoint("10.0.0.2")), (at("elsewhere"), endpoint("10.0.0.3"))]
    assert {each.address for each in crossed(crossing("", FAR), members)} == {"10.0.0.3", "192.0.2.1", "192.0.2.2"}


@pytest.mark.rule("MC-2")
def test_weights_can_be_split_over_any_set_of_gateways() -> None:
    assert scale(FAR) == 2
    assert scale((*FAR, *WIDE)) == 6


@pytest.mark.rule("MC-2")
def test_without_mutual_tls_nobody_gets_through_a_gateway() -> None:
    plain = endpoint("10.0.0.2", mutual_tls=False)
    assert not is_told(NEAR, at("far"), plain)
    assert is_told(NEAR, at("near"), plain)
    assert is_told(NEAR, at("far"), endpoint("10.0.0.2"))


@pytest.mark.rule("MC-2")
def test_a_client_may_want_to_know_of_some_networks_only() -> None:
    picky = crossing("near", FAR, visible=frozenset({"near"}))
    assert not is_told(picky, at("far"), endpoint("10.0.0.2"))
    assert is_told(picky, at("near"), endpoint("10.0.0.2"))
    assert is_told(picky, at(""), endpoint("10.0.0.2"))


@pytest.mark.rule("MC-2", "LB-2")
def test_weights_stay_small_enough_to_be_added_up() -> None:
    many = [(at("near"), endpoint(f"10.0.{number // 250}.{number % 250}", 65536)) for number in range(1000)]
    found = crossed(crossing("near", (*FAR, *WIDE)), [*many, (at("far"), endpoint("10.9.0.1", 1))])
    assert sum(each.weight for each in found) < 2**32
    assert all(each.weight for each in found)
