"""What each group of workloads has asked for so far: the scope on demand. Remembered, so that a new replica starts warm.

A group is the workloads of one namespace with equal labels. Hosts are only ever added: what an app called once it will call again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from lateen.xds.node import Proxy

Group: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]


class Dependencies:
    """Hosts by group."""

    def __init__(self) -> None:
        self._hosts: dict[Group, tuple[str, ...]] = {}

    def of(self, proxy: Proxy) -> tuple[str, ...] | None:
        """The hosts of the proxy's group, sorted; None when its agent cannot ask for more, and so must be told of everything."""
        return self._hosts.get(group(proxy), ()) if proxy.can("onDemand") else None

    def add(self, proxy: Proxy, hosts: Iterable[str]) -> bool:
        """The proxy's group calls these too; tells whether that is news."""
        key = group(proxy)
        before = self._hosts.get(key, ())
        after = tuple(sorted({*before, *hosts}))
        self._hosts[key] = after
        return after != before


def group(proxy: Proxy) -> Group:
    """The group that a proxy belongs to. Labels that tell replicas apart do not count."""
    return (proxy.namespace, tuple(pair for pair in proxy.labels if pair[0] not in _OF_ONE_REPLICA))


_OF_ONE_REPLICA = frozenset({"pod-template-hash", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash"})
