"""Preference for near endpoints (LB-1). A locality is `region/zone/subzone`, or the beginning of one, with `*` only at its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lateen.api.networking.destination_rule import Distribute, Failover, LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting
from lateen.api.text import Path
from lateen.check.remark import Remarks, doubtful, wrong

_ALL = 100
_PLACES = ("topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone")


class _HasFailover(Protocol):
    @property
    def failover(self) -> tuple[Failover, ...]: ...
    @property
    def failover_priority(self) -> tuple[str, ...]: ...


def locality_setting(setting: LocalityLoadBalancerSetting | None, path: Path) -> Remarks:
    """One way of preference, with shares that sum to 100 and localities that do not overlap. None passes."""
    if setting is None:
        return
    ways = {"distribute": setting.distribute, "failover": setting.failover, "failoverPriority": setting.failover_priority}
    given = [name for name, value in ways.items() if value]
    if len(given) > 1:
        yield wrong(path, f"{' and '.join(given)} are given, expected only one of distribute, failover and failoverPriority.")
    for index, each in enumerate(setting.distribute):
        yield from _distribute(each, (*path, "distribute", index))
    yield from _disjoint([(each.from_, (*path, "distribute", index, "from")) for index, each in enumerate(setting.distribute)])
    yield from failovers(setting.failover, (*path, "failover"))


def zone_setting(setting: ZoneAwareLoadBalancerSetting, path: Path) -> Remarks:
    """Regions and labels; zones are weighed by the proxy itself."""
    if setting.failover and setting.failover_priority:
        yield wrong(path, "failover and failoverPriority are given, expected only one of them.")
    yield from failovers(setting.failover, (*path, "failover"))
    for index, word in enumerate(setting.failover_priority):
        if word.partition("=")[0] in _PLACES:
            message = f'found the label "{word}", which says where an endpoint is: zones are weighed by the proxy, and regions come in their order.'
            yield wrong((*path, "failoverPriority", index), message)


def needs_outlier_detection(setting: _HasFailover | None, path: Path) -> Remarks:
    """Said where the policy has no outlier detection: nothing is ever found failing then, so nothing fails over."""
    if setting is not None and (setting.failover or setting.failover_priority):
        yield doubtful(path, "calls never fail over without outlierDetection.", "Give outlierDetection in the same policy.")


def failovers(given: Iterable[Failover], path: Path) -> Remarks:
    """From one region to another."""
    for index, failover in enumerate(given):
        if failover.from_ == failover.to:
            yield wrong((*path, index), f'found the region "{failover.to}" as from and to, expected two regions.')
        for field, region in (("from", failover.from_), ("to", failover.to)):
            if "/" in region or "*" in region:
                alone = region.partition("/")[0].strip("*") or "us-east"
                yield wrong((*path, index, field), f'found "{region}", expected a region alone, such as "{alone}".')


def _distribute(each: Distribute, path: Path) -> Remarks:
    for locality, share in each.to.items():
        if not 1 <= share <= _ALL:
            yield wrong((*path, "to", locality), f"found a share of {share}, expected 1 to 100.")
    if (total := sum(each.to.values())) != _ALL:
        yield wrong((*path, "to"), f"the shares sum to {total}, expected 100.")
    yield from _disjoint([(locality, (*path, "to", locality)) for locality in each.to])


def _disjoint(localities: list[tuple[str, Path]]) -> Remarks:
    seen: list[str] = []
    for locality, path in localities:
        if fault := _fault(locality):
            yield wrong(path, fault)
        elif other := next((each for each in seen if _covers(each, locality) or _covers(locality, each)), None):
            yield wrong(path, f'the localities "{other}" and "{locality}" overlap.', "Let each name endpoints of its own.")
        seen.append(locality)


def _fault(locality: str) -> str:
    steps = locality.split("/")
    if not locality or "" in steps:
        return f'found the locality "{locality}", expected region/zone/subzone or the beginning of one.'
    if "*" in locality and (locality.count("*") > 1 or not locality.endswith("*")):
        return f'found the locality "{locality}", expected "*" only at its end.'
    return f'found the locality "{locality}", expected at most three parts: region/zone/subzone.' if len(steps) > 3 else ""


def _covers(wide: str, narrow: str) -> bool:
    if wide.endswith("*"):
        return narrow.startswith(wide[:-1]) or narrow == wide[:-2]
    return narrow == wide or narrow.startswith(f"{wide}/")
