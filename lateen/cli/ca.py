"""`lateen ca`: the mesh's roots, and their rotation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, connected
from lateen.cli.output import Output, as_json, as_yaml, table


class Step(StrEnum):
    """What to do."""

    SHOW = "show"
    PEM = "pem"
    ANNOUNCE = "announce"
    SWITCH = "switch"
    SETTLE = "settle"


@connected
def command(
    mesh: Mesh,
    step: Annotated[Step, typer.Argument(help="show, pem (the roots themselves), or a step of a rotation.")] = Step.SHOW,
    output: Annotated[Output, typer.Option("-o", "--output")] = Output.TABLE,
) -> None:
    """Show the roots that the mesh trusts, or rotate them.

    A rotation is three steps: announce (a new root is made, and running agents are told at once to trust it), switch (it signs, which is refused
    while an agent has not said yet that it trusts it), settle (the old one is dropped, when the last certificate under it has ended).
    """
    is_look = step in (Step.SHOW, Step.PEM)
    answer = mesh.get("/lateen/v1/ca") if is_look else mesh.post(f"/lateen/v1/ca/{step.value}", {})
    if step is Step.PEM:
        print(answer["pem"], end="")
    elif output in (Output.JSON, Output.YAML):
        print(as_json(answer) if output is Output.JSON else as_yaml(answer).rstrip())
    else:
        print(table(("Fingerprint", "Subject", "Ends", "State"), [_row(root) for root in answer["roots"]]))
        print(f"\nThe intermediate that signs ends {answer['intermediateEnds']}.")


def _row(root: dict[str, Any]) -> list[str]:
    state = "signs" if root["signs"] else f"retired {root['retired']}" if root["retired"] else "trusted"
    return [root["fingerprint"][:16], root["subject"], root["ends"], state]
