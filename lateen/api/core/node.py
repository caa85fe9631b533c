"""Node: its labels tell the locality, its addresses how it is reached (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/)."""

from __future__ import annotations

from lateen.api.shape import Tolerant


class NodeAddress(Tolerant, frozen=True):
    """An address of the node; `type` is `InternalIP`, `ExternalIP`, `Hostname` …"""

    type: str = ""
    address: str = ""


class NodeStatus(Tolerant, frozen=True):
    """What is known of the node."""

    addresses: tuple[NodeAddress, ...] = ()


class Node(Tolerant, frozen=True):
    """A machine."""

    status: NodeStatus = NodeStatus()
