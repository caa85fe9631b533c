from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lateen.store import Put, Revision, Unreadable, Unwritable, utc_now
from lateen.store.sqlite_file import SqliteFile, Write
from lateen.values.ref import Ref

REVIEWS = Ref("VirtualService", "default", "reviews")


def opened(path: Path) -> SqliteFile:
    return SqliteFile(path, utc_now, read_only=False)


def pragma(file: SqliteFile, name: str) -> object:
    return file._database.execute(f"PRAGMA {name}").fetchone()[0]


def test_an_acknowledged_write_is_on_the_disk(tmp_path: Path) -> None:
    file = opened(tmp_path / "mesh.db")
    full = 2
    assert (pragma(file, "journal_mode"), pragma(file, "synchronous")) == ("wal", full)
    file.close()


def test_a_full_disk_refuses_the_write_and_leaves_what_is_there(tmp_path: Path) -> None:
    file = opened(tmp_path / "mesh.db")
    [first] = file.commit([Write((Put(REVIEWS, b'{"spec":1}'),), "ann", "")])
    assert isinstance(first, Revision)
    pages = pragma(file, "page_count")
    file._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unwritable, match=r"mesh\.db cannot be written: the disk is full\."):
        file.commit([Write((Put(REVIEWS, b'{"spec":"%s"}' % (b"x" * 50_000)),), "ann", "")])
    assert file.list(None, None).revision == 1
    file._database.execute("PRAGMA max_page_count = 100000")
    [second] = file.commit([Write((Put(REVIEWS, b'{"spec":2}'),), "ann", "")])
    assert isinstance(second, Revision)
    assert second.number == 2
    file.close()


def test_a_page_of_the_log_holds_few_big_revisions(tmp_path: Path) -> None:
    file = opened(tmp_path / "mesh.db")
    for number in range(3):
        puts = tuple(Put(Ref("Service", "default", f"n{index}"), b'{"spec":%d}' % number) for index in range(1_500))
        file.commit([Write(puts, "", "")])
    assert [revision.number for revision in file.page(0)] == [1]
    assert [revision.number for revision in file.page(1)] == [2]
    file.close()


def test_a_file_that_is_no_database_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "mesh.db"
    path.write_bytes(b"kind: VirtualService\n" * 100)
    with pytest.raises(Unreadable, match="it is not an SQLite database"):
        opened(path)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mesh.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE photos (name TEXT)")
    with pytest.raises(Unreadable, match="of another program"):
        opened(path)


def test_a_file_of_a_newer_format_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "mesh.db"
    opened(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    with pytest.raises(Unreadable, match="it has format 99, and this Lateen knows formats up to 1"):
        opened(path)


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "mesh.db"
    file = opened(path)
    file.commit([Write(tuple(Put(Ref("Service", "default", f"n{index}"), b"{}") for index in range(500)), "", "")])
    file.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(Unreadable, match="damaged"):
        opened(path).list(None, None)
