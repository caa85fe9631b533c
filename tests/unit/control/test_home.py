"""The state folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lateen.control.home import CannotStart, Connection, Home


def test_it_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")
    home.ensure_usable()
    assert home.path.stat().st_mode & 0o777 == 0o700
    assert list(home.path.iterdir()) == []


def test_one_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=f"The state folder {tmp_path}/file/x cannot be written: Not a directory"):
        Home(tmp_path / "file" / "x").ensure_usable()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / f".probe-{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(CannotStart, match="the disk is full"):
        home.ensure_usable()


def test_it_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.held(), pytest.raises(CannotStart, match=f"in use by another control plane, process {os.getpid()}"), Home(tmp_path).held():
        pass
    with home.held():
        pass


def test_where_the_mesh_is_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.announce(Connection("https://127.0.0.1:15014", "t", "roots"))
    assert home.connection.stat().st_mode & 0o777 == 0o600
    home.withdraw()
    assert not home.connection.exists()


def test_the_default_store_is_in_it() -> None:
    assert Home(Path("/var/lib/lateen")).default_store == "sqlite:///var/lib/lateen/mesh.db"


def test_how_another_folder_is_had_is_said_as_its_user_can_do_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart) as refused:
        Home(tmp_path / "file" / ".lateen", "move mesh.yaml to another folder").ensure_usable()
    assert str(refused.value) == f"The state folder {tmp_path}/file/.lateen cannot be written: Not a directory. Move mesh.yaml to another folder."
