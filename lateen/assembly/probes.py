"""What agents are told of the WorkloadGroup that their workload joins: its probe, which they run (WE-2)."""

from __future__ import annotations

from typing import Final

import msgspec

from lateen.api import encode, inputs
from lateen.assembly.kinds import Chunk, Entries, Stacks
from lateen.flow import Graph, query
from lateen.ir.view import View
from lateen.values.envoy_resource import EnvoyResource, envoy_resource, length_delimited
from lateen.values.ref import Ref

PROBE: Final = "type.googleapis.com/lateen.dev.v1.Probe"
"""The type of the one resource `NAME`, whose value is JSON: the group's probe as it is written, null when it has none."""
NAME: Final = "probe"
JOINED: Final = "AUTO_REGISTER_GROUP"
"""The node's metadata that names the group that a workload joins, in its own namespace."""


def stacks(view: View) -> Stacks:
    """The stack of a View's group; nothing for who joins none."""
    group = dict(view.metadata).get(JOINED)
    return ((PROBE, (listing.key(Ref("WorkloadGroup", view.namespace, group)),)),) if group else ()


@query
def listing(_: Graph, group: Ref) -> tuple[Chunk, ...]:
    """The shelf of a group."""
    return (entries.key(group),)


@query
def entries(_: Graph, group: Ref) -> Entries:
    """What is on it."""
    return ((NAME, probe.key(group)),)


@query
def probe(g: Graph, group: Ref) -> EnvoyResource | None:
    """The group's probe; None while there is no such group."""
    found = inputs.resource(g, group)
    if found is None:
        return None
    told = msgspec.json.encode(None if found.spec.probe is None else encode.plain(found.spec.probe))
    return envoy_resource(PROBE, NAME, length_delimited(1, PROBE.encode()) + length_delimited(2, told), (group,))
