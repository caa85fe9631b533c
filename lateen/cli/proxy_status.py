"""`lateen proxy-status`: which proxies are connected, and whether they have everything."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, connected
from lateen.cli.output import Output, as_json, as_yaml, coloured, table

_TYPES = ("cds", "lds", "eds", "rds")
_WIDE = (*_TYPES, "vhds", "sds", "ecds")


@connected
def command(
    mesh: Mesh,
    proxy: Annotated[str, typer.Argument(metavar="[PROXY]", help="NAME.NAMESPACE, or its node id.")] = "",
    output: Annotated[Output, typer.Option("-o", "--output")] = Output.TABLE,
) -> None:
    """List the connected proxies, and for each type SYNCED, STALE (told, not yet acknowledged), NOT SENT or NACK (refused, with the reason)."""
    found = [mesh.get(f"/lateen/v1/proxies/{proxy}")] if proxy else mesh.get("/lateen/v1/proxies")["proxies"]
    if output in (Output.JSON, Output.YAML):
        print(as_json(found) if output is Output.JSON else as_yaml(found).rstrip())
        return
    if output is Output.NAME:
        print("\n".join(f"{each['name']}.{each['namespace']}" for each in found), end="\n" if found else "")
        return
    if not found:
        print("No proxy is connected.")
        return
    print(_table(found, _WIDE if output is Output.WIDE else _TYPES))
    for each in found:
        _tell_refusals(each)


def _table(found: list[dict[str, Any]], types: tuple[str, ...]) -> str:
    rows = [
        [f"{each['name']}.{each['namespace']}", *(each["types"][type_]["status"] for type_ in types), each["connectedSince"], each["version"]]
        for each in found
    ]
    text = table(("Name", *types, "Since", "Version"), rows)
    return text.replace("NACK", coloured("NACK", "NACK"))


def _tell_refusals(proxy: dict[str, Any]) -> None:
    for type_, state in proxy["types"].items():
        if "message" in state:
            because = f" ({', '.join(state['refs'])})" if state["refs"] else ""
            name = f"{proxy['name']}.{proxy['namespace']}"
            print(f"{name} refuses {type_.upper()} {', '.join(state['names'])}{because}: {state['message']}", file=sys.stderr)
