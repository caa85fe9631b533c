"""Virtual IPs: for service entries (SE-9; of 240.240.0.0/16 and 2001:2::/48, kept in their status) and services without clusterIP (240.241.0.0/16).

An address is chosen by the hash of its owner's name, and by the next free one after it where that is taken; so the same mesh gets the same
addresses wherever it runs, and one that was given stays. `Addresses` is the book of what is in use; it is told of every object. No input or output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from lateen.api.resource import Resource
from lateen.registry.allocation import wanting
from lateen.values.ref import Ref

ENTRIES = IPv4Network("240.240.0.0/16")
ENTRIES_V6 = IPv6Network("2001:2::/48")
SERVICES = IPv4Network("240.241.0.0/16")

Network = IPv4Network | IPv6Network
Given = tuple[tuple[str, str], ...]
"""Hosts with their addresses."""


class Exhausted(Exception):
    """All addresses of a range are given away; the text is a sentence."""


class Addresses:
    """Who uses which address. `observe` every object as it is written or goes."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[Ref, None]] = {}
        self._of: dict[Ref, frozenset[str]] = {}
        self._ranges: dict[Ref, tuple[Network, ...]] = {}

    def observe(self, ref: Ref, resource: Resource[Any] | None) -> None:
        """The object is as given now (None: it is gone)."""
        used = frozenset(_used(resource)) if resource is not None else frozenset()
        self._set(ref, frozenset(address for address in used if "/" not in address))
        ranges = tuple(_network(address) for address in used if "/" in address)
        if ranges:
            self._ranges[ref] = tuple(each for each in ranges if each is not None)
        else:
            self._ranges.pop(ref, None)

    def reserve(self, ref: Ref, addresses: Iterable[str]) -> None:
        """These are about to be written as the object's; the next `observe` of it says whether they were."""
        self._set(ref, self._of.get(ref, frozenset()) | frozenset(addresses))

    def is_free(self, address: str, ref: Ref) -> bool:
        """Whether no other object uses the address."""
        owners = self._owners.get(address)
        if owners and any(owner != ref for owner in owners):
            return False
        return self._range_around(ip_address(address), ref) is None

    def _range_around(self, address: IPv4Address | IPv6Address, ref: Ref) -> Network | None:
        """A range of another object that has the address in it."""
        around = (each for owner, ranges in self._ranges.items() if owner != ref for each in ranges if address in each)
        return next(around, None)

    def choose(self, network: Network, ref: Ref, word: str, besides: Iterable[str] = ()) -> str:
        """A free address of the range for `word`, the same each time as long as it stays free. Raises `Exhausted`."""
        size = network.num_addresses - 2
        start = int.from_bytes(hashlib.sha256(word.encode()).digest()[: network.max_prefixlen // 8]) % size
        taken, step = set(besides), 0
        while step < size:
            address = network[1 + (start + step) % size]
            blocking = self._range_around(address, ref)
            if blocking is None and str(address) not in taken and self.is_free(str(address), ref):
                return str(address)
            step += 1 if blocking is None else int(blocking.broadcast_address) - int(address) + 1
        raise Exhausted(f"All addresses of {network} are in use; {ref} gets none.")

    def for_entry(self, entry: Resource[Any]) -> Given:
        """The addresses that the hosts of a service entry should have, one of each family: those that they have, and new ones. Raises `Exhausted`."""
        present = given(entry)
        chosen: dict[str, str] = {}
        for host in wanting(entry):
            for network in (ENTRIES, ENTRIES_V6):
                kept = next((each for of, each in present if of in (host, "") and _version(each) == network.version and each not in chosen), "")
                if not kept or not self.is_free(kept, entry.ref):
                    kept = self.choose(network, entry.ref, f"{entry.ref.namespace}/{host}", chosen)
                chosen[kept] = host
        return tuple(sorted((host, address) for address, host in chosen.items()))

    def _set(self, ref: Ref, after: frozenset[str]) -> None:
        before = self._of.pop(ref, frozenset())
        for address in before - after:
            del self._owners[address][ref]
            if not self._owners[address]:
                del self._owners[address]
        for address in after - before:
            self._owners.setdefault(address, {})[ref] = None
        if after:
            self._of[ref] = after


def given(entry: Resource[Any]) -> Given:
    """The addresses that the status of a service entry says."""
    return tuple(sorted((each.host, each.value) for each in entry.status.addresses)) if entry.status is not None else ()


def status(manifest: dict[str, Any], addresses: Given) -> dict[str, Any] | None:
    """The status of a service entry's manifest with these addresses in it; None when nothing is left of it."""
    present = manifest.get("status")
    told = {key: value for key, value in present.items() if key != "addresses"} if isinstance(present, dict) else {}
    if addresses:
        told["addresses"] = [{"host": host, "value": address} for host, address in addresses]
    return told or None


def _used(resource: Resource[Any]) -> Iterator[str]:
    spec = resource.spec
    match resource.ref.kind:
        case "ServiceEntry":
            yield from (address for _, address in given(resource))
            yield from spec.addresses
            yield from (endpoint.address for endpoint in spec.endpoints)
        case "Service":
            yield from (address for address in (spec.spec.cluster_ip, *spec.spec.cluster_ips) if address not in ("", "None"))
            yield from spec.spec.external_ips
        case "WorkloadEntry":
            yield spec.address


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _version(address: str) -> int:
    """4 or 6; 0 for what is no address."""
    try:
        return ip_address(address).version
    except ValueError:
        return 0
