"""The files that `-f` names."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from lateen.cli.files import sources
from lateen.cli.trouble import Trouble


def test_a_folder_means_the_yaml_and_json_below_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.json", "notes.txt", ".hidden.yaml", "deep/c.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [Path(source.name).name for source in sources([str(tmp_path)])] == ["a.json", "b.yaml", "c.yml"]


def test_a_dash_means_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"text")))
    assert sources(["-"]) == [("standard input", "text")]


def test_standard_input_that_is_no_text_is_used_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    with pytest.raises(Trouble, match="standard input cannot be read: it is not UTF-8 text"):
        sources(["-"])


def test_what_cannot_be_read_is_used_wrongly(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match=r"nothing\.yaml cannot be read: No such file or directory") as caught:
        sources([str(tmp_path / "nothing.yaml")])
    assert caught.value.code == 2
    with pytest.raises(Trouble, match="There is no YAML or JSON below "):
        sources([str(tmp_path)])
