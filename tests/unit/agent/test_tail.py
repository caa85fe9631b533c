"""Files that grow."""

import asyncio
from pathlib import Path

from lateen.agent.tail import Tail, Tails


def test_what_was_read_is_not_read_again_by_the_next_and_what_was_not_is(tmp_path: Path) -> None:
    log, first, second = tmp_path / "log", [], []
    with log.open("ab", buffering=0) as file:
        file.write(b"x" * 5000 + b"\none\ntw")
        Tail(log, first.append).read()
        file.write(b"o\r\nthree")
        Tail(log, second.append).close()
    assert first == ["x" * 5000, "one"]
    assert second == ["two", "three"]


def test_what_was_read_takes_no_room(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"line\n" * 1_000_000)
    tail = Tail(log, lambda _: None)
    while tail.read():
        pass
    assert log.stat().st_blocks * 512 <= 8192


def test_a_line_without_an_end_is_dropped_when_it_is_longer_than_anybody_reads(tmp_path: Path) -> None:
    log, lines = tmp_path / "log", []
    log.write_bytes(b"x" * 200_000 + b"\nshort\n")
    Tail(log, lines.append).close()
    assert lines[-1] == "short" and all(len(line) <= 1 << 17 for line in lines)


async def test_lines_come_as_they_are_written(tmp_path: Path) -> None:
    tails, lines, seen = Tails(), [], asyncio.Event()
    tail = tails.follow(tmp_path / "log", lambda line: (lines.append(line), seen.set()))
    with (tmp_path / "log").open("ab", buffering=0) as file:
        file.write(b"one\n")
        await asyncio.wait_for(seen.wait(), 60)
        seen.clear()
        file.write(b"two\n")
        await asyncio.wait_for(seen.wait(), 60)
    tail.close()
    tails.close()
    assert lines == ["one", "two"]
    assert (tmp_path / "log").stat().st_size == 0
