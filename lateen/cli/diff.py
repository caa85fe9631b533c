"""`lateen diff`: what apply would change."""

from __future__ import annotations

import difflib
import sys
from typing import Annotated, Any

import typer

from lateen.cli.apply import applied
from lateen.cli.connection import Mesh, connected
from lateen.cli.files import sources
from lateen.cli.output import as_yaml, finding_line
from lateen.cli.trouble import REFUSED, Trouble

_OWN = ("resourceVersion", "generation", "uid", "creationTimestamp", "managedFields")


@connected
def command(
    mesh: Mesh,
    filename: Annotated[list[str], typer.Option("-f", "--filename", metavar="FILE|DIR|-")],
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
) -> None:
    """Show what `lateen apply` would change, as a unified diff. Exit code 1 when there is a difference, as kubectl's."""
    files = [{"name": source.name, "text": source.text} for source in sources(filename)]
    answer, refused = applied(mesh, {"files": files, "namespace": namespace, "dryRun": True}, 0)
    for finding in answer["findings"]:
        print(finding_line(finding, sys.stderr), file=sys.stderr)
    if refused:
        raise Trouble("Nothing would be stored.", REFUSED)
    text = "".join(difference(each["ref"], each.get("before"), each.get("after")) for each in answer["objects"])
    print(text, end="")
    if text:
        raise Trouble("", REFUSED)


def difference(ref: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """The unified diff of two manifests, without what the mesh itself keeps in them."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"live {ref}", f"new {ref}")
    return "".join(lines)


def _lines(manifest: dict[str, Any] | None) -> list[str]:
    if manifest is None:
        return []
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _OWN}
    return as_yaml(manifest | {"metadata": metadata}).splitlines(keepends=True)
