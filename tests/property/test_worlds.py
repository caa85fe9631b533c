"""Two laws about worlds of any objects: nothing that can be read stops the control plane, and what the checks accept, Envoy accepts.

`LATEEN_WORLDS` is how many worlds are tried, other ones each time; without it they are few, and those that Envoy is given always the same. Worlds
that once failed are in `found/`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lateen.api import decode
from lateen.api.encode import encode
from lateen.api.resource import Resource
from lateen.check.offline import check_text
from tests import loading
from tests.property import proxies, worlds

AT_ONCE = 60
FOUND = sorted((Path(__file__).parent / "found").glob("*.yaml"))

World = Sequence[Resource[Any]]


def go_through(text: str) -> None:
    """From text to what every proxy is told."""
    check_text(text)
    objects, _ = decode.resources(text)
    proxies.told(objects)


@settings(max_examples=worlds.WANTED or 150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(worlds.manifests(), worlds.broken()), min_size=1, max_size=6))
def test_nothing_that_can_be_read_raises(world: list[worlds.Manifest]) -> None:
    go_through(yaml.safe_dump_all(world, allow_unicode=True))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_nothing_that_cannot_be_read_raises(text: bytes) -> None:
    go_through(text.decode(errors="replace"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_once_failed_does_not_fail_again(path: Path) -> None:
    text = path.read_text()
    go_through(text)
    objects = worlds.accepted(yaml.safe_load_all(text))
    assert against(objects) == ""


@pytest.mark.envoy
def test_what_is_accepted_is_taken_by_envoy() -> None:
    drawn = [worlds.accepted(world) for world in collected(worlds.WANTED or 240)]
    for start in range(0, len(drawn), AT_ONCE):
        batch = [(world, proxies.told(world, proxies.ENVOYS)) for world in drawn[start : start + AT_ONCE]]
        if said := refusal(batch):
            world = smallest(guilty(batch)[0], lambda left: bool(against(left)))
            raise AssertionError(f"{against(world) or said}\n{yaml.safe_dump_all([encode(each) for each in world], sort_keys=False)}")


Told = tuple[World, list[list[Any]]]


def against(world: World) -> str:
    """What Envoy says against what proxies are told in a world."""
    return loading.refusal(proxies.told(world, proxies.ENVOYS))


def refusal(batch: Sequence[Told]) -> str:
    """What Envoy says against these worlds together."""
    return loading.refusal([proxy for _, told in batch for proxy in told])


def guilty(batch: Sequence[Told]) -> Told:
    """The first of the worlds that Envoy does not take."""
    while len(batch) > 1:
        half = batch[: len(batch) // 2]
        batch = half if refusal(half) else batch[len(batch) // 2 :]
    return batch[0]


def smallest(world: World, fails: Callable[[World], bool]) -> World:
    """The same without all objects that have no part in the failure."""
    for each in world:
        left = [other for other in world if other is not each]
        world = left if fails(left) else world
    return world


def collected(count: int) -> list[list[worlds.Manifest]]:
    """So many worlds."""
    found: list[list[worlds.Manifest]] = []

    @settings(
        max_examples=count,
        derandomize=not worlds.WANTED,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds.worlds())
    def collect(world: list[worlds.Manifest]) -> None:
        found.append(world)

    collect()
    return found
