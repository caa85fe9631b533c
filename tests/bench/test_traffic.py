"""The rows of requests through a gateway run, small, and their arithmetic is right. How long anything takes is not looked at."""

from __future__ import annotations

import pytest

from bench import traffic
from bench.cells import Quiet, gateway_view, told
from bench.figures import Figure
from bench.routed import Routed
from bench.traffic import Appeared


def values(figures: list[Figure]) -> dict[str, float]:
    return {figure.what: figure.value for figure in figures}


def test_the_last_fifth_is_held_against_the_first() -> None:
    seen = Appeared(
        waits=[10.0, 20.0, *[15.0] * 6, 30.0, 40.0],
        plane=[0.0, 0.002, 0.004, *[0.01] * 6, 0.013, 0.018],
        edge=[0.0, 0.0, 0.01, *[0.1] * 6, 0.11, 0.13],
    )

    found = values(list(traffic.waited("row", seen)))

    assert found["answered through the gateway, p50"] == 15.0
    assert found["answered through the gateway, p99"] == 40.0
    assert found["answered, the last fifth ÷ the first, p50"] == 35.0 / 15.0
    assert found["processor time of the control plane for one of the first fifth"] == pytest.approx(2.0)
    assert found["processor time of the control plane, the last fifth ÷ the first"] == pytest.approx(2.0)
    assert found["processor time of Envoy, the last fifth ÷ the first"] == pytest.approx(3.0)


def test_each_service_of_the_world_has_an_endpoint_and_a_name_of_its_own() -> None:
    routed = Routed(server=8080, port=80, services=600)

    addresses = {
        line.split("address: ")[1].split(",")[0] for number in range(600) for line in routed.service(number).splitlines() if "- {address" in line
    }

    assert len(addresses) == len({routed.outside(number) for number in range(600)}) == 600
    assert all(address.startswith("127.") for address in addresses)


@pytest.mark.envoy
@pytest.mark.slow
def test_services_appear_and_go_and_no_request_fails() -> None:
    found = values(list(traffic.serverless(0, added=6, existing=8, streams=2, per_second=20)))

    assert found["requests meanwhile that failed"] == 0
    assert found["requests meanwhile"] > 0
    assert found["answered through the gateway, p99"] < float("inf")
    assert 0 < found["sent"] < 1


@pytest.mark.envoy
@pytest.mark.slow
def test_a_route_is_edited_and_no_request_fails() -> None:
    figures = list(traffic.gateway_routes(0, sizes=(4, 8), edits=4))

    assert [figure.value for figure in figures if figure.what == "requests meanwhile that failed"] == [0, 0]
    assert all(figure.value < float("inf") for figure in figures if figure.what == "new answer")


@pytest.mark.envoy
@pytest.mark.slow
def test_a_subset_gets_other_names_and_no_request_fails() -> None:
    figures = list(traffic.renames(0, times=5))

    assert [figure.value for figure in figures if figure.what == "requests meanwhile that failed"] == [0] * len(traffic.FORMS)
    assert all(figure.value < float("inf") for figure in figures if figure.what == "new answer")


def mesh(routes: int) -> tuple[Quiet, Routed]:
    routed = Routed(server=8080, port=80, services=routes)
    spare = [routed.service(number) for number in (9000, 9001)]
    return Quiet(routed.world, sidecars=20, written=[*routed.documents(), *spare], gateways=(gateway_view(),)), routed


@pytest.mark.parametrize("routes", [20, 400])
def test_an_edit_of_one_route_costs_the_same_among_few_and_many(routes: int) -> None:
    quiet, routed = mesh(routes)
    quiet.change(routed.route(7, "r1", to=9000))

    ran, publication = quiet.change(routed.route(7, "r2", to=9001))

    assert told(publication) == {"Cluster": 2, "ClusterLoadAssignment": 2, "VirtualHost": 4}
    assert sum(ran.values()) <= 45
    assert ran["gateway_destinations.sighted"] <= 1


@pytest.mark.parametrize("routes", [20, 400])
def test_one_service_more_costs_the_same_among_few_and_many(routes: int) -> None:
    quiet, routed = mesh(routes)
    quiet.change(routed.service(9002), routed.route(9002))

    ran, publication = quiet.change(routed.service(9022), routed.route(9022))

    assert told(publication) == {"Cluster": 2, "ClusterLoadAssignment": 2, "VirtualHost": 4}
    assert sum(ran.values()) <= 100
    assert ran["extra_hosts.differing"] == 0
    assert ran["stacks.stacks"] <= 2
