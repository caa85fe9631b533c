"""Patches of a cluster, and which cluster a patch is for."""

from __future__ import annotations

from typing import Any

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from google.protobuf.message import Message

from lateen.ir.patch import ClusterMatch, Operation, Patch
from lateen.render.origin import NAMESPACE
from lateen.render.patch_merge import merge
from lateen.render.patch_values import value


def step(cluster: Cluster, patch: Patch) -> list[Message]:
    """Carry out a patch; returns what changed. `REMOVE` is not for here. Raises `Unreadable`."""
    if not patch.operation.merges or not fits(cluster, patch):
        return []
    merge(cluster, value(patch), replaces_lists=patch.operation is Operation.MERGE_AND_REPLACE_LIST)
    return [cluster]


def fits(cluster: Cluster, patch: Patch) -> bool:
    """Whether the patch is for this cluster; one of the workload itself is known by the services that it stands for."""
    if not may_fit(cluster.name, patch):
        return False
    match = patch.match
    if not isinstance(match, ClusterMatch) or match.name or not match.service or not cluster.name.startswith("inbound|"):
        return True
    return match.service in _services(cluster)


def may_fit(name: str, patch: Patch) -> bool:
    """The same as far as the name tells."""
    match = patch.match
    if not isinstance(match, ClusterMatch):
        return True
    if match.name:
        return match.name == name
    direction, port, subset, host = _parts(name)
    if match.service and direction != "inbound" and match.service != host:
        return False
    return match.subset in ("", subset) and match.port in (0, port)


def _parts(name: str) -> tuple[str, int, str, str]:
    """Direction, port, subset and host, which a name of Istio's form has (N-7)."""
    parts = name.split("|") if "|" in name else name.split("_.", 3)
    if len(parts) != 4:
        return "", 0, "", ""
    direction, port, subset, host = parts
    return direction, int(port) if port.isdecimal() else 0, subset, host


def _services(cluster: Cluster) -> set[str]:
    found: Any = cluster.metadata.filter_metadata
    if NAMESPACE not in found or "services" not in found[NAMESPACE].fields:
        return set()
    listed = found[NAMESPACE].fields["services"].list_value.values
    return {each.struct_value.fields["host"].string_value for each in listed}
