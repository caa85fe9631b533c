"""Keeping a certificate fresh, with a clock that stands still until told."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from lateen.agent.certificates import RefusedError, bearer, keep_fresh, union
from lateen.agent.rotator import Rotator
from lateen.agent.secrets import Certificate
from lateen.identity import ca, csr, possession, trust
from lateen.kit.clock import ManualClock
from lateen.values.spiffe import Identity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REVIEWS = Identity("cluster.local", "default", "reviews")


def issued(authority: ca.Authority, now: datetime, lifetime: timedelta = timedelta(hours=24)) -> Certificate:
    key = csr.new_key()
    chain = ca.issue(authority, REVIEWS, key.public_key(), lifetime, now)
    return Certificate("".join(chain[:-1]).encode(), csr.key_pem(key).encode(), chain[-1].encode())


async def turns() -> None:
    """Let what can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.rule("AG-4")
async def test_changed_roots_renew_at_once() -> None:
    authority, clock, changed = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW), ManualClock(NOW.timestamp()), asyncio.Event()
    fetched_at = []

    async def fetched() -> Certificate:
        fetched_at.append(clock.now())
        return issued(authority, datetime.fromtimestamp(clock.wall(), UTC))

    rotator = Rotator("reviews", lambda: 0.0)
    keeping = asyncio.create_task(keep_fresh(rotator, fetched, lambda _: None, lambda _: None, clock=clock, roots_changed=changed))
    await turns()
    await clock.advance(60)
    changed.set()
    await turns()
    keeping.cancel()
    assert fetched_at == [0.0, 60.0]


@pytest.mark.rule("AG-4")
async def test_a_certificate_is_fetched_at_once_renewed_at_half_and_retried_when_refused() -> None:
    authority, clock = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW), ManualClock(NOW.timestamp())
    fetched_at, delivered, announced = [], [], []

    async def fetched() -> Certificate:
        fetched_at.append(clock.now())
        if len(fetched_at) == 2:
            raise RefusedError("the control plane at a:1 does not answer")
        return issued(authority, datetime.fromtimestamp(clock.wall(), UTC))

    keeping = asyncio.create_task(keep_fresh(Rotator("reviews", lambda: 0.0), fetched, delivered.append, announced.append, clock=clock))
    await turns()
    assert (fetched_at, len(delivered)) == ([0.0], 1)
    await clock.advance(13 * 3600)
    keeping.cancel()
    half = 12 * 3600.0  # From its arrival, though it is dated back by two minutes.
    assert fetched_at == [0.0, half, half + 1]
    assert len({each.chain for each in delivered}) == 2
    assert announced == [
        "reviews got no certificate: the control plane at a:1 does not answer. Its present one is good for 720 min more. Trying again in 1 s.",
        "reviews has a new certificate.",
    ]


@pytest.mark.rule("AG-4")
@pytest.mark.parametrize(("lifetime", "ahead", "pause"), [(60, 0, 30.0), (60, 3600, 1.0)])
async def test_a_short_lived_certificate_is_renewed_at_half_and_never_in_a_loop(lifetime: int, ahead: int, pause: float) -> None:
    authority, clock = ca.new_intermediate(ca.new_root("cluster.local", NOW), NOW), ManualClock(NOW.timestamp() + ahead)
    fetched_at = []

    async def fetched() -> Certificate:
        fetched_at.append(clock.now())
        return issued(authority, datetime.fromtimestamp(clock.wall() - ahead, UTC), timedelta(seconds=lifetime))

    keeping = asyncio.create_task(keep_fresh(Rotator("reviews", lambda: 0.0), fetched, lambda _: None, lambda _: None, clock=clock))
    await turns()
    await clock.advance(pause)
    keeping.cancel()
    assert fetched_at == [0.0, pause]


def test_a_call_shows_the_join_token_first_and_then_possession_of_the_key() -> None:
    root = ca.new_root("cluster.local", NOW)
    certificate = issued(ca.new_intermediate(root, NOW), NOW)
    assert bearer("token", NOW) == (("authorization", "Bearer token"),)
    assert bearer("", NOW) == ()
    [(_, shown)] = bearer(certificate, NOW)
    assert possession.read_possession(trust.bundle(root.certificate), shown.removeprefix("Bearer "), NOW) == REVIEWS


@pytest.mark.rule("CA-4")
def test_while_roots_change_both_are_trusted_and_each_once() -> None:
    old, new = (trust.bundle(ca.new_root("cluster.local", NOW).certificate).pem.encode() for _ in range(2))
    assert union(old, old) == union(old)
    assert union(old, new).count(b"BEGIN CERTIFICATE") == 2
