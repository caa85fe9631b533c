"""How long certificates last, and when they are renewed. Pure: the clock and the dice are passed in."""

from __future__ import annotations

from datetime import datetime, timedelta

DEFAULT_TTL = timedelta(hours=24)
MAX_TTL = timedelta(days=90)
BACKDATE = timedelta(minutes=2)
"""How far a certificate's start lies before its making, so that a peer whose clock is behind accepts it (CA-1)."""


def validity(requested: timedelta, now: datetime, issuer_start: datetime, issuer_end: datetime) -> tuple[datetime, datetime]:
    """Start and end of a certificate made at `now`: within `MAX_TTL` of now, and within its issuer's own validity.

    A `requested` of nothing or less stands for `DEFAULT_TTL`.
    """
    ttl = min(requested, MAX_TTL) if requested > timedelta() else DEFAULT_TTL
    return max(now - BACKDATE, issuer_start), min(now + ttl, issuer_end)


def renew_at(not_before: datetime, not_after: datetime, ratio: float = 0.5, jitter: float = 0.0) -> datetime:
    """When to ask for the next certificate: at `ratio` of the lifetime, moved by `jitter`, both in parts of the lifetime (AG-4).

    `jitter` is drawn by the caller (Istio's range is ±0.01) so that a fleet that started together does not renew together.
    The moment always lies within the lifetime.
    """
    share = min(max(ratio + jitter, 0.0), 1.0)
    return not_before + (not_after - not_before) * share
