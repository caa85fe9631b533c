"""`lateen kubeconfig`: let kubectl in."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from lateen.cli.connection import Mesh, Place, connected
from lateen.cli.output import as_yaml


@connected
def command(
    mesh: Mesh,
    namespace: Annotated[str, typer.Option("-n", "--namespace", help="The namespace that kubectl starts in.")] = "default",
    file: Annotated[str, typer.Option("--file", metavar="FILE", help="Write it there (readable by you alone) instead of printing it.")] = "",
) -> None:
    """Print a kubeconfig with which kubectl, and any Kubernetes client, talks to the mesh.

    For instance: lateen kubeconfig --file mesh.kubeconfig && kubectl --kubeconfig mesh.kubeconfig get vs
    """
    text = as_yaml(kubeconfig(mesh.place, namespace))
    if not file:
        print(text, end="")
        return
    descriptor = os.open(Path(file), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)


def kubeconfig(place: Place, namespace: str) -> dict[str, Any]:
    """The kubeconfig for a mesh."""
    cluster = {"server": place.server} | ({"certificate-authority-data": base64.b64encode(place.roots.encode()).decode()} if place.roots else {})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lateen", "cluster": cluster}],
        "users": [{"name": "lateen", "user": {"token": place.token}}],
        "contexts": [{"name": "lateen", "context": {"cluster": "lateen", "user": "lateen", "namespace": namespace}}],
        "current-context": "lateen",
    }
