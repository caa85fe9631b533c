"""The HTTP routes of a VirtualService with those of its delegates in their places (VS-53).

A root VirtualService has routes that say `delegate`; the delegate has no hosts. What comes of a root's route and a delegate's is
`api.networking.delegation`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lateen.api import inputs
from lateen.api.networking.delegation import combination
from lateen.api.networking.virtual_service import Delegate, HTTPRoute
from lateen.flow import Graph, query
from lateen.translate.visibility import is_visible, rule_export
from lateen.values.ref import Ref

KIND = "VirtualService"


class Owned(msgspec.Struct, frozen=True):
    """A route, and the object that wrote it as the route number `index`, in whose namespace its short names are to be understood.

    `under` is the number of the root's route that delegates to it, -1 for a route of the root itself.
    """

    ref: Ref
    route: HTTPRoute
    index: int = 0
    under: int = -1


@query
def http_routes(g: Graph, ref: Ref) -> tuple[Owned, ...]:
    """The routes of a VirtualService in order, none of which delegates any more."""
    found = inputs.resource(g, ref)
    if found is None:
        return ()
    routes: list[Owned] = []
    for index, route in enumerate(found.spec.http):
        if route.delegate is None:
            routes.append(Owned(ref, route, index))
        else:
            routes += _delegated(g, ref, route, route.delegate, index)
    return tuple(routes)


def delegates(g: Graph, ref: Ref) -> tuple[Ref, ...]:
    """The VirtualServices that write routes for this one."""
    return tuple(dict.fromkeys(owned.ref for owned in http_routes(g, ref) if owned.ref != ref))


def _delegated(g: Graph, root: Ref, route: HTTPRoute, delegate: Delegate, under: int) -> Iterator[Owned]:
    leaf = Ref(KIND, delegate.namespace or root.namespace, delegate.name)
    found = inputs.resource(g, leaf)
    if found is None or found.spec.hosts or not is_visible(rule_export(g, leaf), leaf.namespace, root.namespace):
        return
    for index, each in enumerate(found.spec.http):
        combined = None if each.delegate is not None else combination(route, each)
        if combined is not None:
            yield Owned(leaf, combined, index, under)
