"""`lateen describe`: all about an object."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lateen.cli.completion import kinds
from lateen.cli.connection import Mesh, connected
from lateen.cli.output import as_yaml, finding_line
from lateen.cli.trouble import MISUSED, Trouble

_REVISIONS = 5


@connected
def command(
    mesh: Mesh,
    what: Annotated[list[str], typer.Argument(metavar="KIND NAME | KIND/NAME…", autocompletion=kinds)],
    namespace: Annotated[str, typer.Option("-n", "--namespace")] = "default",
) -> None:
    """All about objects: what they say, what is wrong with them, which proxies refuse what comes of them, who changed them last."""
    from lateen.cli import words

    parts = []
    for each in words.wanted(what):
        if not each.name:
            raise Trouble(f"Name a {each.kind.kind}, such as {each.kind.kind.lower()}/reviews.", MISUSED)
        manifest = mesh.get(words.url(each.kind, namespace, each.name))
        ref = words.ref_text(each.kind, namespace, each.name)
        standing = mesh.get("/lateen/v1/standing", {"ref": ref})
        revisions = mesh.get("/lateen/v1/history", {"ref": ref, "limit": _REVISIONS})["revisions"]
        parts.append(described(manifest, standing, revisions))
    print("\n\n".join(parts))


def described(manifest: dict[str, Any], standing: dict[str, Any], revisions: list[dict[str, Any]]) -> str:
    """The text about one object."""
    metadata = manifest["metadata"]
    head = {
        "Name": metadata["name"],
        "Namespace": metadata.get("namespace", ""),
        "Kind": f"{manifest['kind']} ({manifest['apiVersion']})",
        "Created": metadata.get("creationTimestamp", ""),
        "Labels": ", ".join(f"{key}={value}" for key, value in sorted((metadata.get("labels") or {}).items())) or "none",
    }
    lines = [f"{f'{name}:':<12}{value}" for name, value in head.items() if value]
    body = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    sections = [
        ("Findings", [finding_line(finding) for finding in standing["findings"]] or ["none"]),
        ("Refused by", [f"{each['proxy']}: {each['message']}" for each in standing["refusedBy"]] or ["no proxy"]),
        ("History", [f"{each['revision']}  {each['at']}  {each['author']}  {each['reason']}" for each in revisions] or ["none"]),
    ]
    text = "\n".join(lines) + "\n\n" + as_yaml(body).rstrip()
    return text + "".join(f"\n\n{name}:\n" + "\n".join(f"  {line}" for line in section) for name, section in sections)
