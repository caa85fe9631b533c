"""`lateen apply`: make objects be what files say, as one transaction."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, Refused, connected
from lateen.cli.files import sources
from lateen.cli.output import Output, as_json, as_yaml, finding_line
from lateen.cli.trouble import REFUSED, Trouble


@connected
def command(
    mesh: Mesh,
    filename: Annotated[list[str], typer.Option("-f", "--filename", metavar="FILE|DIR|-", help="What to apply; repeatable.")],
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="For objects that name none.")] = "default",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every connected proxy has acknowledged the change.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", help="How many seconds to wait at most.")] = 30.0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and say what would change; change nothing.")] = False,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why, for the history.")] = "",
    output: Annotated[Output | None, typer.Option("-o", "--output", help="json or yaml: the mesh's whole answer; name.")] = None,
) -> None:
    """Make objects be what files say: all of them as one revision, or none when anything is wrong with any of them."""
    files = [{"name": source.name, "text": source.text} for source in sources(filename)]
    body = {"files": files, "namespace": namespace, "dryRun": dry_run, "wait": timeout if wait else 0, "reason": reason}
    answer, refused = applied(mesh, body, timeout if wait else 0)
    if output in (Output.JSON, Output.YAML):
        print(as_json(answer) if output is Output.JSON else as_yaml(answer), end="\n" if output is Output.JSON else "")
    else:
        tell(answer, names_only=output is Output.NAME)
    if refused:
        raise Trouble(_refusal(answer), REFUSED)
    ensure_arrived(answer)


def applied(mesh: Mesh, body: dict[str, Any], wait: float) -> tuple[dict[str, Any], bool]:
    """The mesh's answer to an apply, and whether it refused it for what is in the files."""
    try:
        return mesh.post("/lateen/v1/apply", body, wait=wait), False
    except Refused as refused:
        if not isinstance(refused.answer, dict) or "findings" not in refused.answer:
            raise
        return refused.answer, True


def tell(answer: dict[str, Any], *, names_only: bool = False) -> None:
    """Print what was done to each object, and what is to be said about it, by itself and among all others; of refused files the latter alone."""
    for finding in answer["findings"]:
        print(finding_line(finding, sys.stderr), file=sys.stderr)
    if answer.get("refused"):
        return
    how = " (dry run)" if answer.get("dryRun") else ""
    for each in answer["objects"]:
        print(each["name"] if names_only else f"{each['name']} {each['action']}{how}")
    for finding in answer.get("analysis", ()):
        print(finding_line(finding, sys.stderr), file=sys.stderr)
    if "arrived" in answer and answer["arrived"] and not names_only:
        print(_arrival(answer))


def ensure_arrived(answer: dict[str, Any]) -> None:
    """Raise `Trouble` when proxies that were waited for have refused the change, or have not got it."""
    for refusal in answer.get("refusedBy", ()):
        print(f"{refusal['proxy']} refuses {', '.join(refusal['names'])}: {refusal['message']}", file=sys.stderr)
    if answer.get("refusedBy"):
        raise Trouble(f"Revision {answer['revision']} is stored, but proxies refuse what comes of it; they keep what they had.", REFUSED)
    if not answer.get("arrived", True):
        behind = ", ".join(answer["behind"])
        raise Trouble(
            f"Revision {answer['revision']} is stored, but has not arrived everywhere after {answer['milliseconds']} ms: {behind}.", REFUSED
        )


def _arrival(answer: dict[str, Any]) -> str:
    count = answer["proxies"]
    if not count:
        return f"Revision {answer['revision']}: no proxy is connected."
    proxies = "the one connected proxy has" if count == 1 else f"all {count} connected proxies have"
    return f"Revision {answer['revision']}: {proxies} it, after {answer['milliseconds']} ms."


def _refusal(answer: dict[str, Any]) -> str:
    count = sum(finding["severity"] == "error" for finding in answer["findings"])
    return f"Nothing was stored: {count} mistake{'s' if count != 1 else ''}."
