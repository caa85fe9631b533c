"""`lateen completion`: the script that makes a shell complete lateen's words."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """The shells."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def command(shell: Annotated[Shell, typer.Argument()]) -> None:
    """Print the script, for instance: source <(lateen completion bash)"""
    from lateen.cli.main import application

    os.environ["_LATEEN_COMPLETE"] = f"source_{shell.value}"
    application()(prog_name="lateen")


def kinds(incomplete: str) -> list[str]:
    """The kinds of objects whose names begin so, for the shell to offer; of several with commas between them, the last is completed."""
    from lateen.api.kinds import KINDS

    before, comma, word = incomplete.rpartition(",")
    plurals = dict.fromkeys(kind.plural for kind in KINDS.values())
    return [f"{before}{comma}{plural}" for plural in plurals if plural.startswith(word)]
