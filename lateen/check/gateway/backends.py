"""What all routes of Gateway API share: host names and weighted backends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from lateen.api.text import Path
from lateen.check import hosts, ports
from lateen.check.remark import Remarks, wrong
from lateen.values.hosts import is_address

_HEAVIEST = 1_000_000


class Backend(Protocol):
    """A reference with a weight."""

    @property
    def port(self) -> int | None: ...
    @property
    def weight(self) -> int: ...


def hostnames(given: Iterable[str], path: Path) -> Remarks:
    """DNS names, with `*.` before them or not, and no addresses."""
    for index, host in enumerate(given):
        if is_address(host):
            yield wrong((*path, index), f'found the address "{host}", expected a host name.')
        elif host == "*":
            yield wrong((*path, index), 'found the host "*", expected a name.', "Leave hostnames out to mean every host.")
        else:
            yield from hosts.wildcard_name(host, (*path, index))


def backends(given: Sequence[Backend], path: Path) -> Remarks:
    """Weights and ports within bounds; whether a backend exists is told by the route's status (GA-6)."""
    for index, backend in enumerate(given):
        if not 0 <= backend.weight <= _HEAVIEST:
            yield wrong((*path, index, "weight"), f"found the weight {backend.weight}, expected 0 to {_HEAVIEST}.")
        if backend.port is not None:
            yield from ports.number(backend.port, (*path, index, "port"))
