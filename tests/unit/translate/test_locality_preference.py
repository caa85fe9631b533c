"""Which endpoints are near."""

from __future__ import annotations

import pytest

from lateen.api.networking.destination_rule import Distribute, Failover, LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting
from lateen.ir.view import Locality
from lateen.translate.locality_preference import (
    NOTHING_SAID,
    Preference,
    Settings,
    compacted,
    distance,
    preference,
    share_weights,
    unlikeness,
)

Setting, Zones = LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting
ON = Settings(Setting(enabled=True))
NONE = NOTHING_SAID
OFF = Settings(Setting(enabled=False))
HERE = Locality("r1", "z1", "s1")
DISTANCE = Preference(by_distance=True)


@pytest.mark.rule("LB-1")
def test_distance_counts_only_where_failing_endpoints_are_left_out() -> None:
    assert preference(NONE, "", ON, ejects=False) is None
    assert preference(NONE, "", ON, ejects=True) == DISTANCE
    assert preference(NONE, "", OFF, ejects=True) is None


@pytest.mark.rule("LB-1")
def test_the_rule_beats_the_service_and_the_service_the_mesh() -> None:
    shares = Settings(Setting(distribute=(Distribute(from_="r1/*", to={"r1/*": 80, "r2/*": 20}),)))
    given = Preference(shares=(("r1/*", (("r1/*", 80), ("r2/*", 20))),))
    assert preference(shares, "PreferClose", ON, ejects=False) == given
    assert preference(OFF, "PreferClose", ON, ejects=True) is None
    close = preference(NONE, "PreferClose", shares, ejects=False)
    assert close is not None
    assert close.keys[1:] == ("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone")
    assert preference(NONE, "", shares, ejects=False) == given


@pytest.mark.rule("LB-1")
def test_priorities_by_label_need_failing_endpoints_to_be_left_out() -> None:
    keys = ("app", "version=v1", "topology.kubernetes.io/region")
    setting = Settings(Setting(failover_priority=keys))
    assert preference(setting, "", ON, ejects=False) is None
    found = preference(setting, "", ON, ejects=True)
    assert found == Preference(keys=keys)
    assert found.label_keys == ("app",)


@pytest.mark.rule("LB-1")
@pytest.mark.parametrize(
    ("other", "rank"),
    [(HERE, 0), (Locality("r1", "z1", "s2"), 1), (Locality("r1", "z2", "s1"), 2), (Locality("r2", "z1", "s1"), 3), (Locality(), 3)],
)
def test_distance_is_by_subzone_zone_and_region(other: Locality, rank: int) -> None:
    assert distance(DISTANCE, HERE, other) == rank


@pytest.mark.rule("LB-1")
def test_failover_puts_the_named_region_before_the_others() -> None:
    found = preference(Settings(Setting(failover=(Failover(from_="r1", to="r3"),))), "", ON, ejects=True)
    assert found is not None
    assert [distance(found, HERE, Locality(region)) for region in ("r2", "r3")] == [4, 3]


@pytest.mark.rule("LB-1")
def test_labels_rank_by_how_many_of_the_first_are_equal() -> None:
    found = Preference(keys=("a", "b=2", "c"))
    client = {"a": "1", "c": "3"}
    assert unlikeness(found, client, {"a": "1", "b": "2", "c": "3"}) == 0
    assert unlikeness(found, client, {"a": "1", "b": "2"}) == 1
    assert unlikeness(found, client, {"a": "1", "b": "x", "c": "3"}) == 2
    assert unlikeness(found, client, {"b": "2", "c": "3"}) == 3


def test_priorities_have_no_gaps() -> None:
    assert compacted([3, 0, 3, 4]) == {0: 0, 3: 1, 4: 2}


@pytest.mark.rule("LB-1")
def test_a_share_is_divided_by_weight_and_what_has_no_share_gets_nothing() -> None:
    found = Preference(shares=(("r1/z1/*", (("r1/*", 80), ("r2/z1/*", 20))),))
    a, b, c, d = Locality("r1", "z1"), Locality("r1", "z2"), Locality("r2", "z1"), Locality("r2", "z2")
    assert share_weights(found, HERE, {a: 3, b: 1, c: 7, d: 9}) == {a: 60, b: 20, c: 20}
    assert share_weights(found, Locality("r9"), {a: 3}) is None


@pytest.mark.rule("LB-1")
def test_a_locality_belongs_to_the_most_specific_pattern() -> None:
    found = Preference(shares=(("*", (("*", 10), ("r1/z1", 90))),))
    near, far = Locality("r1", "z1", "s"), Locality("r1", "z2")
    assert share_weights(found, HERE, {near: 1, far: 1}) == {near: 90, far: 10}


@pytest.mark.rule("DR-4")
def test_zones_of_a_region_are_equally_near_where_the_proxy_weighs_them_itself() -> None:
    zones = Settings(zones=Zones(failover=(Failover(from_="r1", to="r3"),)))
    found = preference(zones, "", ON, ejects=True)
    assert found is not None
    assert found.zones == 6
    assert [distance(found, HERE, other) for other in (HERE, Locality("r1", "z2"), Locality("r3"), Locality("r2"))] == [0, 0, 3, 4]
    assert preference(zones, "", ON, ejects=False) == Preference(zones=6)


@pytest.mark.rule("DR-4", "LB-1")
def test_zones_of_a_rule_beat_the_service_and_the_service_those_of_the_mesh_and_these_its_localities() -> None:
    mesh = Settings(Setting(enabled=True), Zones(min_cluster_size=3))
    assert preference(NONE, "", mesh, ejects=False) == Preference(zones=3)
    close = preference(NONE, "PreferClose", mesh, ejects=False)
    assert close is not None
    assert close.zones == 0
    assert preference(Settings(zones=Zones(min_cluster_size=9)), "PreferClose", mesh, ejects=False) == Preference(zones=9)
    assert preference(ON, "", mesh, ejects=True) == DISTANCE
    assert preference(Settings(zones=Zones(enabled=False)), "", mesh, ejects=True) is None
    assert preference(NONE, "", Settings(Setting(enabled=True), Zones(enabled=False)), ejects=True) == DISTANCE
    assert preference(Settings(zones=Zones(failover_priority=("app",))), "", ON, ejects=True) == Preference(keys=("app",), zones=6)
