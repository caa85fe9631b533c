"""Which mesh a command talks to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lateen.cli.connection import Settings, default_home, place
from lateen.cli.trouble import Trouble


def mesh(home: Path, server: str = "https://127.0.0.1:15014") -> None:
    home.mkdir(parents=True)
    (home / "api-token").write_text("secret\n")
    (home / "connection.json").write_text(json.dumps({"server": server, "token_file": str(home / "api-token"), "roots": "PEM", "discovery": "d"}))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


def test_the_mesh_of_this_folder_or_one_above_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh(tmp_path / ".lateen")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "down")
    assert place(Settings()) == ("https://127.0.0.1:15014", "secret", "PEM", "d")


def test_a_state_folder_that_is_named_wins(tmp_path: Path) -> None:
    mesh(tmp_path / ".lateen", "https://here:1")
    mesh(tmp_path / "other", "https://other:1")
    assert place(Settings(home=str(tmp_path / "other"))).server == "https://other:1"


def test_a_server_that_is_named_wins_and_gets_no_other_meshs_token(tmp_path: Path) -> None:
    mesh(tmp_path / ".lateen", "https://here:1")
    assert place(Settings(server="https://far:1")) == ("https://far:1", "", "", "")
    assert place(Settings(server="https://far:1", token="t")).token == "t"
    assert place(Settings(server="https://here:1/")) == ("https://here:1", "secret", "PEM", "")


def test_the_users_own_mesh_is_the_last_resort(tmp_path: Path) -> None:
    mesh(tmp_path / "user" / ".lateen", "https://mine:1")
    assert place(Settings()).server == "https://mine:1"


def test_no_mesh_is_unreachable_with_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="Start one with `lateen up`") as caught:
        place(Settings())
    assert caught.value.code == 3
    with pytest.raises(Trouble, match=f"No mesh is running in {tmp_path}/x"):
        place(Settings(home=str(tmp_path / "x")))


def test_a_new_mesh_goes_where_one_was_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_home() == Path(".lateen")
    (tmp_path / ".lateen").mkdir()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert default_home() == tmp_path / ".lateen"
    assert default_home(Settings(home="x")) == Path("x")
