from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from lateen.store import Delete, MemoryStore, Operation, Put
from lateen.values.ref import Ref

refs = st.sampled_from([Ref("VirtualService", "default", name) for name in "abc"])
operations = st.one_of(st.builds(Delete, refs), st.builds(Put, refs, st.integers(0, 2).map(lambda number: json.dumps({"spec": number}).encode())))


@given(st.lists(st.lists(operations, max_size=4), max_size=12))
async def test_the_log_undone_from_the_end_gives_every_state_there_was(writes: list[list[Operation]]) -> None:
    store = MemoryStore()
    states = [await store.list()]
    for write in writes:
        await store.write(write, author="", reason="")
        now = await store.list()
        if now.revision != states[-1].revision:
            states.append(now)
        else:
            assert now == states[-1]
    assert [await store.at(number) for number in range(len(states))] == states
