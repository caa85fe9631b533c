"""Patches of a route table: the table, its virtual hosts, and their routes.

A step changes the message and returns what it changed; nothing when the patch has no place there. "ADD is ignored for ROUTE_CONFIGURATION and
HTTP_ROUTE (use INSERT_*), REMOVE for the same two" (EX-2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from envoy.config.route.v3.route_components_pb2 import Route, VirtualHost
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from google.protobuf.message import Message

from lateen.ir.patch import Operation, Patch, TableMatch, Target
from lateen.render.patch_lists import TAKEN, put, take
from lateen.render.patch_merge import merge
from lateen.render.patch_values import value

_INBOUND_HOST = "inbound|http|"
_INSERTED = (Operation.INSERT_FIRST, Operation.INSERT_BEFORE, Operation.INSERT_AFTER)


def step(table: RouteConfiguration, patch: Patch, number: int = 0) -> list[Message]:
    """Carry out a patch; `number` is the port as users know it, where the name of the table has another. Raises `Unreadable`."""
    return list(_STEPS[patch.target](table, patch)) if fits(table.name, patch, number or _service_port(table)) else []


def _service_port(table: RouteConfiguration) -> int:
    """The port of the service that a table of the workload itself is for; 0 for other tables."""
    names = (host.name for host in table.virtual_hosts if host.name.startswith(_INBOUND_HOST))
    return next((_number(name.removeprefix(_INBOUND_HOST)) for name in names), 0)


def fits(table: str, patch: Patch, number: int = 0) -> bool:
    """Whether the patch is for the table of that name, or may be for something inside of it."""
    match = _match(patch)
    of = _named(table)
    return (
        match.name in ("", table)
        and (match.port in (0, number or of.port) or (not of.at_gateway and match.port == of.port))
        and (not of.at_gateway or (match.port_name in ("", of.port_name) and match.gateway in ("", of.gateway)))
    )


def _match(patch: Patch) -> TableMatch:
    return patch.match if isinstance(patch.match, TableMatch) else TableMatch()


class _Named(NamedTuple):
    """What the name of a table tells."""

    port: int
    at_gateway: bool = False
    port_name: str = ""
    gateway: str = ""


def _named(table: str) -> _Named:
    """`80`, `host:80` and `inbound|80||` are tables of sidecars, `http.80` and `https.443.web.gateway.default` those of gateways."""
    kind, _, rest = table.partition(".")
    number, *further = rest.split(".")
    if kind == "https" and number.isdecimal() and len(further) >= 3:
        return _Named(int(number), True, further[0], f"{further[2]}/{further[1]}")
    if kind == "http" and number.isdecimal():
        return _Named(int(number), True)
    return _Named(_number(table.rstrip("|").rpartition("|")[2].rpartition(":")[2]))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _table(table: RouteConfiguration, patch: Patch) -> Iterator[Message]:
    if patch.operation.merges:
        merge(table, value(patch), replaces_lists=patch.operation is Operation.MERGE_AND_REPLACE_LIST)
        yield table


def _virtual_host(table: RouteConfiguration, patch: Patch) -> Iterator[Message]:
    if patch.operation is Operation.ADD:
        added: Any = value(patch)
        table.virtual_hosts.append(added)
        yield table.virtual_hosts[-1]
    elif patch.operation is Operation.REMOVE:
        if take(table.virtual_hosts, lambda host: host_fits(host, patch)):
            yield TAKEN
    elif patch.operation.merges:
        for host in table.virtual_hosts:
            if host_fits(host, patch):
                merge(host, value(patch), replaces_lists=patch.operation is Operation.MERGE_AND_REPLACE_LIST)
                yield host


def host_fits(host: VirtualHost, patch: Patch) -> bool:
    """Whether the patch is for this virtual host, or may be for a route of it."""
    match = _match(patch)
    return match.host in ("", host.name) and (not match.domain or match.domain in host.domains)


def _route(table: RouteConfiguration, patch: Patch) -> Iterator[Message]:
    for host in table.virtual_hosts:
        if not host_fits(host, patch):
            continue
        if patch.operation.merges:
            for route in host.routes:
                if _route_fits(route, _match(patch)):
                    merge(route, value(patch), replaces_lists=patch.operation is Operation.MERGE_AND_REPLACE_LIST)
                    yield route
        elif patch.operation in _INSERTED:
            yield from _inserted(host, patch)


def _inserted(host: VirtualHost, patch: Patch) -> Iterator[Message]:
    match = _match(patch)
    said: Any = value(patch)

    def among(route: Route) -> bool:
        return _route_fits(route, match)

    if put(host.routes, patch.operation, said, among if match.route or match.action else None):
        yield said


def _route_fits(route: Route, match: TableMatch) -> bool:
    return match.route in ("", route.name) and match.action.lower() in ("", route.WhichOneof("action"))


_STEPS: Mapping[Target, Callable[[RouteConfiguration, Patch], Iterator[Message]]] = {
    Target.ROUTE_CONFIGURATION: _table,
    Target.VIRTUAL_HOST: _virtual_host,
    Target.HTTP_ROUTE: _route,
}
TARGETS = frozenset(_STEPS)
