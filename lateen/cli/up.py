"""`lateen up`: a whole mesh of local processes in the foreground, beside a mesh.yaml."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lateen.cli.trouble import MISUSED, Trouble

if TYPE_CHECKING:
    from lateen.local.up import Told, Up

_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_yellow", "bright_magenta", "bright_blue")


def command(
    path: Annotated[str, typer.Argument(metavar="[FILE|DIR]", help="The file, or the folder that it is in.")] = "mesh.yaml",
    capture: Annotated[str, typer.Option("--capture", help="auto, transparent or explicit. Default: as the file says.")] = "",
    envoy: Annotated[str, typer.Option("--envoy", metavar="FILE", help="The Envoy to use.")] = "",
    proxy_logs: Annotated[bool, typer.Option("--proxy-logs", help="Show what the Envoys say, too.")] = False,
) -> None:
    """Run every service of a mesh.yaml behind a real Envoy, until Ctrl-C.

    Edits of the file, and of the folder of Istio YAML that it names, take effect while it runs.
    """
    from lateen.control.home import CannotStart
    from lateen.local import preflight
    from lateen.local.mesh_file import NAME
    from lateen.local.up import Up

    if capture not in ("", "auto", "transparent", "explicit"):
        raise Trouble(f'--capture is "{capture}", expected auto, transparent or explicit.', MISUSED)
    try:
        file = Path(path) / NAME if Path(path).is_dir() else Path(path)
        mesh = preflight.meshes(file)
        preflight.alone(file)
        way = preflight.entered(mesh, capture, envoy)
        place = preflight.placed(file, way.choice, envoy)
    except CannotStart as why:
        raise Trouble(str(why)) from why
    told = printer(proxy_logs=proxy_logs)
    told.sentence("", way.choice.why)
    try:
        asyncio.run(until_signalled(Up(place, mesh, way.sockets, told)))
    except* (CannotStart, TimeoutError) as group:
        raise Trouble(str(group.exceptions[0])) from group


async def until_signalled(up: Up) -> None:
    """Run the mesh until SIGINT or SIGTERM, and say when it is ready; a second signal ends it at once."""
    ready = asyncio.ensure_future(_announced(up))
    try:
        with stopping_at_signals(up):
            await up.run()
    finally:
        ready.cancel()


@contextlib.contextmanager
def stopping_at_signals(up: Up) -> Iterator[None]:
    """SIGINT and SIGTERM stop the mesh, while the block lasts."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, up.stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _announced(up: Up) -> None:
    await up.ready.wait()
    where = [f"http://127.0.0.1:{port}" for gateway in up.mesh.gateways.values() for port in gateway.ports]
    workloads = f"{len(up.healthy)} workload{'s' if len(up.healthy) != 1 else ''}"
    up.say(f"The mesh is ready: {workloads}." + (f" Open {' or '.join(where)}." if where else ""))


def printer(*, proxy_logs: bool) -> Told:
    """Lines prefixed by their workload, each service in a colour of its own; sentences of Lateen's own in bold."""
    from rich.console import Console
    from rich.markup import escape

    from lateen.local.up import Told

    console = Console(highlight=False, soft_wrap=True)
    colours: dict[str, str] = {}

    def colour(key: str) -> str:
        return colours.setdefault(key, _COLOURS[len(colours) % len(_COLOURS)])

    def line(key: str, source: str, text: str) -> None:
        if source == "app" or proxy_logs:
            name = key.partition(".")[0] + ("" if source == "app" else " (envoy)")
            console.print(f"[{colour(key)}]{escape(name):>16} |[/] {escape(text)}")

    def sentence(key: str, text: str) -> None:
        name = key.partition(".")[0] or "lateen"
        for each in text.splitlines():
            console.print(f"[bold]{escape(name):>16} |[/] {escape(each)}")

    return Told(line, sentence)
