"""What is tried before anything starts: the file, the Envoy, the state folder, the ports, what a crashed run left. Each failure is one sentence."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import time
from pathlib import Path

import psutil
from msgspec import structs

from lateen.agent import ModeError, NetworkError, NoEnvoyError, choose_mode, cleanup, enter_user_namespace, find, leftovers
from lateen.agent.leftovers import Record
from lateen.agent.mode import Asked
from lateen.control.home import NAME, CannotStart, Home, command
from lateen.local import mesh_file
from lateen.local.forward import bound, free_port
from lateen.local.mesh_file import MeshFile
from lateen.local.up import Place, run_folder

_SOCKETS = "LATEEN_SOCKETS"
_FORMER_WITHIN = 5.0
_ASKED: dict[str, Asked] = {"auto": "auto", "transparent": "transparent", "explicit": "explicit"}


def meshes(file: Path) -> MeshFile:
    """The mesh that the file describes. Raises `CannotStart` with everything that is wrong with it."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        raise CannotStart(
            f"There is no {file.name} in {file.parent.absolute()}. Write one with `lateen init`, or name a file: `lateen up FILE`."
        ) from None
    except (OSError, UnicodeDecodeError) as failure:
        raise CannotStart(f"{file} cannot be read: {failure}.") from failure
    mesh, findings = mesh_file.read(text, file.name)
    if mesh is None:
        raise CannotStart("\n".join(str(each) for each in findings))
    return mesh


def prepared(file: Path, mesh: MeshFile, capture: str = "", envoy: str = "") -> tuple[Place, dict[int, socket.socket]]:
    """The place of the mesh and the bound ports of its gateways. Raises `CannotStart`.

    May replace this process by itself inside of a user namespace."""
    home = Home(file.parent.absolute() / NAME)
    home.ensure_usable()
    try:
        find(envoy)
        choice = choose_mode(_ASKED[capture or mesh.capture])
    except (NoEnvoyError, ModeError) as error:
        raise CannotStart(str(error)) from error
    mesh_id = hashlib.blake2b(str(home.path).encode(), digest_size=4).hexdigest()
    _refuse_second(run_folder(mesh_id))
    sockets = _inherited() or _bound(mesh)
    if choice.enter_user_namespace:
        _enter(sockets)
    place = Place(file.absolute(), home, run_folder(mesh_id), choice, mesh_id, envoy)
    try:
        cleanup(place.run)
    except NetworkError as error:
        raise CannotStart(str(error)) from error
    _await_former(home)
    place.run.mkdir(parents=True, exist_ok=True)
    Record(place.run)
    return place, sockets


def _refuse_second(run: Path) -> None:
    made = leftovers.found(run)
    if made is not None and leftovers.is_running(made) and made.owner.pid != os.getpid():
        raise CannotStart(f"This mesh is already running here, as process {made.owner.pid}. Stop it first.")


def _await_former(home: Home) -> None:
    """The control plane of a `lateen up` that was killed ends by itself, soon. Raises `CannotStart` when somebody keeps the folder."""
    end = time.monotonic() + _FORMER_WITHIN
    while True:
        try:
            with home.held():
                return
        except CannotStart:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def on_free_ports(mesh: MeshFile) -> MeshFile:
    """The mesh with its gateways on other ports of this machine where theirs are taken."""
    gateways = {name: structs.replace(each, ports={_free(port): to for port, to in each.ports.items()}) for name, each in mesh.gateways.items()}
    return structs.replace(mesh, gateways=gateways)


def _free(port: str) -> str:
    try:
        bound(int(port)).close()
    except OSError:
        return str(free_port())
    return port


def _bound(mesh: MeshFile) -> dict[int, socket.socket]:
    found: dict[int, socket.socket] = {}
    for name, gateway in mesh.gateways.items():
        for port in map(int, gateway.ports):
            try:
                found[port] = bound(port)
            except OSError as failure:
                raise CannotStart(_taken(name, port, failure)) from failure
    return found


def _taken(name: str, port: int, failure: OSError) -> str:
    who = next((command(pid) for pid in _listening(port)), "another program")
    return f"Port {port} of gateway {name} cannot be opened: {failure.strerror}; {who} has it. Stop that, or name another port in mesh.yaml."


def _listening(port: int) -> list[int]:
    """The processes that listen on the port, as far as this user may know them."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.Error:
        return []
    return [each.pid for each in found if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr[1] == port and each.pid]


def _inherited() -> dict[int, socket.socket]:
    """The sockets that were bound before this process entered its user namespace."""
    told = os.environ.pop(_SOCKETS, "")
    pairs = (pair.split("=") for pair in told.split(",") if pair)
    return {int(port): socket.socket(fileno=int(descriptor)) for port, descriptor in pairs}


def _enter(sockets: dict[int, socket.socket]) -> None:
    os.environ[_SOCKETS] = ",".join(f"{port}={each.fileno()}" for port, each in sockets.items())
    try:
        enter_user_namespace([sys.executable, *sys.orig_argv[1:]], [each.fileno() for each in sockets.values()])
    except OSError as failure:
        raise CannotStart(f"A user namespace cannot be entered: {failure.strerror}. Use --capture explicit, or run as root.") from failure
