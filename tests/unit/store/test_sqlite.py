from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lateen.store import Put, Revision, SqliteStore, Unreadable, Unwritable
from lateen.values.ref import Ref

REVIEWS = Ref("VirtualService", "default", "reviews")


def put(number: int) -> Put:
    return Put(REVIEWS, b'{"spec":%d}' % number)


async def test_everything_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "mesh.db")
    for number in range(4):
        await store.write([put(number)], author="ann", reason="")
    await store.compact(2)
    kept = await store.list(), await store.history()
    await store.close()
    store = await SqliteStore.open(tmp_path / "mesh.db")
    assert (await store.list(), await store.history()) == kept
    await store.close()


async def test_a_reader_of_the_same_file_sees_what_is_written_elsewhere(tmp_path: Path) -> None:
    writer = await SqliteStore.open(tmp_path / "mesh.db")
    reader = await SqliteStore.open(tmp_path / "mesh.db", read_only=True, poll=0.01)
    watch = reader.watch(0)
    waiting = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(0)
    written = await writer.write([put(1)], author="ann", reason="")
    async with asyncio.timeout(60):
        assert await waiting == written
    assert await reader.list() == await writer.list()
    await reader.close()
    await writer.close()


async def test_a_reader_does_not_write(tmp_path: Path) -> None:
    await (await SqliteStore.open(tmp_path / "mesh.db")).close()
    reader = await SqliteStore.open(tmp_path / "mesh.db", read_only=True)
    assert not reader.writable
    with pytest.raises(Unwritable, match="opened for reading only"):
        await reader.write([put(1)], author="", reason="")
    await reader.close()


async def test_two_writers_of_one_file_number_their_revisions_in_one_row(tmp_path: Path) -> None:
    one, other = await SqliteStore.open(tmp_path / "mesh.db"), await SqliteStore.open(tmp_path / "mesh.db")
    for number in range(10):
        await asyncio.gather(one.write([put(2 * number)], author="", reason=""), other.write([put(2 * number + 1)], author="", reason=""))
    assert [each.number for each in await one.history()] == list(range(20, 0, -1))
    await one.close()
    await other.close()


async def test_a_writer_who_gives_up_takes_no_other_with_him(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "mesh.db")
    writes = [
        asyncio.ensure_future(store.write([Put(Ref("VirtualService", "default", f"n{number}"), b"{}")], author="", reason="")) for number in range(20)
    ]
    await asyncio.sleep(0)
    for write in writes[::3]:
        write.cancel()
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(answer, Revision) for index, answer in enumerate(answers) if index % 3)
    await store.close()


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "deep" / "mesh.db")
    await store.write([put(1)], author="", reason="")
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "deep").iterdir()} == {
        "mesh.db": 0o600,
        "mesh.db-wal": 0o600,
        "mesh.db-shm": 0o600,
    }
    await store.close()


async def test_a_file_to_read_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"missing\.db cannot be read: there is no such file"):
        await SqliteStore.open(tmp_path / "missing.db", read_only=True)


async def test_a_path_that_cannot_be_made_is_said_to_be_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match=r"mesh\.db cannot be written"):
        await SqliteStore.open(tmp_path / "file" / "mesh.db")
    with pytest.raises(Unwritable, match="Is a directory"):
        await SqliteStore.open(tmp_path)
