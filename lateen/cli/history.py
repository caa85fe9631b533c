"""`lateen history`: revisions: when, who, why, what."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lateen.cli.completion import kinds
from lateen.cli.connection import Mesh, connected
from lateen.cli.output import Output, as_json, as_yaml, table
from lateen.cli.trouble import MISUSED, Trouble

_NAMED = 3


@connected
def command(
    mesh: Mesh,
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[REVISION | KIND NAME | KIND/NAME]", autocompletion=kinds, help="One revision, or one object's.")
    ] = None,
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many revisions.")] = 20,
    output: Annotated[Output, typer.Option("-o", "--output")] = Output.TABLE,
) -> None:
    """List revisions, the newest first; or show what one revision changed, as a diff."""
    if what and len(what) == 1 and what[0].isdecimal():
        _one(mesh, int(what[0]), output)
        return
    found = mesh.get("/lateen/v1/history", {"ref": _ref(what, namespace) if what else "", "limit": limit})["revisions"]
    if output in (Output.JSON, Output.YAML):
        print(as_json(found) if output is Output.JSON else as_yaml(found).rstrip())
    elif output is Output.NAME:
        print("\n".join(str(each["revision"]) for each in found))
    else:
        is_wide = output is Output.WIDE
        rows = [[each["revision"], each["at"], each["author"], each["reason"], _changes(each, all_of_them=is_wide)] for each in found]
        print(table(("Revision", "At", "By", "Reason", "Changes"), rows) if rows else "No revisions.")


def _one(mesh: Mesh, number: int, output: Output) -> None:
    from lateen.cli.diff import difference

    found = mesh.get("/lateen/v1/history", {"before": number + 1, "limit": 1, "full": "true"})["revisions"]
    if not found or found[0]["revision"] != number:
        raise Trouble(f"There is no revision {number}.")
    revision = found[0]
    if output in (Output.JSON, Output.YAML):
        print(as_json(revision) if output is Output.JSON else as_yaml(revision).rstrip())
        return
    print(f"Revision {number}, {revision['at']}, by {revision['author']}: {revision['reason']}")
    for change in revision["changes"]:
        print(f"\n{change['ref']} {change['action']}\n{difference(change['ref'], change['before'], change['after'])}", end="")


def _ref(what: list[str], namespace: str) -> str:
    from lateen.cli import words

    wanted = words.wanted(what)
    if len(wanted) != 1 or not wanted[0].name:
        raise Trouble("Name one object, such as vs/reviews, or a revision.", MISUSED)
    return words.ref_text(wanted[0].kind, namespace, wanted[0].name)


def _changes(revision: dict[str, Any], *, all_of_them: bool) -> str:
    changes = [f"{change['ref']} {change['action']}" for change in revision["changes"]]
    shown = changes if all_of_them else changes[:_NAMED]
    more = len(changes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
