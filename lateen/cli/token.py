"""`lateen token`: make a join token."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from lateen.cli.connection import Mesh, connected
from lateen.cli.output import as_json
from lateen.cli.trouble import MISUSED, Trouble

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@connected
def command(
    mesh: Mesh,
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
    service_account: Annotated[str, typer.Option("--service-account", "--sa", help="A name, or a beginning such as web-*.")] = "default",
    ttl: Annotated[str, typer.Option("--ttl", help="How long it is good for: 90s, 30m, 1h, 7d.")] = "1h",
    output: Annotated[str, typer.Option("-o", "--output", help="json: with what else joining needs.")] = "text",
) -> None:
    """Make a token by which a machine or a process joins the mesh as one service account. It is printed once and kept nowhere."""
    body = {"namespace": namespace, "serviceAccount": service_account, "ttl": seconds(ttl)}
    answer = mesh.post("/lateen/v1/tokens", body)
    print(as_json(answer) if output == "json" else answer["token"])


def seconds(text: str) -> float:
    """A length of time such as `1h` or `90s`. Raises `Trouble` (2)."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if not found:
        raise Trouble(f'"{text}" is no length of time, expected for instance 90s, 30m, 1h or 7d.', MISUSED)
    return float(found.group(1)) * _UNITS[found.group(2)]
