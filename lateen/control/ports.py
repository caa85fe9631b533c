"""Ports to listen on: taken before anything starts, and when one is taken already, by whom."""

from __future__ import annotations

import errno
import socket
from typing import NamedTuple

import psutil

from lateen.control.home import CannotStart, command

EVERYWHERE = ("", "0.0.0.0", "::")


class Address(NamedTuple):
    """Where to listen; port 0 for any."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def dialled(self) -> str:
        """How this machine reaches it."""
        return str(Address("127.0.0.1", self.port)) if self.host in EVERYWHERE else str(self)


def address(text: str, option: str) -> Address:
    """`HOST:PORT` as an address. Raises `CannotStart` when it is none."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise CannotStart(f'{option} is "{text}", expected HOST:PORT such as 127.0.0.1:15014.')
    return Address(host.strip("[]"), int(port))


def listening(where: Address, option: str) -> socket.socket:
    """A socket bound to the address. Raises `CannotStart`, which names who has the port where that can be known."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((where.host, where.port))
        bound.listen(1024)
    except OSError as failure:
        bound.close()
        raise CannotStart(_refused(where, option, failure)) from failure
    return bound


def free(where: Address, option: str) -> Address:
    """The address, with a port that is free now where any will do; for servers that bind by themselves. Raises `CannotStart`."""
    with listening(where, option) as bound:
        return Address(where.host, bound.getsockname()[1])


def holder(port: int) -> str:
    """Who listens on a TCP port, as a sentence names it; empty when it cannot be known."""
    try:
        found = psutil.net_connections("tcp")
    except psutil.Error:
        return ""
    pids = {each.pid for each in found if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid}
    return command(min(pids)) if pids else ""


def _refused(where: Address, option: str, failure: OSError) -> str:
    if failure.errno == errno.EADDRINUSE:
        who = holder(where.port) or "another program"
        return f"Port {where.port} ({option}) is taken by {who}. Stop that, or choose another port with {option} HOST:PORT."
    if failure.errno == errno.EACCES:
        return f"This user may not listen on {where} ({option}). Choose a port from 1024 up."
    return f"{where} ({option}) cannot be listened on: {failure.strerror or failure}."
