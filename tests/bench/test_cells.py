"""What one change may cost, in queries run and resources told. Exact, and the same on any machine; whoever widens an argument breaks it."""

from __future__ import annotations

import pytest

from bench import world as worlds
from bench.cells import SERVICE, Quiet, size, told
from bench.world import World

WORLD = World(60, 5, 6)


@pytest.fixture
def quiet() -> Quiet:
    return Quiet(WORLD, sidecars=12)


def test_an_endpoint_change_reaches_the_assignments_that_hold_the_endpoint(quiet: Quiet) -> None:
    changed = WORLD.service_entry(SERVICE, [*WORLD.addresses(SERVICE)[:-1], "10.200.0.1"])
    _, publication = quiet.change(changed)
    assert told(publication) == {"ClusterLoadAssignment": 2}
    assert size(publication) < 2_000


@pytest.mark.parametrize("services", [40, 400])
def test_an_endpoint_change_runs_as_many_queries_in_a_large_mesh_as_in_a_small_one(services: int) -> None:
    world = World(services, 5, 6)
    mesh = Quiet(world, sidecars=6)
    ran, _ = mesh.change(world.service_entry(SERVICE, [*world.addresses(SERVICE)[:-1], "10.200.0.1"]))
    assert sum(ran.values()) == 9


def test_a_weight_changes_one_virtual_host_for_all_and_one_for_its_own_namespace(quiet: Quiet) -> None:
    ran, publication = quiet.change(WORLD.virtual_service(SERVICE, 50))
    assert told(publication) == {"VirtualHost": 2}
    assert sum(ran.values()) <= 16


def test_a_changed_destination_rule_changes_the_clusters_of_its_service(quiet: Quiet) -> None:
    ran, publication = quiet.change(WORLD.destination_rule(SERVICE, 7))
    host = WORLD.host(SERVICE)
    outbound = {name for shelves in publication.changes.values() for names in shelves.values() for name in names if name.startswith("outbound")}
    assert outbound == {f"outbound|80||{host}", f"outbound|80|v1|{host}", f"outbound|80|v2|{host}"}
    assert sum(ran.values()) <= 32


def test_a_policy_of_one_namespace_touches_no_listener_of_another(quiet: Quiet) -> None:
    _, publication = quiet.change(worlds.authorization_policy("ns-3", "cluster.local/ns/x/sa/y"))
    assert told(publication) == {"Listener": 2}  # the two sidecars of ns-3, each with addresses of its own


def test_an_equal_object_written_again_runs_nothing(quiet: Quiet) -> None:
    ran, publication = quiet.change(WORLD.service_entry(SERVICE))
    assert (dict(ran), told(publication)) == ({}, {})


def test_a_service_added_and_deleted_leaves_as_many_cells_as_there_were(quiet: Quiet) -> None:
    for number in range(2):
        quiet.change(WORLD.service_entry(60 + number))
        quiet.remove("ServiceEntry", WORLD.namespace(60 + number), f"svc-{60 + number}")
    quiet.g.sweep(0)
    settled = len(quiet.g)
    for number in range(5):
        quiet.change(WORLD.service_entry(60 + number % 2))
        quiet.remove("ServiceEntry", WORLD.namespace(60 + number % 2), f"svc-{60 + number % 2}")
        quiet.g.sweep(0)
    assert len(quiet.g) == settled


def test_a_tenth_sidecar_of_a_namespace_costs_only_what_is_its_own() -> None:
    few, more = (len(Quiet(WORLD, sidecars=count).g) for count in (48, 60))
    assert more - few <= 12 * 24
