"""Destinations and their weights, as all routes have them (VS-40)."""

from __future__ import annotations

from collections.abc import Sequence

from lateen.api.networking.virtual_service import Destination, HTTPRouteDestination, RouteDestination
from lateen.api.text import Path
from lateen.check import hosts, ports
from lateen.check.remark import Remarks, wrong

_LARGEST_TOTAL = 2**32 - 1


def destination(to: Destination | None, path: Path) -> Remarks:
    """A host, and perhaps a subset and a port. None passes."""
    if to is None:
        return
    yield from hosts.destination(to.host, (*path, "host"))
    if to.subset and not hosts.is_label(to.subset):
        yield wrong((*path, "subset"), f'found the subset "{to.subset}", expected letters and digits with "-" only inside.')
    if to.port is not None:
        yield from ports.number(to.port.number, (*path, "port", "number"))


def shares(routes: Sequence[HTTPRouteDestination | RouteDestination], path: Path) -> Remarks:
    """VS-40: "all zero is invalid", unless there is only one destination."""
    for index, route in enumerate(routes):
        yield from destination(route.destination, (*path, index, "destination"))
        if route.weight < 0:
            yield wrong((*path, index, "weight"), f"found the weight {route.weight}, expected 0 or more.")
    if (total := sum(route.weight for route in routes)) > _LARGEST_TOTAL:
        yield wrong(path, f"the weights come to {total}, expected at most {_LARGEST_TOTAL}.", "Give smaller ones of the same proportion.")
    if len(routes) > 1 and not any(route.weight for route in routes):
        yield wrong(path, f"all {len(routes)} destinations have weight 0, so none gets any call.", "Give them weights, such as 50 and 50.")
