"""`lateen demo`: the sample shop, started and shown at work."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lateen.cli.trouble import MISUSED, Trouble

if TYPE_CHECKING:
    from rich.console import Console

    from lateen.local.demo import Shop
    from lateen.local.up import Up

_SCRATCH = "lateen-demo-"
_READY_WITHIN = 60.0
_FIRST_PAGE_WITHIN = 60.0


def command(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="The sample.")] = "samples/meshes/shop",
    capture: Annotated[str, typer.Option("--capture", help="auto, transparent or explicit.")] = "",
) -> None:
    """Start the sample shop, send it real requests, and show what the mesh does.

    On a terminal it then keeps running until Ctrl-C; elsewhere it ends. The exit code is 0 when every step behaved.
    """
    from rich.console import Console

    from lateen.control.home import CannotStart
    from lateen.local import preflight
    from lateen.local.up import Told, Up

    source = Path(folder)
    if not (source / "mesh.yaml").exists():
        raise Trouble(f"There is no sample in {folder}: run this in a checkout of Lateen, or name a folder with a mesh.yaml.", MISUSED)
    console = Console(highlight=False, soft_wrap=True)
    try:
        mesh = preflight.meshes(source / "mesh.yaml")
        way = preflight.entered(mesh, capture, elsewhere=True)
    except CannotStart as why:
        raise Trouble(str(why)) from why
    _remove_former()
    with tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{os.getpid()}-", ignore_cleanup_errors=True) as scratch:
        copy = Path(scratch) / "shop"
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(".lateen", "__pycache__"))
        Path(scratch).chmod(0o711)
        console.print(f"Starting the shop of {source}: every service behind an Envoy of its own. {way.choice.why}")
        said: list[str] = []
        told = Told(lambda *_: None, lambda key, text: said.append(f"{key or 'lateen'}: {text}"))
        try:
            up = Up(preflight.placed(copy / "mesh.yaml", way.choice), mesh, way.sockets, told)
            behaved = asyncio.run(_shown(up, copy, console, said))
        except* (CannotStart, TimeoutError) as group:
            raise Trouble(str(group.exceptions[0])) from group
        if not behaved:
            raise Trouble()


def _remove_former() -> None:
    """Remove the copies of demos that were killed; the keys of their meshes are in them."""
    import psutil

    for each in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        pid = each.name.removeprefix(_SCRATCH).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(each, ignore_errors=True)


async def _shown(up: Up, folder: Path, console: Console, said: list[str]) -> bool:
    """Run the mesh, and the steps in it; True when all behaved."""
    from lateen.cli.up import stopping_at_signals
    from lateen.local.demo import Shop

    port = next(int(port) for gateway in up.mesh.gateways.values() for port in gateway.ports)
    front = f"http://127.0.0.1:{up.ports.number(port)}"
    with stopping_at_signals(up):
        running = asyncio.ensure_future(up.run())
        steps = asyncio.ensure_future(_steps(Shop(up, port, folder), console, said))
        await asyncio.wait((running, steps), return_when=asyncio.FIRST_COMPLETED)
        was_interrupted = not steps.done()
        good = steps.done() and not steps.cancelled() and steps.exception() is None and steps.result()
        if good and sys.stdout.isatty() and not running.done():
            console.print(f"\nThe shop keeps running: {front}. Ctrl-C ends it.")
            await asyncio.wait((running,))
        up.stop()
        steps.cancel()
        await asyncio.wait((running, steps))
        for task in (running, steps):
            if not task.cancelled() and (error := task.exception()):
                raise error
        if was_interrupted:
            raise typer.Abort
        return bool(good)


async def _steps(shop: Shop, console: Console, said: list[str]) -> bool:
    import httpx
    from rich.markup import escape

    from lateen.local.demo import STEPS, Unexpected, until_answered

    good = True
    try:
        async with asyncio.timeout(_READY_WITHIN):
            await shop.up.ready.wait()
    except TimeoutError:
        console.print(f"[red]The shop did not come up[/] within {_READY_WITHIN:.0f} s.", *map(escape, said[-20:]), sep="\n")
        return False
    async with httpx.AsyncClient(base_url=shop.up.ports.url(shop.port), timeout=10, trust_env=False) as client:
        try:
            seconds = await until_answered(client, _FIRST_PAGE_WITHIN)
        except Unexpected as error:
            console.print(f"[red]The shop did not come up:[/] {escape(str(error))}", *map(escape, said[-20:]), sep="\n")
            return False
        console.print(
            f"Ready: {len(shop.up.healthy)} workloads, first page after {seconds:.2f} s more. Open http://127.0.0.1:{shop.up.ports.number(shop.port)}\n"
        )
        for step in STEPS:
            try:
                told = await step.show(shop, client)
            except (Unexpected, httpx.HTTPError, OSError) as error:
                console.print(f"[red]✗ {step.title}[/]\n    {escape(str(error) or type(error).__name__)}")
                good = False
                continue
            console.print(f"[green]✓[/] [bold]{step.title}[/]")
            for line in told:
                console.print(f"    {line}", markup=False)
    return good
