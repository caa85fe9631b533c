from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from lateen.kit.file_watch import changes


async def test_the_first_set_is_empty_and_what_is_written_after_it_comes(tmp_path: Path) -> None:
    async with asyncio.timeout(60), aclosing(changes([tmp_path])) as bursts:
        assert await anext(bursts) == set()
        (tmp_path / "a.yaml").write_text("a")
        assert tmp_path / "a.yaml" in await anext(bursts)


async def test_edits_made_together_are_one_set_and_folders_below_count(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    async with asyncio.timeout(60), aclosing(changes([tmp_path])) as bursts:
        await anext(bursts)
        for name in ("a", "b", "c"):
            (below / name).write_text(name)
        assert {below / "a", below / "b", below / "c"} <= await anext(bursts)


async def test_a_deleted_file_is_named(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.write_text("")
    async with asyncio.timeout(60), aclosing(changes([tmp_path])) as bursts:
        await anext(bursts)
        gone.unlink()
        assert gone in await anext(bursts)


async def test_silence_gives_empty_sets(tmp_path: Path) -> None:
    async with asyncio.timeout(60), aclosing(changes([tmp_path], sweep=0.05)) as bursts:
        assert [await anext(bursts) for _ in range(3)] == [set(), set(), set()]


async def test_a_folder_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await anext(changes([tmp_path / "missing"]))


async def test_cancelling_ends_the_watch(tmp_path: Path) -> None:
    async def watch() -> None:
        async with aclosing(changes([tmp_path])) as bursts:
            async for _ in bursts:
                began.set()

    began = asyncio.Event()
    task = asyncio.create_task(watch())
    async with asyncio.timeout(60):
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
