from __future__ import annotations

import asyncio

from lateen.store.pulse import Pulse


async def test_a_beat_wakes_all_who_took_the_next_before_it() -> None:
    pulse = Pulse()
    first, second = pulse.next(), pulse.next()
    pulse.beat()
    async with asyncio.timeout(60):
        await asyncio.gather(first.wait(), second.wait())
    assert not pulse.next().is_set()
