"""The table of commands."""

from __future__ import annotations

import ast
from pathlib import Path

from lateen.cli.main import COMMANDS, application, overview

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
