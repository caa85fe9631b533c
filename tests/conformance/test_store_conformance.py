"""What every store promises, held over every store. A backend says what it can do; what it cannot by design is not asked of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lateen.store import (
    ABSENT,
    Change,
    Closed,
    Compacted,
    Conflict,
    Delete,
    MemoryStore,
    Object,
    Operation,
    Put,
    PutStatus,
    Revision,
    SqliteStore,
    Store,
    Unwritable,
)
from lateen.store.directory import DirectoryStore
from lateen.values.ref import Ref
from tests.given.texts import read

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
REVIEWS = Ref("VirtualService", "default", "reviews")
RATINGS = Ref("VirtualService", "default", "ratings")
STRICT = Ref("PeerAuthentication", "prod", "strict")


class World(NamedTuple):
    """A store, and the way by which its config is changed: its own `write`, or the files it reads."""

    store: Store
    change: Callable[..., Awaitable[None]]
    pass_minutes: Callable[[int], None]


class MovableClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)


async def memory(folder: Path, clock: MovableClock) -> World:
    store = MemoryStore(now=clock)
    return World(store, through(store), clock.pass_minutes)


async def sqlite(folder: Path, clock: MovableClock) -> World:
    store = await SqliteStore.open(folder / "mesh.db", now=clock)
    return World(store, through(store), clock.pass_minutes)


async def directory(folder: Path, clock: MovableClock) -> World:
    store = await DirectoryStore.open(folder, read, now=clock)

    async def change(*operations: Operation, author: str = "", reason: str = "") -> None:
        for operation in operations:
            path = folder / f"{operation.ref.kind}.{operation.ref.namespace}.{operation.ref.name}.json"
            if isinstance(operation, Put):
                path.write_bytes(operation.manifest)
            else:
                path.unlink(missing_ok=True)
        await store.refresh(set(folder.iterdir()))

    return World(store, change, clock.pass_minutes)


def through(store: Store) -> Callable[..., Awaitable[None]]:
    async def change(*operations: Operation, author: str = "ann", reason: str = "because") -> None:
        await store.write(operations, author=author, reason=reason)

    return change


WRITABLE = {"memory": memory, "sqlite": sqlite}
ALL = WRITABLE | {"directory": directory}


@pytest.fixture(params=ALL)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    made = await ALL[request.param](tmp_path, MovableClock())
    yield made
    await made.store.close()


@pytest.fixture(params=WRITABLE)
async def writable(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    made = await WRITABLE[request.param](tmp_path, MovableClock())
    yield made
    await made.store.close()


def manifest(ref: Ref, spec: Any = None, **metadata: Any) -> bytes:
    where = {"name": ref.name, "namespace": ref.namespace} if ref.namespace else {"name": ref.name}
    return json.dumps({"apiVersion": "v1", "kind": ref.kind, "metadata": where | metadata, "spec": spec}).encode()


def put(ref: Ref, spec: Any = None, expected: int | None = None, **metadata: Any) -> Put:
    return Put(ref, manifest(ref, spec, **metadata), expected)


async def first(number: int, revisions: AsyncGenerator[Revision, None]) -> Sequence[Revision]:
    found: list[Revision] = []
    async with aclosing(revisions) as watch:
        async for revision in watch:
            found.append(revision)
            if len(found) == number:
                break
    return found


def spec(of: Object | None) -> Any:
    assert of is not None
    return json.loads(of.manifest)["spec"]


def metadata(of: Object | None) -> Any:
    assert of is not None
    return json.loads(of.manifest)["metadata"]


# Reading


async def test_an_empty_store_is_at_revision_zero(world: World) -> None:
    snapshot = await world.store.list()
    assert (snapshot.revision, snapshot.objects) == (0, ())


async def test_an_object_is_listed_with_the_revision_that_wrote_it(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.change(put(RATINGS, 2))
    snapshot = await world.store.list()
    assert snapshot.revision == 2
    assert [(each.ref, each.version, spec(each)) for each in snapshot.objects] == [(RATINGS, 2, 2), (REVIEWS, 1, 1)]


async def test_a_list_is_narrowed_by_kind_and_namespace_and_ordered_by_ref(world: World) -> None:
    elsewhere = Ref("VirtualService", "prod", "a")
    await world.change(put(STRICT), put(REVIEWS), put(elsewhere), put(RATINGS))
    assert [each.ref for each in (await world.store.list()).objects] == [STRICT, RATINGS, REVIEWS, elsewhere]
    assert [each.ref for each in (await world.store.list("VirtualService")).objects] == [RATINGS, REVIEWS, elsewhere]
    assert [each.ref for each in (await world.store.list(namespace="prod")).objects] == [STRICT, elsewhere]
    assert [each.ref for each in (await world.store.list("VirtualService", "prod")).objects] == [elsewhere]


async def test_an_object_is_found_by_its_ref(world: World) -> None:
    await world.change(put(REVIEWS, "here"))
    assert spec(await world.store.get(REVIEWS)) == "here"
    assert await world.store.get(RATINGS) is None


async def test_cluster_scoped_objects_have_no_namespace(world: World) -> None:
    prod = Ref("Namespace", "", "prod")
    await world.change(put(prod))
    assert metadata(await world.store.get(prod)) == {"name": "prod", "creationTimestamp": "2026-01-01T12:00:00Z", "generation": 1}


# Writing


async def test_several_objects_in_one_write_are_one_revision(world: World) -> None:
    await world.change(put(REVIEWS), put(STRICT), put(RATINGS))
    assert (await world.store.list()).revision == 1
    [revision] = await world.store.history()
    assert [change.ref for change in revision.changes] == [STRICT, RATINGS, REVIEWS]


async def test_a_put_equal_to_what_is_there_makes_no_revision(world: World) -> None:
    await world.change(put(REVIEWS, {"a": 1, "b": 2}))
    world.pass_minutes(5)
    await world.change(put(REVIEWS, {"b": 2, "a": 1}))
    assert (await world.store.list()).revision == 1


async def test_only_what_differs_is_in_a_revision(world: World) -> None:
    await world.change(put(REVIEWS, 1), put(RATINGS, 1))
    await world.change(put(REVIEWS, 1), put(RATINGS, 2))
    [newest, _] = await world.store.history()
    assert [change.ref for change in newest.changes] == [RATINGS]


async def test_one_and_true_are_different_values(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.change(put(REVIEWS, True))
    assert spec(await world.store.get(REVIEWS)) is True


async def test_a_deleted_object_is_gone(world: World) -> None:
    await world.change(put(REVIEWS), put(RATINGS))
    await world.change(Delete(REVIEWS))
    assert await world.store.get(REVIEWS) is None
    snapshot = await world.store.list()
    assert (snapshot.revision, [each.ref for each in snapshot.objects]) == (2, [RATINGS])


async def test_deleting_what_is_not_there_changes_nothing(world: World) -> None:
    await world.change(Delete(REVIEWS))
    assert (await world.store.list()).revision == 0


async def test_a_write_answers_with_its_revision(writable: World) -> None:
    answer = await writable.store.write([put(REVIEWS, 1)], author="ann", reason="first try")
    assert (answer.number, answer.at, answer.author, answer.reason) == (1, "2026-01-01T12:00:00.000Z", "ann", "first try")
    assert answer.changes == (Change(REVIEWS, None, await writable.store.get(REVIEWS)),)


async def test_a_write_that_changes_nothing_answers_with_the_present_number(writable: World) -> None:
    await writable.change(put(REVIEWS))
    answer = await writable.store.write([put(REVIEWS)], author="ann", reason="again")
    assert (answer.number, answer.changes) == (1, ())


async def test_operations_on_one_object_in_one_write_follow_each_other(writable: World) -> None:
    answer = await writable.store.write([put(REVIEWS, 1), put(REVIEWS, 2), put(RATINGS), Delete(RATINGS)], author="", reason="")
    assert [(change.ref, change.before, spec(change.after)) for change in answer.changes] == [(REVIEWS, None, 2)]


async def test_a_manifest_that_is_no_object_is_refused(writable: World) -> None:
    with pytest.raises(ValueError, match="must be a JSON object"):
        await writable.store.write([Put(REVIEWS, b"[1]")], author="", reason="")
    assert (await writable.store.list()).revision == 0


async def test_writes_made_at_the_same_time_are_revisions_of_their_own(writable: World) -> None:
    refs = [Ref("VirtualService", "default", f"n{number:03}") for number in range(100)]
    answers = await asyncio.gather(*(writable.store.write([put(ref)], author="", reason="") for ref in refs))
    assert sorted(answer.number for answer in answers) == list(range(1, 101))
    assert [each.ref for each in (await writable.store.list()).objects] == refs


async def test_a_refused_write_does_not_touch_those_made_at_the_same_time(writable: World) -> None:
    good, bad, fine = await asyncio.gather(
        writable.store.write([put(REVIEWS)], author="", reason=""),
        writable.store.write([put(STRICT), put(REVIEWS, expected=7)], author="", reason=""),
        writable.store.write([put(RATINGS)], author="", reason=""),
        return_exceptions=True,
    )
    assert isinstance(good, Revision)
    assert isinstance(bad, Conflict)
    assert isinstance(fine, Revision)
    assert [each.ref for each in (await writable.store.list()).objects] == [RATINGS, REVIEWS]


async def test_a_store_that_is_not_writable_says_what_to_do_instead(tmp_path: Path) -> None:
    world = await directory(tmp_path, MovableClock())
    assert not world.store.writable
    with pytest.raises(Unwritable, match="Edit them"):
        await world.store.write([put(REVIEWS)], author="", reason="")
    await world.store.close()


# Optimistic concurrency


async def test_a_put_with_the_version_read_goes_through(writable: World) -> None:
    await writable.change(put(REVIEWS, 1))
    await writable.change(put(REVIEWS, 2, expected=1))
    assert spec(await writable.store.get(REVIEWS)) == 2


async def test_a_put_with_an_old_version_is_a_conflict_that_says_what_is_there(writable: World) -> None:
    await writable.change(put(REVIEWS, 1))
    await writable.change(put(REVIEWS, 2))
    with pytest.raises(Conflict, match="VirtualService default/reviews is at version 2 and was expected at version 1") as raised:
        await writable.change(put(REVIEWS, 3, expected=1))
    assert (raised.value.ref, raised.value.found, raised.value.expected) == (REVIEWS, 2, 1)
    assert spec(await writable.store.get(REVIEWS)) == 2


async def test_a_put_that_is_to_create_meets_what_exists(writable: World) -> None:
    await writable.change(put(REVIEWS, expected=ABSENT))
    with pytest.raises(Conflict, match="exists already"):
        await writable.change(put(REVIEWS, expected=ABSENT))


@pytest.mark.parametrize("operation", [put(REVIEWS, expected=1), Delete(REVIEWS, expected=1), PutStatus(REVIEWS, b"1", expected=1)])
async def test_an_expected_version_of_an_object_that_is_gone_is_a_conflict(writable: World, operation: Operation) -> None:
    await writable.change(put(REVIEWS))
    await writable.change(Delete(REVIEWS))
    with pytest.raises(Conflict, match="does not exist") as raised:
        await writable.change(operation)
    assert raised.value.found == ABSENT


async def test_one_conflict_undoes_the_whole_write(writable: World) -> None:
    await writable.change(put(REVIEWS, 1))
    with pytest.raises(Conflict):
        await writable.change(put(RATINGS), put(REVIEWS, 2, expected=9), Delete(STRICT))
    snapshot = await writable.store.list()
    assert (snapshot.revision, [each.ref for each in snapshot.objects]) == (1, [REVIEWS])


async def test_an_unequal_version_is_a_conflict_even_when_nothing_would_change(writable: World) -> None:
    await writable.change(put(REVIEWS, 1))
    with pytest.raises(Conflict):
        await writable.change(put(REVIEWS, 1, expected=5))


# What the store keeps of a manifest itself


async def test_a_new_object_is_created_now(world: World) -> None:
    await world.change(put(REVIEWS))
    found = await world.store.get(REVIEWS)
    assert found is not None
    assert found.created == metadata(found)["creationTimestamp"] == "2026-01-01T12:00:00Z"


async def test_a_creation_time_given_at_first_is_kept(world: World) -> None:
    await world.change(put(REVIEWS, creationTimestamp="2020-02-02T00:00:00Z"))
    found = await world.store.get(REVIEWS)
    assert found is not None
    assert found.created == metadata(found)["creationTimestamp"] == "2020-02-02T00:00:00Z"


async def test_a_creation_time_of_null_is_none_given(world: World) -> None:
    await world.change(put(REVIEWS, creationTimestamp=None))
    assert metadata(await world.store.get(REVIEWS))["creationTimestamp"] == "2026-01-01T12:00:00Z"


async def test_applying_again_keeps_the_creation_time(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    world.pass_minutes(5)
    await world.change(put(REVIEWS, 2))
    assert metadata(await world.store.get(REVIEWS))["creationTimestamp"] == "2026-01-01T12:00:00Z"


async def test_an_object_made_anew_after_its_deletion_is_younger(world: World) -> None:
    await world.change(put(REVIEWS))
    await world.change(Delete(REVIEWS))
    world.pass_minutes(5)
    await world.change(put(REVIEWS))
    assert metadata(await world.store.get(REVIEWS))["creationTimestamp"] == "2026-01-01T12:05:00Z"


async def test_the_resource_version_is_not_stored(world: World) -> None:
    await world.change(put(REVIEWS, resourceVersion="17"))
    assert "resourceVersion" not in metadata(await world.store.get(REVIEWS))


async def test_a_generation_counts_changes_outside_of_metadata(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.change(put(REVIEWS, 1, labels={"a": "b"}))
    assert metadata(await world.store.get(REVIEWS))["generation"] == 1
    await world.change(put(REVIEWS, 2, labels={"a": "b"}))
    assert metadata(await world.store.get(REVIEWS))["generation"] == 2


async def test_a_status_is_written_without_a_new_generation(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.store.write([PutStatus(REVIEWS, b'{"ok": true}')], author="control", reason="acknowledged")
    found = await world.store.get(REVIEWS)
    assert found is not None
    assert (json.loads(found.manifest)["status"], metadata(found)["generation"], found.version) == ({"ok": True}, 1, 2)


async def test_a_put_without_status_keeps_the_status(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.store.write([PutStatus(REVIEWS, b'{"ok": true}')], author="control", reason="acknowledged")
    await world.change(put(REVIEWS, 2))
    found = await world.store.get(REVIEWS)
    assert found is not None
    assert (json.loads(found.manifest)["status"], spec(found)) == ({"ok": True}, 2)


async def test_a_status_equal_to_the_present_one_makes_no_revision(world: World) -> None:
    await world.change(put(REVIEWS))
    for _ in range(2):
        await world.store.write([PutStatus(REVIEWS, b'{"ok": true}')], author="control", reason="acknowledged")
    assert (await world.store.list()).revision == 2


async def test_a_status_of_null_is_taken_away(world: World) -> None:
    await world.change(put(REVIEWS))
    await world.store.write([PutStatus(REVIEWS, b'{"ok": true}')], author="", reason="")
    await world.store.write([PutStatus(REVIEWS, b"null")], author="", reason="")
    found = await world.store.get(REVIEWS)
    assert found is not None
    assert "status" not in json.loads(found.manifest)


async def test_an_object_that_does_not_exist_has_no_status(world: World) -> None:
    with pytest.raises(Conflict, match="VirtualService default/reviews does not exist, so its status cannot be written"):
        await world.store.write([PutStatus(REVIEWS, b"{}")], author="", reason="")


# Watching


async def test_a_watch_begins_at_any_kept_revision(world: World) -> None:
    for number in range(5):
        await world.change(put(REVIEWS, number))
    for after in range(5):
        assert [each.number for each in await first(5 - after, world.store.watch(after))] == list(range(after + 1, 6))


async def test_a_watch_shows_each_change_with_before_and_after(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.change(put(REVIEWS, 2))
    await world.change(Delete(REVIEWS))
    made, edited, deleted = (each.changes for each in await first(3, world.store.watch(0)))
    assert [(change.before, spec(change.after)) for change in made] == [(None, 1)]
    assert [(spec(change.before), spec(change.after)) for change in edited] == [(1, 2)]
    assert [(spec(change.before), change.after) for change in deleted] == [(2, None)]


async def test_a_watch_goes_on_with_what_is_written_later(world: World) -> None:
    watching = asyncio.create_task(first(3, world.store.watch(0)))
    for number in range(3):
        await world.change(put(REVIEWS, number))
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        assert [spec(each.changes[0].after) for each in await watching] == [0, 1, 2]


async def test_a_list_and_a_watch_from_its_revision_leave_no_gap(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    snapshot = await world.store.list()
    await world.change(put(RATINGS, 2))
    [next_one] = await first(1, world.store.watch(snapshot.revision))
    assert [change.ref for change in next_one.changes] == [RATINGS]


async def test_a_reader_who_is_slow_gets_every_revision(writable: World) -> None:
    seen: list[int] = []
    async with asyncio.timeout(60), aclosing(writable.store.watch(0)) as watch:
        await writable.change(put(REVIEWS, 0))
        async for revision in watch:
            seen.append(revision.number)
            if revision.number == 1:
                for number in range(1, 350):
                    await writable.change(put(REVIEWS, number))
            if revision.number == 350:
                break
    assert seen == list(range(1, 351))


async def test_two_watches_do_not_take_from_each_other(world: World) -> None:
    await world.change(put(REVIEWS))
    await world.change(put(RATINGS))
    one, other = await asyncio.gather(first(2, world.store.watch(0)), first(2, world.store.watch(0)))
    assert one == other


async def test_closing_ends_the_watches(world: World) -> None:
    await world.change(put(REVIEWS))
    watch = world.store.watch(0)
    assert (await anext(watch)).number == 1
    waiting = asyncio.ensure_future(anext(watch, None))
    await asyncio.sleep(0)
    await world.store.close()
    async with asyncio.timeout(60):
        assert await waiting is None


async def test_a_watch_from_a_revision_that_is_not_yet_is_told_so(world: World) -> None:
    await world.change(put(REVIEWS))
    with pytest.raises(Compacted, match="Revision 9 is not kept: the store has revisions 0 to 1"):
        await anext(world.store.watch(9))


# History


async def test_history_tells_who_when_and_why_newest_first(writable: World) -> None:
    await writable.change(put(REVIEWS, 1), author="ann", reason="first")
    writable.pass_minutes(3)
    await writable.change(put(REVIEWS, 2), author="bob", reason="second")
    assert [(each.number, each.at, each.author, each.reason) for each in await writable.store.history()] == [
        (2, "2026-01-01T12:03:00.000Z", "bob", "second"),
        (1, "2026-01-01T12:00:00.000Z", "ann", "first"),
    ]


async def test_history_and_watch_tell_the_same(world: World) -> None:
    await world.change(put(REVIEWS, 1), put(RATINGS, 1))
    await world.change(put(REVIEWS, 2))
    await world.change(Delete(RATINGS))
    assert list(reversed(await world.store.history())) == list(await first(3, world.store.watch(0)))


async def test_history_of_one_object_has_only_what_touched_it(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.change(put(RATINGS, 1))
    await world.change(put(REVIEWS, 2))
    await world.change(Delete(REVIEWS))
    assert [each.number for each in await world.store.history(REVIEWS)] == [4, 3, 1]


async def test_history_is_read_in_pages(world: World) -> None:
    for number in range(7):
        await world.change(put(REVIEWS, number))
    assert [each.number for each in await world.store.history(limit=3)] == [7, 6, 5]
    assert [each.number for each in await world.store.history(before=5, limit=3)] == [4, 3, 2]


async def test_the_state_at_every_older_revision_can_be_read(world: World) -> None:
    snapshots = [await world.store.list()]
    for step in ([put(REVIEWS, 1)], [put(RATINGS, 1), put(REVIEWS, 2)], [Delete(REVIEWS)], [put(REVIEWS, 3), Delete(RATINGS)]):
        await world.change(*step)
        snapshots.append(await world.store.list())
    assert [await world.store.at(number) for number in range(5)] == snapshots


async def test_the_state_at_a_revision_that_is_not_yet_cannot_be_read(world: World) -> None:
    with pytest.raises(Compacted):
        await world.store.at(1)


# Compaction


async def test_after_compaction_older_revisions_are_gone_and_objects_stay(world: World) -> None:
    for number in range(1, 6):
        await world.change(put(REVIEWS, number))
    state = [await world.store.at(number) for number in range(6)]
    await world.store.compact(4)
    assert [each.number for each in await world.store.history()] == [5, 4]
    assert await world.store.list() == state[5]
    assert [await world.store.at(number) for number in (3, 4, 5)] == state[3:]
    assert [each.number for each in await first(2, world.store.watch(3))] == [4, 5]
    with pytest.raises(Compacted, match="Revision 2 is not kept: the store has revisions 3 to 5"):
        await world.store.at(2)
    with pytest.raises(Compacted):
        await anext(world.store.watch(2))


async def test_numbers_go_on_after_everything_was_compacted(world: World) -> None:
    await world.change(put(REVIEWS, 1))
    await world.change(put(REVIEWS, 2))
    await world.store.compact(1_000)
    assert await world.store.history() == ()
    assert (await world.store.list()).revision == 2
    await world.change(put(REVIEWS, 3))
    [newest] = await world.store.history()
    assert (newest.number, spec(newest.changes[0].before), spec(newest.changes[0].after)) == (3, 2, 3)


async def test_compaction_does_not_go_back(world: World) -> None:
    for number in range(4):
        await world.change(put(REVIEWS, number))
    await world.store.compact(3)
    await world.store.compact(1)
    with pytest.raises(Compacted):
        await world.store.at(1)


async def test_a_reader_overtaken_by_compaction_is_told(world: World) -> None:
    await world.change(put(REVIEWS, 0))
    watch = world.store.watch(0)
    assert (await anext(watch)).number == 1
    for number in range(1, 5):
        await world.change(put(REVIEWS, number))
    await world.store.compact(5)
    with pytest.raises(Compacted):
        await anext(watch)


# Closing


async def test_a_closed_store_says_that_it_is_closed(world: World) -> None:
    await world.store.close()
    await world.store.close()
    with pytest.raises(Closed):
        await world.store.list()
    with pytest.raises(Closed):
        await world.store.write([PutStatus(REVIEWS, b"{}")], author="", reason="")
