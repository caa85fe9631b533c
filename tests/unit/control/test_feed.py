"""Store to graph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from lateen.api import inputs
from lateen.control.feed import Feed, is_complete
from lateen.control.settling import Settling
from lateen.store import Delete, MemoryStore, Put, Revision
from lateen.values.ref import Ref

RULE = Ref("VirtualService", "default", "reviews")
ENTRY = Ref("ServiceEntry", "default", "out")


def rule(host: str) -> bytes:
    return msgspec.json.encode({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "spec": {"hosts": [host]}})


def entry(**spec: Any) -> bytes:
    whole = {"hosts": ["a.com"], "addresses": ["1.1.1.1"], "resolution": "STATIC"} | spec
    return msgspec.json.encode({"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "spec": whole})


class Writes:
    """What was written to the graph: one list of refs a revision."""

    def __init__(self) -> None:
        self.revisions: list[dict[Ref, Any]] = []

    async def __call__(self, changes: Iterable[inputs.Change]) -> int:
        self.revisions.append(dict(changes))
        return len(self.revisions)


@asynccontextmanager
async def following(store: MemoryStore, quiet: float = 0.0) -> AsyncIterator[tuple[Feed, Writes]]:
    writes = Writes()
    feed = Feed(store, writes, Settling(quiet, 10.0))
    await feed.open()
    task = asyncio.create_task(feed.follow())
    try:
        yield feed, writes
    finally:
        await store.close()
        await task


async def test_what_the_store_holds_becomes_one_revision() -> None:
    store = MemoryStore()
    await store.write([Put(RULE, rule("a")), Put(ENTRY, entry())], author="me", reason="test")
    async with following(store) as (feed, writes):
        assert [sorted(revision) for revision in writes.revisions] == [[ENTRY, RULE]]
        assert (await feed.landed(1)).graph == 1


async def test_a_change_is_written_and_its_revision_can_be_waited_for() -> None:
    store = MemoryStore()
    async with following(store) as (feed, writes):
        revision = await store.write([Put(RULE, rule("a"))], author="me", reason="test")
        landing = await feed.landed(revision.number)
        assert (landing.stored, landing.graph) == (1, 2)
        assert writes.revisions[1][RULE].spec.hosts == ("a",)
        assert writes.revisions[1][RULE].version == 1


async def test_an_object_that_is_gone_is_written_as_none() -> None:
    store = MemoryStore()
    await store.write([Put(RULE, rule("a"))], author="me", reason="test")
    async with following(store) as (feed, writes):
        await feed.landed((await store.write([Delete(RULE)], author="me", reason="test")).number)
        assert writes.revisions[-1] == {RULE: None}


async def test_writes_that_come_one_by_one_are_one_revision_of_the_graph() -> None:
    store = MemoryStore()
    async with following(store, quiet=0.2) as (feed, writes):
        for host in "abc":
            await store.write([Put(RULE, rule(host))], author="me", reason="kubectl")
        assert (await feed.landed(3)).graph == 2
        assert writes.revisions[1][RULE].spec.hosts == ("c",)


async def test_an_object_that_does_not_decode_is_left_out_and_its_findings_are_kept_until_it_is_mended() -> None:
    store = MemoryStore()
    wrong = msgspec.json.encode({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "spec": {"hostz": ["a"]}})
    await store.write([Put(RULE, wrong)], author="me", reason="test")
    async with following(store) as (feed, writes):
        assert writes.revisions[0] == {RULE: None}
        assert "spec.hostz" in [finding.path for finding in feed.findings[RULE]]
        await feed.landed((await store.write([Put(RULE, rule("a"))], author="me", reason="test")).number)
        assert feed.findings == {}


async def test_one_object_that_the_graph_cannot_take_does_not_keep_the_others_out() -> None:
    store = MemoryStore()
    await store.write([Put(RULE, rule("a")), Put(ENTRY, entry())], author="me", reason="test")
    taken: list[Ref] = []

    async def write(changes: Iterable[inputs.Change]) -> int:
        refs = [ref for ref, _ in changes]
        if RULE in refs:
            raise ValueError("a mistake in the graph")
        taken.extend(refs)
        return 1

    await Feed(store, write).open()
    assert taken == [ENTRY]


@pytest.mark.rule("SE-9")
async def test_a_service_entry_that_came_without_addresses_gets_them() -> None:
    store = MemoryStore()
    bare = {"hosts": ["a.com"], "resolution": "DNS"}
    await store.write(
        [Put(ENTRY, msgspec.json.encode({"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "spec": bare}))], author="me", reason=""
    )
    async with following(store) as (feed, writes):
        await feed.landed(2)
        address, other = sorted(writes.revisions[-1][ENTRY].status.addresses, key=lambda each: ":" in each.value)
        assert address.host == "a.com"
        assert address.value.startswith("240.240.")
        assert other.value.startswith("2001:2:")


async def revision_of(*writes: list[Any], reason: str = "test") -> Revision:
    store = MemoryStore()
    last = None
    for operations in writes:
        last = await store.write(operations, author="me", reason=reason)
    assert last is not None
    return last


async def test_endpoints_wait_for_nothing() -> None:
    pod = msgspec.json.encode({"apiVersion": "v1", "kind": "Pod"})
    assert is_complete(await revision_of([Put(Ref("Pod", "default", "a"), pod)]))
    moved = entry(endpoints=[{"address": "2.2.2.2"}])
    assert is_complete(await revision_of([Put(ENTRY, entry())], [Put(ENTRY, moved)]))


async def test_configuration_waits_unless_it_is_a_transaction() -> None:
    assert not is_complete(await revision_of([Put(RULE, rule("a"))]))
    assert not is_complete(await revision_of([Put(ENTRY, entry())], [Put(ENTRY, entry(hosts=["b.com"]))]))
    assert is_complete(await revision_of([Put(RULE, rule("a")), Put(ENTRY, entry())]))
    assert is_complete(await revision_of([Put(RULE, rule("a"))], reason="lateen apply: mesh.yaml"))


@pytest.mark.parametrize("turns", range(12))
async def test_a_feed_ends_when_it_is_told_to_also_when_news_come_at_that_moment(turns: int) -> None:
    store = MemoryStore()
    feed = Feed(store, Writes(), Settling(10.0, 10.0))
    await feed.open()
    following = asyncio.create_task(feed.follow())
    for host in ("a", "b"):
        for _ in range(20):
            await asyncio.sleep(0)
        await store.write([Put(RULE, rule(host))], author="me", reason="test")
    for _ in range(turns):
        await asyncio.sleep(0)
    following.cancel()
    ended, _ = await asyncio.wait([following], timeout=60)
    assert ended == {following}
    await store.close()
