"""Who gets a place that several claim."""

from __future__ import annotations

from itertools import permutations

import pytest

from lateen.translate.claims import ANYWHERE, Claim, Kind
from lateen.translate.listener_conflicts import Loss, Plan, losses, merged

HTTP = Claim(Kind.HTTP, ANYWHERE, 80)


def claim(kind: Kind, host: str, year: int, bind: str = ANYWHERE, networks: tuple[str, ...] = (), names: bool = False) -> Claim:
    return Claim(kind, bind, 80, networks, host=host, number=80, created=f"{year}", names=names)


@pytest.mark.rule("LI-3")
def test_http_and_bytes_share_a_listener():
    bytes_ = claim(Kind.TCP, "t", 2020)
    assert merged([bytes_, HTTP]) == (Plan(ANYWHERE, 80, True, (bytes_,)),)


@pytest.mark.rule("LI-3")
def test_http_takes_the_place_of_what_would_be_found_out():
    auto = claim(Kind.AUTO, "a", 2020)
    assert merged([auto, HTTP]) == (Plan(ANYWHERE, 80, True),)
    assert losses([auto, HTTP]) == (Loss(auto, None),)


@pytest.mark.rule("LI-3")
def test_of_two_that_want_all_bytes_the_older_wins_whatever_the_order():
    old, new = claim(Kind.TCP, "old", 2020, "10.0.0.1"), claim(Kind.TCP, "new", 2021, "10.0.0.1")
    for order in permutations([old, new]):
        assert merged(order) == (Plan("10.0.0.1", 80, streams=(old,)),)
        assert losses(order) == (Loss(new, old),)


@pytest.mark.rule("LI-3")
def test_what_is_found_out_leaves_the_bytes_to_an_older_claim_and_has_the_http():
    older = claim(Kind.TCP, "t", 2020, "10.0.0.1")
    auto, late = claim(Kind.AUTO, "a", 2021, "10.0.0.1"), claim(Kind.AUTO, "b", 2022, "10.0.0.1")
    for order in permutations([older, auto, late]):
        assert merged(order) == (Plan("10.0.0.1", 80, streams=(older, auto)),)
        assert losses(order) == (Loss(late, auto),)


@pytest.mark.rule("LI-3")
def test_server_names_and_networks_live_side_by_side():
    every = (
        claim(Kind.TLS, "a", 2020, names=True),
        claim(Kind.TLS, "b", 2021, names=True),
        claim(Kind.TCP, "c", 2022, networks=("10.0.0.0/8",)),
        claim(Kind.TCP, "d", 2023),
    )
    (plan,) = merged(every)
    assert plan.streams == every


@pytest.mark.rule("LI-3")
def test_mysql_is_never_mixed_with_http():
    mysql = claim(Kind.SILENT, "m", 2020)
    assert merged([mysql, HTTP])[0].streams == ()
    assert losses([mysql, HTTP]) == (Loss(mysql, None),)


@pytest.mark.rule("SE-8")
def test_the_first_keeps_a_network_and_the_second_its_other_ones():
    first, second = claim(Kind.TCP, "a", 2020, networks=("10.0.0.0/8",)), claim(Kind.TCP, "b", 2021, networks=("10.0.0.0/8", "11.0.0.0/8"))
    (plan,) = merged([second, first])
    assert [(each.host, each.networks) for each in plan.streams] == [("a", ("10.0.0.0/8",)), ("b", ("11.0.0.0/8",))]
    third = claim(Kind.TCP, "c", 2022, networks=("11.0.0.0/8",))
    assert [loss.loser.host for loss in losses([second, first, third])] == ["c"]


def test_places_are_told_apart_by_port_and_address():
    found = merged([HTTP, claim(Kind.TCP, "a", 2020, "10.0.0.1"), claim(Kind.TCP, "b", 2020, "10.0.0.2")])
    assert [plan.name for plan in found] == ["0.0.0.0_80", "10.0.0.1_80", "10.0.0.2_80"]


@pytest.mark.rule("LI-10")
def test_where_every_proxy_listens_itself_nobody_else_does_but_at_an_address_of_its_own():
    everywhere, own = Claim(Kind.HTTP, ANYWHERE, 15001), Claim(Kind.TCP, "10.0.0.1", 15001, host="a", number=15001)
    assert merged([everywhere, own]) == (Plan("10.0.0.1", 15001, streams=(own,)),)
