"""IP addresses, ranges of them, and paths of Unix sockets."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from lateen.api.text import Path
from lateen.check.remark import Remarks, wrong
from lateen.values.hosts import is_address

UNIX = "unix://"


def address(text: str, path: Path) -> Remarks:
    """An IP address."""
    if not is_address(text):
        yield wrong(path, f'found "{text}", expected an IP address such as 10.0.0.1.')


def address_or_range(text: str, path: Path) -> Remarks:
    """An IP address or a range of them in CIDR notation."""
    if not is_range(text):
        yield wrong(path, f'found "{text}", expected an IP address or a range such as 10.0.0.0/8.')


@lru_cache(maxsize=4096)
def is_range(text: str) -> bool:
    """Whether the text is an IP address or a range in CIDR notation."""
    written, slash, length = text.partition("/")
    if not slash:
        return is_address(written)
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return length.isdecimal()


def unix_socket(text: str, path: Path) -> Remarks:
    """What stands behind `unix://`: an absolute path, or `@name` for an abstract socket."""
    socket = text.removeprefix(UNIX)
    if socket.startswith("@"):
        return
    if not socket.startswith("/") or socket.endswith("/"):
        yield wrong(path, f'found "{text}", expected the absolute path of a socket such as "unix:///run/app.sock".')
