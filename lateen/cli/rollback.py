"""`lateen rollback`: make the configuration what it was at a revision."""

from __future__ import annotations

from typing import Annotated

import typer

from lateen.cli.apply import ensure_arrived, tell
from lateen.cli.connection import Mesh, connected


@connected
def command(
    mesh: Mesh,
    revision: Annotated[int, typer.Argument(metavar="REVISION", help="As `lateen history` numbers them.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every connected proxy has acknowledged the change.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", help="How many seconds to wait at most.")] = 30.0,
    reason: Annotated[str, typer.Option("--reason", "-m", help="Why, for the history.")] = "",
) -> None:
    """Make the configuration what it was at a revision, as a new revision.

    What is running (pods, endpoints, nodes, workload entries) is left alone.
    """
    body = {"revision": revision, "dryRun": dry_run, "wait": timeout if wait else 0, "reason": reason}
    answer = mesh.post("/lateen/v1/rollback", body, wait=timeout if wait else 0)
    tell(answer)
    if not answer["objects"]:
        print(f"The configuration is what it was at revision {revision}.")
    ensure_arrived(answer)
