"""Retries and mirrors of HTTP routes (VS-43, VS-49)."""

from __future__ import annotations

from lateen.api.networking.virtual_service import HTTPMirrorPolicy, HTTPRetry, HTTPRoute, Percent
from lateen.ir.routes import MILLION, Mirror, Retry
from lateen.translate.route_actions import Naming

ATTEMPTS = 2
CONDITIONS = ("connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes")
"""When a request is tried again where nobody says when."""
_BY_STATUS = "retriable-status-codes"


def retry(written: HTTPRetry | None, default: HTTPRetry | None, *, sticky: bool) -> Retry | None:
    """How requests are retried: as the route says, else as the mesh says, else twice (VS-43); None for not at all.

    Requests that stick to a host are tried again there, unless the rule says otherwise.
    """
    policy = written if written is not None else default
    if policy is None:
        return Retry(ATTEMPTS, CONDITIONS, other_hosts=not sticky)
    if policy.attempts <= 0:
        return None
    conditions, codes = _conditions(policy.retry_on)
    avoid = policy.retry_ignore_previous_hosts
    return Retry(
        attempts=policy.attempts,
        conditions=conditions,
        status_codes=codes,
        try_timeout=policy.per_try_timeout.nanoseconds if policy.per_try_timeout is not None else None,
        backoff=policy.backoff.nanoseconds if policy.backoff is not None else None,
        other_hosts=not sticky if avoid is None else avoid,
        other_localities=bool(policy.retry_remote_localities),
    )


def _conditions(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        return CONDITIONS, ()
    codes = tuple(int(word) for word in words if word.isdigit())
    conditions = tuple(word for word in words if not word.isdigit())
    if codes and _BY_STATUS not in conditions:
        conditions += (_BY_STATUS,)
    return conditions, codes


def mirrors(route: HTTPRoute, named: Naming) -> tuple[Mirror, ...]:
    """Where copies of the requests go; a mirror without percentage gets all, one of 0 none (VS-49)."""
    written = route.mirrors
    if route.mirror is not None:
        written = (HTTPMirrorPolicy(route.mirror, _old_percentage(route)), *written)
    found = ((each, part(each.percentage) if each.percentage is not None else MILLION) for each in written)
    return tuple(Mirror(named(each.destination), share) for each, share in found if share)


def _old_percentage(route: HTTPRoute) -> Percent | None:
    if route.mirror_percentage is not None:
        return route.mirror_percentage
    percent = route.mirror_percent if route.mirror_percent is not None else route.mirror_percent_old
    return Percent(float(percent)) if percent is not None else None


def part(percentage: Percent | None) -> int:
    """The percentage in parts of a million; none given is none at all (VS-51)."""
    return round(min(max(percentage.value, 0.0), 100.0) * MILLION / 100) if percentage is not None else 0
