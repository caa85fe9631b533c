"""Network namespaces for workloads: made, entered, removed, with `ip`, `nft`, `unshare` and `nsenter` (AG-11).

A namespace is a file to which it is bound, so it needs no entry in the host's own list and works the same for root and inside an
unprivileged user namespace. All names come from `network`; all that is made is written down first (`leftovers`).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar

from lateen.agent import capture, egress, leftovers
from lateen.agent.capture import Capture
from lateen.agent.leftovers import Lodging, Record
from lateen.agent.network import Network, planned

T = TypeVar("T")
Transport = Literal["udp", "tcp"]
_CLONE_NEWNET = 0x40000000
_BIND, _DETACH = 0x1000, 0x2
_FIRST_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_TIMEOUT = 20.0
_libc = ctypes.CDLL(None, use_errno=True)


class NetworkError(Exception):
    """The kernel or a tool refused; the sentence says what was tried and what it said."""


class Namespaces:
    """The namespaces of one mesh on this host. `directory` holds their files; the caller owns it."""

    def __init__(self, mesh_id: str, directory: Path, record: Record) -> None:
        self._directory = directory
        self._record = record
        self._mesh_id = mesh_id

    @property
    def network(self) -> Network:
        """The mesh's network; made when first asked for."""
        made = self._record.made.network
        if made is not None:
            return made
        with _lock(self._directory):
            network = planned(self._mesh_id, taken())
            self._record.add_network(network, egress=egress.is_possible())
            _ip(_bridge(network))
            if self._record.made.egress:
                _run(["nft", "-f", "-"], egress.ruleset(network))
                egress.forward(self._directory.parent, network)
        return network

    def place(self, name: str, rules: Capture | None) -> Lodging:
        """The lodging of a workload, with its traffic captured by these rules, if any; one that is there already is left as it is.

        Raises `NetworkError`."""
        lodging = self.planned(name)
        if not is_there(lodging):
            self.make(lodging, rules)
        return lodging

    def planned(self, name: str) -> Lodging:
        """The lodging that a workload has or will have, written down."""
        network, known = self.network, self._record.lodging(name)
        if known is not None:
            return known
        index = len(self._record.made.lodgings)
        lodging = Lodging(name, str(self._directory / f"{name}.net"), network.link(index), network.address(index))
        self._record.add((lodging,))
        return lodging

    def make(self, lodging: Lodging, rules: Capture | None) -> None:
        """Make a planned lodging. May be called in any thread. Raises `NetworkError`."""
        network, path = self.network, Path(lodging.namespace)
        path.touch()
        links = [f"link add {lodging.link} type veth peer name eth0 netns {path}"]
        links += [f"link set {lodging.link} master {network.bridge} group {network.group} up"]

        def inside() -> None:
            _unprivileged_ports()
            _ip(_inside(network, lodging.address))
            if rules is not None:
                _run(["nft", "-f", "-"], capture.ruleset(rules))

        _bind_new_namespace(path)
        _ip(links)
        within(path, inside)

    def capture(self, path: Path, ruleset: str) -> None:
        """Capture the traffic of the namespace by these rules from now on; connections go on as they began. Raises `NetworkError`."""
        within(path, lambda: _run(["nft", "-f", "-"], ruleset))

    def close(self) -> None:
        """Remove all that was made."""
        remove(self._record.made, self._directory)


def is_there(lodging: Lodging) -> bool:
    """Whether the lodging was made: a namespace is bound to its file, and its link is there."""
    return os.path.ismount(lodging.namespace) and Path(f"/sys/class/net/{lodging.link}").exists()


def remove(made: leftovers.Made, directory: Path) -> None:
    """Remove the links and namespaces of a record; what is gone already is no error."""
    for lodging in made.lodgings:
        _libc.umount2(os.fsencode(lodging.namespace), _DETACH)
        Path(lodging.namespace).unlink(missing_ok=True)
    if made.network is not None:
        _tried(["ip", "link", "delete", "group", str(made.network.group)])
        _tried(["ip", "link", "delete", made.network.bridge])
        if made.egress:
            with _lock(directory):
                _tried(["nft", "delete", "table", "ip", egress.table(made.network)])
                egress.restore(directory.parent)


def cleanup(directory: Path) -> leftovers.Made | None:
    """Remove what a crashed run of the mesh in this directory left; what that was, or None. Raises `NetworkError` when it still runs."""
    made = leftovers.found(directory)
    if made is None:
        return None
    if leftovers.is_running(made):
        raise NetworkError(f"This mesh is already running here, as process {made.owner.pid}. Stop it first.")
    clear(directory)
    return made


