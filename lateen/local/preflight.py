"""What is tried before anything starts: the file, the Envoy, the state folder, the ports, what a crashed run left. Each failure is one sentence."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple

from lateen.agent import ModeError, NetworkError, NoEnvoyError, choose_mode, cleanup, enter_user_namespace, find, leftovers
from lateen.agent.leftovers import Record
from lateen.agent.mode import Asked, Choice
from lateen.control.home import NAME, CannotStart, Home
from lateen.local import front_ports, mesh_file
from lateen.local.forward import bound
from lateen.local.front_ports import API, Sockets
from lateen.local.mesh_file import MeshFile
from lateen.local.up import Place

_SOCKETS = "LATEEN_SOCKETS"
_FORMER_WITHIN = 5.0
_ASKED: dict[str, Asked] = {"auto": "auto", "transparent": "transparent", "explicit": "explicit"}


class Entered(NamedTuple):
    """How a mesh meets this machine: how traffic is captured, and sockets that listen at the ports of its gateways."""

    choice: Choice
    sockets: Sockets


def meshes(file: Path) -> MeshFile:
    """The mesh that the file describes. Raises `CannotStart` with everything that is wrong with it."""
    try:
        text = file.read_text()
    except FileNotFoundError:
        raise CannotStart(
            f"There is no {file.name} in {file.parent.absolute()}. Write one with `lateen init`, or name a file: `lateen up FILE`."
        ) from None
    except OSError as failure:
        raise CannotStart(f"{file} cannot be read: {failure.strerror}.") from failure
    except UnicodeDecodeError as failure:
        raise CannotStart(f"{file} cannot be read: it is not UTF-8 text.") from failure
    mesh, findings = mesh_file.read(text, file.name)
    if mesh is None:
        raise CannotStart("\n".join(str(each) for each in findings))
    return mesh


def alone(file: Path) -> None:
    """Raises `CannotStart` when this mesh runs already."""
    _refuse_second(run_folder(_mesh_id(_home(file))))


def entered(mesh: MeshFile, capture: str = "", envoy: str = "", *, elsewhere: bool = False) -> Entered:
    """How the mesh meets this machine. With `elsewhere`, a gateway whose port is taken is given another one. Raises `CannotStart`.

    May replace this process by itself inside of a user namespace, so nothing should have been made before that has to be removed."""
    try:
        find(envoy)
        choice = choose_mode(_ASKED[capture or mesh.capture])
    except (NoEnvoyError, ModeError) as error:
        raise CannotStart(str(error)) from error
    sockets = _inherited() or front_ports.opened(mesh, elsewhere=elsewhere)
    if choice.enter_user_namespace:
        _enter({**sockets, API: bound(0)})
    return Entered(choice, sockets)


def placed(file: Path, choice: Choice, envoy: str = "") -> Place:
    """The place of the mesh, without what a killed run left there. Raises `CannotStart`."""
    home = _home(file)
    home.ensure_usable()
    mesh_id = _mesh_id(home)
    place = Place(file.absolute(), home, run_folder(mesh_id), choice, mesh_id, envoy)
    try:
        cleanup(place.run)
    except NetworkError as error:
        raise CannotStart(str(error)) from error
    _await_former(home)
    place.run.mkdir(parents=True, exist_ok=True)
    Record(place.run)
    return place


def _home(file: Path) -> Home:
    return Home(file.parent.absolute() / NAME, f"move {file.name} to another folder")


def _mesh_id(home: Home) -> str:
    return hashlib.blake2b(str(home.path).encode(), digest_size=4).hexdigest()


def run_folder(mesh_id: str) -> Path:
    """A short folder for the sockets of a mesh, which Envoy's user may pass through. Raises `CannotStart`."""
    parent = Path("/run/lateen") if os.access("/run", os.W_OK) else Path(f"/tmp/lateen-{_user()}")
    try:
        parent.mkdir(parents=True, exist_ok=True)
        parent.chmod(0o711)
    except OSError as failure:
        raise CannotStart(
            f"{parent}, the folder for the sockets of meshes, cannot be used: {failure.strerror}. Have its owner remove it."
        ) from failure
    return parent / mesh_id


def _user() -> int:
    """Whose processes these are on this host. Inside of a user namespace everybody is root, and the folders of two users must not be one."""
    own = os.getuid()
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, outside, count = map(int, line.split())
        if inside <= own < inside + count:
            return outside + own - inside
    return own


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


def _inherited() -> Sockets:
    """The sockets that were bound before this process entered its user namespace."""
    told = os.environ.pop(_SOCKETS, "")
    pairs = (pair.split("=") for pair in told.split(",") if pair)
    return {int(port): socket.socket(fileno=int(descriptor)) for port, descriptor in pairs}


def _enter(sockets: Sockets) -> None:
    os.environ[_SOCKETS] = ",".join(f"{port}={each.fileno()}" for port, each in sockets.items())
    try:
        enter_user_namespace([sys.executable, *sys.orig_argv[1:]], [each.fileno() for each in sockets.values()])
    except OSError as failure:
        raise CannotStart(f"A user namespace cannot be entered: {failure.strerror}. Use --capture explicit, or run as root.") from failure
