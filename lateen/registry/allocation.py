"""Automatic virtual IPs of service entries (SE-9): which entries want one, and what is written in their status.

Allocating is a write (`control` does it, and the store keeps it, so that an address is stable over restarts); here it is only read.
"""

from __future__ import annotations

from typing import Any

from lateen.api.resource import Resource
from lateen.values import hosts

LABEL = "networking.istio.io/enable-autoallocate-ip"


def wanting(entry: Resource[Any]) -> tuple[str, ...]:
    """The hosts of an entry for which the mesh allocates addresses.

    They want one when the entry has none of its own, a resolution, and is not opted out, and the host is no wildcard.
    """
    if entry.spec.addresses or str(entry.spec.resolution or "NONE") == "NONE":
        return ()
    if entry.labels.get(LABEL, "true").lower() == "false":
        return ()
    return tuple(host for host in entry.spec.hosts or () if not hosts.is_wildcard(host))


def addresses(entry: Resource[Any], host: str) -> tuple[str, ...]:
    """The addresses allocated to one host of the entry, as its status says."""
    given = entry.status.addresses if entry.status is not None else ()
    if not given or host not in wanting(entry):
        return ()
    return tuple(dict.fromkeys(each.value for each in given if each.host in ("", host) and hosts.is_address(each.value)))
