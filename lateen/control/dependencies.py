"""What each group of workloads has asked for so far: the scope on demand. Remembered, so that a new replica starts warm.

A group is the workloads of one namespace with equal labels. Hosts are only ever added: what an app called once it will call again. Groups that are
long gone are forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from lateen.xds.node import Proxy

Group: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]

REMEMBERED = 1000
"""Groups that are remembered although none of their proxies is connected."""


class Dependencies:
    """Hosts by group; `known` are those of before. `changed` is called whenever something is learned or forgotten."""

    def __init__(self, known: Mapping[Group, tuple[str, ...]] | None = None) -> None:
        self._hosts: dict[Group, tuple[str, ...]] = dict(known or {})
        self.changed: Callable[[], None] = lambda: None

    @property
    def groups(self) -> Mapping[Group, tuple[str, ...]]:
        """All that is remembered; a live view."""
        return self._hosts

    def of(self, proxy: Proxy) -> tuple[str, ...] | None:
        """The hosts of the proxy's group, sorted; None when its agent cannot ask for more, and so must be told of everything."""
        return self._hosts.get(group(proxy), ()) if proxy.can("onDemand") else None

    def add(self, proxy: Proxy, hosts: Iterable[str]) -> bool:
        """The proxy's group calls these too; tells whether that is news."""
        key = group(proxy)
        before = self._hosts.get(key, ())
        after = tuple(sorted({*before, *hosts}))
        if after == before:
            return False
        self._hosts.pop(key, None)  # Those that learned something last come last.
        self._hosts[key] = after
        self.changed()
        return True

    def forget(self, connected: Iterable[Proxy]) -> None:
        """Of the groups that none of the `connected` proxies belongs to, remember only `REMEMBERED`, those that learned something last."""
        if len(self._hosts) <= REMEMBERED:
            return
        here = {group(proxy) for proxy in connected}
        away = [key for key in self._hosts if key not in here]
        for key in away[: max(len(away) - REMEMBERED, 0)]:
            del self._hosts[key]
        self.changed()


def group(proxy: Proxy) -> Group:
    """The group that a proxy belongs to. Labels that tell replicas apart do not count."""
    return (proxy.namespace, tuple(pair for pair in proxy.labels if pair[0] not in _OF_ONE_REPLICA))


_OF_ONE_REPLICA = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
