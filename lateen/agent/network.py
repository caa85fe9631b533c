"""The plan of a mesh's network on one host: names of links and addresses. Pure; `namespaces` makes it real.

Every mesh has its own bridge and its own subnet, both derived from the mesh's id, so that two meshes on one host do not meet.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

import msgspec

from lateen.agent.workload import Explicit, ProxyPorts

_POOL = IPv4Network("10.192.0.0/10")
_PREFIX = 20
_HOSTS = 1 << (32 - _PREFIX)
_SUBNETS = 1 << (_PREFIX - _POOL.prefixlen)
LOOPBACK_RANGES = 128
_INBOUND_FROM = 20_000
_OUTBOUND_FROM = 21_000


class NoSubnetError(Exception):
    """No private subnet is free; the sentence says which were looked at."""


class Network(msgspec.Struct, frozen=True):
    """A mesh's network: the bridge's name (at most 15 characters), its subnet, and the bridge's own address, the workloads' gateway."""

    bridge: str
    subnet: str

    @property
    def gateway(self) -> str:
        """The bridge's address."""
        return str(IPv4Network(self.subnet)[1])

    @property
    def prefix(self) -> int:
        """Bits of the subnet's prefix."""
        return IPv4Network(self.subnet).prefixlen

    @property
    def group(self) -> int:
        """The number that all links of the mesh bear on the host, so that they can be removed at once."""
        return int(self.bridge[2:], 16) % 0x7FFFFFFE + 1

    def address(self, index: int) -> str:
        """The address of workload number `index`, from 0. Raises `NoSubnetError` when the subnet is used up."""
        if index >= _HOSTS - 3:
            raise NoSubnetError(f"The subnet {self.subnet} has room for {_HOSTS - 3} workloads.")
        return str(IPv4Network(self.subnet)[2 + index])

    def link(self, index: int) -> str:
        """The host's end of the link to workload number `index`."""
        return f"{self.bridge}-{index:x}"


def planned(mesh_id: str, taken: Iterable[str]) -> Network:
    """The network of a mesh, out of the way of the `taken` networks (CIDRs of addresses and routes that are there)."""
    occupied = [IPv4Network(each, strict=False) for each in taken if not each.startswith("0.0.0.0/0")]
    for subnet in _subnets(mesh_id):
        if not any(subnet.overlaps(each) for each in occupied):
            return Network(f"lt{_digest(mesh_id)[:8]}", str(subnet))
    raise NoSubnetError(f"Each of the {_SUBNETS} subnets of {_POOL} overlaps with a network of this host. Use explicit mode.")


def loopback(mesh_id: str, index: int, shift: int = 0) -> tuple[str, str]:
    """Explicit mode: the app's and the proxy's loopback address of workload `index`; another `shift` when the mesh's range is taken."""
    third, rest = divmod(index, 100)
    second = _second(mesh_id, shift)
    return f"127.{second}.{third}.{2 * rest + 1}", f"127.{second}.{third}.{2 * rest + 2}"


def claim(mesh_id: str, shift: int) -> tuple[str, int]:
    """Explicit mode: the address and TCP port that whoever uses this loopback range keeps bound."""
    return f"127.{_second(mesh_id, shift)}.255.254", 15000


def explicit(mesh_id: str, index: int, ports: Iterable[int], destinations: Iterable[str], shift: int = 0) -> tuple[ProxyPorts, Explicit]:
    """Explicit mode: where the sidecar of workload `index` listens. The sidecar's ports differ from the app's, for an app that listens on
    all addresses would be in the way of the same port."""
    app, proxy = loopback(mesh_id, index, shift)
    inbound = tuple(zip(ports, itertools.count(_INBOUND_FROM), strict=False))
    outbound = tuple(zip(destinations, itertools.count(_OUTBOUND_FROM), strict=False))
    return ProxyPorts(address=proxy), Explicit(app, inbound, outbound)


def _second(mesh_id: str, shift: int) -> int:
    return 64 + (int(_digest(mesh_id)[:4], 16) + shift) % LOOPBACK_RANGES


def _subnets(mesh_id: str) -> Iterator[IPv4Network]:
    start = int(_digest(mesh_id)[:8], 16)
    for step in range(_SUBNETS):
        yield IPv4Network((int(_POOL.network_address) + (start + step) % _SUBNETS * _HOSTS, _PREFIX))


def _digest(mesh_id: str) -> str:
    return hashlib.blake2b(mesh_id.encode(), digest_size=8).hexdigest()
