"""The table of commands."""

from __future__ import annotations

import ast
from pathlib import Path

from lateen.cli.main import COMMANDS, application, overview, translated

FOLDER = Path(application.__code__.co_filename).parent


def test_every_command_that_is_there_is_listed_once() -> None:
    names = [row.name for row in COMMANDS]
    assert len(names) == len(set(names))
    with_command = {
        path.stem
        for path in FOLDER.glob("*.py")
        if any(isinstance(node, ast.FunctionDef) and node.name == "command" for node in ast.parse(path.read_text()).body)
    }
    assert with_command <= {row.module for row in COMMANDS}


def test_the_overview_names_every_command_that_exists() -> None:
    for row in COMMANDS:
        assert (f"\n  {row.name:<14}" in overview()) is row.exists


def test_words_of_kubectl_and_istioctl_are_understood() -> None:
    assert translated(["ps", "-o", "name"]) == ["proxy-status", "-o", "name"]
    assert translated(["pc", "cluster", "ps"]) == ["proxy-config", "cluster", "ps"]
    assert translated(["apply", "--dry-run=server", "-f", "x"]) == ["apply", "--dry-run", "-f", "x"]
    assert translated(["apply", "--dry-run=none", "-f", "x"]) == ["apply", "-f", "x"]
    assert translated([]) == []
