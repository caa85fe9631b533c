"""What groups call, over the end of the control plane."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from lateen.control import remembered
from lateen.control.dependencies import Dependencies
from lateen.control.remembered import SOON, Keeping
from lateen.kit.clock import ManualClock

WEB = ("default", (("app", "web"), ("version", "v1")))
JOB = ("jobs", ())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    known = Dependencies({WEB: ("a.com", "b.com"), JOB: ("c.com",)})
    (tmp_path / "x").write_text(remembered.written(known))
    assert list(remembered.read(tmp_path / "x").groups.items()) == [(WEB, ("a.com", "b.com")), (JOB, ("c.com",))]


@pytest.mark.parametrize("content", ["", "{}", "\x00", '[{"namespace": 1}]'])
def test_a_file_that_cannot_be_read_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "x").write_text(content)
    assert remembered.read(tmp_path / "x").groups == {}
    assert remembered.read(tmp_path / "nothing").groups == {}


async def test_it_is_written_soon_after_something_was_learned_and_at_the_end(tmp_path: Path) -> None:
    known, clock, path = Dependencies(), ManualClock(), tmp_path / "x"
    running = asyncio.create_task(Keeping(known, path, clock).run())
    await asyncio.sleep(0)
    known._hosts[JOB] = ("c.com",)
    known.changed()
    await asyncio.sleep(0)
    assert not path.exists()
    await clock.advance(SOON)
    async with asyncio.timeout(60):
        while not path.exists():
            await asyncio.sleep(0.001)
    assert remembered.read(path).groups == {JOB: ("c.com",)}
    known._hosts[WEB] = ("a.com",)
    known.changed()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert remembered.read(path).groups == {JOB: ("c.com",), WEB: ("a.com",)}
