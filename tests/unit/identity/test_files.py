"""Whole or absent."""

from pathlib import Path

import pytest

from lateen.identity import files


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path):
    path = tmp_path / "key"
    files.write(path, "old", files.PUBLIC)
    files.write(path, "new", files.SECRET)
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"key": "new"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_goes_wrong_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "key"
    files.write(path, "old", files.SECRET)
    with pytest.raises(UnicodeEncodeError):
        files.write(path, "\ud800", files.SECRET)
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"key": "old"}
