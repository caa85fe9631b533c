"""ListenerSet: what Gateway API's own definition refuses (https://gateway-api.sigs.k8s.io/geps/gep-1713/)."""

from __future__ import annotations

from lateen.api.gateway.listener_set import ListenerSet
from lateen.api.resource import Resource
from lateen.check.gateway import words
from lateen.check.gateway.listeners import listeners
from lateen.check.remark import Remarks


def listener_set(of: Resource[ListenerSet]) -> Remarks:
    """A gateway, and listeners for it."""
    parent = of.spec.parent_ref
    yield from words.reference(parent.group, parent.kind, parent.name, ("spec", "parentRef"))
    yield from words.namespace(parent.namespace, ("spec", "parentRef"))
    yield from listeners(of.spec.listeners, ("spec", "listeners"))
