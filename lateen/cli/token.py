"""`lateen token`: make, list and revoke join tokens."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, connected
from lateen.cli.output import as_json, table
from lateen.cli.trouble import MISUSED, Trouble

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Step(StrEnum):
    """What to do."""

    MAKE = "make"
    LIST = "list"
    REVOKE = "revoke"


class Form(StrEnum):
    """What `-o` takes."""

    TEXT = "text"
    JSON = "json"


@connected
def command(
    mesh: Mesh,
    step: Annotated[Step, typer.Argument(help="make one, list those that were made, or revoke one.")] = Step.MAKE,
    token_id: Annotated[str, typer.Argument(metavar="[ID]", help="Which to revoke; `list` shows the ids.")] = "",
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
    service_account: Annotated[str, typer.Option("--service-account", "--sa", help="A name, or a beginning such as web-*.")] = "default",
    ttl: Annotated[str, typer.Option("--ttl", help="How long it is good for: 90s, 30m, 1h, 7d.")] = "1h",
    output: Annotated[Form, typer.Option("-o", "--output", help="json: with what else joining needs.")] = Form.TEXT,
) -> None:
    """Make a token by which a machine or a process joins the mesh as one service account. It is printed once and kept nowhere.

    Who comes with a revoked token is refused. Who has joined by it already stays until its certificate ends, and gets no other.
    """
    if (step is Step.REVOKE) != bool(token_id):
        raise Trouble("Say which token: `lateen token revoke ID`." if not token_id else f"{step.value} takes no id.", MISUSED)
    if step is Step.MAKE:
        body = {"namespace": namespace, "serviceAccount": service_account, "ttl": seconds(ttl)}
        answer = mesh.post("/lateen/v1/tokens", body)
        print(as_json(answer) if output is Form.JSON else answer["token"])
    elif step is Step.LIST:
        answer = mesh.get("/lateen/v1/tokens")
        print(as_json(answer) if output is Form.JSON else table(_HEADS, [_row(each) for each in answer["tokens"]]))
    else:
        answer = mesh.post(f"/lateen/v1/tokens/{token_id}/revoke", {})
        print(as_json(answer) if output is Form.JSON else f"Token {token_id} for {answer['namespace']}/{answer['serviceAccount']} is revoked.")


_HEADS = ("ID", "Namespace", "Service account", "Made", "Ends", "State")


def _row(token: dict[str, Any]) -> list[str]:
    state = f"revoked {token['revoked']}" if token["revoked"] else "good"
    return [token["id"], token["namespace"], token["serviceAccount"], token["made"], token["ends"], state]


def seconds(text: str) -> float:
    """A length of time such as `1h` or `90s`. Raises `Trouble` (2)."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if not found:
        raise Trouble(f'"{text}" is no length of time, expected for instance 90s, 30m, 1h or 7d.', MISUSED)
    return float(found.group(1)) * _UNITS[found.group(2)]
