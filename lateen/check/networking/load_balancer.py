"""How endpoints are chosen (DR-2, DR-3)."""

from __future__ import annotations

from math import isqrt

from lateen.api.networking.destination_rule import ConsistentHashLB, LoadBalancerSettings, SimpleLB, WarmupConfiguration
from lateen.api.text import Path
from lateen.check.durations import at_least_millisecond, zero_or_more
from lateen.check.networking.localities import locality_setting, needs_outlier_detection, zone_setting
from lateen.check.remark import Remarks, deprecated, wrong

_MAGLEV_LIMIT = 5_000_011
_RING_LIMIT = 8 * 1024 * 1024


def load_balancer(settings: LoadBalancerSettings | None, path: Path, *, detects_outliers: bool) -> Remarks:
    """None passes."""
    if settings is None:
        return
    if settings.simple is SimpleLB.LEAST_CONN:
        yield deprecated((*path, "simple"), "LEAST_CONN is deprecated.", "Write LEAST_REQUEST, which means the same.")
    if settings.consistent_hash is not None:
        yield from _consistent_hash(settings.consistent_hash, (*path, "consistentHash"))
    yield from locality_setting(settings.locality_lb_setting, (*path, "localityLbSetting"))
    if settings.zone_aware_lb_setting is not None:
        yield from zone_setting(settings.zone_aware_lb_setting, (*path, "zoneAwareLbSetting"))
        if settings.locality_lb_setting is not None:
            yield wrong(path, "localityLbSetting and zoneAwareLbSetting are given, expected only one of them.")
    if not detects_outliers:
        yield from needs_outlier_detection(settings.locality_lb_setting, (*path, "localityLbSetting"))
        yield from needs_outlier_detection(settings.zone_aware_lb_setting, (*path, "zoneAwareLbSetting"))
    if settings.warmup is not None and settings.warmup_duration_secs is not None:
        yield wrong(path, "warmup and warmupDurationSecs are given, expected only one of them.", "Keep warmup.")
    yield from at_least_millisecond(settings.warmup_duration_secs, (*path, "warmupDurationSecs"))
    if settings.warmup is not None:
        yield from _warmup(settings.warmup, (*path, "warmup"))


def _warmup(warmup: WarmupConfiguration, path: Path) -> Remarks:
    yield from at_least_millisecond(warmup.duration, (*path, "duration"))
    if warmup.minimum_percent is not None and not 0 <= warmup.minimum_percent <= 100:
        yield wrong((*path, "minimumPercent"), f"found {warmup.minimum_percent:g} %, expected 0 to 100.")
    if warmup.aggression is not None and warmup.aggression <= 0:
        yield wrong((*path, "aggression"), f"found {warmup.aggression:g}, expected more than 0 (1 is a straight line).")


def _consistent_hash(consistent: ConsistentHashLB, path: Path) -> Remarks:
    if consistent.http_cookie is not None:
        if not consistent.http_cookie.name:
            yield wrong((*path, "httpCookie", "name"), "the name of the cookie is empty.")
        yield from zero_or_more(consistent.http_cookie.ttl, (*path, "httpCookie", "ttl"))
    for field, name in (("httpHeaderName", consistent.http_header_name), ("httpQueryParameterName", consistent.http_query_parameter_name)):
        if name == "":
            yield wrong((*path, field), "the name is empty.")
    if consistent.minimum_ring_size:
        yield deprecated((*path, "minimumRingSize"), "minimumRingSize is deprecated.", "Write ringHash: {minimumRingSize: …}.")
        if consistent.ring_hash is not None or consistent.maglev is not None:
            yield wrong(path, "minimumRingSize is given beside ringHash or maglev, expected only one of them.")
    ring = consistent.ring_hash.minimum_ring_size if consistent.ring_hash is not None else consistent.minimum_ring_size or 0
    if ring > _RING_LIMIT:
        where = ("ringHash", "minimumRingSize") if consistent.ring_hash is not None else ("minimumRingSize",)
        yield wrong((*path, *where), f"found {ring}, expected at most {_RING_LIMIT}.")
    if consistent.maglev is not None and consistent.maglev.table_size:
        yield from _maglev(consistent.maglev.table_size, (*path, "maglev", "tableSize"))


def _maglev(size: int, path: Path) -> Remarks:
    if size >= _MAGLEV_LIMIT:
        yield wrong(path, f"found {size}, expected less than {_MAGLEV_LIMIT}.")
    elif not _is_prime(size):
        yield wrong(path, f"found {size}, expected a prime number such as 65537.")


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, isqrt(number) + 1))
