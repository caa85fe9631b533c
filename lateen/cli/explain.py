"""`lateen explain`: one call, step by step: where it goes, or why it is refused. Of the live mesh, or from files alone."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, Refused, connected
from lateen.cli.offline import objects_of
from lateen.cli.output import as_json
from lateen.cli.trouble import MISUSED, REFUSED, Trouble

CALLER = "Who calls: a workload (web-1.default); a gateway, which is called from outside; or `outside`: somebody without a proxy."

_UNANSWERABLE = 422
"""The HTTP code for a question that cannot be answered, whatever the mesh."""


class Form(StrEnum):
    """What `-o` takes."""

    TEXT = "text"
    JSON = "json"


@connected
def command(
    mesh: Mesh,
    caller: Annotated[str, typer.Argument(metavar="FROM", help=CALLER)],
    url: Annotated[str, typer.Argument(metavar="URL", help="What is called: http://reviews:9080/ratings; also https, h2c, grpc, tcp, tls.")],
    method: Annotated[str, typer.Option("-X", "--method", metavar="METHOD", help="The method; GET if nothing is said.")] = "",
    header: Annotated[list[str] | None, typer.Option("-H", "--header", metavar="'NAME: VALUE'", help="A header; repeatable.")] = None,
    claims: Annotated[str, typer.Option("--claims", metavar="JSON", help="The claims of a properly signed token that the request carries.")] = "",
    address: Annotated[str, typer.Option("--address", metavar="IP", help="The address that is connected to; else the host is looked up.")] = "",
    source: Annotated[str, typer.Option("--source", metavar="IP", help="The address of a caller from outside.")] = "",
    principal: Annotated[str, typer.Option("--principal", metavar="SPIFFE", help="Who a caller from outside proves to be, by mutual TLS.")] = "",
    files: Annotated[
        list[str] | None, typer.Option("--files", "-f", metavar="FILE|DIR", help="The YAML in these is the mesh, and no mesh is asked; repeatable.")
    ] = None,
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="Where FROM is looked for first.")] = "default",
    output: Annotated[Form, typer.Option("-o", "--output")] = Form.TEXT,
) -> None:
    """Explain one call, step by step: where it goes, or why it is refused. The exit code is 1 when no such call gets anywhere."""
    asked = {
        "caller": caller,
        "url": url,
        "method": method,
        "headers": header or [],
        "claims": claims,
        "address": address,
        "source": source,
        "principal": principal,
        "namespace": namespace,
        "now": int(time.time()),
    }
    told = _from_files(files, asked) if files else _live(mesh, asked)
    if output is Form.JSON:
        print(as_json(told))
    else:
        from lateen.explain.text import text

        print(text(told))
    if not told["reaches"]:
        raise Trouble(code=REFUSED)


def _live(mesh: Mesh, asked: dict[str, Any]) -> Any:
    try:
        return mesh.post("/lateen/v1/explain", asked)
    except Refused as refused:
        raise Trouble(str(refused), MISUSED if refused.status == _UNANSWERABLE else REFUSED) from refused


def _from_files(files: list[str], asked: dict[str, Any]) -> Any:
    import msgspec

    from lateen.explain.offline import from_files
    from lateen.explain.question import Question, Unanswerable

    try:
        told, mistakes = from_files(objects_of(files), msgspec.convert(asked, Question))
    except Unanswerable as wrong:
        raise Trouble(str(wrong), MISUSED) from wrong
    for finding in mistakes:
        print(finding, file=sys.stderr)
    return told
