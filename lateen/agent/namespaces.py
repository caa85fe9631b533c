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
import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar

from lateen.agent import capture, leftovers
from lateen.agent.capture import Capture
from lateen.agent.leftovers import Record
from lateen.agent.network import Network, planned

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
_TIMEOUT = 20.0


class NetworkError(Exception):
    """The kernel or a tool refused; the sentence says what was tried and what it said."""


class Namespaces:
    """The namespaces of one mesh on this host. `directory` holds their files; the caller owns it."""

    def __init__(self, mesh_id: str, directory: Path, record: Record) -> None:
        self._directory = directory
        self._record = record
        self._network: Network | None = None
        self._mesh_id = mesh_id
        self._count = 0

    @property
    def network(self) -> Network:
        """The mesh's network; made when first asked for."""
        if self._network is None:
            with _lock(self._directory):
                self._network = planned(self._mesh_id, taken())
                self._record.add(links=(self._network.bridge,))
                _ip(_bridge(self._network))
        return self._network

    def add(self, name: str, rules: Capture | None) -> tuple[Path, str]:
        """Make a namespace for a workload, with its traffic captured by these rules, if any; its file and the workload's address.

        Raises `NetworkError`."""
        network, index = self.network, self._count
        self._count += 1
        path, link, address = self._directory / f"{name}.net", network.link(index), network.address(index)
        self._record.add(links=(link,), namespaces=(str(path),))
        path.touch()
        _run(["unshare", f"--net={path}", "true"])
        _ip([f"link add {link} type veth peer name eth0 netns {path}", f"link set {link} master {network.bridge} up"])
        _ip(_inside(network, address), path)
        within(path, _open_low_ports)
        if rules is not None:
            _run([*entering(path), "nft", "-f", "-"], capture.ruleset(rules))
        return path, address

    def close(self) -> None:
        """Remove all that was made."""
        remove(self._record.made)


def remove(made: leftovers.Made) -> None:
    """Remove the links and namespaces of a record; what is gone already is no error."""
    for link in reversed(made.links):
        _tried(["ip", "link", "delete", link])
    for path in made.namespaces:
        _tried(["umount", path])
        Path(path).unlink(missing_ok=True)


def cleanup(directory: Path) -> leftovers.Made | None:
    """Remove what a crashed run of the mesh in this directory left; what that was, or None. Raises `NetworkError` when it still runs."""
    made = leftovers.found(directory)
    if made is None:
        return None
    if leftovers.is_running(made):
        raise NetworkError(f"This mesh is already running here, as process {made.owner.pid}. Stop it first.")
    leftovers.kill(made)
    remove(made)
    for path in made.files:
        Path(path).unlink(missing_ok=True)
    (directory / leftovers.FILE).unlink(missing_ok=True)
    return made


def entering(path: Path) -> list[str]:
    """The words before a command that is to run in a namespace."""
    return ["nsenter", f"--net={path}", "--"]


def within(path: Path, work: Callable[[], T]) -> T:
    """The result of `work`, called in a thread of its own inside the namespace; sockets it opens stay there. Needs CAP_SYS_ADMIN."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(_entered, path, work).result()


def bound(address: str, port: int, kind: Literal["udp", "tcp"], path: Path | None = None) -> socket.socket:
    """A bound socket, listening if TCP, in the namespace of that file or in this process's own. Raises `NetworkError`."""

    def opened() -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, port))
        if kind == "tcp":
            sock.listen(128)
        return sock

    try:
        return opened() if path is None else within(path, opened)
    except OSError as error:
        raise NetworkError(f"{kind.upper()} {address}:{port} could not be opened: {os.strerror(error.errno or 0)}.") from error


def taken() -> list[str]:
    """The networks of this host's addresses and routes, as CIDRs."""
    routes = json.loads(_run(["ip", "-j", "-4", "route", "show", "table", "all"]) or "[]")
    addresses = json.loads(_run(["ip", "-j", "-4", "address"]) or "[]")
    found = [route["dst"] for route in routes if route.get("dst", "default") != "default"]
    found += [f"{each['local']}/{each['prefixlen']}" for link in addresses for each in link.get("addr_info", [])]
    return found


def _open_low_ports() -> None:
    """In its own namespace a workload, or a gateway's Envoy, may listen on port 80 whoever it runs as."""
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")


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


def _ip(commands: Sequence[str], path: Path | None = None) -> None:
    _run([*(entering(path) if path else []), "ip", "-batch", "-"], "\n".join(commands) + "\n")


def _run(command: Sequence[str], stdin: str = "") -> str:
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except FileNotFoundError as error:
        raise NetworkError(f"The program {command[0]!r} is missing. Install iproute2, nftables and util-linux, or use explicit mode.") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NetworkError(f"`{' '.join(command)}` ended with code {done.returncode}: {said[-1] if said else 'it said nothing'}")
    return done.stdout


def _tried(command: Sequence[str]) -> None:
    with contextlib.suppress(NetworkError):
        _run(command)


def _entered(path: Path, work: Callable[[], T]) -> T:
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("rb") as file:
        if libc.setns(file.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"entering {path}")
    return work()


@contextlib.contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """Two meshes that start at once must not pick the same subnet."""
    with (directory.parent / ".network.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
