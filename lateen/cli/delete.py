"""`lateen delete`: delete objects."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lateen.cli.completion import kinds
from lateen.cli.connection import Mesh, Refused, connected
from lateen.cli.trouble import MISUSED, REFUSED, Trouble


@connected
def command(
    mesh: Mesh,
    what: Annotated[list[str] | None, typer.Argument(metavar="KIND NAME… | KIND/NAME…", autocompletion=kinds)] = None,
    filename: Annotated[list[str] | None, typer.Option("-f", "--filename", metavar="FILE|DIR|-", help="Delete what these files have.")] = None,
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
    everything: Annotated[bool, typer.Option("--all", help="All objects of the kind in the namespace.")] = False,
    selector: Annotated[str, typer.Option("-l", "--selector")] = "",
    ignore_not_found: Annotated[bool, typer.Option("--ignore-not-found")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run")] = False,
) -> None:
    """Delete objects, by name, by label, or those that files have."""
    from lateen.cli import words

    chosen = _in_files(filename, namespace) if filename else [(each.kind, namespace, each.name) for each in words.wanted(what or [])]
    failures = []
    for kind, where, name in chosen:
        if not name and not (everything or selector):
            raise Trouble(f"Name a {kind.kind}, or say which ones with -l or --all.", MISUSED)
        query = {"dryRun": "All" if dry_run else "", "labelSelector": "" if name else selector}
        try:
            answer = mesh.call("DELETE", words.url(kind, where, name), query=query)
        except Refused as refused:
            if refused.status != 404 or not ignore_not_found:
                failures.append(str(refused))
            continue
        _tell(kind, name, answer, " (dry run)" if dry_run else "")
    if failures:
        raise Trouble("\n".join(failures), REFUSED)


def _tell(kind: Any, name: str, answer: dict[str, Any], how: str) -> None:
    names = [name] if name else [item["metadata"]["name"] for item in answer["items"]]
    for each in names:
        print(f'{kind.kind.lower()}{f".{kind.group}" if kind.group else ""} "{each}" deleted{how}')
    if not names:
        print("No resources found.")


def _in_files(filename: list[str], namespace: str) -> list[tuple[Any, str, str]]:
    from lateen.api import decode, kinds
    from lateen.cli.files import sources

    found = []
    for source in sources(filename):
        documents, findings = decode.documents(source.text, source.name)
        if findings:
            raise Trouble(str(findings[0]), REFUSED)
        for document in documents:
            manifest = document.manifest
            kind = kinds.of_manifest(str(manifest.get("apiVersion")), str(manifest.get("kind")))
            metadata = manifest.get("metadata") or {}
            if kind is not None and metadata.get("name"):
                found.append((kind, str(metadata.get("namespace") or namespace), str(metadata["name"])))
    return list(reversed(found))
