"""What a proxy is told, as values of `ir` instead of Envoy's messages: found by the same names in the same stacks, made by the same queries.

Each leaf renders a value that another query gives for the same arguments; `VALUES` says which. So who looks here sees what the proxy has, before it
was put into Envoy's words: before EnvoyFilters, too, and therefore each value comes with the objects that patch its resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar

import msgspec

from lateen.assembly import gateway_crossing, gateways, leaves, patches, tables
from lateen.assembly.kinds import CDS, EDS, LDS, RDS, Leaf
from lateen.assembly.sidecars import APART, COLLECTING
from lateen.assembly.stacks import stacks, visible
from lateen.flow import Graph
from lateen.ir.chain import Listener
from lateen.ir.destination import Destination
from lateen.ir.endpoints import Assignment
from lateen.ir.routes import VirtualHost
from lateen.ir.view import View
from lateen.translate import destinations, endpoints, gateway_destinations, gateway_listeners, outbound
from lateen.values.ref import Ref

T = TypeVar("T")

SPLIT: Final = frozenset({APART, COLLECTING})
"""Capabilities by which a proxy gets parts of a resource one by one: the same things in other pieces."""


def _given(g: Graph, value: Any) -> Any:
    return value


VALUES: Final[Mapping[Any, Callable[..., Any]]] = {
    leaves.cluster: destinations.destination,
    leaves.rendered_cluster: _given,
    gateway_crossing.cluster: gateway_destinations.passed,
    leaves.assignment: endpoints.assigned,
    gateway_crossing.assignment: gateway_crossing.served,
    leaves.rendered_listener: _given,
    leaves.outbound_listener: outbound.listener,
    gateways.listener: gateway_listeners.listener,
    gateways.quic_listener: lambda _g, port, manner: gateway_listeners.quic_listener(port, manner),
    tables.host_table: tables.own_hosts,
    tables.port_table: tables.port_hosts,
    tables.proxy_table: tables.proxy_hosts,
    gateways.full_table: gateways.full_hosts,
}
"""The queries of leaves, each with the function that gives the value behind a leaf for the same arguments."""


class Told(msgspec.Struct, Generic[T], frozen=True):
    """A value, and the objects that patch the resource made of it: with any, the proxy may have something else. `arguments` are its query's."""

    value: T
    patched: tuple[Ref, ...] = ()
    arguments: tuple[Any, ...] = ()


class Added(msgspec.Struct, frozen=True):
    """A resource that objects add in Envoy's own words: there is no value of ours behind it."""

    patched: tuple[Ref, ...]


class Everything:
    """What a proxy of a View is told, by name, as far as anybody asks. Valid until the graph is written."""

    def __init__(self, g: Graph, view: View) -> None:
        self._g = g
        self._listings = dict(stacks(g, msgspec.structs.replace(view, capabilities=view.capabilities - SPLIT)))
        self._names: dict[str, dict[str, Leaf]] = {}

    def listener(self, name: str) -> Told[Listener] | Added | None:
        """The listener of that name."""
        return self._told(LDS, name)

    def http_proxy(self) -> Told[Listener] | None:
        """The listener of the explicit HTTP proxy."""
        given = (leaf.args[0] for leaf in self._of(LDS).values() if leaf.node is leaves.rendered_listener)
        return next((Told(each) for each in given if each.otherwise is not None and each.otherwise.name == outbound.HTTP_PROXY_TABLE), None)

    def table(self, name: str) -> Told[tuple[VirtualHost, ...]] | Added | None:
        """The virtual hosts of a route table; None when there is no such table."""
        return self._told(RDS, name)

    def destination(self, name: str) -> Told[Destination] | Added | None:
        """The destination of that name."""
        return self._told(CDS, name)

    def assignment(self, name: str) -> Told[Assignment] | Added | None:
        """The endpoints of that destination, where they are told apart from it."""
        return self._told(EDS, name)

    def _of(self, type_url: str) -> dict[str, Leaf]:
        if type_url not in self._names:
            found: dict[str, Leaf] = {}
            for name, leaf in visible(self._g, self._listings.get(type_url, ())):
                found.setdefault(name, leaf)
            self._names[type_url] = found
        return self._names[type_url]

    def _told(self, type_url: str, name: str) -> Told[Any] | Added | None:
        leaf, patched = self._of(type_url).get(name), dict[Ref, None]()
        while leaf is not None and leaf.node is patches.patched:
            leaf, given = leaf.args[0], leaf.args[1]
            patched.update((each.origin, None) for each in given)
        if leaf is None:
            return None
        if leaf.node is patches.addition:
            return Added((leaf.args[0].origin, *patched))
        value = VALUES[leaf.node](self._g, *leaf.args)
        return Told(value, tuple(patched), leaf.args) if value is not None else None
