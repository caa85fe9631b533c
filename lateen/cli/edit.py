"""`lateen edit`: edit an object in $EDITOR."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from lateen.cli.completion import kinds
from lateen.cli.connection import Mesh, Refused, connected
from lateen.cli.output import as_yaml
from lateen.cli.trouble import MISUSED, REFUSED, Trouble

_HINT = "# Edit the object below. Lines beginning with # are left out; an unchanged or empty file changes nothing.\n"


@connected
def command(
    mesh: Mesh,
    what: Annotated[list[str], typer.Argument(metavar="KIND NAME | KIND/NAME", autocompletion=kinds)],
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
) -> None:
    """Edit an object; what is refused comes back into the editor with the reasons on top."""
    from lateen.cli import words

    wanted = words.wanted(what)
    if len(wanted) != 1 or not wanted[0].name:
        raise Trouble("Name one object, such as vs/reviews.", MISUSED)
    url = words.url(wanted[0].kind, namespace, wanted[0].name)
    original = as_yaml(mesh.get(url))
    text, remarks = original, ""
    while True:
        edited = _edited(_HINT + remarks + text)
        if not edited.strip() or edited in (text, original):
            print("Edit cancelled, no changes made." if not remarks else "Edit cancelled; the object is as it was.")
            return
        try:
            mesh.call("PUT", url, body=_parsed(edited))
        except Refused as refused:
            text, remarks = edited, "".join(f"# {line}\n" for line in str(refused).splitlines())
            continue
        print(f"{wanted[0].kind.kind.lower()}/{wanted[0].name} edited")
        return


def _edited(text: str) -> str:
    """What the user makes of the text, without the lines of remarks."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    descriptor, name = tempfile.mkstemp(prefix="lateen-edit-", suffix=".yaml")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        try:
            done = subprocess.run([*shlex.split(editor), name], check=False)
        except OSError as failure:
            raise Trouble(f"The editor {editor} cannot be run: {failure.strerror}. Set $EDITOR.", REFUSED) from failure
        if done.returncode:
            raise Trouble(f"The editor {editor} ended with code {done.returncode}; nothing was changed.", REFUSED)
        return "".join(line for line in Path(name).read_text().splitlines(keepends=True) if not line.startswith("#"))
    finally:
        Path(name).unlink(missing_ok=True)


def _parsed(text: str) -> Any:
    from lateen.api import decode

    documents, findings = decode.documents(text)
    if findings or len(documents) != 1:
        raise Refused(str(findings[0]) if findings else "There must be one object.", 400, None)
    return documents[0].manifest
