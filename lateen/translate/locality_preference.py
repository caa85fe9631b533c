"""Which endpoints are near: LB-1, from whoever has the word on it to the priority and weight of each locality.

"precedence DR.localityLbSetting > service trafficDistribution > mesh.localityLbSetting (enabled by default). Failover […] is active only with
outlierDetection on the cluster; `distribute{from,to}` → locality weights, needs no outlier". Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from lateen.api.networking.destination_rule import Failover, LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting
from lateen.ir.view import Labels, Locality

NODE = "kubernetes.io/hostname"
REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
SUBZONE = "topology.istio.io/subzone"
NETWORK = "topology.istio.io/network"
CLUSTER = "topology.istio.io/cluster"
OF_LOCALITY = (REGION, ZONE, SUBZONE)

_CLOSE = (NETWORK, REGION, ZONE, SUBZONE)
_DISTRIBUTIONS = {
    "PreferClose": _CLOSE,
    "PreferSameZone": (NETWORK, REGION, ZONE),
    "PreferSameNode": (*_CLOSE, NODE),
}
SMALLEST = 6
"""From how many endpoints on zones are looked at where nothing is said; so it is in Envoy."""
_ELSEWHERE = 3
_NOWHERE_NAMED = 4


class Preference(msgspec.Struct, frozen=True, cache_hash=True):
    """What is preferred, by one of three measures, or none.

    `shares`: weights of localities, by the client's (both as patterns such as `r/z/*`). `keys` of labels: how many of the first are equal.
    `by_distance`: how near the localities are; `next_region` says which other region comes first. `zones`: from how many endpoints on the proxy
    itself keeps calls in its zone as far as that has its share of endpoints, 0 for never; then the zones of a region are equally near.
    """

    shares: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    keys: tuple[str, ...] = ()
    by_distance: bool = False
    next_region: tuple[tuple[str, str], ...] = ()
    zones: int = 0

    @property
    def ranks(self) -> bool:
        """Whether some endpoints come before others."""
        return bool(self.keys) or self.by_distance

    @property
    def label_keys(self) -> tuple[str, ...]:
        """The labels of a client, other than where it runs, that this looks at; a key whose value is given here is not the client's."""
        return tuple(key for key in self.keys if "=" not in key and key not in OF_LOCALITY)


def distribution_keys(distribution: str) -> tuple[str, ...]:
    """The labels of a client, other than where it runs, that a service's wish to be called near looks at."""
    return Preference(keys=_DISTRIBUTIONS.get(distribution, ())).label_keys


def is_known(distribution: str) -> bool:
    """Whether a service's wish to be called near is one that is understood."""
    return distribution in _DISTRIBUTIONS


class Settings(msgspec.Struct, frozen=True, cache_hash=True):
    """What is said of near endpoints in one place: `zones` beat `localities`, which the mesh has set without anybody's doing."""

    localities: LocalityLoadBalancerSetting | None = None
    zones: ZoneAwareLoadBalancerSetting | None = None

    @property
    def chosen(self) -> LocalityLoadBalancerSetting | ZoneAwareLoadBalancerSetting | None:
        """The one that counts."""
        return self.zones if self.zones is not None and (self.zones.enabled is not False or self.localities is None) else self.localities


NOTHING_SAID = Settings()


def preference(rule: Settings, distribution: str, of_mesh: Settings, *, ejects: bool) -> Preference | None:
    """What holds for a destination; None when all endpoints are equally good.

    `distribution` is the service's own wish (SD-15), `of_mesh` what the mesh says. `ejects`: endpoints that fail are left out.
    """
    if rule.chosen is None and distribution in _DISTRIBUTIONS:
        return Preference(keys=_DISTRIBUTIONS[distribution])
    setting = rule.chosen or of_mesh.chosen
    return _of_setting(setting, ejects=ejects) if setting is not None and setting.enabled is not False else None


def _of_setting(setting: LocalityLoadBalancerSetting | ZoneAwareLoadBalancerSetting, *, ejects: bool) -> Preference | None:
    if isinstance(setting, ZoneAwareLoadBalancerSetting):
        zones = SMALLEST if setting.min_cluster_size is None else max(1, setting.min_cluster_size)
        ranked = Preference(keys=setting.failover_priority) if setting.failover_priority else _by_distance(setting.failover)
        return msgspec.structs.replace(ranked if ejects else Preference(), zones=zones)
    if setting.distribute:
        return Preference(shares=tuple((each.from_, tuple(sorted(each.to.items()))) for each in setting.distribute))
    if not ejects:
        return None
    if setting.failover_priority:
        return Preference(keys=setting.failover_priority)
    return _by_distance(setting.failover)


def _by_distance(failover: Iterable[Failover]) -> Preference:
    return Preference(by_distance=True, next_region=tuple((each.from_, each.to) for each in failover))


def share_weights(preferred: Preference, client: Locality, weights: Mapping[Locality, int]) -> dict[Locality, int] | None:
    """The weight of each locality that gets any calls, or None when nothing is said for this client. `weights` are the sums of endpoint weights.

    Each share is divided among the localities that fit its pattern, by their weights; a locality belongs to the most specific pattern only.
    """
    shares = next((to for origin, to in preferred.shares if _fits(client, origin)), None)
    if shares is None:
        return None
    left = dict(weights)
    found: dict[Locality, int] = {}
    for pattern, share in sorted(shares, key=lambda each: (-len(each[0].rstrip("*")), each[0])):
        matched = [locality for locality in left if _fits(locality, pattern)]
        total = sum(left[locality] for locality in matched)
        for locality in matched:
            found[locality] = max(1, math.ceil(share * left.pop(locality) / total)) if total else 1
    return found


def _fits(locality: Locality, pattern: str) -> bool:
    """Whether the locality is one that `region/zone/subzone` means; `*` is anything, and so is what is left out at the end."""
    parts = pattern.split("/")
    return all(word in ("*", part) for word, part in zip(parts, (locality.region, locality.zone, locality.subzone), strict=False))


def distance(preferred: Preference, client: Locality, other: Locality) -> int:
    """ "same subzone P0, zone P1, region P2, other P3"; 4 when `failover` names another region than that one."""
    if client.region == other.region:
        if preferred.zones:
            return 0
        if client.zone != other.zone:
            return 2
        return 0 if client.subzone == other.subzone else 1
    to = next((to for origin, to in preferred.next_region if origin == client.region), None)
    return _ELSEWHERE if to is None or to == other.region else _NOWHERE_NAMED


def unlikeness(preferred: Preference, client: Mapping[str, str], other: Mapping[str, str]) -> int:
    """How many of the keys are left when the first that differs is met; 0 when all are equal. A key `k=v` asks the endpoint for that value."""
    for index, word in enumerate(preferred.keys):
        key, given, value = word.partition("=")
        if other.get(key) != (value if given else client.get(key)):
            return len(preferred.keys) - index
    return 0


def compacted(priorities: Iterable[int]) -> dict[int, int]:
    """Each priority with its place among those that occur, from 0 without gaps."""
    return {priority: place for place, priority in enumerate(sorted(set(priorities)))}


def topology_labels(locality: Locality, network: str, cluster: str, node: str) -> dict[str, str]:
    """Where something runs, as labels."""
    named = {REGION: locality.region, ZONE: locality.zone, SUBZONE: locality.subzone, NETWORK: network, CLUSTER: cluster, NODE: node}
    return {key: value for key, value in named.items() if value}


def own_labels(locality: Locality, labels: Labels) -> dict[str, str]:
    """A client's labels and where it runs."""
    return {**topology_labels(locality, "", "", ""), **dict(labels)}
