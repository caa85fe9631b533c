"""The ports of this machine that lead to gateways: opened before anything starts, led to where the gateways are, and following the file while it
changes. A port that cannot be opened is told as a sentence, with who has it.

In a user namespace they are opened outside, before it is entered; from inside, none can be added.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import psutil

from lateen.agent.workload import Workload
from lateen.control.home import CannotStart, command
from lateen.local.forward import Forwarder, bound
from lateen.local.mesh_file import MeshFile

LOOPBACK = "127.0.0.1"

API = 0
"""Stands, in a user namespace, for the port that leads to the API of the mesh."""

Sockets = dict[int, socket.socket]
"""Sockets that listen, by the ports that were asked for; `API` is among them in a user namespace alone."""


class FrontPorts:
    """The open ports, known by the numbers that the mesh names."""

    def __init__(self, sockets: Sockets, say: Callable[[str], None]) -> None:
        self._forwarders = {port: Forwarder(each) for port, each in sockets.items()}
        self._is_apart = API in sockets
        self._say = say
        if self._is_apart:
            self._forwarders[API].target = (LOOPBACK, self.number(API))

    @property
    def api_port(self) -> int:
        """The port at which the API has to be, 0 for any."""
        return self.number(API) if self._is_apart else 0

    def number(self, port: int) -> int:
        """The port that was opened for one that was asked for."""
        return self._forwarders[port].port

    async def start(self) -> None:
        """Begin to take connections."""
        for forwarder in self._forwarders.values():
            await forwarder.start()

    def close(self) -> None:
        """Take no more."""
        for forwarder in self._forwarders.values():
            forwarder.close()

    async def follow(self, mesh: MeshFile) -> None:
        """Have the ports that the mesh names now, and no other."""
        wanted = dict(_named(mesh))
        for port in self._forwarders.keys() - wanted.keys() - {API}:
            self._forwarders.pop(port).close()
        for port in wanted.keys() - self._forwarders.keys():
            if self._is_apart:
                self._say(f"Port {port} of gateway {wanted[port]} is opened when `lateen up` is started again: a user namespace cannot open it.")
                continue
            try:
                self._forwarders[port] = Forwarder(_opened(wanted[port], port))
            except CannotStart as why:
                self._say(str(why))
            else:
                await self._forwarders[port].start()

    def lead(self, mesh: MeshFile, workload: Workload) -> None:
        """Let the ports of a gateway lead to the workload that is this gateway; of others nothing is known here."""
        gateway = mesh.gateways.get(workload.name)
        if workload.kind == "gateway" and gateway is not None:
            moved = dict(workload.explicit.inbound) if workload.explicit is not None else {}
            for port, number in gateway.ports.items():
                if (forwarder := self._forwarders.get(int(port))) is not None:
                    forwarder.target = (workload.address, moved.get(number, number))

    def url(self, port: int) -> str:
        """Where this process reaches what a port leads to: from inside of a user namespace, not by that port."""
        host, number = (self._forwarders[port].target if self._is_apart else None) or (LOOPBACK, self.number(port))
        return f"http://{host}:{number}"


def opened(mesh: MeshFile, *, elsewhere: bool) -> Sockets:
    """Sockets for all gateways by the ports that the mesh names. With `elsewhere`, one whose port is taken has another; else raises `CannotStart`."""
    found: Sockets = {}
    for port, name in _named(mesh):
        try:
            found[port] = _opened(name, port)
        except CannotStart:
            if not elsewhere:
                raise
            found[port] = bound(0)
    return found


def _named(mesh: MeshFile) -> Iterator[tuple[int, str]]:
    """The ports that the mesh names, with their gateways."""
    return ((int(port), name) for name, gateway in mesh.gateways.items() for port in gateway.ports)


def _opened(name: str, port: int) -> socket.socket:
    try:
        return bound(port)
    except OSError as failure:
        raise CannotStart(_taken(name, port, failure)) from failure


def _taken(name: str, port: int, failure: OSError) -> str:
    if isinstance(failure, PermissionError):
        return f"Port {port} of gateway {name} cannot be opened: ports below 1024 are root's. Name another port in mesh.yaml, such as {port + 8000}."
    who = next((command(pid) for pid in _listening(port)), "another program")
    return f"Port {port} of gateway {name} cannot be opened: {failure.strerror}; {who} has it. Stop that, or name another port in mesh.yaml."


def _listening(port: int) -> list[int]:
    """The processes that listen on the port, as far as this user may know them."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.Error:
        return []
    return [each.pid for each in found if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr[1] == port and each.pid]
