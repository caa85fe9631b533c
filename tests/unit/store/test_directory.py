from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lateen.store import Object, PutStatus, Unreadable
from lateen.store.directory import DirectoryStore
from lateen.values.ref import Ref
from tests.given.texts import read

REVIEWS = Ref("VirtualService", "default", "reviews")
RATINGS = Ref("VirtualService", "default", "ratings")


def noon() -> datetime:
    return datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def text(name: str, spec: object, **metadata: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in metadata.items())
    return f"kind: VirtualService\nmetadata:\n  name: {name}\n  namespace: default\n{lines}spec: {spec}\n"


def specs(objects: tuple[Object, ...]) -> dict[str, Any]:
    return {each.ref.name: json.loads(each.manifest)["spec"] for each in objects}


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[DirectoryStore]:
    store = await DirectoryStore.open(folder, read, now=noon)
    yield store
    await store.close()


@asynccontextmanager
async def followed(folder: Path) -> AsyncIterator[DirectoryStore]:
    async with asyncio.timeout(60), opened(folder) as store, asyncio.TaskGroup() as tasks:
        following = tasks.create_task(store.follow())
        yield store
        following.cancel()


async def test_all_files_found_at_first_are_one_revision(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "a.yaml").write_text(text("reviews", 1) + "---\n" + text("details", 2))
    (tmp_path / "below" / "b.yml").write_text(text("ratings", 3))
    (tmp_path / "c.json").write_text('{"kind": "Service", "metadata": {"name": "s"}, "spec": 4}')
    (tmp_path / ".hidden.yaml").write_text(text("hidden", 5))
    (tmp_path / "README.md").write_text("read me")
    async with opened(tmp_path) as store:
        snapshot = await store.list()
        assert (snapshot.revision, specs(snapshot.objects)) == (1, {"s": 4, "details": 2, "ratings": 3, "reviews": 1})
        [first] = await store.history()
        assert (first.author, first.reason) == ("directory", "a.yaml, below/b.yml, c.json")
        assert store.findings() == ()


async def test_creation_times_in_files_stay_text_and_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text("reviews", 1, creationTimestamp="2024-01-01T00:00:00Z"))
    async with opened(tmp_path) as store:
        found = await store.get(REVIEWS)
        assert found is not None
        assert found.created == "2024-01-01T00:00:00Z"
        (tmp_path / "a.yaml").write_text(text("reviews", 1, creationTimestamp="2023-01-01T00:00:00Z"))
        await store.refresh()
        found = await store.get(REVIEWS)
        assert found is not None
        assert found.created == "2023-01-01T00:00:00Z"


async def test_a_file_that_does_not_parse_keeps_its_last_good_state_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text("reviews", 1))
    (tmp_path / "b.yaml").write_text(text("ratings", 1))
    async with opened(tmp_path) as store:
        (tmp_path / "a.yaml").write_text("kind: [VirtualService\n")
        (tmp_path / "b.yaml").write_text(text("ratings", 2))
        await store.refresh()
        assert specs((await store.list()).objects) == {"reviews": 1, "ratings": 2}
        assert [str(finding) for finding in store.findings()] == [
            "this is no YAML. Of this file, what cannot be read now stays in force as it last was."
        ]
        (tmp_path / "a.yaml").write_text(text("reviews", 3))
        await store.refresh()
        assert specs((await store.list()).objects) == {"reviews": 3, "ratings": 2}
        assert store.findings() == ()


async def test_an_object_in_two_files_is_taken_from_the_last_and_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text("reviews", "early"))
    async with opened(tmp_path) as store:
        (tmp_path / "b.yaml").write_text(text("reviews", "late"))
        await store.refresh()
        assert specs((await store.list()).objects) == {"reviews": "late"}
        assert [str(finding) for finding in store.findings()] == [
            (
                f"{tmp_path}/b.yaml:1: VirtualService default/reviews metadata.name: this object is given by two files, also at {tmp_path}/a.yaml:1; "
                "this one counts, as the later by name. Keep one, or name one of them otherwise."
            )
        ]
        (tmp_path / "b.yaml").unlink()
        await store.refresh()
        assert specs((await store.list()).objects) == {"reviews": "early"}


async def test_a_deleted_file_takes_its_objects_with_it_and_a_moved_one_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text("reviews", 1))
    (tmp_path / "b.yaml").write_text(text("ratings", 1))
    async with opened(tmp_path) as store:
        (tmp_path / "a.yaml").unlink()
        (tmp_path / "b.yaml").rename(tmp_path / "moved.yaml")
        await store.refresh()
        [newest, _] = await store.history()
        assert [(change.ref, change.after) for change in newest.changes] == [(REVIEWS, None)]


async def test_a_folder_that_has_gone_takes_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "mesh"
    folder.mkdir()
    (folder / "a.yaml").write_text(text("reviews", 1))
    async with opened(folder) as store:
        shutil.rmtree(folder)
        await store.refresh()
        assert specs((await store.list()).objects) == {"reviews": 1}
        assert [str(finding) for finding in store.findings()] == [
            f"{folder}: This folder cannot be listed: No such file or directory. What it held stays in force until it can be."
        ]


async def test_a_status_in_a_file_that_is_taken_out_is_gone_and_one_written_by_the_mesh_stays(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text("reviews", 1) + "status: {from: file}\n")
    (tmp_path / "b.yaml").write_text(text("ratings", 1))
    async with opened(tmp_path) as store:
        await store.write([PutStatus(RATINGS, b'{"from":"mesh"}')], author="control", reason="")
        (tmp_path / "a.yaml").write_text(text("reviews", 2))
        (tmp_path / "b.yaml").write_text(text("ratings", 2))
        await store.refresh()
        assert {each.ref: json.loads(each.manifest).get("status") for each in (await store.list()).objects} == {
            REVIEWS: None,
            RATINGS: {"from": "mesh"},
        }


async def test_edits_are_taken_in_as_they_are_saved_and_a_burst_is_one_revision(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text("reviews", 0))
    async with followed(tmp_path) as store:
        watch = store.watch(1)
        waiting = asyncio.ensure_future(anext(watch))
        await asyncio.sleep(0)
        for index in range(10):
            (tmp_path / f"n{index}.yaml").write_text(text(f"n{index}", index))
        assert len((await waiting).changes) == 10
        (tmp_path / "n3.yaml").unlink()
        assert [change.ref.name for change in (await anext(watch)).changes] == ["n3"]


async def test_files_in_a_new_folder_are_found(tmp_path: Path) -> None:
    async with followed(tmp_path) as store:
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "a.yaml").write_text(text("reviews", 1))
        assert [change.ref for change in (await anext(store.watch(0))).changes] == [REVIEWS]


async def test_a_link_that_is_pointed_at_another_folder_is_followed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text("reviews", name))
    link = tmp_path / "current"
    link.symlink_to("one")
    async with followed(link) as store:
        (tmp_path / "next").symlink_to("two")
        (tmp_path / "next").rename(link)
        [change] = (await anext(store.watch(1))).changes
        assert change.after is not None
        assert specs((change.after,)) == {"reviews": "two"}


async def test_findings_are_told_as_they_come_and_go(tmp_path: Path) -> None:
    async with followed(tmp_path) as store:
        findings = store.watch_findings()
        assert await anext(findings) == ()
        (tmp_path / "a.yaml").write_text("a: [")
        assert [finding.ref.name for finding in await anext(findings)] == [f"{tmp_path}/a.yaml"]
        (tmp_path / "a.yaml").unlink()
        assert await anext(findings) == ()


async def test_a_folder_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no such folder"):
        await DirectoryStore.open(tmp_path / "missing", read)