def clear(directory: Path) -> None:
    """End and remove everything that the record in this directory tells of, and the record."""
    made = leftovers.found(directory)
    if made is not None:
        leftovers.kill(made)
        remove(made, directory)
        for path in made.files:
            Path(path).unlink(missing_ok=True)
        for folder in directory.iterdir():
            if folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)
        (directory / leftovers.FILE).unlink(missing_ok=True)


def entering(path: Path) -> list[str]:
    """The words before a command that is to run in a namespace."""
    return ["nsenter", f"--net={path}", "--"]


def within(path: Path, work: Callable[[], T]) -> T:
    """The result of `work`, called in a thread of its own inside the namespace; sockets it opens stay there. Needs CAP_SYS_ADMIN."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_entered, path, work).result()


def bound(address: str, port: int, kind: Transport, path: Path | None = None) -> socket.socket:
    """A bound socket, listening if TCP, in the namespace of that file or in this process's own. Raises `NetworkError`."""
    return all_bound(address, ((port, kind),), path)[0]


def all_bound(address: str, wanted: Sequence[tuple[int, Transport]], path: Path | None = None) -> tuple[socket.socket, ...]:
    """Several sockets as `bound` makes them. Raises `NetworkError`, with none left open."""
    made: list[socket.socket] = []

    def open_all() -> None:
        for port, kind in wanted:
            made.append(_opened(address, port, kind))

    try:
        open_all() if path is None else within(path, open_all)
    except OSError as error:
        for each in made:
            each.close()
        port, kind = wanted[len(made)]
        raise NetworkError(f"{kind.upper()} {address}:{port} could not be opened: {os.strerror(error.errno or 0)}.") from error
    return tuple(made)


def _opened(address: str, port: int, kind: Transport) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if kind == "tcp":
            sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def taken() -> list[str]:
    """The networks of this host's addresses and routes, as CIDRs."""
    routes = json.loads(_run(["ip", "-j", "-4", "route", "show", "table", "all"]) or "[]")
    addresses = json.loads(_run(["ip", "-j", "-4", "address"]) or "[]")
    found = [route["dst"] for route in routes if route.get("dst", "default") != "default"]
    found += [f"{each['local']}/{each['prefixlen']}" for link in addresses for each in link.get("addr_info", [])]
    return found


def _bridge(network: Network) -> list[str]:
    name = network.bridge
    made = [f"link add {name} type bridge", f"addr add {network.gateway}/{network.prefix} dev {name}", f"link set {name} up"]
    return [*made, "link set lo up"]  # In a user namespace of our own nobody else has done that.


def _inside(network: Network, address: str) -> list[str]:
    return [
        "link set lo up",
        f"addr add {address}/{network.prefix} dev eth0",
        "link set eth0 up",
        f"route add default via {network.gateway}",
    ]


def _ip(commands: Sequence[str]) -> None:
    _run(["ip", "-batch", "-"], "\n".join(commands) + "\n")


def _run(command: Sequence[str], stdin: str = "") -> str:
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except FileNotFoundError as error:
        raise NetworkError(f"The program {command[0]!r} is missing. Install iproute2, nftables and util-linux, or use explicit mode.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NetworkError(f"`{' '.join(command)}` ended with code {done.returncode}: {said[0] if said else 'it said nothing'}")
    return done.stdout


def _tried(command: Sequence[str]) -> None:
    with contextlib.suppress(NetworkError):
        _run(command)


def _entered(path: Path, work: Callable[[], T]) -> T:
    with path.open("rb") as file:
        if _libc.setns(file.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"entering {path}")
    return work()


def _bind_new_namespace(path: Path) -> None:
    """Bind a new namespace to the file. A thread's namespace is its own, so a thread makes it."""

    def make() -> None:
        if _libc.unshare(_CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        mine = f"/proc/self/task/{threading.get_native_id()}/ns/net"
        if _libc.mount(mine.encode(), os.fsencode(path), None, _BIND, None) != 0:
            raise OSError(ctypes.get_errno(), "mount")

    try:
        with ThreadPoolExecutor(1) as executor:
            executor.submit(make).result()
    except OSError as error:
        raise NetworkError(f"The network namespace {path} could not be made: {os.strerror(error.errno or 0)}.") from error


def _unprivileged_ports() -> None:
    """Inside its own namespace a workload may listen on every port: gateways serve port 80, and no proxy is root."""
    with contextlib.suppress(OSError):
        _FIRST_PORT.write_text("0")


@contextlib.contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """Two meshes that start at once must not pick the same subnet."""
    with (directory.parent / ".network.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
