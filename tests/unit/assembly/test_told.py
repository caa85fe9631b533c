"""What a proxy is told, as values: by the same names as its resources, from the same stacks."""

from __future__ import annotations

from lateen.assembly import config_dump
from lateen.assembly.stacks import stacks, visible
from lateen.assembly.told import VALUES, Added, Everything, Told
from lateen.ir.destination import Discovery
from lateen.values.ref import Ref
from tests.given.objects import REVIEWS, istio, reviews_and_rule
from tests.given.sidecars import view
from tests.given.worlds import world

NAME = f"outbound|80||{REVIEWS}"
OWN = Ref("EnvoyFilter", "default", "own")


def patch(apply_to: str, value: str, match: str = "") -> str:
    found = f"{{applyTo: {apply_to}{match}, patch: {{operation: {value}}}}}"
    return istio("EnvoyFilter", "own", f"{{configPatches: [{found}]}}").replace("networking.istio.io/v1", "networking.istio.io/v1alpha3")


def test_every_kind_of_leaf_has_a_value_behind_it() -> None:
    g = world(reviews_and_rule())
    told = view()
    for type_url, listings in stacks(g, told):
        if not type_url.endswith("Secret"):
            assert {leaf.node for _, leaf in visible(g, listings)} <= VALUES.keys()


def test_values_are_found_by_the_names_of_resources() -> None:
    g = world(reviews_and_rule())
    told = Everything(g, view())
    destination, assignment, table, listener = told.destination(NAME), told.assignment(NAME), told.table("80"), told.listener("0.0.0.0_80")
    assert isinstance(destination, Told)
    assert isinstance(assignment, Told)
    assert isinstance(table, Told)
    assert isinstance(listener, Told)
    assert (destination.value.name, destination.value.discovery, destination.patched) == (NAME, Discovery.ASSIGNED, ())
    assert assignment.value.name == NAME
    assert [each.name for each in table.value] == [f"{REVIEWS}:80", "allow_any"]
    assert listener.value.name == "0.0.0.0_80"
    assert (told.destination("no"), told.assignment("no"), told.table("no"), told.listener("no")) == (None, None, None, None)


def test_a_table_holds_the_virtual_hosts_that_the_proxy_is_told_in_one_piece_or_apart() -> None:
    g = world(reviews_and_rule())
    whole = Everything(g, view()).table("80")
    apart = Everything(g, view(LATEEN={"virtualHosts": True})).table("80")
    assert whole == apart


def test_what_patches_a_resource_is_told_beside_its_value() -> None:
    g = world(reviews_and_rule(), patch("CLUSTER", "MERGE, value: {connect_timeout: 1s}", f", match: {{cluster: {{service: {REVIEWS}}}}}"))
    told = Everything(g, view())
    destination, table = told.destination(NAME), told.table("80")
    assert isinstance(destination, Told)
    assert isinstance(table, Told)
    assert (destination.patched, table.patched) == ((OWN,), ())


def test_what_a_patch_adds_has_no_value() -> None:
    g = world(patch("CLUSTER", "ADD, value: {name: added, type: STATIC}"))
    found = Everything(g, view()).destination("added")
    assert found == Added((OWN,))


def test_the_http_proxy_is_found_whatever_its_port() -> None:
    assert Everything(world(), view()).http_proxy() is None
    found = Everything(world(), view(HTTP_PROXY_PORT="8001")).http_proxy()
    assert isinstance(found, Told)
    assert found.value.port == 8001


def test_whoever_lists_resources_lists_what_is_visible() -> None:
    g = world(reviews_and_rule())
    names = [name for _, listings in stacks(g, view()) for name, _ in visible(g, listings)]
    assert sorted(each.name for each in config_dump.resources(g, view())) == sorted(names)
